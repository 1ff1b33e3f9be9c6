"""How the limits of both remotes stand, for `status`: what is used, what is left, what waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dynamics_xero.connector.connection import Connection
from dynamics_xero.connector.tempo import CALLS_A_BATCH, MOST_LINGER_S
from dynamics_xero.dynamics import budget as dynamics
from dynamics_xero.dynamics.side import DynamicsSide
from dynamics_xero.model import SideName
from dynamics_xero.ports import Use
from dynamics_xero.xero.allowance import DAY_S, Allowance, share
from dynamics_xero.xero.budget import words
from dynamics_xero.xero.side import XeroSide

_USES = {"ordinary": Use.CONTACT, "load": Use.BACKFILL, "comparison": Use.RECONCILE}


def standing(one: Connection, xero_key: str, *, now: datetime) -> dict[str, object]:
    """Return the budget's part of a connection's `status`; no remote is asked.

    xero_key: the key of the connection's organisation.
    """
    xero, there = one.sides[SideName.XERO], one.sides[SideName.DYNAMICS]
    waits: list[str] = []
    found: dict[str, object] = {"xero": None, "dynamics": None, "waits": waits}
    if isinstance(xero, XeroSide):
        tenant_id = xero_key.partition(":")[2]
        held, app = xero.standing(tenant_id), xero.app_standing(tenant_id)
        found["xero"] = _xero(held, app, now)
        waits += _xero_waits(held, now)
    if isinstance(there, DynamicsSide) and there.client.budget is not None:
        spending = there.client.budget.standing()
        found["dynamics"] = {
            "requests_left": max(0, dynamics.REQUESTS - spending.used_calls()),
            "execution_s_left": max(0, round(dynamics.EXECUTION_S - spending.used_s())),
            "in_flight": len(spending.flying),
        }
        wait_s, why = spending.wait(now.timestamp())
        if wait_s > 1:
            waits.append(_text("Dynamics", why, now + timedelta(seconds=wait_s)))
    return found


def _xero(held: Allowance, app: Allowance, now: datetime) -> dict[str, object]:
    at, day, minute = now.timestamp(), held.windows["day"], held.windows["minute"]
    today = int(at // DAY_S)
    call_s = DAY_S / max(held.left_today(at, Use.CONTACT), 1)
    return {
        "calls_a_day": day.limit,
        "used_today": day.used(at),
        "left_today": {name: held.left_today(at, use) for name, use in _USES.items()},
        "left_this_minute": max(0, minute.free(at, len(held.flying))),
        "app_left_this_minute": max(0, app.windows["appminute"].free(at, len(app.flying))),
        "in_flight": len(held.flying),
        "bytes_today": held.traffic.get(today, 0),
        "bytes_in_31_days": sum(held.traffic.values()),
        "gathering_s": round(min(CALLS_A_BATCH * call_s, MOST_LINGER_S), 1),
    }


def _xero_waits(held: Allowance, now: datetime) -> list[str]:
    """Say which uses sleep until when; a wait of seconds is nobody's concern."""
    found = []
    for use in sorted(_USES.values()):
        wait = held.wait(now.timestamp(), use)
        if wait.seconds > 60:
            until = now + timedelta(seconds=wait.seconds)
            found.append(_text("Xero", words(wait.why, use), until))
            if share(use) == share(Use.CONTACT):
                break  # what stops ordinary work stops the others too
    return found


def _text(remote: str, why: str, until: datetime) -> str:
    at = until.astimezone(UTC).isoformat(timespec="seconds")
    return f"{remote}: its limit is used up ({why}); it goes on at {at}."
