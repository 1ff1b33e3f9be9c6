"""Pages of list calls (xero.md 3, Page and Pagination object)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dynamics_xero.sandbox.xero.errors import invalid

_DEFAULT_SIZE = 100
_LARGEST_SIZE = 1000
_LARGEST_NUMBER = 2**31 - 1


@dataclass(frozen=True)
class Page:
    """Which part of a list is asked for, counted from 1."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        """How many rows lie before the page."""
        return (self.number - 1) * self.size

    def pagination(self, items: int) -> dict[str, int]:
        """Return the pagination object; its key is lower case in the answer."""
        return {
            "page": self.number,
            "pageSize": self.size,
            "pageCount": -(-items // self.size),
            "itemCount": items,
        }


def page_of(parameters: Mapping[str, str]) -> Page | None:
    """Return the page asked for, None for an unpaged call; too large a size is capped."""
    if "page" not in parameters and "pagesize" not in parameters:
        return None
    size = _whole(parameters, "pagesize", _DEFAULT_SIZE)
    return Page(_whole(parameters, "page", 1), min(size, _LARGEST_SIZE))


def _whole(parameters: Mapping[str, str], name: str, default: int) -> int:
    text = parameters.get(name, "").strip()
    if not text:
        return default
    if not text.isdecimal() or not 1 <= int(text) <= _LARGEST_NUMBER:
        raise invalid(f"'{text}' is not a valid value for {name}.")
    return int(text)
