"""Benchmark: what the same records cost other designs, by formula, in one table.

Run: python -m tests.bench.peers [--n 1000]. These are modelled patterns (performance.md section
1.6), not programs that were run; the one real client is measured by `tests.bench.real_client`.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.bench import floors
from tests.bench.floors import Cost
from tests.bench.workbench import options

CALLS_A_DAY = 5000


@dataclass(frozen=True)
class Peer:
    """A design, and what N records cost it."""

    name: str
    what: str
    cost: Cost


def peers(records: int) -> tuple[Peer, ...]:
    """Return the floor first, then the designs."""
    return (
        Peer("floor", "full calls of 50, nothing looked up", floors.floor(records)),
        Peer("one_per_record", "each record in a call of its own", floors.one_per_record(records)),
        Peer(
            "lookup_write_writeback",
            "looked up, written, its id noted in Dynamics, one by one",
            floors.lookup_write_writeback(records),
        ),
    )


def table(records: int) -> str:
    """Return the table as Markdown."""
    (floor, *_) = found = peers(records)
    lines = [
        "| design | what it does | calls to Xero | times the floor | calls for write-backs "
        "| least time |",
        "|---|---|---|---|---|---|",
    ]
    for one in found:
        seconds = floors.load_seconds(one.cost.xero, call_s=0.0, calls_a_day=CALLS_A_DAY)
        lines.append(
            f"| `{one.name}` | {one.what} | {one.cost.xero:,} "
            f"| {one.cost.xero / floor.cost.xero:.0f} | {one.cost.write_backs:,} "
            f"| {lasting(seconds)} |"
        )
    return "\n".join(lines)


def lasting(seconds: float) -> str:
    """Return a length of time in the unit people would use.

    >>> [lasting(one) for one in (30, 1980, 90_000)]
    ['30 s', '33 min', '1.0 days']
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < floors.DAY_S:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / floors.DAY_S:.1f} days"


if __name__ == "__main__":
    print(table(options(__doc__ or "", n=1000).n))
