"""What one pair of an account and a contact needs: decide as a table of facts."""

from __future__ import annotations

from dataclasses import replace

from dynamics_xero.entities.account import AccountToContact
from dynamics_xero.entities.contact import ContactToPerson
from dynamics_xero.mapping.check import ORGANIZATION
from dynamics_xero.model import (
    Action,
    ActionKind,
    Base,
    Holder,
    Life,
    Link,
    Pair,
    Record,
    RecordState,
    SideName,
    Status,
    Value,
)
from dynamics_xero.sync.decide import Judge, decide

ACCOUNT_ID = "a0000000-0000-0000-0000-000000000001"
OUR_NUMBER = f"deadbeef-{ACCOUNT_ID}"
JUDGE = Judge(AccountToContact, ContactToPerson)


def account(**values: Value) -> Record:
    shown: dict[str, Value] = {
        "accountid": ACCOUNT_ID,
        ORGANIZATION: "deadbeef-1111-2222-3333-444444444444",
        "name": "Alfreds",
        "statecode": 0,
        **values,
    }
    return Record("account", ACCOUNT_ID, 1, shown)


def xero(**values: Value) -> Record:
    shown: dict[str, Value] = {"Name": "Alfreds", "ContactNumber": OUR_NUMBER, **values}
    return Record("Contact", "x1", 1, {k.replace("__", "."): v for k, v in shown.items()})


def settled(dynamics: Record, contact: Record) -> Base:
    here, _problems = AccountToContact.read_dynamics(dynamics.values)
    there = AccountToContact.read_xero(contact.values)
    return {name: (here[name], there[name]) for name in here}


def pair(
    dynamics: Record | None,
    contact: Record | None = None,
    *,
    base: Base | None = None,
    **more: object,
) -> Pair:
    link = Link(1, "main", "account", ACCOUNT_ID, contact.id if contact else None, base=base or {})
    return Pair(link, dynamics, contact, **more)  # type: ignore[arg-type]  # named by each test


def decided(given: Pair, judge: Judge = JUDGE) -> Action:
    action = decide(given, judge)
    assert action is not None
    return action


def test_an_account_without_partner_is_created_with_its_key() -> None:
    action = decided(pair(account(telephone1="030-1", address1_city="Berlin")))

    assert action.kind is ActionKind.CREATE
    assert action.values["Name"] == "Alfreds"
    assert action.values["ContactNumber"] == OUR_NUMBER
    assert action.values["Phones.DEFAULT.PhoneNumber"] == "030-1"
    assert action.values["Addresses.POBOX.City"] == "Berlin"


def test_r3_nothing_is_created_before_both_sides_were_read_whole() -> None:
    assert decide(pair(account()), replace(JUDGE, whole=False)) is None


def test_r3_a_linked_account_is_updated_even_then() -> None:
    base = settled(account(), xero())

    given = pair(account(name="Alfred & Sons"), xero(), base=base)
    action = decided(given, replace(JUDGE, whole=False))

    assert action.values == {"Name": "Alfred & Sons"}


def test_r7_r8_only_the_changed_field_goes_across() -> None:
    base = settled(account(telephone1="1"), xero(Phones__DEFAULT__PhoneNumber="1"))

    given = pair(
        account(telephone1="1", name="New"), xero(Phones__DEFAULT__PhoneNumber="1"), base=base
    )
    action = decided(given)

    assert action.kind is ActionKind.UPDATE
    assert action.values == {"Name": "New"}
    assert action.decided == {"name": "New"}


def test_r7_an_edit_in_xero_of_an_untouched_account_is_carried_to_it() -> None:
    base = settled(account(), xero())

    action = decided(pair(account(), xero(Name="Renamed in Xero"), base=base))

    assert (action.kind, action.side) == (ActionKind.UPDATE, SideName.DYNAMICS)
    assert action.values == {"name": "Renamed in Xero"}
    assert action.decided == {"name": "Renamed in Xero"}


def test_r7_both_changed_to_the_same_value_is_a_new_base() -> None:
    base = settled(account(), xero())

    action = decided(pair(account(name="Same"), xero(Name="Same"), base=base))

    assert action.kind is ActionKind.SETTLE
    assert action.settled["name"] == ("Same", "Same")


def test_r7_both_changed_differently_asks_where_the_field_says_so() -> None:
    base = settled(account(xero_taxnumber="1"), xero(TaxNumber="1"))

    given = pair(account(xero_taxnumber="2", name="New"), xero(TaxNumber="3"), base=base)
    action = decided(given)

    assert action.status is Status.CONFLICT
    assert "Tax number" in (action.remark or "")
    assert action.values == {"Name": "New"}


def test_r8_a_write_group_goes_complete() -> None:
    shown = xero(
        Addresses__POBOX__City="Berlin",
        Addresses__POBOX__AttentionTo="Somebody",
        Addresses__STREET__City="Bonn",
    )
    base = settled(account(address1_city="Berlin"), shown)

    action = decided(pair(account(address1_city="Hamburg"), shown, base=base))

    assert action.values == {
        "Addresses.POBOX.City": "Hamburg",
        "Addresses.POBOX.AttentionTo": "Somebody",
    }


def test_r9_a_drifted_target_of_a_computed_field_is_left() -> None:
    base = settled(account(), xero())

    action = decided(pair(account(), xero(ContactNumber="changed"), base=base))

    assert action.kind is ActionKind.SETTLE


def test_r10_first_contact_fills_what_is_empty_and_keeps_what_differs() -> None:
    given = pair(account(telephone1="030-1", fax="9"), xero(Phones__DEFAULT__PhoneNumber="other"))
    action = decided(given)

    assert action.values["Phones.FAX.PhoneNumber"] == "9"
    assert "Phones.DEFAULT.PhoneNumber" not in action.values
    assert action.settled["phone"] == ("030-1", "other")
    assert "left so" in (action.remark or "")


def test_r10_empty_never_overwrites_filled_without_a_base() -> None:
    action = decided(pair(account(), xero(TaxNumber="DE1")))

    assert "TaxNumber" not in action.values


def test_r15_a_deleted_or_inactive_account_archives_its_contact() -> None:
    for state in (RecordState.ARCHIVED, RecordState.DELETED):
        gone = replace(account(), state=state)

        action = decided(pair(gone, xero(), base=settled(account(), xero())))

        assert action.kind is ActionKind.ARCHIVE
        assert action.values == {"ContactStatus": "ARCHIVED"}


def test_an_account_whose_contact_is_archived_says_so() -> None:
    archived = replace(xero(), state=RecordState.ARCHIVED)

    action = decided(pair(account(name="New"), archived, base=settled(account(), xero())))

    assert action.kind is ActionKind.BLOCK
    assert "archived in Xero" in (action.remark or "")


def test_r17_a_taken_name_is_never_created_nor_linked() -> None:
    action = decided(pair(account(), holders=(Holder("name", "x9", linked=False),)))

    assert action.kind is ActionKind.CONFLICT
    assert "Alfreds" in (action.remark or "")


def test_r33_another_applications_contact_number_is_never_overwritten() -> None:
    action = decided(pair(account(), xero(ContactNumber="THEIRS")))

    assert "ContactNumber" not in action.values


def test_r15_a_severed_link_does_nothing() -> None:
    given = pair(account(name="New"), xero(), base=settled(account(), xero()))
    severed = replace(given, link=replace(given.link, life=Life.SEVERED))

    assert decided(severed).kind is ActionKind.NOTHING


def test_all_problems_of_a_record_are_told_at_once() -> None:
    given = account(emailaddress1="no mail", address1_country="X" * 51)

    action = decided(pair(given))

    assert action.kind is ActionKind.FAIL
    assert "E-mail" in (action.remark or "")
    assert "Country" in (action.remark or "")


def test_the_primary_person_is_the_contacts_own_name_and_counts_as_sent() -> None:
    given = pair(
        account(
            primarycontactid="c1",
            **{"primarycontactid.firstname": "Ada", "primarycontactid.lastname": "King"},
        ),
        parts=((Record("contact", "c1", 1, {"firstname": "Ada"}, parent_id=ACCOUNT_ID), None),),
    )

    action = decided(given)

    assert (action.values["FirstName"], action.values["LastName"]) == ("Ada", "King")
    assert [(p.dynamics_id, p.kind) for p in action.parts] == [("c1", ActionKind.CREATE)]
    assert "ContactPersons" not in action.lists
