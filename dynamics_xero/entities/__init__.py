"""The mappings that come with the package; each is one small declarative file."""

from __future__ import annotations

from collections.abc import Sequence

from dynamics_xero.entities.account import AccountToContact
from dynamics_xero.entities.contact import ContactToPerson
from dynamics_xero.entities.person_contact import PersonToContact
from dynamics_xero.mapping.entity import EntityMapping

BUILT_IN: tuple[type[EntityMapping], ...] = (
    AccountToContact,
    ContactToPerson,
    PersonToContact,
)
"""Parents before what travels inside them."""


def with_overrides(mappings: Sequence[type[EntityMapping]]) -> tuple[type[EntityMapping], ...]:
    """Return the built-in mappings, those of the same entity replaced, new ones added."""
    chosen = {mapping.name: mapping for mapping in BUILT_IN}
    chosen.update({mapping.name: mapping for mapping in mappings})
    return tuple(chosen.values())
