"""Rows a second that the store takes in batches, against the same work row by row.

Run: python -m tests.bench.store_rows. Prints one JSON document; only the ratios carry over to
other machines. Bars: batches at least 4 times as fast as rows (performance.md, P12), and 50 us of
CPU for each record of a page (with its two keys) and for each outcome of a round.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from dynamics_xero.model import LinkOutcome, Record, Status
from dynamics_xero.rows import RecordRow
from dynamics_xero.store.store import Store

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ROUNDS = 5
PAGE = 2000
ROUND = 500
SINGLES = 100
"""How many rows are done one by one; a rate needs no more."""

Work = Callable[[Sequence[int]], None]
Spent = tuple[float, float]
"""Elapsed and CPU seconds per row."""


def main() -> None:
    """Measure in interleaved rounds and print medians."""
    with tempfile.TemporaryDirectory() as home, Store.open(f"sqlite:///{home}/state.db") as store:
        sizes = {"put": PAGE, "put_again": PAGE, "get": PAGE, "ensure": ROUND, "save": ROUND}
        singles = range(ROUNDS * PAGE, ROUNDS * (PAGE + SINGLES))
        works = _works(store, {n: _row(n) for n in range(singles.stop)})
        spent: dict[str, list[tuple[Spent, Spent]]] = {name: [] for name in works}
        for number in range(ROUNDS):
            for name, work in works.items():
                batch = range(number * PAGE, number * PAGE + sizes[name])
                some = singles[number * SINGLES : (number + 1) * SINGLES]
                spent[name].append((_measure(work, [batch]), _measure(work, [[n] for n in some])))
    print(json.dumps({name: _told(rounds) for name, rounds in spent.items()}, indent=1))


def _measure(work: Work, groups: Sequence[Sequence[int]]) -> Spent:
    elapsed, cpu = time.perf_counter(), time.process_time()
    for group in groups:
        work(group)
    rows = sum(map(len, groups))
    return (time.perf_counter() - elapsed) / rows, (time.process_time() - cpu) / rows


def _told(rounds: Sequence[tuple[Spent, Spent]]) -> dict[str, float]:
    batch = statistics.median(batch[0] for batch, _row in rounds)
    row = statistics.median(row[0] for _batch, row in rounds)
    return {
        "rows_per_second": round(1 / batch),
        "one_by_one_per_second": round(1 / row),
        "ratio": round(row / batch, 1),
        "cpu_us_per_row": round(statistics.median(batch[1] for batch, _row in rounds) * 1e6, 1),
    }


def _works(store: Store, rows: Mapping[int, RecordRow]) -> dict[str, Work]:
    """Return the measured steps; each call is one transaction, in this order over the same rows."""

    def put(numbers: Sequence[int]) -> None:
        with store.begin() as tx:
            tx.records.put("e", [rows[n] for n in numbers], generation=1, answered_at=NOW)

    def get(numbers: Sequence[int]) -> None:
        with store.read() as tx:
            found = tx.records.get("e", "account", [str(n) for n in numbers])
        if len(found) != len(numbers):
            raise AssertionError(f"{len(numbers)} rows were put, {len(found)} are there.")

    def ensure(numbers: Sequence[int]) -> None:
        with store.begin() as tx:
            ids = [str(n) for n in numbers]
            tx.links.ensure("main", "account", ids)
            tx.links.mark_due("main", "account", dynamics_ids=ids, now=NOW)

    def save(numbers: Sequence[int]) -> None:
        with store.begin() as tx:
            links = tx.links.by_dynamics("main", "account", [str(n) for n in numbers])
            tx.links.save(
                "main",
                [_outcome(link.id, link.dynamics_id) for link in links.values()],
                run_id="run",
                now=NOW,
                loaded={link.id: link.marked for link in links.values()},
                xero_ids={link.id: f"x{link.dynamics_id}" for link in links.values()},
            )

    return {"put": put, "put_again": put, "get": get, "ensure": ensure, "save": save}


def _row(number: int) -> RecordRow:
    values = {f"column{n}": f"value {n} of account {number}" for n in range(20)}
    keys = (("name", f"account {number}"), ("code", str(number)))
    return RecordRow(Record("account", str(number), 1, values), f"{number:032}", keys)


def _outcome(link_id: int, dynamics_id: str) -> LinkOutcome:
    base = {f"field{n}": (f"value {n}", f"value {n}") for n in range(15)}
    return LinkOutcome(
        link_id, "account", dynamics_id, Status.SYNCED, base=base, carried=True, verified=True
    )


if __name__ == "__main__":
    main()
