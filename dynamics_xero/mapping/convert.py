"""Pairs of inverses between a canonical value and what Xero stores.

The canonical value is the one Dynamics shows. Whatever Xero can hold comes back as it went:
`gather(spread(value)) == value`. Where Xero holds less (four digits of a price), the way there
and back gives what Xero will show, and that is how the two sides are compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeAlias

from dynamics_xero.model import Value

OneValue: TypeAlias = Callable[[Any], Value]
"""A function of one filled value; a converter never passes it None."""


def _no_problem(value: Value) -> str | None:  # noqa: ARG001  # every value is fine
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Converter:
    """One pair of inverses.

    columns: names below the field's Xero path when the value is spread over several columns
    ("PhoneNumber", "PhoneAreaCode"); empty for one plain column. problem: why a canonical value
    cannot be carried, as the rest of a sentence that begins with the field's label.
    """

    name: str
    spread: Callable[[Value], tuple[Value, ...]]
    gather: Callable[[tuple[Value, ...]], Value]
    columns: tuple[str, ...] = ()
    problem: Callable[[Value], str | None] = _no_problem


def pair(
    name: str,
    *,
    to_xero: OneValue,
    to_dynamics: OneValue,
    problem: Callable[[Any], str | None] = _no_problem,
) -> Converter:
    """Return a converter for one column; the three functions never see an empty value.

    >>> shout = pair("shout", to_xero=str.upper, to_dynamics=str.lower)
    >>> shout.spread("abc"), shout.gather(("ABC",)), shout.gather((None,))
    (('ABC',), 'abc', None)
    """
    return Converter(
        name=name,
        spread=lambda value: (None if value is None else to_xero(value),),
        gather=lambda values: None if values[0] is None else to_dynamics(values[0]),
        problem=lambda value: None if value is None else problem(value),
    )


def _same(value: Value) -> Value:
    return value


plain = pair("plain", to_xero=_same, to_dynamics=_same)
"""The value as it is."""


def money(digits: int) -> Converter:
    """Return a converter for amounts that Xero keeps with so many digits after the point.

    Midpoints go away from zero (xero.md section 5, line maths).
    """
    unit = Decimal(1).scaleb(-digits)
    return pair(
        f"money({digits})",
        to_xero=lambda value: Decimal(value).quantize(unit, rounding=ROUND_HALF_UP),
        to_dynamics=Decimal,
    )


def _to_whole(value: Decimal) -> Value:
    return int(value) if value == value.to_integral_value() else value


whole = pair("whole", to_xero=Decimal, to_dynamics=_to_whole)
"""A whole number in Dynamics, a decimal in Xero; a fraction typed in Xero is kept as it is."""


def choice(options: Mapping[int, str]) -> Converter:
    """Return a converter between a Dynamics choice and Xero's words for it.

    A word without an option comes back as it is, so that it differs from every option.
    """
    if len(set(options.values())) != len(options):
        raise ValueError("Two options of a choice cannot stand for the same word in Xero.")
    values = {word: option for option, word in options.items()}

    def unknown(value: Value) -> str | None:
        if value in options:
            return None
        return "has a value that is not mapped. Choose another, or ask your administrator."

    return pair(
        f"choice({dict(sorted(options.items()))})",
        to_xero=lambda value: options.get(value),
        to_dynamics=lambda word: values.get(word, word),
        problem=unknown,
    )


_EMAIL = re.compile(r"[!-?A-~]+@[!-?A-~]+")


def _email_problem(value: str) -> str | None:
    """Refuse only what Xero cannot take: it documents that umlauts are not supported."""
    if _EMAIL.fullmatch(value):
        return None
    return "is not an address Xero accepts: it needs one @, and neither spaces nor accents."


email = pair("email", to_xero=_same, to_dynamics=_same, problem=_email_problem)
"""An e-mail address (xero.md section 5, Contacts: no umlauts); the rest is left to Xero."""


def _country_problem(value: str) -> str | None:
    if any(character.isdigit() for character in value):
        return "holds digits, Xero takes letters only."
    return None


country = pair("country", to_xero=_same, to_dynamics=_same, problem=_country_problem)
"""A country's name (xero.md section 5, Contacts: letters only)."""


def _join(values: tuple[Value, ...]) -> Value:
    number, area, country_code = values
    return " ".join(str(text) for text in (country_code, area, number) if text) or None


phone = Converter(
    name="phone",
    columns=("PhoneNumber", "PhoneAreaCode", "PhoneCountryCode"),
    spread=lambda value: (value, None, None),
    gather=_join,
)
"""A phone as one text: written whole into the number, read from country, area and number."""
