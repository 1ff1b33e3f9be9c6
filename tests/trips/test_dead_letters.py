"""Dead letters: listed with their reason, tried again on request, and freed by themselves."""

from __future__ import annotations

import pytest

from dynamics_xero import Connector, SettingsError
from tests.json_schemas import faults
from tests.trips.world import Row, World

pytestmark = pytest.mark.trip

BAD_EMAIL = "a..b@x.example"


def letters(connector: Connector, *, entity: str | None = None) -> list[Row]:
    found = connector.dead_letters(entity=entity)
    assert faults("dead-letters", {"dead_letters": found}) == []
    return found


def test_r32_a_refused_record_is_a_dead_letter_with_its_remark(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", emailaddress1=BAD_EMAIL)
    world.account("Bon app")
    connector.sync()

    (letter,) = letters(connector)

    assert (letter["dynamics_id"], letter["status"]) == (account, "Failed")
    assert "mail" in str(letter["remark"])
    assert letter["shown_in_dynamics"] is True
    assert letter["since"]


def test_r32_a_parked_record_is_not_tried_again_by_itself(
    world: World, connector: Connector
) -> None:
    world.account("Alfreds", emailaddress1=BAD_EMAIL)
    connector.sync()
    before = writes(world)

    connector.sync()

    assert writes(world) == before


def test_r32_a_replayed_letter_is_tried_once_more(world: World, connector: Connector) -> None:
    account = world.account("Alfreds", emailaddress1=BAD_EMAIL)
    connector.sync()
    (letter,) = letters(connector)

    before = writes(world)

    replayed = connector.replay([int(str(letter["link"]))])
    connector.sync()

    assert faults("dead-letters-replay", {"replayed": replayed}) == []
    assert replayed == [letter["link"]]
    assert writes(world) == before + 1
    assert [one["dynamics_id"] for one in letters(connector)] == [account]


def test_r32_a_replay_after_the_cause_is_gone_heals(world: World, connector: Connector) -> None:
    theirs = world.xero_contact(Name="Alfreds")
    account = world.account("Alfreds")
    connector.sync()
    world.edit_xero(theirs, ContactStatus="ARCHIVED")

    connector.replay(every=True)
    connector.sync()

    assert letters(connector) == []
    assert world.in_dynamics("account", account)["xero_id"] != theirs


def test_r32_a_letter_frees_itself_when_what_it_failed_on_changes(
    world: World, connector: Connector
) -> None:
    theirs = world.xero_contact(Name="Alfreds")
    failed = world.account("Bon app", emailaddress1=BAD_EMAIL)
    world.account("Alfreds")
    connector.sync()
    stuck = len(letters(connector))

    world.edit("accounts", failed, emailaddress1="a.b@x.example")
    world.edit_xero(theirs, Name="Somebody else")
    connector.sync()

    assert stuck == 2
    assert letters(connector) == []


def test_the_remark_of_a_deleted_row_is_still_told_here(world: World, connector: Connector) -> None:
    account = world.account("Alfreds")
    connector.sync()
    contact = str(world.in_xero("Alfreds")["ContactID"])
    world.delete("accounts", account)
    world.edit_xero(contact, EmailAddress="new@x.example")
    connector.sync()

    (letter,) = letters(connector)

    assert (letter["dynamics_id"], letter["shown_in_dynamics"]) == (account, False)
    assert "deleted" in str(letter["remark"])


def test_a_persons_letter_is_replayed_by_way_of_its_company(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    person = world.contact(account, "Maria", "Anders", emailaddress1="no mail")
    connector.sync()
    (letter,) = letters(connector, entity="contact")

    replayed = connector.replay(entity="contact")
    connector.sync()

    assert letter["dynamics_id"] == person
    assert replayed == [letter["link"]]
    assert [one["dynamics_id"] for one in letters(connector)] == [person]


def test_a_replay_names_what_is_no_dead_letter(world: World, connector: Connector) -> None:
    world.account("Alfreds")
    connector.sync()

    with pytest.raises(SettingsError, match="77"):
        connector.replay([77])
    with pytest.raises(SettingsError, match="--all"):
        connector.replay()


def writes(world: World) -> int:
    stats = world.xero.get("stats")
    assert isinstance(stats, dict)
    return int(stats["writes"])
