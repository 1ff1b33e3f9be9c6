"""The trip from end to end: take the lane, pull, match and decide, push, write back.

A webhook, a tick, a click and a restart all mean the same: look again. Running it twice does
nothing the second time.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from dynamics_xero.errors import RetryableError, ThrottledError, UnavailableError, remark
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.model import Action, Link, SideName
from dynamics_xero.sync.adopt import adopt
from dynamics_xero.sync.breaker import next_due_at
from dynamics_xero.sync.decide import decide
from dynamics_xero.sync.freshness import last_moment
from dynamics_xero.sync.guards import end_cycle, hold
from dynamics_xero.sync.helping import helping
from dynamics_xero.sync.linger import held_back
from dynamics_xero.sync.loops import break_loops, people_in_circles
from dynamics_xero.sync.pairs import judge_of, load_pairs
from dynamics_xero.sync.pull import pull
from dynamics_xero.sync.push import push
from dynamics_xero.sync.steps import validate
from dynamics_xero.sync.trip import Trip
from dynamics_xero.sync.unanswered import release_unanswered
from dynamics_xero.sync.write_back import write_back

UNKNOWN_WAIT_S = 60.0
QUEUED_AFTER_S = 300.0
PATIENCE = 6
"""Waits without progress, one after the other, before a remote is said not to answer."""


def run_once(trip: Trip) -> None:
    """Work until nothing is due.

    Raises ThrottledError when only a long wait would help, UnavailableError when a remote does
    not answer.
    """
    before = _writes(trip)
    pull_all(trip)
    work(trip)
    if _writes(trip) != before:
        pull_all(trip)
        work(trip)
    end_cycle(trip)


def pull_all(trip: Trip) -> None:
    """Read every feed to its present end, a few at once."""
    _pull_feeds(trip)
    release_unanswered(trip)


def _pull_feeds(trip: Trip) -> None:
    trip.aside.wait()
    if trip.limits.senders == 1:
        for source in trip.sources:
            pull(trip, source)
    else:
        _pull_at_once(trip)


def _pull_at_once(trip: Trip) -> None:
    """Read a few feeds at once; when one fails, or somebody stops us, no further page is read."""
    stop = threading.Event()
    with ThreadPoolExecutor(max_workers=trip.limits.senders) as pool:
        reads = [pool.submit(pull, trip, source, stopped=stop.is_set) for source in trip.sources]
        try:
            for read in reads:
                read.result()
        finally:
            stop.set()


def work(trip: Trip, *, until: datetime | None = None) -> None:
    """Decide and push what is due, then write back.

    until: stop in time for others (a worker's slice); what is left stays due.
    """
    with trip.aside:
        rounds(trip, until=until)
    write_back(trip, everything=True)


def rounds(trip: Trip, *, until: datetime | None = None) -> None:
    """Decide and push what is due; what is to be written back gathers, or is under way."""
    idle = 0
    while until is None or trip.now() < until:
        if one_round(trip):
            idle = 0
            _write_back_meanwhile(trip)
            continue
        wait = _wait(trip)
        if wait is None or until is not None:
            break
        idle += 1
        _pause(trip, wait, idle)
        pull_all(trip)


def _write_back_meanwhile(trip: Trip) -> None:
    if trip.limits.senders == 1:
        write_back(trip, everything=False)
    else:
        trip.aside.begin(partial(write_back, trip, everything=False))


def _writes(trip: Trip) -> int:
    """Count the calls that wrote something, on both sides."""
    counts = [side.calls.counts() for side in trip.sides.values()]
    return sum(n for each in counts for kind, n in each.items() if kind != "read")


def one_round(trip: Trip) -> bool:
    """Decide and push one helping of due links of each entity; says whether any of them ended."""
    ended = False
    for mapping in trip.entities:
        with helping(trip, mapping) as links:
            if links:
                actions = hold(trip, mapping, decide_fresh(trip, mapping, links))
                ended = push(trip, break_loops(trip, actions)).ended or ended
    return ended or adopt(trip)


def decide_fresh(trip: Trip, mapping: type[EntityMapping], links: Sequence[Link]) -> list[Action]:
    """Decide; if what is to be written was read too long ago, read it again and decide again.

    Xero has no If-Match, so a young mirror is what keeps other people's edits (R17, R23).
    """
    actions = decide_all(trip, mapping, links)
    if held := held_back(trip, mapping, actions):
        links = [link for link in links if link.id not in held]
        actions = decide_all(trip, mapping, links)
    young_until = last_moment(trip, actions)
    is_known = trip.echo.rows < trip.limits.most_unread
    if young_until is None or (is_known and trip.now() <= young_until):
        return actions
    if len(links) < trip.limits.round_size:
        pull(trip, trip.source(SideName.XERO, mapping.xero))
    else:  # what a load has written takes Xero a minute to show: Dynamics is read meanwhile
        _pull_feeds(trip)
    with trip.store.read() as tx:
        now_as = tx.links.by_id([link.id for link in links])
    return decide_all(trip, mapping, [now_as[link.id] for link in links if link.id in now_as])


def decide_all(
    trip: Trip, mapping: type[EntityMapping], links: Sequence[Link], *, approved: bool = False
) -> list[Action]:
    """Return what the links need; those nothing can be said about yet are looked at later.

    approved: a person agreed to what comes out, so that people go who would be stopped (R19).
    """
    judge = judge_of(trip, mapping)
    loaded = load_pairs(trip, mapping, links, whole=judge.whole)
    pairs = [validate(trip, mapping, pair) for pair in loaded]
    decided = [(pair.link.id, decide(pair, judge)) for pair in pairs]
    going = [action for _link_id, action in decided if action is not None]
    loops = {} if approved else people_in_circles(trip, judge.part, pairs, going)
    if loops:
        pairs = [replace(pair, part_loops=loops) for pair in pairs]
        decided = [(pair.link.id, decide(pair, judge)) for pair in pairs]
    unknown = [link_id for link_id, action in decided if action is None]
    if unknown:
        next_at = trip.now() + timedelta(seconds=UNKNOWN_WAIT_S)
        with trip.lane.begin() as tx:
            tx.links.retry_later(unknown, next_at=next_at, attempts_up=False)
    found = [action for _link_id, action in decided if action is not None]
    return [each for action in found for each in (action, *action.also)]


def queue(trip: Trip, error: ThrottledError) -> None:
    """Say on the records that wait that they do, if it will be for more than 5 minutes (R26)."""
    if (error.retry_after_s or 0.0) <= QUEUED_AFTER_S:
        return
    with trip.lane.begin() as tx:
        tx.links.queue(trip.connection, remark=remark(error), now=trip.now())
    with suppress(RetryableError):  # Dynamics may be the one that asks to wait
        write_back(trip, everything=True)


def _wait(trip: Trip) -> float | None:
    """Return the seconds until something can be done, None when nothing is left to do."""
    next_at = next_due_at(trip)
    with trip.store.read() as tx:
        rows = tx.requests.opened(trip.connection)
    instants = [next_at] if next_at is not None else []
    grace = timedelta(seconds=trip.limits.deadline_s)
    instants += [(row.sent_at or row.deadline) + grace for row in rows]
    if not instants:
        return None
    return max((min(instants) - trip.now()).total_seconds(), 0.5)


def _pause(trip: Trip, wait: float, idle: int) -> None:
    if idle > PATIENCE:
        raise UnavailableError("Xero did not take our calls; what is left stays due.")
    trip.talk(
        f"{trip.connection}: waiting {wait:.0f} s for calls without an answer, or to try again"
    )
    trip.clock.sleep(wait)
