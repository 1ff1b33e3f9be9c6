"""Several changes in one poll: names that pass from one to another, people who go and return."""

from __future__ import annotations

from dynamics_xero.connector import Connector
from dynamics_xero.mapping.columns.xero_details import STATUS_OPTIONS
from dynamics_xero.model import SideName, Status
from tests.trips.test_adversary_people import status
from tests.trips.test_outages import Ticker, fault
from tests.trips.world import World, remarks


def test_r32_a_name_given_up_and_taken_in_the_same_poll_arrives(
    world: World, connector: Connector
) -> None:
    taker, giver = world.account("Waits"), world.account("Wanted")
    connector.sync()

    world.edit("accounts", giver, name="Given up")
    world.edit("accounts", taker, name="Wanted")
    report = connector.sync()

    assert report.failed == []
    assert world.in_dynamics("account", taker)["xero_id"] == world.in_xero("Wanted")["ContactID"]


def test_r17_an_account_deleted_and_made_anew_in_the_same_poll_gets_a_new_contact(
    world: World, connector: Connector
) -> None:
    old = world.account("Alfreds")
    connector.sync()
    first = world.in_xero("Alfreds")["ContactID"]

    world.delete("accounts", old)
    new = world.account("Alfreds")
    report = connector.sync()

    assert report.failed == []
    assert world.in_xero("Alfreds")["ContactID"] != first
    assert world.in_dynamics("account", new)["xero_remark"] is None
    assert len(world.all_in_xero()) == 2


def test_r6_a_contact_that_moves_away_and_back_stands_once(
    world: World, connector: Connector
) -> None:
    one, two = world.account("One"), world.account("Two")
    maria = world.contact(one, "Maria", "Anders")
    world.contact(two, "Hans", "Berg")
    connector.sync()

    for account in (two, one):
        world.bind("contacts", maria, "parentcustomerid_account", f"/accounts({account})")
        report = connector.sync()

    assert world.persons("One") == ["Maria Anders"]
    assert world.persons("Two") == ["Hans Berg"]
    assert report.failed == []
    assert status(connector, maria) == "Synced"


def test_a_contact_without_company_says_so_and_joins_again(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    maria = world.contact(account, "Maria", "Anders")
    world.contact(account, "Hans", "Berg")
    connector.sync()

    world.edit("contacts", maria, **{"parentcustomerid_account@odata.bind": None})
    alone = remarks(connector.sync())
    gone = world.persons("Alfreds")
    world.bind("contacts", maria, "parentcustomerid_account", f"/accounts({account})")
    again = connector.sync()

    assert "no account" in alone[maria]
    assert gone == ["Hans Berg"]
    assert again.failed == []
    assert world.persons("Alfreds") == ["Hans Berg", "Maria Anders"]
    assert world.in_dynamics("contact", maria)["xero_remark"] is None


def test_a_contact_moved_to_an_inactive_account_is_nowhere_and_says_so(
    world: World, connector: Connector
) -> None:
    one, two = world.account("One"), world.account("Two")
    maria = world.contact(one, "Maria", "Anders")
    world.contact(one, "Hans", "Berg")
    connector.sync()
    world.edit("accounts", two, statecode=1, statuscode=2)
    connector.sync()

    world.bind("contacts", maria, "parentcustomerid_account", f"/accounts({two})")
    told = remarks(connector.sync())

    assert world.persons("One") == ["Hans Berg"]
    assert "inactive" in told[maria]


def test_r27_edits_of_the_list_on_both_sides_in_one_poll_both_stand(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    maria = world.contact(account, "Maria", "Anders")
    hans = world.contact(account, "Hans", "Müller")
    connector.sync()
    rows = [
        {"FirstName": "Zoe", "LastName": "Xero"},
        {"FirstName": "Hans", "LastName": "Müller"},
        {"FirstName": "Maria", "LastName": "Anders", "EmailAddress": "typed@x.example"},
    ]
    world.edit_xero(str(world.in_xero("Alfreds")["ContactID"]), ContactPersons=rows)

    world.edit("contacts", maria, lastname="Schmidt")
    world.contact(account, "Neu", "Zugang")
    world.delete("contacts", hans)
    report = connector.sync()

    persons = world.in_xero("Alfreds")["ContactPersons"]
    assert isinstance(persons, list)
    assert report.failed == []
    assert world.persons("Alfreds") == ["Zoe Xero", "Maria Schmidt", "Neu Zugang"]
    assert persons[1]["EmailAddress"] == "typed@x.example"


def test_the_mail_of_the_primary_contact_follows_whoever_is_primary(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    maria = world.contact(account, "Maria", "Anders", emailaddress1="m@x.example")
    hans = world.contact(account, "Hans", "Müller", emailaddress1="h@x.example")
    seen = []
    for primary in (maria, hans):
        world.bind("accounts", account, "primarycontactid", f"/contacts({primary})")
        connector.sync()
        seen.append(world.in_xero("Alfreds")["EmailAddress"])
    world.edit("accounts", account, **{"primarycontactid@odata.bind": None})
    report = connector.sync()

    assert seen == ["m@x.example", "h@x.example"]
    assert not world.in_xero("Alfreds").get("EmailAddress")
    assert not world.in_xero("Alfreds").get("FirstName")
    assert sorted(world.persons("Alfreds")) == ["Hans Müller", "Maria Anders"]
    assert report.failed == []


def test_a_currency_xero_does_not_know_is_a_remark_and_heals(
    world: World, connector: Connector
) -> None:
    currencies = world.person("GET", "transactioncurrencies?$select=isocurrencycode")["value"]
    assert isinstance(currencies, list)
    strange = world.person(
        "POST",
        "transactioncurrencies",
        {
            "isocurrencycode": "XTS",
            "currencyname": "Test",
            "currencysymbol": "X",
            "exchangerate": 1,
            "currencyprecision": 2,
        },
        Prefer="return=representation",
    )
    account = world.account(
        "Alfreds",
        **{
            "transactioncurrencyid@odata.bind": (
                f"/transactioncurrencies({strange['transactioncurrencyid']})"
            )
        },
    )

    told = remarks(connector.sync())
    world.edit("accounts", account, **{"transactioncurrencyid@odata.bind": None})
    healed = connector.sync()

    assert "XTS" in told[account]
    assert healed.failed == []


def test_all_that_is_wrong_with_a_record_is_told_at_once(
    world: World, connector: Connector
) -> None:
    account = world.account(
        "Alfreds", address1_country="X" * 51, address2_country="Y" * 60, emailaddress1="no mail"
    )

    told = remarks(connector.sync())[account]

    assert "51" in told
    assert "60" in told
    assert "mail" in told
    assert str(world.in_dynamics("account", account)["xero_remark"]) == told


def test_r31_a_round_of_many_batches_in_reversed_order_gives_each_its_own(
    world: World, connector: Connector
) -> None:
    world.xero.post("switches", {"result_order": "reversed"})
    accounts = {world.account(f"Company {n}", telephone1=f"{n}"): n for n in range(60)}
    bad = world.account("Bad", emailaddress1="a..b@x.example")

    report = connector.sync()

    held = {str(row["ContactID"]): row for row in world.all_in_xero()}
    rows = {str(row["accountid"]): row for row in world.dynamics.rows("account")}
    assert list(remarks(report)) == [bad]
    assert len(held) == 60
    for account, number in accounts.items():
        contact = held[str(rows[account]["xero_id"])]
        assert contact["Name"] == f"Company {number}"
        assert str(contact["ContactNumber"]).endswith(account)


def test_r26_a_wait_of_more_than_five_minutes_shows_as_queued(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    fault(world, "xero", "429_day", method="PUT", path="/Contacts", seconds=3600)
    paused = connector.sync()
    waiting = world.in_dynamics("account", account)
    world.reset_faults()

    world.dynamics.post("clock", {"advance_s": 3700})
    with world.connector() as later:
        report = later.sync()

    row = world.in_dynamics("account", account)
    assert paused.paused
    assert waiting["xero_status"] == STATUS_OPTIONS[Status.QUEUED]
    assert "by itself" in str(waiting["xero_remark"])
    assert (row["xero_status"], row["xero_remark"]) == (STATUS_OPTIONS[Status.SYNCED], None)
    assert report.failed == []
    assert row["xero_id"]


def test_r32_an_outage_while_an_update_is_sent_is_waited_out(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", telephone1="1")
    connector.sync()
    fault(world, "xero", "503", method="POST", path="/Contacts", seconds=1)
    world.edit("accounts", account, telephone1="2")

    with Ticker(world):
        report = connector.sync()

    assert report.failed == []
    assert "2" in str(world.in_xero("Alfreds")["Phones"])


def test_r15_a_contact_restored_in_xero_of_a_deleted_account_asks_and_is_left(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds")
    connector.sync()
    contact = str(world.in_xero("Alfreds")["ContactID"])
    world.delete("accounts", account)
    connector.sync()

    world.restore_in_xero(contact)
    connector.sync()
    mark = world.mark()
    report = connector.sync()

    assert world.written(mark) == []
    assert "its account was deleted here" in remarks(report)[account]
    assert world.in_xero("Alfreds")["ContactStatus"] == "ACTIVE"


def test_r26_an_edit_in_xero_of_an_unmapped_field_writes_nothing_and_reads_each_feed_once(
    world: World, connector: Connector
) -> None:
    world.account("Alfreds", telephone1="1")
    connector.sync()
    contact = str(world.in_xero("Alfreds")["ContactID"])
    mark = world.mark()

    world.edit_xero(contact, BankAccountDetails="not mapped")
    calls = connector.sync().connections[0].calls

    assert world.written(mark) == []
    assert calls[SideName.XERO]["read"] == 1
    assert calls[SideName.DYNAMICS]["read"] == 3


def test_r32_a_remark_is_cleared_when_the_reason_is_gone_on_the_other_side(
    world: World, connector: Connector
) -> None:
    account = world.account("Alfreds", telephone1="1")
    connector.sync()
    contact = str(world.in_xero("Alfreds")["ContactID"])
    world.edit_xero(contact, ContactStatus="ARCHIVED")
    told = remarks(connector.sync())

    world.restore_in_xero(contact)
    healed = connector.sync()

    assert "archived" in told[account]
    assert healed.failed == []
    assert world.in_dynamics("account", account)["xero_remark"] is None
