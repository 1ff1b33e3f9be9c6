"""Run every benchmark, each in a process of its own, and print all figures as one line of JSON.

Run: make bench, or python -m tests.bench [--quick] [--seed 1]. The last line is the document of
contract.md section 3; each benchmark's own line comes before it. Ends with 1 when a bar is missed;
a quick run has sizes at which bars mean nothing, and only shows that everything runs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any

from tests.bench import peers
from tests.bench.workbench import machine, run, versions

Sizes = Mapping[str, tuple[str, ...]]

WHOLE: Sizes = {
    "cpu": ("--n", "1000", "--rounds", "11"),
    "decode": ("--n", "1000", "--pages", "2", "--rounds", "11"),
    "calls": ("--n", "10000"),
    "real_client": ("--n", "1000"),
    "memory": ("--small", "10000", "--large", "100000"),
    "virtual_load": ("--n", "100000"),
    "virtual_day": ("--accounts", "2000", "--hours", "24"),
}
QUICK: Sizes = {
    "cpu": ("--n", "150", "--rounds", "2"),
    "decode": ("--n", "300", "--pages", "1", "--rounds", "5"),
    "calls": ("--n", "200"),
    "real_client": ("--n", "100"),
    "memory": ("--small", "100", "--large", "300"),
    "virtual_load": ("--n", "300", "--only", "paid-rolling"),
    "virtual_day": ("--accounts", "50", "--hours", "0.1", "--only", "paid-rolling"),
}
TOLD_LOAD = "paid-rolling"
"""The scenario that stands in the document's own line."""


def main() -> int:
    """Run, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    print(peers.table(1000), file=sys.stderr)
    found: dict[str, dict[str, Any]] = {}
    for name, sizes in (QUICK if wanted.quick else WHOLE).items():
        found[name] = run(name, *sizes, "--seed", str(wanted.seed))
        print(json.dumps({name: found[name]}), flush=True)
    result = document(found, seed=wanted.seed, quick=wanted.quick)
    print(json.dumps(result))
    return 1 if result["missed"] and not wanted.quick else 0


def document(found: Mapping[str, Mapping[str, Any]], *, seed: int, quick: bool) -> dict[str, Any]:
    """Return the document of contract.md section 3, ratios first."""
    load = found["virtual_load"]["scenarios"][TOLD_LOAD]
    return {
        "ratios": {
            "calls_to_floor": found["calls"]["ratio_to_floor"],
            "peers_to_ours": found["calls"]["peers_to_ours"],
            "real_client_calls_to_ours": found["real_client"]["calls_to_ours"],
            "cpu_to_xero_python": found["cpu"]["ratio_to_xero_python"]["median"],
            "read_to_xero_python": found["decode"]["ratio_to_xero_python"]["median"],
            "memory_large_to_small": found["memory"]["ratio"],
            "virtual_load_to_floor": found["virtual_load"]["ratio_to_floor"],
            "virtual_day_calls_to_quota": found["virtual_day"]["calls_to_quota"],
        },
        "calls": found["calls"]["calls"],
        "real_client": found["real_client"],
        "cpu_us_per_record": found["cpu"]["us_per_account"]["median"],
        "rss_peak_mb": found["memory"]["rss_peak_mb"],
        "virtual_load_100k": {
            "seconds": load["seconds"],
            "floor_seconds": load["floor_seconds"],
            "calls": load["calls"],
            "accounts": found["virtual_load"]["accounts"],
            "scenario": TOLD_LOAD,
        },
        "virtual_day": found["virtual_day"]["scenarios"],
        "missed": {name: one["missed"] for name, one in found.items() if one.get("missed")},
        "quick": quick,
        "machine": machine(),
        "versions": versions(),
        "seed": seed,
    }


if __name__ == "__main__":
    sys.exit(main())
