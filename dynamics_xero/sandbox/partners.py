"""Xero contacts that some of the made-up companies have already, and what befell them: pure."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from dynamics_xero.sandbox.generator import Company


class Fate(Enum):
    """What happened to a Xero contact since it was made."""

    NOTHING = "nothing"
    RENAMED = "renamed"
    ARCHIVED = "archived"
    MERGED = "merged"
    SWAPPED = "swapped"


@dataclass(frozen=True)
class Partner:
    """One Xero contact to write; `loser` names a second one that is merged into it."""

    dynamics_id: str
    body: dict[str, object]
    fate: Fate = Fate.NOTHING
    loser: dict[str, object] | None = None


def partners(companies: Iterable[Company], *, seed: int, dirt: bool = False) -> list[Partner]:
    """Return a Xero contact for each company; names are distinct, as Xero demands."""
    found = [Partner(company.id, _body(company)) for company in companies]
    if not dirt:
        return found
    fates = itertools.islice(_fates(seed), len(found))
    fated = [replace(partner, fate=fate) for partner, fate in zip(found, fates, strict=True)]
    return _distinct(_swapped([_suffered(partner) for partner in fated]))


def _body(company: Company) -> dict[str, object]:
    address = {
        "AddressType": "STREET",
        "AddressLine1": company.text("address1_line1"),
        "City": company.text("address1_city"),
        "Region": company.text("address1_stateorprovince"),
        "PostalCode": company.text("address1_postalcode"),
        "Country": company.text("address1_country")[:50],
    }
    body: dict[str, object] = {
        "Name": company.text("name"),
        "AccountNumber": company.text("accountnumber"),
        "Addresses": [address],
        "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": company.text("telephone1")}],
    }
    email = company.text("emailaddress1")
    # A bad e-mail is one that Xero would have refused, so its contact has none.
    if email.startswith("office@"):
        body["EmailAddress"] = email
    return body


def _fates(seed: int) -> Iterator[Fate]:
    """Deal fates so that any twenty contacts in a row, counted from the first, meet all of them."""
    source = random.Random(f"{seed}/partners")  # noqa: S311 - repeatable on purpose
    while True:
        deck = [Fate.NOTHING] * 12 + [Fate.RENAMED, Fate.ARCHIVED, Fate.MERGED, Fate.SWAPPED] * 2
        source.shuffle(deck)
        yield from deck


def _suffered(partner: Partner) -> Partner:
    name = str(partner.body["Name"])
    if partner.fate is Fate.RENAMED:
        return replace(partner, body={**partner.body, "Name": f"{name} (formerly traded)"})
    if partner.fate is Fate.MERGED:
        # With its number: two companies may share a name, and Xero would refuse a second one.
        return replace(partner, loser={"Name": f"{name} old {partner.body['AccountNumber']}"})
    return partner


def _swapped(found: Sequence[Partner]) -> list[Partner]:
    """Give each pair of swapped partners each other's names; an odd one keeps its own."""
    swapped = list(found)
    places = [index for index, one in enumerate(found) if one.fate is Fate.SWAPPED]
    for left, right in zip(places[::2], places[1::2], strict=False):
        for here, there in ((left, right), (right, left)):
            body = {**found[here].body, "Name": found[there].body["Name"]}
            swapped[here] = replace(found[here], body=body)
    return swapped


def _distinct(found: Sequence[Partner]) -> list[Partner]:
    seen: set[str] = set()
    result = []
    for number, partner in enumerate(found):
        name = str(partner.body["Name"])
        if name.casefold() in seen:
            name = f"{name} {number}"
            partner = replace(partner, body={**partner.body, "Name": name})
        seen.add(name.casefold())
        result.append(partner)
    return result
