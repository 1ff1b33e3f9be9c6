"""How many calls a thousand new accounts cost, by the twins' own counters."""

from __future__ import annotations

import pytest

from dynamics_xero.connector import Connector
from dynamics_xero.sandbox.seed import SeedOptions, seed
from tests.trips.spent import Meter
from tests.trips.world import World

pytestmark = pytest.mark.trip

ACCOUNTS = 1000


def test_a_thousand_new_accounts_cost_few_calls_and_no_look_up_each(
    world: World, connector: Connector
) -> None:
    options = SeedOptions(accounts=ACCOUNTS, settings_file=world.serving.settings_file)
    assert seed(options).accounts == ACCOUNTS
    meter = Meter(dynamics=world.dynamics, xero=world.xero)

    report = connector.sync()

    spent = meter.spent()
    assert report.failed == []
    assert len(world.all_in_xero()) == ACCOUNTS
    # Elements of 50 in a call: 20 calls; accounts and persons in two batches of a thousand.
    assert spent.xero_writes <= 22
    assert spent.xero_reads <= 5
    assert spent.write_backs <= 4
    assert spent.rows_written_back == 2 * ACCOUNTS


def test_no_record_is_looked_up_alone(world: World, connector: Connector) -> None:
    seed(SeedOptions(accounts=ACCOUNTS // 5, settings_file=world.serving.settings_file))
    meter = Meter(dynamics=world.dynamics, xero=world.xero)

    connector.sync()

    spent = meter.spent()
    assert spent.lookups == 0
    assert spent.batch_parts == spent.rows_written_back
    # Pages, names of columns and the like: a number that does not grow with the accounts.
    assert spent.dynamics_reads <= 15
