"""What the ticker sends, and how often."""

from __future__ import annotations

from dynamics_xero.settings import ConnectionSettings, Settings
from worker.brokers import EMBEDDED

SWEEP_S = 5.0
BROKER_SWEEP_S = 60.0
PRUNE_S = 3600.0
WHEEL_S = 3600.0
EXPIRES_AFTER = 5.0
"""A message older than this many periods is not worth carrying out: newer ones are behind it."""


def entries(settings: Settings) -> dict[str, dict[str, object]]:
    """Return Celery's schedule by name."""
    found = {
        f"look at {name}": _entry("worker.look", _period_s(connection), name)
        for name, connection in settings.connections.items()
    }
    if settings.reconcile_days:
        for name in settings.connections:
            found[f"reconcile {name}"] = _entry("worker.reconcile", WHEEL_S, name)
    found["sweep"] = _entry("worker.sweep", SWEEP_S)
    found["prune"] = _entry("worker.prune", PRUNE_S)
    if settings.broker == EMBEDDED:
        found["sweep the broker"] = _entry("worker.sweep_broker", BROKER_SWEEP_S)
    return found


def _period_s(connection: ConnectionSettings) -> float:
    return min(connection.dynamics.poll_s, connection.xero.poll_s)


def _entry(task: str, period_s: float, *arguments: str) -> dict[str, object]:
    return {
        "task": task,
        "schedule": period_s,
        "args": arguments,
        "options": {"expires": period_s * EXPIRES_AFTER},
    }
