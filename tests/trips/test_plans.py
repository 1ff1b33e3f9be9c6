"""Plans: nothing is written before a person has read what would be, and exactly that is done."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dynamics_xero import Connector, Field, SettingsError, computed
from dynamics_xero.entities.account import AccountToContact
from dynamics_xero.settings import EntitySettings, FirstRun
from tests.json_schemas import faults
from tests.trips.world import World

pytestmark = pytest.mark.trip


class Shouted(AccountToContact):
    """The same columns, another value made of them; short names stay as they are."""

    @computed(reads=("name",), writes="Name", required=True, label="Name")
    def name(self, name: str | None) -> str | None:
        """Return the name in capitals, if it has more than one word."""
        return name.upper() if name and " " in name else name


class XeroOwnsNames(AccountToContact):
    """The same columns and values, decided otherwise where both sides changed."""

    name = Field("name", "Name", required=True, owner="xero")


def planned(connector: Connector, folder: Path) -> tuple[Path, dict[str, Any]]:
    """Make a plan; return its file and its document."""
    file = folder / "plan.json"
    connector.plan(out=file)
    document: dict[str, Any] = json.loads(file.read_text("utf-8"))
    assert faults("plan", document) == []
    return file, document


def opened(world: World, mapping: type[AccountToContact]) -> Connector:
    return Connector.from_settings(world.settings(), mappings=[mapping])


def test_r12_nothing_is_written_before_the_first_plan_was_applied(world: World) -> None:
    world.account("Alfreds", accountnumber="ALFKI")
    with world.connector(first_run=FirstRun.PLAN) as connector:
        mark = world.mark()
        first = connector.sync()
        file, document = planned(connector, world.folder)

        assert world.written(mark) == []
        assert "first plan" in first.asks[0]
        applied = connector.apply(file)

        assert applied.skipped == []
        assert world.in_xero("Alfreds")["AccountNumber"] == "ALFKI"
        world.account("Bon app")
        assert connector.sync().asks == []
        assert world.in_xero("Bon app")["ContactStatus"] == "ACTIVE"
    (action,) = document["actions"]
    assert (action["action"], action["side"], action["calls"]) == ("create", "xero", 1)
    assert action["fields"]["name"] == {"before": None, "after": "Alfreds", "rule": "created"}
    assert document["summary"]["main"]["calls"]["xero"] == {"write": 1}


def test_r12_an_applied_connection_needs_no_second_plan_whatever_the_settings_say(
    world: World, connector: Connector
) -> None:
    connector.sync()
    world.account("Alfreds")

    with world.connector(first_run=FirstRun.PLAN) as later:
        report = later.sync()

    assert not report.planned
    assert world.in_xero("Alfreds")["Name"] == "Alfreds"


def test_a_plan_names_link_versions_and_every_field_before_and_after(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", telephone1="030-1")
    connector.sync()
    world.edit("accounts", account, telephone1="030-2")

    _file, document = planned(connector, world.folder)

    (action,) = document["actions"]
    assert action["dynamics_id"] == account
    assert action["xero_id"] == world.in_xero("Alfreds")["ContactID"]
    row = world.in_dynamics("account", account)
    assert action["dynamics_version"] == int(str(row["versionnumber"]))
    assert action["fields"]["phone"]["before"] == "030-1"
    assert action["fields"]["phone"]["after"] == "030-2"


def test_apply_does_exactly_the_plan_and_skips_what_moved(
    world: World, connector: Connector
) -> None:
    moved = world.account("Alfreds", telephone1="1")
    still = world.account("Bon app", telephone1="1")
    connector.sync()
    for account in (moved, still):
        world.edit("accounts", account, telephone1="2")
    file, _document = planned(connector, world.folder)
    world.edit("accounts", moved, telephone1="3")
    world.account("Too late")

    applied = connector.apply(file)

    assert [one["dynamics_id"] for one in applied.skipped] == [moved]
    assert "changed after" in applied.skipped[0]["reason"]
    assert faults("apply", applied.as_json()) == []
    phones = {str(row["Name"]): phone(row) for row in world.all_in_xero()}
    assert phones == {"Alfreds": "1", "Bon app": "2"}


def test_what_a_plan_skipped_is_carried_by_the_next_sync(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", telephone1="1")
    connector.sync()
    world.edit("accounts", account, telephone1="2")
    file, _document = planned(connector, world.folder)
    world.edit("accounts", account, telephone1="3")
    connector.apply(file)

    connector.sync()

    assert phone(world.in_xero("Alfreds")) == "3"


def test_a_plan_shows_both_ways_of_one_record_and_apply_goes_both(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", telephone1="1")
    connector.sync()
    world.edit("accounts", account, telephone1="2")
    world.edit_xero(str(world.in_xero("Alfreds")["ContactID"]), EmailAddress="a@x.example")

    file, document = planned(connector, world.folder)
    applied = connector.apply(file)

    told = [(one["step"], one["side"], list(one["fields"])) for one in document["actions"]]
    assert told == [(1, "xero", ["phone"]), (2, "dynamics", ["email"])]
    assert applied.skipped == []
    assert phone(world.in_xero("Alfreds")) == "2"
    assert world.in_dynamics("account", account)["emailaddress1"] == "a@x.example"


def test_r11_a_changed_mapping_sends_nothing_by_itself(world: World, connector: Connector) -> None:
    account = world.account("Bon app")
    connector.sync()
    world.edit("accounts", account, telephone1="2")
    mark = world.mark()

    with opened(world, Shouted) as changed:
        report = changed.sync()
        changed.look("main")

        assert [e for e in world.written(mark) if e["changed"]] == []
        assert "mapping of account" in report.asks[0]
        assert changed.status()["connections"]["main"]["asks"] == report.asks  # type: ignore[index]


def test_r11_the_plan_shows_what_a_changed_mapping_would_send_and_apply_adopts_it(
    world: World, connector: Connector
) -> None:
    world.account("Alfreds")
    world.account("Bon app")
    connector.sync()

    with opened(world, Shouted) as changed:
        file, document = planned(changed, world.folder)
        applied = changed.apply(file)
        after = changed.sync()

    (action,) = document["actions"]
    name = action["fields"]["name"]
    assert (name["before"], name["after"]) == ("Bon app", "BON APP")
    assert applied.skipped == []
    assert after.asks == []
    assert sorted(str(row["Name"]) for row in world.all_in_xero()) == ["Alfreds", "BON APP"]


def test_r11_a_process_with_the_mapping_of_before_no_longer_pushes(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    connector.sync()
    with opened(world, XeroOwnsNames) as changed:
        file, document = planned(changed, world.folder)
        changed.apply(file)
        world.edit("accounts", account, name="Alfred & Sons")

        old = connector.sync()
        kept = world.in_xero("Alfreds")["Name"]
        changed.sync()

    assert document["actions"] == []
    assert "mapping of account" in old.asks[0]
    assert kept == "Alfreds"
    assert world.in_xero("Alfred & Sons")["ContactStatus"] == "ACTIVE"


def test_a_plan_of_another_mapping_is_refused(world: World, connector: Connector) -> None:
    world.account("Alfreds")
    file, _document = planned(connector, world.folder)

    with opened(world, Shouted) as changed, pytest.raises(SettingsError, match="account"):
        changed.apply(file)

    assert world.all_in_xero() == []


@pytest.mark.parametrize("damage", ["half", "other"])
def test_a_file_that_is_no_whole_plan_is_refused(
    world: World, connector: Connector, damage: str
) -> None:
    world.account("Alfreds")
    file, _document = planned(connector, world.folder)
    text = file.read_text("utf-8")
    file.write_text(text.splitlines()[0] if damage == "half" else "{}", "utf-8")

    with pytest.raises(SettingsError, match="plan"):
        connector.apply(file)

    assert world.all_in_xero() == []


def test_two_new_accounts_of_one_name_the_second_is_left_by_apply(
    world: World, connector: Connector
) -> None:
    world.account("Alfreds")
    world.account("Alfreds")
    file, document = planned(connector, world.folder)

    connector.apply(file)
    report = connector.sync()

    assert [one["action"] for one in document["actions"]] == ["create", "create"]
    assert len(world.all_in_xero()) == 1
    assert len(report.failed) == 1


def phone(contact: dict[str, object]) -> str:
    phones = contact["Phones"]
    assert isinstance(phones, list)
    return next(str(p["PhoneNumber"]) for p in phones if p["PhoneType"] == "DEFAULT")


def test_r11_to_let_new_contacts_in_waits_for_a_plan_as_well(
    world: World, connector: Connector
) -> None:
    world.account("Bon app")
    connector.sync()
    world.xero_contact(Name="Alfreds")
    settings = replace(world.settings(), entities={"account": EntitySettings(new_from_xero=True)})

    with Connector.from_settings(settings) as adopting:
        held = adopting.sync()
        before = [row["name"] for row in world.dynamics.rows("account")]
        file, document = planned(adopting, world.folder)
        adopting.apply(file)
        after = adopting.sync()

    assert "mapping of account" in held.asks[0]
    assert before == ["Bon app"]
    action, number = document["actions"]
    assert (action["action"], action["side"]) == ("create", "dynamics")
    assert (number["action"], list(number["fields"])) == ("update", ["contact_number"])
    assert action["fields"]["name"]["after"] == "Alfreds"
    assert {row["name"] for row in world.dynamics.rows("account")} == {"Alfreds", "Bon app"}
    assert after.asks == []


def test_a_person_travels_in_the_plan_of_its_company(world: World, connector: Connector) -> None:
    account = world.account("Alfreds")
    person = world.contact(account, "Maria", "Anders")

    file, document = planned(connector, world.folder)
    applied = connector.apply(file)

    (action,) = document["actions"]
    (part,) = action["parts"]
    assert (part["entity"], part["dynamics_id"], part["action"]) == ("contact", person, "create")
    assert part["values"]["last_name"] == "Anders"
    assert applied.skipped == []
    assert world.persons("Alfreds") == ["Maria Anders"]


def test_r11_a_plan_of_one_entity_speaks_for_it_alone(world: World) -> None:
    world.account("Alfreds")
    with world.connector(first_run=FirstRun.PLAN) as connector:
        file = world.folder / "plan.json"
        connector.plan("account", out=file)
        document = json.loads(file.read_text("utf-8"))

        connector.apply(file)
        report = connector.sync()

    prints = document["connections"]["main"]["fingerprints"]
    assert {"account", "contact"} == set(prints)
    assert world.in_xero("Alfreds")["ContactStatus"] == "ACTIVE"
    assert "person_contact" in report.asks[0]


def test_a_plan_foresees_our_number_on_contacts_that_are_matched_or_let_in(world: World) -> None:
    world.account("Alfreds", accountnumber="ALFKI", telephone1="1")
    world.xero_contact(Name="Alfreds", AccountNumber="ALFKI")
    new = world.xero_contact(Name="Bon app", EmailAddress="b@x.example", FirstName="Laurence")
    settings = replace(world.settings(), entities={"account": EntitySettings(new_from_xero=True)})

    with Connector.from_settings(settings) as connector:
        connector.provision_apply()
        file, document = planned(connector, world.folder)
        mark = world.mark()
        applied = connector.apply(file)
        done = [entry for entry in world.written(mark) if entry["resource"] == "Contact"]
        again = world.mark()
        connector.sync()

    told = [(one["match"], one["step"], one["side"], one["action"]) for one in document["actions"]]
    assert told == [
        (True, 1, "xero", "update"),
        (False, 1, "dynamics", "create"),
        (False, 2, "xero", "update"),
    ]
    number = document["actions"][2]["fields"]["contact_number"]["after"]
    made = {str(entry["id"]): entry["after"] for entry in done}
    assert applied.skipped == []
    assert number in str(made[new])
    assert len(done) == document["summary"]["main"]["calls"]["xero"]["write"] == 2
    assert world.written(again) == []


def test_an_applied_plan_leaves_nothing_for_the_next_one(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", accountnumber="ALFKI", telephone1="1")
    world.contact(account, "Maria", "Anders", emailaddress1="m@x.example")
    world.xero_contact(Name="Alfreds GmbH", AccountNumber="ALFKI", TaxNumber="DE1")
    file, document = planned(connector, world.folder)

    applied = connector.apply(file)
    _file, second = planned(connector, world.folder)
    mark = world.mark()
    connector.sync()

    assert document["actions"][0]["match"] is True
    assert len(world.all_in_xero()) == 1
    assert applied.skipped == []
    assert second["actions"] == []
    assert [entry for entry in world.written(mark) if entry["changed"]] == []
