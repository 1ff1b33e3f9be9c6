"""The folder a sandbox lives in: the same folder starts where it stopped.

Kept are seed, clock, ports, and per endpoint its database with counters, used quota and settings
of quota and switches. Fault lists and webhook subscriptions are not kept: they belong to a test,
not to the twin.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

from dynamics_xero.sandbox.clock import SandboxClock
from dynamics_xero.sandbox.database import Database
from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.faults import Faults
from dynamics_xero.sandbox.identities import identity
from dynamics_xero.sandbox.ledger import Ledger
from dynamics_xero.sandbox.people import People
from dynamics_xero.sandbox.quota import Api, AppWindow, Quota, changed_settings
from dynamics_xero.sandbox.stats import Stats
from dynamics_xero.sandbox.switches import Switch, Switches
from dynamics_xero.sandbox.webhooks import Webhooks

IGNORED_FIELDS = frozenset(
    {
        "UpdatedDateUTC",
        "@odata.etag",
        "modifiedon",
        "_modifiedby_value",
        "modifiedby",
        "versionnumber",
    }
)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder while the block runs. Raises OSError when another sandbox lives in it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OSError(f"another sandbox already serves {folder}") from None
        yield


class Home:
    """Open a sandbox's folder and bring its endpoints back."""

    def __init__(self, path: Path, *, seed: int | None, real: Callable[[], datetime]) -> None:
        """Open the folder; a kept seed wins unless another one is asked for."""
        self.path = path
        self._file = path / "sandbox.json"
        kept = json.loads(self._file.read_text("utf-8")) if self._file.exists() else {}
        self._state: dict[str, object] = kept
        if seed is None:
            seed = int(kept.get("seed", random.SystemRandom().getrandbits(63)))
        self.seed = seed
        self.boots = int(kept.get("boots", 0)) + 1
        self.ports: dict[str, int] = dict(kept.get("ports", {}))
        self.clock = SandboxClock(
            real, timedelta(seconds=float(kept.get("offset_s", 0))), moved=self._clock_moved
        )
        self._save(seed=self.seed, boots=self.boots)

    def endpoint(
        self, api: Api, name: str, *, switches: Collection[Switch], app: AppWindow
    ) -> Endpoint:
        """Open one environment or organisation."""
        database = Database(self.path / f"{name}.db")
        who = identity(api, name, self.seed)
        ledger, faults = Ledger(database, self.clock, IGNORED_FIELDS), Faults()
        endpoint = Endpoint(
            name=name,
            clock=self.clock,
            database=database,
            ledger=ledger,
            stats=Stats(),
            faults=faults,
            quota=Quota(api, self.clock, name=name, app=app),
            switches=Switches(switches),
            people=People(who.people),
            webhooks=Webhooks(ledger, faults, self.clock),
            # The boot's number keeps a second start from minting the first one's ids again.
            random=random.Random(f"{self.seed}/{name}/{self.boots}"),  # noqa: S311 - repeatable
            facts=dict(who.facts),
        )
        _restore(endpoint)
        return endpoint

    def keep_ports(self, ports: dict[str, int]) -> None:
        """Remember the ports, so that a restart prefers them."""
        self.ports = ports
        self._save(ports=ports)

    def close(self, endpoint: Endpoint) -> None:
        """Keep an endpoint's counters and settings, and close its database."""
        endpoint.webhooks.close()
        _keep(endpoint)
        endpoint.database.close()

    def _clock_moved(self, offset: timedelta) -> None:
        self._save(offset_s=offset.total_seconds())

    def _save(self, **changes: object) -> None:
        self._state |= changes
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(self._state, indent=1), "utf-8")
        os.replace(fresh, self._file)


_TABLE = "CREATE TABLE IF NOT EXISTS sandbox_kept (name TEXT PRIMARY KEY, value TEXT NOT NULL)"


def _keep(endpoint: Endpoint) -> None:
    values = {
        "stats": endpoint.stats.snapshot(),
        "quota": asdict(endpoint.quota.settings),
        "used_today": endpoint.quota.used_today(),
        "switches": endpoint.switches.positions(),
    }
    with endpoint.database.write() as tx:
        tx.execute(_TABLE)
        tx.executemany(
            "INSERT OR REPLACE INTO sandbox_kept VALUES (?, ?)",
            [(name, json.dumps(value)) for name, value in values.items()],
        )


def _restore(endpoint: Endpoint) -> None:
    with endpoint.database.write() as tx:
        tx.execute(_TABLE)
        rows = tx.execute("SELECT name, value FROM sandbox_kept").fetchall()
    kept = {row["name"]: json.loads(row["value"]) for row in rows}
    if kept:
        endpoint.stats.restore(kept["stats"])
        endpoint.quota.configure(changed_settings(endpoint.quota.settings, kept["quota"]))
        endpoint.quota.charge_day(kept["used_today"])
        declared = {str(switch["name"]) for switch in endpoint.switches.listing()}
        # A home may be older than the program: switches that are settled by now stay behind.
        endpoint.switches.set(
            {name: at for name, at in kept["switches"].items() if name in declared}
        )
