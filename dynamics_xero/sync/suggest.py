"""Pairs that a person may want to link: they share a key, or only a name, and that is not enough.

Answered from the mirror; no remote is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import Link, Record, SideName, Value
from dynamics_xero.sync.match import may_match, place_of
from dynamics_xero.sync.meeting import Meeting, Rank
from dynamics_xero.sync.place import meet
from dynamics_xero.sync.trip import Trip


@dataclass(frozen=True)
class Evidence:
    """One key of a possible pair, as each side shows it; agrees None = one side shows none."""

    label: str
    dynamics: str | None
    xero: str | None
    agrees: bool | None


@dataclass(frozen=True)
class Suggestion:
    """Two records that may be the same thing."""

    link: Link
    xero_id: str
    evidence: tuple[Evidence, ...]

    @property
    def weight(self) -> tuple[int, int]:
        """Return how many keys agree, and how few differ."""
        told = [one.agrees for one in self.evidence]
        return told.count(True), -told.count(False)


def suggest(trip: Trip, mapping: type[EntityMapping]) -> list[Suggestion]:
    """Return every possible pair of an entity, the likeliest first; rejected ones are left out."""
    found: list[Suggestion] = []
    after = 0
    while True:
        with trip.store.read() as tx:
            links = tx.unlinked.page(
                trip.connection, mapping.name, after=after, limit=trip.limits.round_size
            )
            if not links:
                return sorted(found, key=lambda one: one.weight, reverse=True)
            endpoint = trip.key(SideName.DYNAMICS)
            rows = tx.records.get(endpoint, mapping.dynamics, [link.dynamics_id for link in links])
            records = {row_id: row.record for row_id, row in rows.items()}
            alone = [one for one in links if may_match(mapping, one, records.get(one.dynamics_id))]
            meeting = meet(tx, place_of(trip, mapping), [records[a.dynamics_id] for a in alone])
            ids = [xero_id for one in alone for xero_id in meeting.candidates(one.dynamics_id)]
            shown = tx.records.get(trip.key(SideName.XERO), mapping.xero, ids)
        pages = {xero_id: row.record for xero_id, row in shown.items()}
        found += _pairs(mapping, meeting, alone, here=records, there=pages)
        after = links[-1].id


def _pairs(
    mapping: type[EntityMapping],
    meeting: Meeting,
    links: Sequence[Link],
    *,
    here: dict[str, Record],
    there: dict[str, Record],
) -> Iterator[Suggestion]:
    """Yield the pairs that do not come about by themselves."""
    certain = meeting.partners()
    for link in links:
        for xero_id in meeting.candidates(link.dynamics_id):
            if link.dynamics_id not in certain:
                row, record = here[link.dynamics_id], there[xero_id]
                told = [_evidence(mapping, meeting, rank, row, record) for rank in meeting.ranks]
                yield Suggestion(link, xero_id, tuple(one for one in told if one is not None))


def _evidence(
    mapping: type[EntityMapping], meeting: Meeting, rank: Rank, row: Record, record: Record
) -> Evidence | None:
    """Return what both sides show under a key, None where neither shows anything of it."""
    if rank.key is None or rank.ours:
        return None
    shown = meeting.here[row.id].get(rank.name, frozenset())
    other = meeting.there[record.id].get(rank.name, frozenset())
    places = rank.key.fields
    here = _text([mapping.fields[n].read(row.values) for place in places for n in place])
    there = _text([mapping.fields[n].from_xero(record.values) for place in places for n in place])
    agrees = bool(shown & other) if shown and other else None
    return Evidence(rank.label(mapping), here, there, agrees) if shown or other else None


def _text(values: Sequence[Value]) -> str | None:
    filled = dict.fromkeys(str(value) for value in values if value is not None)
    return ", ".join(filled) or None
