"""Hold a connection's lane for one run, and tell afterwards what the run did."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from dynamics_xero.connector import guarding
from dynamics_xero.connector.connection import Connection, Workshop
from dynamics_xero.connector.meter import Meter
from dynamics_xero.connector.report import LISTED, ConnectionReport
from dynamics_xero.connector.slices import SLICE_S
from dynamics_xero.errors import ThrottledError
from dynamics_xero.sync.lanes import Lane, held


@contextmanager
def waited_for(shop: Workshop, lane: Lane) -> Iterator[Lane]:
    """Hold the lane, waiting for a worker that has it to finish its slice."""
    deadline = shop.clock.now() + timedelta(seconds=2 * SLICE_S)
    while True:
        with held(lane) as mine:
            if mine is not None:
                yield mine
                return
        if shop.clock.now() > deadline:
            raise ThrottledError(f"The lane {lane.name} is held by another worker.")
        shop.clock.sleep(0.5)


@contextmanager
def running(shop: Workshop, one: Connection, kind: str) -> Iterator[str]:
    """Open a run and close it, however it ends."""
    run_id = str(uuid.uuid4())
    with shop.store.begin() as tx:
        tx.runs.start(run_id, connection=one.name, kind=kind, now=shop.clock.now())
    try:
        yield run_id
    finally:
        with shop.store.begin() as tx:
            tx.runs.finish(run_id, shop.clock.now())


def told(
    shop: Workshop,
    one: Connection,
    actions: Mapping[tuple[str, str], int],
    meter: Meter,
    *,
    unchanged: Mapping[str, int] | None = None,
    paused: str | None = None,
    asks: tuple[str, ...] = (),
    planned: bool = False,
) -> ConnectionReport:
    """Return the report of what was done, with how the links stand now."""
    with shop.store.read() as tx:
        standing = tx.runs.standing(one.name)
        troubled = tx.runs.troubled(one.name, LISTED)
        guarded = guarding.asks(tx, one.name, shop.mappings)
    return ConnectionReport(
        name=one.name,
        entities=[mapping.name for mapping in shop.mappings],
        actions=actions,
        unchanged=unchanged or {},
        standing=standing,
        calls=meter.calls(),
        seconds=meter.seconds(shop.clock.now()),
        troubled=troubled,
        paused=paused,
        asks=(*asks, *guarded),
        planned=planned,
    )


def pause_text(error: ThrottledError) -> str:
    """Return why a run stopped early, and when it can go on."""
    if error.retry_after_s is None:
        return error.message
    return f"{error.message} It goes on in {round(error.retry_after_s)} s."
