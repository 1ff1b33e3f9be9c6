"""Two organisations on one environment: a row's columns describe the one that had it first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dynamics_xero.connector import Connector
from dynamics_xero.settings import FirstRun, load
from tests.sandbox import caller, start
from tests.trips.world import World


def test_r34_the_columns_describe_the_home_organisation_and_no_other(tmp_path: Path) -> None:
    with start(tmp_path, organisations=2) as serving, caller(serving) as session:
        world = World(serving, session, tmp_path)
        settings = replace(load(serving.settings_file), first_run=FirstRun.APPLY)
        with Connector.from_settings(settings) as connector:
            connector.provision_apply()
            account = world.account("Alfreds")
            connector.sync()
            world.edit("accounts", account, telephone1="030-9")
            connector.sync()

        written = [entry["after"] for entry in world.written({"dynamics": 0, "xero": 0})]

    rows = [row for row in written if isinstance(row, dict) and "xero_organisationid" in row]
    stamped = {row["xero_organisationid"] for row in rows} - {None}
    assert len(settings.connections) == 2
    assert stamped == {serving.organisations[0].tenant_id}
