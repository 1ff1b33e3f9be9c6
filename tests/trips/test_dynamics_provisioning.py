"""Provisioning an environment: planned, done once, nothing left to do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dynamics_xero.dynamics import provisioning
from dynamics_xero.dynamics.definitions import column_definition, table_definition
from dynamics_xero.errors import MissingColumnError
from dynamics_xero.mapping.columns.column import Column, ColumnType
from dynamics_xero.mapping.columns.xero_details import (
    CUSTOM_COLUMNS,
    LINK_NAME,
    LINK_TABLE,
    STATUS_OPTIONS,
)
from dynamics_xero.model import Feed, RecordState, Status
from tests.trips.dynamics_world import World, follow, world

pytestmark = pytest.mark.trip


@pytest.fixture
def env(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("dynamics")) as served:
        yield served


def test_a_plan_names_each_missing_column_and_changes_nothing(env: World) -> None:
    side = env.side()

    steps = provisioning.plan(side)

    texts = [str(step) for step in steps]
    assert 'Add column xero_remark ("Remark", Memo) to contact' in texts
    assert 'Add column xero_taxnumber ("Tax number", String) to account' in texts
    assert "Turn on change tracking for account" in texts
    assert not any(step.done for step in steps)
    assert provisioning.plan(side) == steps
    assert env.control.entries(actor="connector") == []


def test_an_apply_does_what_was_planned_and_a_second_one_nothing(env: World) -> None:
    side = env.side()
    planned = {str(step) for step in provisioning.plan(side)}

    done = provisioning.apply(side)
    calls = env.control.stats()["calls"]
    again = provisioning.apply(side)

    assert {str(step) for step in done} == planned
    assert all(step.done for step in done)
    assert again == []
    assert env.control.stats()["calls"] == calls + len(CUSTOM_COLUMNS), "only looked"


def test_every_provisioned_column_can_be_read_and_is_tracked(env: World) -> None:
    side = env.side()
    provisioning.apply(side)

    for table, columns in CUSTOM_COLUMNS.items():
        feed = Feed(table, tuple(column.name for column in columns))
        assert follow(side, feed)[1].complete


def test_an_interrupted_apply_is_simply_run_again(env: World) -> None:
    side = env.side()
    made = column_definition(CUSTOM_COLUMNS["account"][0], language=1033)
    env.person("POST", "EntityDefinitions(LogicalName='account')/Attributes", made)

    done = [str(step) for step in provisioning.apply(side)]

    assert not any("xero_id " in text and "to account" in text for text in done)
    assert any("xero_id " in text and "to contact" in text for text in done)


def test_r34_a_shared_environment_gets_a_table_whose_rows_go_with_their_record(
    env: World,
) -> None:
    side = env.side()
    env.person("POST", "EntityDefinitions", table_definition(
        LINK_TABLE, "Xero Link", primary=LINK_NAME, language=1033
    ))  # fmt: skip

    done = {str(step) for step in provisioning.apply(side, shared=True)}
    account = env.add("accounts", name="Alfreds")
    bind = {"xero_accountid@odata.bind": f"/accounts({account})"}
    row = env.add("xero_links", xero_name="Ours", xero_organisationid="o", **bind)

    assert 'Add column xero_accountid ("Account", Lookup) to xero_link' in done
    assert f'Add table {LINK_TABLE} ("Xero Link")' not in done, "made before it was interrupted"
    assert provisioning.apply(side, shared=True) == []
    feed = Feed(LINK_TABLE, ("xero_name", "xero_accountid"))
    assert side.read(feed, [row])[0].values == {"xero_name": "Ours", "xero_accountid": account}
    env.person("DELETE", f"accounts({account})")
    assert side.read(feed, [row])[0].state is RecordState.DELETED


def test_a_column_of_another_type_stops_provisioning_before_it_begins(env: World) -> None:
    wrong = Column(name="xero_status", label="Status", type=ColumnType.TEXT, custom=True)
    made = column_definition(wrong, language=1033)
    env.person("POST", "EntityDefinitions(LogicalName='account')/Attributes", made)
    side = env.side()
    before = env.control.stats()["writes"]

    with pytest.raises(MissingColumnError, match="xero_status on account is String, not Picklist"):
        provisioning.apply(side)

    assert env.control.stats()["writes"] == before


def test_the_status_choice_holds_each_status_under_its_label(env: World) -> None:
    provisioning.apply(env.side())

    cast = "Microsoft.Dynamics.CRM.PicklistAttributeMetadata"
    path = f"EntityDefinitions(LogicalName='contact')/Attributes/{cast}"
    answer = env.person("GET", f"{path}?$select=LogicalName&$expand=OptionSet($select=Options)")

    sets = {one["LogicalName"]: one["OptionSet"]["Options"] for one in answer.json()["value"]}
    shown = {
        option["Value"]: option["Label"]["LocalizedLabels"][0]["Label"]
        for option in sets["xero_status"]
    }
    assert shown == {STATUS_OPTIONS[status]: status.value for status in Status}


def test_an_environment_is_put_back_for_the_next_test_and_made_anew_once_customised(
    env: World,
) -> None:
    column = Column(name="xero_more", label="More", type=ColumnType.TEXT, custom=True)
    feed = Feed("account", ("name",))
    for customised in (False, True, False):
        side = env.fresh()
        assert provisioning.plan(side) == []
        assert provisioning.unknown_columns(side, [Feed("account", (column.name,))]) != []
        assert follow(side, feed)[0] == []
        env.add("accounts", name="Alfreds")
        if customised:
            made = column_definition(column, language=1033)
            env.person("POST", "EntityDefinitions(LogicalName='account')/Attributes", made)
