"""What moves the time of a field's last edit, and how the mirror keeps it (R13)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dynamics_xero.entities import BUILT_IN
from dynamics_xero.entities.account import AccountToContact
from dynamics_xero.entities.contact import ContactToPerson
from dynamics_xero.mapping import convert
from dynamics_xero.mapping.fields import Field
from dynamics_xero.model import Record, SideName
from dynamics_xero.store_port import Transaction
from dynamics_xero.sync.feeds import sources
from dynamics_xero.sync.stamps import stamp, stamped_fields
from tests.unit.store_cases import row

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=5)


class Latest(AccountToContact):
    """An account with fields whose newer edit stands."""

    phone = Field("telephone1", "Phones.DEFAULT", convert=convert.phone, owner="newest")
    email = Field(
        "emailaddress1", "EmailAddress", fallback="primarycontactid.emailaddress1", owner="newest"
    )
    fax = Field("fax", "Phones.FAX", convert=convert.phone, owner="newest", direction="to_xero")


class LatestPerson(ContactToPerson):
    """A person with such a field."""

    part_of = Latest
    email = Field("emailaddress1", "EmailAddress", owner="newest")


MAPPINGS = (Latest, LatestPerson)
STAMPED = stamped_fields(MAPPINGS, SideName.DYNAMICS, "account")


def seen(at: datetime | None = NOON, **values: str) -> Record:
    """Return a version of one account."""
    return Record("account", "a", 1, values, modified_at=at)


def test_r13_only_two_way_fields_that_ask_for_it_are_stamped() -> None:
    assert dict(STAMPED) == {"account.phone": ("telephone1",), "account.email": ("emailaddress1",)}
    assert dict(stamped_fields(MAPPINGS, SideName.XERO, "Contact"))["account.email"] == (
        "EmailAddress",
    )
    assert stamped_fields(MAPPINGS, SideName.DYNAMICS, "contact") == ()


def test_r13_the_built_in_mappings_stamp_nothing() -> None:
    assert [source.stamped for source in sources(BUILT_IN) if source.stamped] == []


def test_r13_each_source_knows_the_fields_it_has_to_stamp() -> None:
    found = {(s.side, s.feed.resource): s.stamped for s in sources(MAPPINGS) if s.stamped}

    assert found.keys() == {(SideName.DYNAMICS, "account"), (SideName.XERO, "Contact")}
    assert found[SideName.DYNAMICS, "account"] == STAMPED


def test_r13_a_record_that_is_new_has_no_stamps() -> None:
    assert stamp(STAMPED, None, seen(telephone1="1"), ours=False).stamps == {}


def test_r13_the_version_in_which_a_field_changed_is_its_stamp() -> None:
    first = stamp(STAMPED, seen(), seen(LATER, telephone1="1"), ours=False)
    second = stamp(STAMPED, first, seen(LATER + timedelta(hours=1), telephone1="1"), ours=False)

    assert first.stamps == second.stamps == {"account.phone": LATER}


def test_r13_each_field_has_its_own_stamp() -> None:
    known = replace(seen(telephone1="1"), stamps={"account.phone": NOON})

    later = stamp(STAMPED, known, seen(LATER, telephone1="1", emailaddress1="a"), ours=False)

    assert later.stamps == {"account.phone": NOON, "account.email": LATER}


def test_r13_what_we_wrote_takes_the_stamp_away_and_leaves_the_others() -> None:
    stamps = {"account.phone": NOON, "account.email": NOON}
    known = replace(seen(telephone1="1"), stamps=stamps)

    assert stamp(STAMPED, known, seen(LATER, telephone1="2"), ours=True).stamps == {
        "account.email": NOON
    }
    assert stamp(STAMPED, known, seen(None, telephone1="2"), ours=False).stamps == {
        "account.email": NOON
    }


def test_r13_a_stamp_is_no_part_of_what_a_row_shows() -> None:
    assert seen(name="A") == replace(seen(name="A"), stamps={"account.phone": NOON})


def test_r13_the_mirror_keeps_stamps_and_forgets_those_that_are_gone(tx: Transaction) -> None:
    stamped = replace(seen(name="A"), stamps={"account.phone": LATER})
    tx.records.put("dynamics:1", [row(stamped)], generation=1, answered_at=NOON)
    kept = tx.records.get("dynamics:1", "account", ["a"])["a"].record.stamps
    tx.records.put("dynamics:1", [row(seen(name="A"))], generation=1, answered_at=NOON)
    gone = tx.records.get("dynamics:1", "account", ["a"])["a"].record.stamps

    assert (kept, gone) == ({"account.phone": LATER}, {})
