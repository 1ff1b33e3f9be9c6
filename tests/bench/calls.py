"""Benchmark: the calls a first load costs, against the floor and against peers.

Run: python -m tests.bench.calls [--n 10000] [--seed 1].

Counted by the twins (a process of their own), not timed. Cold: N accounts with one contact each,
an empty database, an empty organisation. Failing: every tenth account trades in a currency that
the organisation has not enabled, which Xero alone knows, so a tenth of all elements fails. All
calls to Xero's accounting API count, reads too. Bar: 1.1 times the floor; peers are formulas
(performance.md section 1.6).
"""

from __future__ import annotations

import sys
import tempfile
import uuid
from dataclasses import asdict
from pathlib import Path

from dynamics_xero import Connector
from dynamics_xero.sandbox.clients import API_PATH, BATCH_LIMIT, DynamicsPerson, session
from dynamics_xero.sandbox.generator import companies
from dynamics_xero.sandbox.multipart import Operation
from dynamics_xero.sandbox.whereabouts import whereabouts
from tests.bench import floors
from tests.bench.workbench import Twins, machine, options, served, tell
from tests.trips.spent import Meter, Spent

BAR = 1.1
SPOILED_EVERY = 10
UNKNOWN_CURRENCY = {
    "isocurrencycode": "XTS",  # ISO 4217 keeps it for tests
    "currencyname": "Test",
    "currencysymbol": "X",
    "exchangerate": 2.0,
    "currencyprecision": 2,
}


def measured(accounts: int, seed: int) -> dict[str, object]:
    """Load twice, cold and with failing elements, and count."""
    with tempfile.TemporaryDirectory(prefix="bench-") as home, served(Path(home), seed=seed) as t:
        t.lift_limits()
        t.filled(accounts, seed)
        cold = _loaded(t, "cold.db", failing=0)
        t.filled(accounts, seed)
        spoiled = _loaded(t, "spoiled.db", failing=_spoil(t, accounts, seed))
        stats = t.xero.get("stats")
    assert isinstance(stats, dict)
    floor = floors.floor(accounts)
    ours, failing = _all_calls(cold), _all_calls(spoiled)
    lone, looked_up = floors.one_per_record(accounts), floors.lookup_write_writeback(accounts)
    ratios = {"cold": round(ours / floor.xero, 3), "failing": round(failing / floor.xero, 3)}
    return {
        "ratio_to_floor": ratios,
        "peers_to_ours": {
            "one_per_record": round(lone.xero / ours, 1),
            "lookup_write_writeback": round(looked_up.xero / ours, 1),
        },
        "calls": {
            "ours": ours,
            "floor": floor.xero,
            "one_per_record": lone.xero,
            "lookup_write_writeback": looked_up.xero,
        },
        "write_backs": {
            "ours": cold.write_backs,
            "floor": floors.floor(2 * accounts).write_backs,
            "lookup_write_writeback": looked_up.write_backs,
        },
        "cold": asdict(cold),
        "failing": asdict(spoiled),
        "in_flight_most": stats["in_flight_max"],
        "refused": stats["refused"],
        "accounts": accounts,
        "bar": BAR,
        "missed": [name for name, ratio in ratios.items() if ratio > BAR]
        + ["lookups"] * (cold.lookups > 0)
        + ["refused"] * bool(stats["refused"]),
        "machine": machine(),
    }


def _all_calls(spent: Spent) -> int:
    return spent.xero_writes + spent.xero_reads


def _loaded(twins: Twins, state: str, *, failing: int) -> Spent:
    meter = Meter(dynamics=twins.dynamics, xero=twins.xero)
    with Connector.from_settings(twins.settings(state)) as connector:
        report = connector.sync()
    (one,) = report.connections
    failed = sum(count for (_, status), count in one.standing.items() if status.value == "Failed")
    if failed != failing:
        raise AssertionError(f"{failing} accounts were spoiled, {failed} failed.")
    return meter.spent()


def _spoil(twins: Twins, accounts: int, seed: int) -> int:
    """Have every tenth account trade in a currency that Xero has not enabled; returns how many."""
    currency = str(uuid.UUID(int=seed))
    made = Operation(
        "PATCH", f"{API_PATH}/transactioncurrencies({currency})", UNKNOWN_CURRENCY, currency
    )
    bound = {"transactioncurrencyid@odata.bind": f"/transactioncurrencies({currency})"}
    spoiled = [
        Operation("PATCH", f"{API_PATH}/accounts({one.id})", bound, one.id)
        for one in list(companies(accounts, people=0, seed=seed))[::SPOILED_EVERY]
    ]
    where = whereabouts(Path(twins.settings_file))
    with session(where) as http:
        DynamicsPerson(http, where.dynamics_url).write([made, *spoiled], size=BATCH_LIMIT)
    return len(spoiled)


def main() -> int:
    """Measure, print, and judge."""
    wanted = options(__doc__ or "", n=10_000, seed=1)
    result = measured(wanted.n, wanted.seed)
    tell(result)
    return 1 if result["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())
