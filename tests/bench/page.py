"""Write the figures of a run into docs/explanation/benchmarks.md.

Run: make bench >bench.txt; python -m tests.bench.page bench.txt. The file holds what benchmarks
printed, one {"name": figures} a line; runs made apart may be put together in it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench import peers
from tests.bench.workbench import versions

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "benchmarks.md"
_PART = re.compile(r"(<!-- measured -->\n).*?(<!-- end -->)", re.DOTALL)

Figures = Mapping[str, Any]
Row = tuple[str, str, str]
"""What, how much, and at which size."""


def main(file: str) -> None:
    """Put the figures between the page's two marks."""
    found = _read(Path(file).read_text("utf-8"))
    text = PAGE.read_text("utf-8")
    PAGE.write_text(_PART.sub(lambda marks: marks[1] + _told(found) + marks[2], text), "utf-8")


def _read(text: str) -> list[tuple[str, Figures]]:
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return [(name, told[name]) for name in TELLERS for told in lines if [*told] == [name]]


def _told(found: Sequence[tuple[str, Figures]]) -> str:
    rows = [row for name, one in found for row in TELLERS[name](one)]
    loads = [(name, one["machine"]["load"][0]) for name, one in found]
    cores = {one["machine"]["cores"] for _name, one in found}
    lines = ["", "| what | figure | run |", "|---|---|---|"]
    lines += [f"| {what} | {figure} | {run} |" for what, figure, run in rows]
    lines += ["", "By formula, 1,000 records:", "", peers.table(1000), ""]
    used = ", ".join(f"{name} {number}" for name, number in versions().items())
    told = ", ".join(f"{name} {load}" for name, load in loads)
    lines += [f"Taken with {used}, on {max(cores, default=0)} cores.", ""]
    lines += [f"How busy the machine was (load of a minute): {told}.", ""]
    return "\n".join(lines) + "\n"


def _calls(one: Figures) -> Iterable[Row]:
    run, calls = f"{one['accounts']:,} accounts", one["calls"]
    for name, ratio in one["ratio_to_floor"].items():
        yield f"calls to Xero / floor, {name}", f"**{ratio}**", run
    for name, ratio in one["peers_to_ours"].items():
        yield f"`{name}` / ours", f"**{ratio}**", run
    yield "calls to Xero, ours and floor", f"{calls['ours']:,} and {calls['floor']:,}", run
    yield "calls for write-backs", f"{one['write_backs']['ours']:,}", run


def _real_client(one: Figures) -> Iterable[Row]:
    run = f"{one['contacts']:,} contacts"
    yield f"calls of {one['client']} / ours", f"**{one['calls_to_ours']}**", run
    minutes = one["seconds_by_quota"] / 60
    yield f"calls of {one['client']}, least time", f"{one['calls']:,}, {minutes:.0f} min", run


def _cpu(one: Figures) -> Iterable[Row]:
    run = f"{one['accounts']:,} accounts, {one['rounds']} rounds"
    yield "CPU / xero-python's", f"**{one['ratio_to_xero_python']['median']}**", run
    yield "CPU an account with its contact", _spread(one["us_per_account"]), run


def _decode(one: Figures) -> Iterable[Row]:
    run = f"{one['contacts']:,} contacts, {one['rounds']} rounds"
    yield "bulk read / xero-python decoding", f"**{one['ratio_to_xero_python']['median']}**", run
    yield "with our TLS and HTTP / the same", f"**{one['ratio_with_http']['median']}**", run
    both = one["ratio_both_with_http"]["median"]
    yield "both with TLS and HTTP", f"**{both}**", run
    yield "CPU a contact read", _spread(one["us_per_contact"]), run


def _memory(one: Figures) -> Iterable[Row]:
    sizes = list(one["rss_peak_mb"])
    run = " and ".join(f"{int(size):,}" for size in sizes) + " accounts"
    yield "peak memory, large / small", f"**{one['ratio']}**", run
    yield "peak memory", " and ".join(f"{one['rss_peak_mb'][n]} MB" for n in sizes), run


def _virtual_load(one: Figures) -> Iterable[Row]:
    for name, load in one["scenarios"].items():
        run = f"{one['accounts']:,} accounts, {name}"
        yield "load / floor", f"**{load['ratio_to_floor']}**", run
        yield "load / least time of its calls", f"**{load['ratio_to_own_calls']}**", run
        yield (
            "load: time, calls, answers 429",
            f"{peers.lasting(load['seconds'])}, {load['calls']:,}, {load['refused']}",
            run,
        )


def _virtual_day(one: Figures) -> Iterable[Row]:
    for name, day in one["scenarios"].items():
        changes = 0 if name.startswith("idle") else one["changes_an_hour"]
        run = f"{one['hours']:g} h, {changes:,} changes an hour, {name}"
        yield "calls / allowed", f"**{day['calls_to_quota']}**", run
        yield "calls, answers 429", f"{day['calls']:,}, {day['refused']}", run
        for side, fresh in day["freshness"].items():
            if "p95_s" in fresh:
                figure = f"{fresh['p50_s']} s, {fresh['p95_s']} s, {fresh['most_s']} s"
                yield f"freshness {side.replace('_', ' ')}: median, p95, most", figure, run


def _spread(one: Figures) -> str:
    return f"{one['median']} us ({one['low']} to {one['high']})"


TELLERS: Mapping[str, Callable[[Figures], Iterable[Row]]] = {
    "calls": _calls,
    "real_client": _real_client,
    "cpu": _cpu,
    "decode": _decode,
    "memory": _memory,
    "virtual_load": _virtual_load,
    "virtual_day": _virtual_day,
}


if __name__ == "__main__":
    main(sys.argv[1])
