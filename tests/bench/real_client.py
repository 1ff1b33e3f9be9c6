"""Benchmark: unmodified xero-python creating contacts one a call, as most programs do.

Run: python -m tests.bench.real_client [--n 1000] [--seed 1].

The client is as installed; only the address, the sandbox's certificate authority and a token are
given to it, as its documentation has it. The twin (a process of its own) counts its calls; limits
are lifted, for at 60 calls a minute a thousand contacts would take a quarter of an hour: that time
is told by the formula. What it sends are the contacts that the connector had created before.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from dynamics_xero import Connector
from tests.bench import floors, sdk
from tests.bench.workbench import Twins, cpu_seconds, machine, options, served, tell
from tests.trips.spent import Meter

CALLS_A_DAY = 5000


def measured(contacts: int, seed: int) -> dict[str, object]:
    """Have the connector create the contacts, then the client the same ones in an empty twin."""
    with tempfile.TemporaryDirectory(prefix="bench-") as home, served(Path(home), seed=seed) as t:
        t.lift_limits()
        t.filled(contacts, seed)
        meter = Meter(dynamics=t.dynamics, xero=t.xero)
        with Connector.from_settings(t.settings("state.db")) as connector:
            connector.sync()
        ours = meter.spent()
        shown = t.xero.rows("contact")
        t.xero.post("reset")
        meter = Meter(dynamics=t.dynamics, xero=t.xero)
        spent = cpu_seconds(lambda: _create(t, shown))
        theirs = meter.spent()
        created = len(t.xero.rows("contact"))
    if created != contacts:
        raise AssertionError(f"{contacts} contacts were sent, {created} were created.")
    calls = ours.xero_writes + ours.xero_reads
    return {
        "calls_to_ours": round(theirs.xero_writes / calls, 1),
        "client": "xero-python",
        "contacts": contacts,
        "calls": theirs.xero_writes,
        "our_calls": calls,
        "cpu_us_per_contact": round(spent / contacts * 1e6, 1),
        "seconds_by_quota": floors.load_seconds(
            theirs.xero_writes, call_s=0.0, calls_a_day=CALLS_A_DAY
        ),
        "machine": machine(),
    }


def _create(twins: Twins, shown: list[dict[str, Any]]) -> None:
    api, tenant = sdk.api(twins), twins.facts["organisations"][0]["tenant_id"]
    for one in shown:
        (models,) = sdk.batches([one], 1)
        created = api.create_contacts(tenant, contacts=models).contacts
        if len(created) != 1:
            raise AssertionError("One contact was sent, another number came back.")


def main() -> int:
    """Measure and print."""
    wanted = options(__doc__ or "", n=1000, seed=1)
    tell(measured(wanted.n, wanted.seed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
