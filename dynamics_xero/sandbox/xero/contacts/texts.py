"""Judging single texts, and collecting what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Collection

from dynamics_xero.sandbox.xero.contacts import messages

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
# Plain ASCII: the specification says that umlauts are not supported.
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")


class Objections:
    """What is wrong with one element, each said once."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def add(self, message: str) -> None:
        """Note one objection."""
        if message not in self.messages:
            self.messages.append(message)

    def text(self, field: str, value: object, limit: int | None) -> str:
        """Return a trimmed text; too long a one is an objection, never cut."""
        text = text_of(value)
        if limit is not None and len(text) > limit:
            self.add(messages.too_long(field, limit))
        return text

    def choice(self, field: str, value: object, choices: Collection[str]) -> str:
        """Return one of a closed set, or empty."""
        text = text_of(value)
        if text and text not in choices:
            self.add(messages.not_one_of(field, text))
            return ""
        return text

    def email(self, address: str) -> None:
        """Object to an address that is neither empty nor valid."""
        if address and not _EMAIL.fullmatch(address):
            self.add(messages.BAD_EMAIL)


def text_of(value: object) -> str:
    """Return a sent scalar as Xero's reader takes it: numbers are texts, ends are trimmed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip() if isinstance(value, (str, int, float)) else ""


def flag(value: object) -> bool:
    """Return a sent truth value, spelled in JSON's way or as text."""
    return value is True or text_of(value).lower() == "true"
