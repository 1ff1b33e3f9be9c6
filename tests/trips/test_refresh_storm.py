"""Many processes renew one Xero token: one refresh at a time, and no consent is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from dynamics_xero.store.keyring import Keyring
from dynamics_xero.store.store import Store
from dynamics_xero.store.tokens import Tokens
from dynamics_xero.xero.auth import XeroSignIn
from dynamics_xero.xero.auth_grant import Grant
from tests.conftest import ROOT
from tests.memory import SteppedClock
from tests.trips.storm import DIED, Plan, settings_of
from tests.trips.xero_world import World, world

pytestmark = pytest.mark.trip

LONG = bool(os.environ.get("DYNAMICS_XERO_LONG"))
ENDPOINT_S, SPEED = (5.0, 2.0) if LONG else (0.2, 25.0)
DEATHS = ("before land", "in the call", *(("",) * 12 if LONG else ()))
"""A crash between answer and save, one with the call under way, and what chance brings."""


def storm(xero: World, folder: Path, deaths: Sequence[str]) -> tuple[list[dict[str, Any]], Grant]:
    """Play it; return how the processes of each round ended, and the state they left."""
    organisation = xero.serving.organisations[0]
    key = Fernet.generate_key().decode("ascii")
    plan = Plan(
        database=f"sqlite:///{folder / 'state.db'}",
        key=key,
        client_id=organisation.client_id,
        client_secret=organisation.client_secret,
        identity_url=xero.serving.xero_identity_url,
        ca_file=str(xero.serving.ca_file),
        folder=str(folder),
        deaths=tuple(deaths),
        speed=SPEED,
        seed=2,
    )
    with Store.open(plan.database) as store:
        tokens = Tokens(store, Keyring([key]), SteppedClock())
        sign_in = XeroSignIn(settings_of(plan), SteppedClock(), tokens, connection="storm")
        sign_in.flight.replace(Grant(refresh=(organisation.refresh_token,), consent="one"))
        played = subprocess.run(
            [sys.executable, "-m", "tests.trips.storm", json.dumps(asdict(plan))],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert played.returncode == 0, played.stderr
        return json.loads(played.stdout), sign_in.flight.load()


def test_sixteen_processes_never_refresh_twice_at_once_and_lose_no_consent(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with world(tmp_path_factory.mktemp("xero")) as xero:
        xero.fresh()
        xero.faults(
            {"kind": "drop_answer", "path": "/connect/token", "times": 1},
            {"kind": "slow", "path": "/connect/token", "seconds": ENDPOINT_S},
        )

        rounds, left = storm(xero, tmp_path, DEATHS)

        stats = xero.control.get("stats")
        assert isinstance(stats, dict)
        refreshes = stats["sign_ins"]["POST /connect/token"]
    died = sum(one["codes"].count(DIED) for one in rounds)
    again = sum(one["again"] for one in rounds)
    print(f"{len(rounds)} rounds, {died} died, {again} asked again, {refreshes}")
    assert refreshes["in_flight_max"] == 1
    assert died >= 2, "nobody died where it was planned"
    for one in rounds:
        assert set(one["codes"]) <= {0, DIED}, one["told"]
        assert len(set(one["told"])) == 1, "the survivors of a round hold one token"
    assert not left.lapsed
    assert left.flight is None
    # One a round, one more for each that died with its answer, or whose answer was lost or late.
    assert refreshes["calls"] <= len(rounds) + died + again + 1
