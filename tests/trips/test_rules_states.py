"""How a record stands: who waits for whom, transitions, whose details, and the story told."""

from __future__ import annotations

import pytest

from dynamics_xero.connector import Connector
from dynamics_xero.mapping.columns.xero_details import STATUS_OPTIONS
from dynamics_xero.model import Status
from tests.trips.world import Row, World, remarks

pytestmark = pytest.mark.trip


@pytest.mark.parametrize(
    ("column", "wrong", "right"),
    [
        pytest.param("emailaddress1", "a..b@x.example", "a.b@x.example", id="refused by Xero"),
        pytest.param("address1_country", "X" * 51, "Norway", id="not even sent"),
    ],
)
def test_r18_a_person_waits_for_its_company_and_goes_along_when_that_is_mended(
    world: World, connector: Connector, column: str, wrong: str, right: str
) -> None:
    account = world.account("Alfreds", **{column: wrong})
    maria = world.contact(account, "Maria", "Anders")
    connector.sync()
    waiting = world.in_dynamics("contact", maria)
    mark = world.mark()

    world.edit("accounts", account, **{column: right})
    connector.sync()

    person = world.in_dynamics("contact", maria)
    assert waiting["xero_status"] == STATUS_OPTIONS[Status.BLOCKED]
    assert "Waits for its company" in str(waiting["xero_remark"])
    assert (person["xero_status"], person["xero_remark"]) == (STATUS_OPTIONS[Status.SYNCED], None)
    assert [action for action, _fields in in_xero(world, mark)] == ["create"]  # both in one call
    assert world.persons("Alfreds") == ["Maria Anders"]


def test_r20_leaving_and_coming_back_are_transitions_one_to_an_action(
    world: World, connector: Connector
) -> None:
    world.flip("unarchive_allowed", "yes")
    account = world.account("Alfreds", telephone1="1")
    connector.sync()
    mark = world.mark()
    world.edit("accounts", account, statecode=1, statuscode=2, telephone1="2")
    connector.sync()
    left = in_xero(world, mark)
    mark = world.mark()

    world.edit("accounts", account, statecode=0, statuscode=1, telephone1="3")
    connector.sync()

    assert left == [("archive", ["ContactStatus"])]
    assert in_xero(world, mark) == [("restore", ["ContactStatus"]), ("update", ["Phones"])]


def test_r20_a_state_that_may_not_be_left_becomes_a_remark(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    connector.sync()
    world.edit_xero(str(world.in_xero("Alfreds")["ContactID"]), ContactStatus="ARCHIVED")
    world.edit("accounts", account, telephone1="2")
    mark = world.mark()

    told = remarks(connector.sync())

    assert "archived in Xero and cannot be changed from here" in told[account]
    assert in_xero(world, mark) == []
    assert world.in_dynamics("account", account)["statecode"] == 0


def test_r34_xero_details_name_the_organisation_they_speak_of(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    maria = world.contact(account, "Maria", "Anders")

    connector.sync()

    organisation = world.serving.organisations[0].tenant_id
    assert world.in_dynamics("account", account)["xero_organisationid"] == organisation
    assert world.in_dynamics("contact", maria)["xero_organisationid"] == organisation


def test_r40_history_tells_what_was_written_from_what_and_why(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", telephone1="1")
    connector.sync()
    contact = str(world.in_xero("Alfreds")["ContactID"])
    world.edit("accounts", account, telephone1="2")
    connector.sync()
    fax = {"PhoneType": "FAX", "PhoneNumber": "9"}
    world.edit_xero(contact, Phones=[fax])
    connector.sync()

    back, there, _created = connector.history(account)

    assert (there["action"], back["action"]) == ("update", "update_in_dynamics")
    assert change(there, "phone") == ("1", "2", "changed in Dynamics")
    assert change(back, "fax") == (None, "9", "changed in Xero")
    for row in (there, back):
        assert row["xero_id"] == contact
        assert row["request"]
        assert isinstance(row["dynamics_version"], int)
        assert isinstance(row["xero_version"], int)
    assert [row["at"] for row in connector.history(contact)] == [
        row["at"] for row in connector.history(account)
    ]


def test_r40_a_refusal_is_kept_with_the_remotes_own_code(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    connector.sync()
    world.edit("accounts", account, emailaddress1="a..b@x.example")
    connector.sync()

    (refused, *_) = connector.history(account)

    assert (refused["action"], refused["status"]) == ("refused", Status.FAILED.value)
    assert refused["code"]
    assert refused["request"]
    assert refused["remark"] == world.in_dynamics("account", account)["xero_remark"]


def in_xero(world: World, mark: dict[str, int]) -> list[tuple[object, object]]:
    """Return what the connector changed in Xero after a mark, in order: action and fields."""
    entries = [entry for entry in world.written(mark) if entry["resource"] == "Contact"]
    return [(entry["action"], entry["fields"]) for entry in entries if entry["changed"]]


def change(row: Row, field: str) -> tuple[object, object, object]:
    """Return before, after and rule of one field of a history row."""
    changes = row["changes"]
    assert isinstance(changes, dict)
    found = changes[field]
    return found["before"], found["after"], found["rule"]
