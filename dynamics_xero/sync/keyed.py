"""How records are read for the key index, on both sides; pure (R16).

Each side is read into canonical values first, as the other side would show them, so that a
converter between the two makes no difference to the index.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dynamics_xero.errors import MappingError
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.mapping.keys import FORM, Key, normal
from dynamics_xero.model import Value, Values

LOOKUP_KEY = "@"
"""Prefix of index keys that hold a lookup's id."""

XERO_ID = "xero_id"
"""Index key of the Xero id that stands on a Dynamics row, with its organisation."""


@dataclass(frozen=True)
class Keyed:
    """One key of the index. read: the values of one record; told: its declaration as text."""

    name: str
    told: str
    read: Callable[[Values], tuple[str, ...]]


def lookup_key(column: str) -> Keyed:
    """Return the key by which the rows are found that look a record up."""
    return Keyed(LOOKUP_KEY + column, column, lambda values: _filled(values.get(column)))


def xero_id_key() -> Keyed:
    """Return the key of the Xero id on a Dynamics row; it counts with its organisation only."""

    def read(values: Values) -> tuple[str, ...]:
        organisation, xero_id = values.get("xero_organisationid"), values.get("xero_id")
        both = organisation is not None and xero_id is not None
        return (known_as(str(organisation), str(xero_id)),) if both else ()

    return Keyed(XERO_ID, XERO_ID, read)


def known_as(organisation: str, xero_id: str) -> str:
    """Return a Xero id with its organisation, in normal form."""
    return f"{normal(organisation)}/{normal(xero_id)}"


def keys_here(mapping: type[EntityMapping]) -> list[Keyed]:
    """Return the keys of the mapping's Dynamics rows, read from a row without its lookups.

    A key worked out by somebody's function is not among them: a row is read before anything is
    worked out of it, so that one that kills its process can be found (R32).
    """

    def read(key: Key) -> Callable[[Values], tuple[str, ...]]:
        return lambda values: key.values(_reader(mapping, values))

    keys = [key for key in mapping.index_keys() if not _is_computed(mapping, key)]
    return [Keyed(key.name, _told(mapping, key), read(key)) for key in keys]


def _is_computed(mapping: type[EntityMapping], key: Key) -> bool:
    return any(mapping.fields[name].computed for place in key.fields for name in place)


def keys_there(mapping: type[EntityMapping]) -> list[Keyed]:
    """Return the keys of the mapping's Xero records."""

    def read(key: Key) -> Callable[[Values], tuple[str, ...]]:
        return lambda values: key.values(lambda name: mapping.fields[name].from_xero(values))

    return [Keyed(key.name, _told(mapping, key), read(key)) for key in mapping.index_keys()]


def read_here(mapping: type[EntityMapping], values: Values) -> dict[str, tuple[str, ...]]:
    """Return key name -> values of a Dynamics row, also of keys that are not in the index."""
    return {key.name: key.values(_reader(mapping, values)) for key in mapping.index_keys()}


def read_there(mapping: type[EntityMapping], values: Values) -> dict[str, tuple[str, ...]]:
    """Return key name -> values of a Xero record."""
    fields = mapping.fields
    keys = mapping.index_keys()
    return {key.name: key.values(lambda name: fields[name].from_xero(values)) for key in keys}


def _reader(mapping: type[EntityMapping], values: Values) -> Callable[[str], Value]:
    def shown(name: str) -> Value:
        # What Xero would refuse is no key: nothing there can equal it.
        rule = mapping.fields[name]
        try:
            return rule.fit(rule.from_dynamics(values))
        except MappingError:
            return None

    return shown


def _told(mapping: type[EntityMapping], key: Key) -> str:
    rules = [mapping.fields[name] for place in key.fields for name in place]
    read = [(r.columns_dynamics, r.columns_xero, r.convert.name, r.lossy) for r in rules]
    return f"{FORM} {key.compact} {read}"


def _filled(value: Value) -> tuple[str, ...]:
    text = normal(value)
    return (text,) if text else ()
