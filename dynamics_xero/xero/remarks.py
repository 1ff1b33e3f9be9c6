"""Xero's refusals in the words of a salesperson: what is wrong, who can mend it, and how.

Known texts are those of xero.md section 4 (message catalogue) and section 5 (Contacts); a text
nobody has catalogued is passed on, cleaned.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_TEXT = 300

_TAG = re.compile(r"<[^>]*>")
_GUID = re.compile(r"\(?\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b\)?", re.IGNORECASE)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")


@dataclass(frozen=True, slots=True)
class Known:
    """A refusal we can explain; the pattern's groups fill the sentence."""

    pattern: re.Pattern[str]
    sentence: str


def _known(pattern: str, sentence: str) -> Known:
    return Known(re.compile(pattern, re.IGNORECASE | re.DOTALL), sentence)


CATALOGUE = (
    _known(
        r"The contact name (?P<name>.+) is already assigned to another contact",
        'Another active contact in Xero is already called "{name}". Rename this account, or '
        "rename or archive the other contact in Xero.",
    ),
    _known(
        r"matched an archived contact|has been archived",
        "Its contact in Xero is archived. Restore the contact in Xero (Contacts, Archived), or "
        "deactivate this account.",
    ),
    _known(
        r"Email address must be valid",
        "Xero does not accept the e-mail address. Correct the e-mail address here: one @, no "
        "spaces, no accents, no two dots in a row.",
    ),
    _known(
        r"not subscribed to currency (?P<currency>\w+)",
        "The currency {currency} is not switched on in Xero. Ask your accountant to add it in "
        "Xero (Settings, Currencies), or choose another currency here.",
    ),
    _known(
        r"contact number (?P<number>.+) is already assigned",
        "Another contact in Xero already carries the number of this account. Ask your "
        "administrator to link the two.",
    ),
    _known(
        r"more than 5 contact persons",
        "Xero keeps five people beside the primary contact. Take some people off this account.",
    ),
    _known(
        r"included in emails when the contact has",
        "People can only be copied in on e-mails when the account has an e-mail address. Fill in "
        "the e-mail address here.",
    ),
    _known(
        r"The (?P<field>\w+) field must not be longer than (?P<limit>\d+) characters",
        "{field} is longer than the {limit} characters Xero keeps. Shorten it here.",
    ),
    _known(
        r"Country field may only contain letters",
        "Xero accepts only letters in a country. Correct the country here.",
    ),
    _known(
        r"contact name must be specified",
        "The account has no name. Fill in the name here.",
    ),
    _known(
        r"existing Contact with the specified ContactID could not be found",
        "Its contact in Xero is gone. Ask your administrator to link this account again.",
    ),
)


def sentence(text: str) -> str:
    """Return the remark for one of Xero's messages."""
    for known in CATALOGUE:
        found = known.pattern.search(text)
        if found:
            groups = {name: clean(value) for name, value in found.groupdict().items()}
            return known.sentence.format(**groups)
    cleaned = clean(text)
    return f"Xero says: {cleaned}" if cleaned else "Xero refused this without saying why."


def clean(text: str) -> str:
    """Return a remote text fit to be shown: no markup, controls or ids, at most 300 characters."""
    plain = _UNPRINTABLE.sub(" ", _GUID.sub("", _TAG.sub(" ", text)))
    joined = " ".join(plain.split())
    return joined if len(joined) <= MAX_TEXT else joined[: MAX_TEXT - 1].rstrip() + "…"
