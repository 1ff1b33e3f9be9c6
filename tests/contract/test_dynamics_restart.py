"""The same home starts where it stopped (contract.md section 2, --home)."""

from __future__ import annotations

from pathlib import Path

from dynamics_xero.sandbox.assembly import ServeOptions
from dynamics_xero.sandbox.background import running
from tests.contract.dynamics_server import TWINS, Dynamics
from tests.sandbox import caller


def test_rows_columns_and_delta_links_survive_a_restart(tmp_path: Path) -> None:
    """Rows, customisation, tracking and version numbers are all in the database."""
    options = ServeOptions(home=tmp_path, seed=1)
    with running(options, TWINS) as serving, caller(serving) as session:
        dynamics = Dynamics(serving, session)
        dynamics.sign_in()
        dynamics.add_column("account", type="String", name="xero_id")
        dynamics.track("account")
        dynamics.created("accounts", name="A", xero_id="1")
        link = dynamics.read("accounts", prefer="odata.track-changes")["@odata.deltaLink"]
        token = link.partition("?")[2]
        user = dynamics.read("WhoAmI")["UserId"]

    with running(options, TWINS) as serving, caller(serving) as session:
        dynamics = Dynamics(serving, session)
        dynamics.sign_in()
        assert dynamics.names(column="xero_id") == ["1"]
        assert dynamics.read(f"accounts?{token}")["value"] == []
        dynamics.created("accounts", name="B")
        assert [row["name"] for row in dynamics.read(f"accounts?{token}")["value"]] == ["B"]
        assert dynamics.read("WhoAmI")["UserId"] == user


def test_the_same_seed_gives_the_same_ids(tmp_path: Path) -> None:
    """contract.md section 2: --seed makes the twins' ids and tokens deterministic."""
    seen = []
    for name in ("one", "two"):
        options = ServeOptions(home=tmp_path / name, seed=7)
        with running(options, TWINS) as serving, caller(serving) as session:
            dynamics = Dynamics(serving, session)
            seen.append((dynamics.sign_in(), dynamics.created("accounts", name="A")))

    assert seen[0] == seen[1]
