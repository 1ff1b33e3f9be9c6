"""Take due links in helpings, and find the record that kills its process (R32).

Each start is counted before it is made, and whoever lives to the end takes the count back, so
what is counted still is what a process died of, or with. Such links are taken in ever smaller
helpings: the harmless ones come through, and the one left alone with its deaths is parked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import Link, LinkOutcome, Status
from dynamics_xero.sync.breaker import most_at_once
from dynamics_xero.sync.trip import Trip

MOST_STARTS = 5
SHRINK = 8
DEADLY = (
    "Working on this record ended the program several times, so it is left alone until it is "
    "changed. Please tell your administrator."
)


@contextmanager
def helping(trip: Trip, mapping: type[EntityMapping]) -> Iterator[list[Link]]:
    """Give due links to work on in the block, the oldest marks first."""
    links = _take(trip, mapping)
    try:
        yield links
    finally:
        with trip.store.begin() as tx:
            tx.links.survive([link.id for link in links])


def _take(trip: Trip, mapping: type[EntityMapping]) -> list[Link]:
    ordinary = trip.round_size()
    with trip.lane.begin() as tx:
        limit = most_at_once(tx, trip, mapping, ordinary=ordinary)
        links = tx.links.due(
            trip.connection, mapping.name, now=trip.now(), limit=limit, linked=trip.linked
        )
        deadly = [link for link in links if link.starts >= MOST_STARTS]
        tx.links.save(
            trip.connection,
            [_parked(link) for link in deadly],
            run_id=trip.run_id,
            now=trip.now(),
            loaded={link.id: link.marked for link in deadly},
            xero_ids={},
        )
        tx.links.survive([link.id for link in deadly])  # once it is changed it gets a new chance
        chosen = _choose([link for link in links if link.starts < MOST_STARTS], limit)
        tx.links.begin([link.id for link in chosen])
    return chosen


def _choose(links: Sequence[Link], limit: int) -> list[Link]:
    """Suspects go first and in small company: 500 of them, then 62, then 7, then one alone."""
    worst = max((link.starts for link in links), default=0)
    if worst == 0:
        return list(links)
    size = max(1, limit // SHRINK**worst)
    return [link for link in links if link.starts == worst][:size]


def _parked(link: Link) -> LinkOutcome:
    return LinkOutcome(link.id, link.entity, link.dynamics_id, Status.FAILED, remark=DEADLY)
