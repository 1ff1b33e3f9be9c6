"""What was kept long enough goes, and nothing else."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from dynamics_xero.connector import Connector
from tests.trips.engine_room import jump
from tests.trips.world import World

DAY_S = 86_400.0


def kept(world: World) -> dict[str, int]:
    state = sqlite3.connect(world.folder / "state.db")
    tables = ("history", "run", "link", "lease")
    found = {t: state.execute(f"select count(*) from {t}").fetchone()[0] for t in tables}
    state.close()
    return found


def test_old_history_and_runs_are_pruned_and_links_stay(world: World) -> None:
    settings = replace(world.settings(), keep_days=2)
    with Connector.from_settings(settings) as connector:
        connector.provision_apply()
        account = world.account("Alfreds")
        connector.sync()
        before = kept(world)
        assert connector.prune() == 0
        assert kept(world) == before
        jump(world, connector.desk.shop.clock, 3 * DAY_S)
        world.edit("accounts", account, telephone1="030-1")
        connector.sync()

        connector.prune()

        assert [told["action"] for told in connector.history(account)] == ["update"]
        after = kept(world)
        assert (after["run"], after["link"]) == (1, 1)
        assert connector.sync().failed == []
        assert len(world.all_in_xero()) == 1


def test_runs_go_before_history_does(world: World, connector: Connector) -> None:
    account = world.account("Alfreds")
    connector.sync()
    jump(world, connector.desk.shop.clock, 31 * DAY_S)

    connector.prune()

    assert kept(world)["run"] == 0
    assert len(connector.history(account)) > 0
