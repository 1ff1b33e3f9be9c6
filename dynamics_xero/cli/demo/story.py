"""The demo's story: 40 accounts flow, one fails on purpose, says why, is corrected and heals."""

from __future__ import annotations

import json
import select
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import requests

from dynamics_xero.cli.common import Globals
from dynamics_xero.cli.demo.children import Children
from dynamics_xero.cli.demo.twins import Twins
from dynamics_xero.cli.opening import opened
from dynamics_xero.cli.outcomes import Exit, StoppedError
from dynamics_xero.cli.sandbox import extra_installed

ACCOUNTS = 40
SEED = 7
WITHIN_S = 120.0
LOOK_AGAIN_S = 0.2
BAD_EMAIL = "accounts..desk@example.com"
GOOD_EMAIL = "accounts@example.com"
SHOWN_URLS = ("dynamics_url", "dynamics_api_url", "xero_url", "xero_api_url", "settings_file")

Seen = TypeVar("Seen")


@dataclass
class Told:
    """What came of the story."""

    report: dict[str, Any] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    healed: list[dict[str, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the document of `demo --once --json`."""
        return {**self.report, "urls": self.urls, "healed": self.healed}


class Story:
    """Plays the story once, in one folder."""

    def __init__(self, home: Path, children: Children, tell: Callable[[str], None]) -> None:
        self._home = home
        self._children = children
        self._tell = tell
        self._started = time.monotonic()
        self._told = Told()

    def play(self) -> Told:
        """Play it. Raises StoppedError when something does not happen within WITHIN_S."""
        self._step("starting both systems on this machine (local stand-ins, over TLS)")
        return self.play_on(self._sandbox())

    def play_on(self, serving: Mapping[str, Any]) -> Told:
        """Play it on twins that run: what `sandbox serve` printed, and which settings to use."""
        settings_file = Path(serving["settings_file"])
        self._told.urls = {name: serving[name] for name in SHOWN_URLS}
        twins = Twins(serving)
        try:
            self._prepare(settings_file)
            failing = self._spoil(twins)
            began, before = twins.now(), twins.calls()
            self._work(settings_file, twins, failing)
            self._told.report = self._report(settings_file, twins, began, before)
        except requests.RequestException as error:
            text = f"A twin does not answer: {error}\n{self._children.last_words('sandbox')}"
            raise StoppedError(Exit.NOT_REACHED, text) from error
        finally:
            twins.close()
        return self._told

    def _sandbox(self) -> dict[str, Any]:
        command = [sys.executable, "-m", "dynamics_xero.cli", "sandbox", "serve"]
        process = self._children.start("sandbox", [*command, "--home", str(self._home)])
        out = process.stdout
        if out is None or not select.select([out], [], [], WITHIN_S)[0]:
            raise StoppedError(Exit.RECORDS_FAILED, f"The twins did not start in {WITHIN_S:.0f} s.")
        line = out.readline()
        if not line:
            process.wait()
            self._children.check()
        serving: dict[str, Any] = json.loads(line)
        return serving

    def _prepare(self, settings_file: Path) -> None:
        self._step("adding our columns and change tracking to Dynamics")
        with opened(Globals(config=settings_file)) as connector:
            steps = connector.provision_apply()
        self._step(f"{len(steps)} changes made there; writing {ACCOUNTS} accounts into Dynamics")
        with extra_installed():
            from dynamics_xero.sandbox.seed import SeedOptions, seed
        seed(SeedOptions(accounts=ACCOUNTS, settings_file=settings_file, seed=SEED))

    def _spoil(self, twins: Twins) -> dict[str, Any]:
        """Give one account an e-mail that Xero refuses; return the account as it was."""
        account = sorted(twins.accounts(), key=lambda row: str(row["accountnumber"]))[-1]
        twins.write_email(account["accountid"], BAD_EMAIL)
        self._step(f'"{account["name"]}" got the wrong e-mail {BAD_EMAIL} on purpose')
        return account

    def _work(self, settings_file: Path, twins: Twins, failing: dict[str, Any]) -> None:
        self._step("starting the worker, which looks for changes by itself")
        command = [sys.executable, "-m", "dynamics_xero.cli", "--config", str(settings_file)]
        self._children.start("worker", [*command, "worker"])
        self._until(
            f"{ACCOUNTS - 1} contacts in Xero", lambda: len(twins.contacts()) >= ACCOUNTS - 1
        )
        self._step(f"{ACCOUNTS - 1} of {ACCOUNTS} accounts arrived in Xero")
        account_id = failing["accountid"]
        remark = self._until("a Remark on the account", lambda: self._remark(twins, account_id))
        self._step(f'Dynamics shows on "{failing["name"]}": Failed. {remark}')
        twins.write_email(account_id, GOOD_EMAIL)
        self._step(f"a salesperson corrected the e-mail to {GOOD_EMAIL}")
        self._until("all contacts in Xero", lambda: len(twins.contacts()) == ACCOUNTS)
        self._until("the Remark to go", lambda: self._is_settled(twins, account_id))
        self._step("it healed by itself: the account is in Xero, its Remark is gone")
        self._until("everything to be written back", lambda: self._all_written_back(twins))
        self._step("every account shows its Xero id and status in Dynamics")
        healed = {"entity": "account", "dynamics_id": account_id, "remark_before": remark}
        self._told.healed.append(healed)

    def _report(
        self, settings_file: Path, twins: Twins, began: datetime, before: dict[str, dict[str, int]]
    ) -> dict[str, Any]:
        """Return what the worker did, as `sync --json` tells it.

        The calls were made by the worker's process, so the twins' counters tell them; the one
        write of the salesperson is taken off. Dynamics gets nothing but write-backs here.
        """
        with opened(Globals(config=settings_file)) as connector:
            report: dict[str, Any] = connector.report(began).as_json()
        after = twins.calls()
        made = {
            side: {kind: after[side][kind] - before[side][kind] for kind in ("reads", "writes")}
            for side in after
        }
        for connection in report["connections"].values():
            connection["calls"] = {
                "xero": {"read": made["xero"]["reads"], "write": made["xero"]["writes"]},
                "dynamics": {
                    "read": made["dynamics"]["reads"],
                    "write": 0,
                    "write_back": made["dynamics"]["writes"] - 1,
                },
            }
        return report

    @staticmethod
    def _remark(twins: Twins, account_id: str) -> str:
        row = next(row for row in twins.accounts() if row["accountid"] == account_id)
        return str(row["xero_remark"] or "")

    @staticmethod
    def _is_settled(twins: Twins, account_id: str) -> bool:
        row = next(row for row in twins.accounts() if row["accountid"] == account_id)
        return row["xero_remark"] is None and row["xero_id"] is not None

    @staticmethod
    def _all_written_back(twins: Twins) -> bool:
        return all(row["xero_id"] is not None for row in twins.accounts())

    def _until(self, what: str, look: Callable[[], Seen]) -> Seen:
        """Look until there is something to see. Raises StoppedError after WITHIN_S."""
        deadline = time.monotonic() + WITHIN_S
        while time.monotonic() < deadline:
            self._children.check()
            if seen := look():
                return seen
            time.sleep(LOOK_AGAIN_S)
        words = self._children.last_words("worker")
        text = f"Waited {WITHIN_S:.0f} s in vain for {what}.\n{words}"
        raise StoppedError(Exit.RECORDS_FAILED, text)

    def _step(self, text: str) -> None:
        seconds = time.monotonic() - self._started
        self._tell(f"[{seconds:6.1f} s] {text}")
