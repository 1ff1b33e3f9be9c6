"""Who could be whose partner, and who is; pure (R16).

A pair counts only if it is unique in both directions over all records, rank by rank, and nothing
of a higher rank speaks against it. `place` asks the mirror for what a meeting is made of.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Self

from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.mapping.keys import Key
from dynamics_xero.model import Holder
from dynamics_xero.sync.keyed import XERO_ID

Keys = Mapping[str, frozenset[str]]
"""Key name -> the values one record shows."""

Edges = Mapping[str, frozenset[str]]
"""Record id -> the ids of the other side that share a value of one key with it."""


@dataclass(frozen=True)
class Rank:
    """One key in its place. key None = the Xero id that stands on the Dynamics row.

    ours: we wrote it ourselves, so that an archived record counts too. matches: it may link; a
    name alone never does.
    """

    name: str
    key: Key | None
    ours: bool = False
    matches: bool = True

    def label(self, mapping: type[EntityMapping]) -> str:
        """Return the words a person knows it by."""
        if self.key is None:
            return "Xero Id"
        return " and ".join(mapping.fields[place[0]].label for place in self.key.fields)

    @property
    def tells(self) -> bool:
        """Say whether two records with different values are different things."""
        return self.key is None or self.key.telling

    @property
    def is_alone(self) -> bool:
        """Say whether no second record should have the value, be the first one linked or not."""
        return self.key is not None and len(self.key.fields) == 1 and not self.key.shared


def ranks_of(mapping: type[EntityMapping]) -> tuple[Rank, ...]:
    """Return the keys of a mapping, best first, then those that only hinder and suggest."""
    known = {key.name for key in mapping.match_keys()}
    others = (key for key in mapping.index_keys() if key.name not in known)
    return (
        Rank(XERO_ID, None, ours=True),
        *(Rank(k.name, k, ours=k.name == mapping.own_key) for k in mapping.match_keys()),
        *(Rank(key.name, key, matches=False) for key in others),
    )


@dataclass(frozen=True)
class Meeting:
    """Rows and records that share keys.

    here, there: the keys of each row and each record. hits, suitors: by key name, whom each row
    meets and whom each record does; suitors are sought among all rows. live: the records that are
    not archived. taken: those that are linked. claimed: those that rows of another entity share a
    key with. rejected: pairs a person refused.
    """

    ranks: tuple[Rank, ...]
    here: Mapping[str, Keys]
    there: Mapping[str, Keys]
    hits: Mapping[str, Edges]
    suitors: Mapping[str, Edges]
    live: frozenset[str]
    taken: frozenset[str]
    claimed: frozenset[str]
    rejected: frozenset[tuple[str, str]]

    def partners(self, *, by: Container[str] | None = None) -> dict[str, tuple[str, Rank]]:
        """Return row id -> the one record that is its partner, and the key that says so.

        by: names of the keys to go by, None for all that may link.
        """
        found: dict[str, tuple[str, Rank]] = {}
        gone = set(self.taken)
        for place, rank in enumerate(self.ranks):
            if not rank.matches or (by is not None and rank.name not in by):
                continue
            for row_id in [one for one in self.here if one not in found]:
                xero_id = self._only(rank, row_id)
                if xero_id is None or xero_id in gone:
                    continue
                if xero_id in self.claimed and not rank.ours:
                    continue
                if not self._spoken_against(place, row_id, xero_id):
                    found[row_id] = (xero_id, rank)
                    gone.add(xero_id)
        return found

    def _only(self, rank: Rank, row_id: str) -> str | None:
        """Return the record that meets this row and no other one, and the row no other record."""
        records = self._records(rank, row_id)
        if len(records) != 1:
            return None
        (xero_id,) = records
        return xero_id if self._rows(rank, xero_id) <= {row_id} else None

    def _spoken_against(self, place: int, row_id: str, xero_id: str) -> bool:
        """Say whether a better key claims one of the two for somebody else, or sets them apart."""
        for rank in self.ranks[:place]:
            records, rows = self._records(rank, row_id), self._rows(rank, xero_id)
            if (records and xero_id not in records) or (rows and row_id not in rows):
                return True
            shown, other = self.here[row_id].get(rank.name), self.there[xero_id].get(rank.name)
            if rank.key is not None and rank.tells and shown and other and not shown & other:
                return True
        return False

    def _records(self, rank: Rank, row_id: str) -> set[str]:
        met = self.hits[rank.name].get(row_id, frozenset())
        return {xero_id for xero_id in met if (row_id, xero_id) not in self.rejected}

    def _rows(self, rank: Rank, xero_id: str) -> set[str]:
        met = self.suitors[rank.name].get(xero_id, frozenset())
        return {row_id for row_id in met if (row_id, xero_id) not in self.rejected}

    def is_numbered_elsewhere(self, row_id: str, xero_id: str, own_key: str | None) -> bool:
        """Say whether a record other than this one carries our own number of the row."""
        numbered = self.hits.get(own_key or "", {}).get(row_id, frozenset())
        return bool(numbered - {xero_id})

    def with_taken(self, xero_ids: Iterable[str]) -> Self:
        """Return the same meeting once these records are linked."""
        return replace(self, taken=self.taken | frozenset(xero_ids))

    def holders(self, row_id: str) -> tuple[Holder, ...]:
        """Return the live records that hold a key of a row about to create one (R17).

        A key that several may share is no hindrance once its holder is linked.
        """
        return tuple(self._holders(row_id))

    def _holders(self, row_id: str) -> Iterator[Holder]:
        for rank in self.ranks:
            for xero_id in sorted(self.hits[rank.name].get(row_id, frozenset()) & self.live):
                linked = xero_id in self.taken
                refused = rank.matches and (row_id, xero_id) in self.rejected
                if rank.key is not None and not refused and (rank.is_alone or not linked):
                    yield Holder(rank.key.first, xero_id, linked)

    def candidates(self, row_id: str) -> list[str]:
        """Return the live, unlinked records that share any key with a row and were not refused."""
        met = frozenset(chain.from_iterable(edges.get(row_id, ()) for edges in self.hits.values()))
        free = (met & self.live) - self.taken
        return sorted(xero_id for xero_id in free if (row_id, xero_id) not in self.rejected)
