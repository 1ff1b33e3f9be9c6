"""What an existing partner is found by: one field, or several together, in one normal form (R16).

Both sides are read through the field's rule and brought into the same form, so that equal texts in
the index mean equal values in the books.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable, Container
from dataclasses import dataclass, replace
from typing import Self

from dynamics_xero.model import Value

FORM = 1
"""Counts the changes of the normal form: with each of them the index is built anew."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key with what its values tell.

    fields: all of them have to be filled; among alternatives any that is filled counts. compact:
    blanks and punctuation make no difference. shared: several records may rightly have one value
    (a mailbox, the tax number of a group), so a holder that is linked hinders nobody. telling: two
    records with different values are different things.
    """

    fields: tuple[tuple[str, ...], ...]
    compact: bool = False
    shared: bool = False
    telling: bool = True

    @property
    def name(self) -> str:
        """Return the name it has in the index."""
        return "+".join("|".join(alternatives) for alternatives in self.fields)

    @property
    def first(self) -> str:
        """Return the field that speaks for it in a sentence."""
        return self.fields[0][0]

    @property
    def is_plain(self) -> bool:
        """Say whether it is one field without alternatives."""
        return len(self.fields) == 1 and len(self.fields[0]) == 1

    def limited_to(self, known: Container[str]) -> Self | None:
        """Return the key without the fields that are not known, None when one is missed."""
        places = tuple(tuple(n for n in place if n in known) for place in self.fields)
        return replace(self, fields=places) if all(places) else None

    def values(self, shown: Callable[[str], Value]) -> tuple[str, ...]:
        """Return the key's values of one record, in normal form; none where a field is empty.

        shown: field name -> canonical value.
        """
        form = compact if self.compact else normal
        if self.is_plain:  # as most are, and each observation is read for all of them
            text = form(shown(self.first))
            return (text,) if text else ()
        places = [
            {form(shown(field)) for field in alternatives} - {""} for alternatives in self.fields
        ]
        return tuple(sorted("|".join(chosen) for chosen in itertools.product(*places)))


def together(
    *fields: str | tuple[str, ...],
    compact: bool = False,
    shared: bool = False,
    telling: bool = True,
) -> Key:
    """Return a key of these fields; a tuple among them names alternatives.

    >>> together("name", ("billing_postal_code", "delivery_postal_code")).name
    'name+billing_postal_code|delivery_postal_code'
    """
    places = tuple((field,) if isinstance(field, str) else field for field in fields)
    return Key(places, compact=compact, shared=shared, telling=telling)


def normal(value: Value) -> str:
    """Return a value as the index holds it: trimmed, folded, single spaces."""
    return " ".join(str(value).split()).casefold() if value is not None else ""


def compact(value: Value) -> str:
    """Return letters and digits only, folded: "SW1A 1AA" and "sw1a-1aa" are one postcode."""
    text = normal(value)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return "".join(filter(str.isalnum, text))
