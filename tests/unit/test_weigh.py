"""Weigh the fields of a pair: choices, values that do not fit, and the table of one field."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dynamics_xero.entities.account import AccountToContact
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.mapping.fields import Direction, Field, FirstContact, Owner
from dynamics_xero.mapping.rule import FieldRule
from dynamics_xero.model import SideName, Status, Value, Values
from dynamics_xero.sync.stamps import Stamps, stamp_name
from dynamics_xero.sync.weigh import Scales, Weighed, changed_in_xero, verdict_of, weigh
from tests.unit.field_rows import DIMENSIONS, ROWS, SITUATIONS, possible
from tests.unit.first_match import Facts, answer, combinations, faults

PLAIN = AccountToContact.fields["account_number"]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
BEFORE, AFTER, LONG_AGO = NOON - HOUR, NOON + HOUR, NOON - 9 * HOUR


def rule_of(facts: Facts) -> FieldRule:
    """Make a field of which the facts are true; only situations with a cut need a lossy one."""
    direction = Direction(facts["way"])
    return replace(
        PLAIN,
        direction=direction,
        owner=Owner(facts["owner"]),
        first_contact=FirstContact(facts["first_contact"]),
        enforce=facts["enforced"] == "yes",
        only_if_empty=facts["only_if_empty"] == "yes",
        lossy=True,
        length_xero=6,
        written_back=None if direction is Direction.TO_XERO else PLAIN.written_back,
    )


def scales_of(facts: Facts) -> Scales:
    """Make scales of which the facts are true."""
    base = SITUATIONS[facts["situation"]][2]
    name, choice = PLAIN.name, facts["choice"]
    times = {"dynamics": (AFTER, BEFORE), "xero": (BEFORE, AFTER), "unclear": (NOON, NOON)}
    here, there = times[facts["newer"]]
    stamp = stamp_name(AccountToContact, PLAIN)
    return Scales(
        AccountToContact,
        {},
        {} if base is None else {name: base},
        {} if choice == "none" else {name: SideName(choice)},
        Stamps({stamp: here}, {stamp: there}, timedelta(minutes=10)),
    )


def test_r7_r9_r10_r13_r33_every_combination_of_facts_and_policy_is_weighed_as_the_table_says() -> (
    None
):
    count, wrong, used = 0, [], Counter[int]()
    for facts in combinations(DIMENSIONS):
        if not possible(facts):
            continue
        count += 1
        here, there, _base = SITUATIONS[facts["situation"]]
        expected = answer(ROWS, facts)
        used[ROWS.index(expected)] += 1
        got = verdict_of(scales_of(facts), rule_of(facts), here, there)
        if got is not expected.then:
            wrong.append(f"{facts}: {got} instead of {expected.then}")

    assert wrong == []
    assert count == 22 * 4 * 3 * 3 * 2 * 3 * (1 + 2 + 1)
    assert [ROWS[number] for number in range(len(ROWS)) if not used[number]] == []
    assert faults(ROWS, DIMENSIONS) == []


class Latest(AccountToContact):
    """An account whose newer number stands, and whose e-mail too."""

    account_number = Field("accountnumber", "AccountNumber", owner="newest")
    email = Field(
        "emailaddress1", "EmailAddress", fallback="primarycontactid.emailaddress1", owner="newest"
    )


def newer(here: datetime | None, there: datetime | None, tie_s: float = 600) -> SideName | None:
    """Return which edit of the number is the newer one."""
    name = "account.account_number"
    stamps = Stamps(
        {name: here} if here else {}, {name: there} if there else {}, timedelta(seconds=tie_s)
    )
    return stamps.newer(Latest, Latest.fields["account_number"], {})


@pytest.mark.parametrize(
    ("here", "there", "side"),
    [
        (AFTER, NOON, SideName.DYNAMICS),
        (NOON, AFTER, SideName.XERO),
        (NOON, NOON + timedelta(seconds=600), SideName.XERO),
        (NOON, NOON + timedelta(seconds=599), None),
        (NOON, NOON - timedelta(seconds=599), None),
        (NOON, NOON, None),
        (None, NOON, None),
        (NOON, None, None),
        (None, None, None),
    ],
)
def test_r13_the_later_edit_is_newer_unless_two_polls_could_not_tell(
    here: datetime | None, there: datetime | None, side: SideName | None
) -> None:
    assert newer(here, there) is side


def test_r13_edits_of_the_same_instant_ask_however_short_the_tie() -> None:
    assert newer(NOON, NOON, tie_s=0) is None
    assert newer(NOON, NOON + timedelta(seconds=1), tie_s=0) is SideName.XERO


def test_r13_a_value_that_stands_in_from_another_row_has_no_time_of_its_own() -> None:
    rule = Latest.fields["email"]
    stamps = Stamps({"account.email": AFTER}, {"account.email": NOON}, timedelta(0))

    assert stamps.newer(Latest, rule, {"emailaddress1": "a@b.example"}) is SideName.DYNAMICS
    assert stamps.newer(Latest, rule, {"primarycontactid.emailaddress1": "a@b.example"}) is None


def test_r13_who_owns_a_field_is_not_asked_for_its_time() -> None:
    name = "account.account_number"
    stamps = Stamps({name: AFTER}, {name: LONG_AGO}, timedelta(0))

    assert stamps.newer(AccountToContact, PLAIN, {}) is None


class Small(EntityMapping):
    """Few fields, one of each kind that matters here."""

    dynamics = "account"
    xero = "Contact"

    name = Field("name", "Name", lossy=False)
    tax = Field("xero_taxnumber", "TaxNumber", owner="ask")
    email = Field("emailaddress1", "EmailAddress", fallback="contoso_email")
    line = Field("address1_line1", "Addresses.POBOX.AddressLine1")


class Asking(Small):
    """The same, with a name that asks."""

    name = Field("name", "Name", owner="ask")


def weighed(
    shown: Values,
    there: Values,
    base: dict[str, tuple[Value, Value]],
    **choices: SideName,
) -> Weighed:
    """Weigh a Small row."""
    here, problems = Small.read_dynamics(shown)
    assert problems == []
    return weigh(Scales(Small, shown, base, choices), here, Small.read_xero(there))


EQUAL: dict[str, tuple[Value, Value]] = {
    "name": ("A", "A"),
    "tax": ("1", "1"),
    "email": (None, None),
    "line": (None, None),
}


def test_r7_a_conflict_is_of_its_field_alone() -> None:
    found = weighed({"name": "B", "xero_taxnumber": "2"}, {"Name": "A", "TaxNumber": "3"}, EQUAL)

    assert found.carried == {"name": "B"}
    assert found.disputed == [Small.fields["tax"].label]
    assert found.status is Status.CONFLICT
    assert "tax" not in found.settled


@pytest.mark.parametrize("side", SideName)
def test_r7_a_choice_is_followed_and_used_up(side: SideName) -> None:
    found = weighed(
        {"name": "A", "xero_taxnumber": "2"}, {"Name": "A", "TaxNumber": "3"}, EQUAL, tax=side
    )

    to_xero = side is SideName.DYNAMICS
    assert found.carried == ({"tax": "2"} if to_xero else {})
    assert found.columns == ({} if to_xero else {"xero_taxnumber": "3"})
    assert found.chosen == ["tax"]
    assert found.status is Status.SYNCED
    target = SideName.XERO if to_xero else SideName.DYNAMICS
    assert found.changes[target]["tax"].rule == f"chosen by a person: {side.value}"


def test_r7_a_choice_whose_question_is_gone_is_used_up_and_changes_nothing() -> None:
    equal = weighed(
        {"name": "A", "xero_taxnumber": "1"},
        {"Name": "A", "TaxNumber": "1"},
        EQUAL,
        tax=SideName.XERO,
    )
    moved = weighed(
        {"name": "A", "xero_taxnumber": "2"},
        {"Name": "A", "TaxNumber": "1"},
        EQUAL,
        tax=SideName.XERO,
    )

    assert (equal.chosen, equal.carried, equal.columns) == (["tax"], {}, {})
    assert (moved.chosen, moved.carried) == (["tax"], {"tax": "2"})


def test_r9_a_value_too_long_for_dynamics_is_told_and_leaves_the_base() -> None:
    found = weighed(
        {"name": "A", "xero_taxnumber": "1"}, {"Name": "A" * 200, "TaxNumber": "1"}, EQUAL
    )

    assert found.problems == ["Name has 200 characters, Dynamics allows 160."]
    assert found.status is Status.CONFLICT
    assert (found.columns, found.fetched) == ({}, {})
    assert "name" not in found.settled


def test_r9_a_choice_that_does_not_fit_waits_for_a_value_that_does() -> None:
    shown, base = {"name": "B", "xero_taxnumber": "1"}, {**EQUAL, "name": ("C", "C")}
    scales = Scales(Asking, shown, base, {"name": SideName.XERO})

    long = weigh(scales, {"name": "B", "tax": "1"}, {"name": "A" * 200, "tax": "1"})
    short = weigh(scales, {"name": "B", "tax": "1"}, {"name": "A" * 100, "tax": "1"})

    assert (long.chosen, len(long.problems)) == ([], 1)
    assert (short.chosen, short.columns) == (["name"], {"name": "A" * 100})


def test_r9_a_choice_against_the_way_of_a_field_leaves_both_as_they_stand() -> None:
    rule = replace(PLAIN, direction=Direction.TO_DYNAMICS, first_contact=FirstContact.ASK)
    scales = Scales(AccountToContact, {}, {}, {rule.name: SideName.DYNAMICS})

    assert verdict_of(scales, rule, "ours", "theirs").name == "SETTLE"


def test_a_stand_in_that_xero_no_longer_shows_is_not_written_into_the_empty_column() -> None:
    base = {**EQUAL, "email": ("b@x.example", "b@x.example")}

    found = weighed(
        {"name": "A", "xero_taxnumber": "1", "contoso_email": "b@x.example"},
        {"Name": "A", "TaxNumber": "1"},
        base,
    )

    assert (found.columns, found.carried) == ({}, {})
    assert found.settled["email"] == ("b@x.example", None)


def test_an_edit_in_xero_of_a_stand_in_goes_to_the_first_column() -> None:
    base = {**EQUAL, "email": ("b@x.example", "b@x.example")}

    found = weighed(
        {"name": "A", "xero_taxnumber": "1", "contoso_email": "b@x.example"},
        {"Name": "A", "TaxNumber": "1", "EmailAddress": "c@x.example"},
        base,
    )

    assert found.columns == {"emailaddress1": "c@x.example"}


def test_r40_the_rule_that_carried_a_value_is_named() -> None:
    shown = {"name": "B", "xero_taxnumber": "2", "address1_line1": "x"}
    there = {"Name": "C", "TaxNumber": "1", "EmailAddress": "d@x.example"}

    found = weighed(shown, there, {**EQUAL, "email": ("a@x.example", None)} | {})

    rules = {name: change.rule for name, change in found.changes[SideName.XERO].items()}
    assert rules["name"] == "changed on both sides: dynamics stands"
    assert rules["tax"] == "changed in Dynamics"
    no_base = weighed(shown, {"Name": "B"}, {"name": ("B", "B")})
    assert no_base.changes[SideName.XERO]["tax"].rule == "was empty when first linked"


def test_r15_only_edits_of_two_way_fields_since_the_base_speak_for_a_contact() -> None:
    there = {"name": "B", "tax": "1", "line": "new"}

    assert changed_in_xero(Scales(Small, {}, {"name": ("A", "A"), "tax": ("1", "1")}), there) == [
        Small.fields["name"].label
    ]
