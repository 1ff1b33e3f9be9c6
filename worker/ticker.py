"""The ticker: Celery's beat as a thread of the worker.

Celery's own `--beat` is a process of its own, which outlives a worker that is killed, and would
then fill the broker for ever.
"""

from __future__ import annotations

from typing import Any

from celery import bootsteps
from celery.beat import EmbeddedService


class Ticker(bootsteps.StartStopStep):  # type: ignore[misc]  # celery ships no types
    """Starts and stops the ticking with the worker. Two workers tick twice, which is harmless."""

    label = "Ticker"
    requires = frozenset({"celery.worker.components:Pool"})

    def create(self, worker: Any) -> Any:
        """Return what bootsteps starts and stops: a thread."""
        scheduler = worker.app.conf.beat_scheduler
        return EmbeddedService(worker.app, thread=True, scheduler_cls=scheduler)
