"""The same home starts where it stopped (contract.md section 2, --home)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dynamics_xero.sandbox.assembly import ServeOptions
from dynamics_xero.sandbox.background import running
from dynamics_xero.sandbox.dynamics.platform_tables import PLATFORM
from tests.bench.dynamics_twin_scale import opened
from tests.contract.dynamics_server import TWINS, Dynamics
from tests.contract.receiver import Receiver, receiving
from tests.contract.test_dynamics_tables import made, payment, relationship
from tests.contract.test_dynamics_webhooks import endpoint, step
from tests.sandbox import caller


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return somebody who listens."""
    with receiving() as open_receiver:
        yield open_receiver


def test_rows_tables_steps_and_delta_links_survive_a_restart(
    tmp_path: Path, receiver: Receiver
) -> None:
    """Rows, customisation, tracking, steps and version numbers are all in the database."""
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
        made(dynamics, "EntityDefinitions", payment())
        made(dynamics, "RelationshipDefinitions", relationship())
        account = dynamics.read("accounts")["value"][0]["accountid"]
        bind = {"xero_AccountId@odata.bind": f"/accounts({account})"}
        dynamics.created("xero_payments", xero_name="P", **bind)
        step(dynamics, endpoint(dynamics, receiver.url), "Create", "account")

    with running(options, TWINS) as serving, caller(serving) as session:
        dynamics = Dynamics(serving, session)
        dynamics.sign_in()
        assert dynamics.names(column="xero_id") == ["1"]
        assert dynamics.read(f"accounts?{token}")["value"] == []
        dynamics.created("accounts", name="B")
        assert receiver.next().document["MessageName"] == "Create"
        expanded = dynamics.read("xero_payments", expand="xero_AccountId")["value"][0]
        assert expanded["xero_AccountId"]["name"] == "A"
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


def test_a_home_of_an_earlier_version_gets_what_it_lacks(tmp_path: Path) -> None:
    """Tables of the platform and columns came later than the first homes."""
    bench = opened(tmp_path)
    bench.create(0, 2)
    with bench.endpoint.database.write() as tx:
        for table in PLATFORM:
            tx.execute(f'DROP TABLE "row_{table.name}"')
        tx.execute("DELETE FROM dv_user_role")
        tx.execute("ALTER TABLE row_account DROP COLUMN createdonbehalfby")
        tx.execute("UPDATE dv_number SET value = 1 WHERE name = 'filled'")
    bench.endpoint.database.close()

    again = opened(tmp_path)

    assert again.call("POST", "roles", b'{"name":"New"}').status == 204
    shown = again.call("GET", "accounts?$select=name,_createdonbehalfby_value").body
    assert len(json.loads(shown)["value"]) == 2
    again.endpoint.database.close()
