"""The tasks: each is one call into the connector, which knows what is to be done."""

from __future__ import annotations

import logging
import time

from celery.signals import worker_shutdown

from dynamics_xero.model import SideName
from worker import brokers
from worker.app import app, settings
from worker.desk import Desk

KEEP_SPENT_S = 60

log = logging.getLogger(__name__)
desk = Desk(settings, clock=time.monotonic)


@app.task(name="worker.look")  # type: ignore[untyped-decorator]  # celery ships no types
def look(connection: str) -> None:
    """Do what is due on one connection."""
    desk.attempt(connection, lambda connector: connector.look(connection))


@app.task(name="worker.ring")  # type: ignore[untyped-decorator]  # celery ships no types
def ring(connection: str, side: str) -> None:
    """Read a side that told of news, and look at the connection at once."""
    name = f"ring {connection}"
    desk.attempt(name, lambda connector: connector.ring(connection, SideName(side)))
    look(connection)


@app.task(name="worker.sweep")  # type: ignore[untyped-decorator]  # celery ships no types
def sweep() -> None:
    """Ring for every connection with due work: what a lost message costs ends here."""
    for name in desk.attempt("sweep", lambda connector: connector.sweep()) or ():
        look.apply_async((name,), expires=brokers.BUSY_TIMEOUT_S)


@app.task(name="worker.reconcile")  # type: ignore[untyped-decorator]  # celery ships no types
def reconcile(connection: str) -> None:
    """Compare both sides whole, if that is due (R5)."""
    desk.attempt(f"reconcile {connection}", lambda connector: connector.turn_wheel(connection))


@app.task(name="worker.prune")  # type: ignore[untyped-decorator]  # celery ships no types
def prune() -> None:
    """Throw away what has been kept long enough."""
    count = desk.attempt("prune", lambda connector: connector.prune())
    log.debug("prune deleted=%s", count)


@app.task(name="worker.sweep_broker")  # type: ignore[untyped-decorator]  # celery ships no types
def sweep_broker() -> None:
    """Delete spent messages from the embedded broker's file."""
    count = brokers.sweep(brokers.embedded_file(settings()), keep_s=KEEP_SPENT_S)
    log.debug("sweep_broker deleted=%d", count)


@worker_shutdown.connect  # type: ignore[untyped-decorator]  # celery ships no types
def close(**_: object) -> None:
    """Close the connector when the worker ends."""
    desk.close()
