"""The mappings a connector works by: built-in ones and overrides, as the settings have them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dynamics_xero.entities import with_overrides
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.settings import EntitySettings, Settings


def chosen_mappings(
    settings: Settings, overrides: Sequence[type[EntityMapping]]
) -> list[type[EntityMapping]]:
    """Return the enabled mappings, parents before what travels inside them."""
    return list(_each(settings, overrides))


def adopting(settings: Settings) -> frozenset[str]:
    """Return the entities whose new Xero records get a row in Dynamics."""
    return frozenset(name for name, entity in settings.entities.items() if entity.new_from_xero)


def _each(
    settings: Settings, overrides: Sequence[type[EntityMapping]]
) -> Iterator[type[EntityMapping]]:
    for mapping in with_overrides(overrides):
        entity = settings.entities.get(mapping.name, EntitySettings())
        if entity.enabled:
            heard = mapping if entity.edits_from_xero else mapping.deaf_to_xero()
            first = entity.match_first
            yield heard if first is None else heard.matched_first_by(first)
