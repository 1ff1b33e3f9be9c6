"""The list of contact persons: who is who, who gets a place, who is left alone (R27)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dynamics_xero.entities.contact import ContactToPerson
from dynamics_xero.model import (
    ActionKind,
    Link,
    PartDecision,
    Record,
    RecordState,
    Status,
    Value,
    Values,
)
from dynamics_xero.sync.claims import SettledList
from dynamics_xero.sync.persons import MergedList, merge_list, people_of, settle_list


def contact(
    number: int, first: str, last: str, email: str | None = None, **more: Value
) -> tuple[Record, Link | None]:
    """A Dynamics contact that no link knows yet."""
    values: dict[str, Value] = {"firstname": first, "lastname": last, "emailaddress1": email}
    values.update(more)
    present = {name: value for name, value in values.items() if value is not None}
    return Record("contact", f"c{number}", number, present, parent_id="a1"), None


def linked(
    part: tuple[Record, Link | None], shown: Values, *, status: Status = Status.SYNCED
) -> tuple[Record, Link | None]:
    """The contact with a link whose base is what both sides show now."""
    record, _none = part
    here, _problems = ContactToPerson.read_dynamics(record.values)
    there = ContactToPerson.read_xero(shown)
    base = {name: (here[name], there[name]) for name in here}
    link = Link(record.version, "main", "contact", record.id, base=base, status=status)
    return record, link


def person(first: str, last: str, email: str | None = None) -> Values:
    """A row of ContactPersons."""
    row = {"FirstName": first, "LastName": last, "EmailAddress": email}
    return {name: value for name, value in row.items() if value is not None}


def merged(
    parts: Sequence[tuple[Record, Link | None]],
    rows: Sequence[Values],
    settled: SettledList | None = None,
    *,
    primary: str | None = None,
) -> MergedList:
    people = people_of(ContactToPerson, parts, primary)
    return merge_list(ContactToPerson, people, rows, settled or SettledList())


def names(rows: Sequence[Values]) -> list[Value]:
    return [row.get("FirstName") for row in rows]


def by_id(result: MergedList, dynamics_id: str) -> PartDecision:
    return next(d for d in result.decisions if d.dynamics_id == dynamics_id)


ADA = person("Ada", "Lovelace", "ada@x.example")
GRACE = person("Grace", "Hopper", "grace@x.example")


def test_r27_a_new_contact_joins_the_list_and_others_stay_as_they_are() -> None:
    result = merged([contact(1, "Ada", "Lovelace", "ada@x.example")], [GRACE])

    assert result.rows == (GRACE, ADA)
    assert by_id(result, "c1").kind is ActionKind.CREATE


def test_r27_an_exact_row_is_recognised_and_nothing_is_written() -> None:
    result = merged([contact(1, "Ada", "Lovelace", "ada@x.example")], [ADA])

    assert not result.changed
    assert by_id(result, "c1").row == ADA


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(person("A.", "Lovelace", "ADA@x.example"), id="unique e-mail"),
        pytest.param(person("ada", "LOVELACE", "old@x.example"), id="unique name"),
    ],
)
def test_r27_r10_a_person_known_by_mail_or_name_is_linked_and_not_overwritten(row: Values) -> None:
    result = merged([contact(1, "Ada", "Lovelace", "ada@x.example")], [row])

    assert result.rows == (row,)


def test_r27_two_rows_of_one_name_are_not_guessed_between() -> None:
    twins = [person("Ada", "Lovelace", "one@x.example"), person("Ada", "Lovelace")]

    result = merged([contact(1, "Ada", "Lovelace", "ada@x.example")], twins)

    assert result.rows == (*twins, ADA)


def test_r27_a_changed_contact_changes_its_own_row_only() -> None:
    settled = SettledList((ADA, GRACE), {"c1": 0})
    before = linked(contact(1, "Ada", "Lovelace", "ada@x.example"), ADA)
    after = Record("contact", "c1", 2, {**before[0].values, "lastname": "King"}, parent_id="a1")

    result = merged([(after, before[1])], [ADA, GRACE], settled)

    assert result.rows == (person("Ada", "King", "ada@x.example"), GRACE)
    assert by_id(result, "c1").kind is ActionKind.UPDATE


def test_r27_one_left_over_on_each_side_is_a_rename() -> None:
    settled = SettledList((ADA,), {"c1": 0})
    renamed = person("Augusta", "King", "augusta@x.example")

    part = linked(contact(1, "Ada", "Lovelace", "ada@x.example"), ADA)
    result = merged([part], [renamed], settled)

    assert result.rows == (renamed,)
    assert by_id(result, "c1").status is Status.SYNCED


def test_r27_several_left_over_ask_a_person() -> None:
    settled = SettledList((ADA,), {"c1": 0})
    strangers = [person("Xu", "Li"), person("Bo", "Ek")]

    part = linked(contact(1, "Ada", "Lovelace", "ada@x.example"), ADA)
    result = merged([part], strangers, settled)

    assert not result.changed
    assert by_id(result, "c1").status is Status.CONFLICT


def test_r27_a_stranger_that_was_there_before_is_not_taken_for_a_rename() -> None:
    settled = SettledList((ADA, GRACE), {"c1": 0})

    part = linked(contact(1, "Ada", "Lovelace", "ada@x.example"), ADA)
    result = merged([part], [GRACE], settled)

    assert result.rows == (GRACE,)
    assert by_id(result, "c1").status is Status.SKIPPED
    assert by_id(result, "c1").removed


def test_r15_a_person_removed_in_xero_stays_out_until_its_contact_is_edited() -> None:
    settled = SettledList((GRACE,), {"c1": -1})
    part = linked(contact(1, "Ada", "Lovelace", "ada@x.example"), ADA, status=Status.SKIPPED)

    untouched = merged([part], [GRACE], settled)
    edited = Record("contact", "c1", 9, {**part[0].values, "lastname": "King"}, parent_id="a1")
    again = merged([(edited, part[1])], [GRACE], settled)

    assert not untouched.changed
    assert names(again.rows) == ["Grace", "Ada"]


def test_r27_a_contact_that_became_inactive_leaves_the_list() -> None:
    settled = SettledList((ADA, GRACE), {"c1": 0})
    record, link = linked(contact(1, "Ada", "Lovelace", "ada@x.example"), ADA)
    inactive = Record("contact", "c1", 2, record.values, state=RecordState.ARCHIVED)

    result = merged([(inactive, link)], [ADA, GRACE], settled)

    assert result.rows == (GRACE,)


def test_r27_the_primary_person_takes_no_place_in_the_list() -> None:
    parts = [contact(1, "Ada", "Lovelace"), contact(2, "Grace", "Hopper")]

    result = merged(parts, [], primary="c1")

    assert names(result.rows) == ["Grace"]


def test_r27_five_places_go_to_invoice_receivers_first_then_to_the_oldest() -> None:
    parts = [contact(n, f"P{n}", "X") for n in range(1, 7)]
    parts.append(contact(7, "P7", "X", "p7@x.example", xero_includeinemails=True))

    result = merged(parts, [])

    assert names(result.rows) == ["P7", "P1", "P2", "P3", "P4"]
    assert [by_id(result, f"c{n}").status for n in (5, 6)] == [Status.SKIPPED] * 2
    assert "five" in (by_id(result, "c6").remark or "")


def test_r27_people_added_in_xero_keep_their_places_before_newcomers() -> None:
    strangers = [person(f"S{n}", "X") for n in range(5)]

    result = merged([contact(1, "Ada", "Lovelace")], strangers)

    assert result.rows == tuple(strangers)
    assert by_id(result, "c1").status is Status.SKIPPED


def test_a_contact_with_a_bad_mail_fails_alone() -> None:
    parts = [contact(1, "Ada", "Lovelace", "not a mail"), contact(2, "Grace", "Hopper")]

    result = merged(parts, [])

    assert names(result.rows) == ["Grace"]
    assert by_id(result, "c1").status is Status.FAILED


def test_the_settled_list_survives_its_text_form() -> None:
    settled = SettledList((ADA, GRACE), {"c1": 0, "c9": -1}, frozenset({"c1"}))

    assert SettledList.load(settled.dump()) == settled
    assert SettledList.load('[[], {"c9": -1}]') == SettledList((), {"c9": -1})


def test_r22_a_list_that_a_lost_call_sent_counts_once_xero_shows_it() -> None:
    sent = SettledList((ADA, GRACE), {"c1": 0, "c2": 1})

    assert SettledList.load(sent.dump()) == sent
    assert sent.is_shown(ContactToPerson, [ADA, GRACE])
    assert not sent.is_shown(ContactToPerson, [ADA])
    assert not sent.is_shown(ContactToPerson, [GRACE, ADA])


def test_r25_a_row_that_came_back_trimmed_is_still_its_contacts() -> None:
    result = merged([contact(1, "Ada", "Lovelace", "ADA@x.example")], [])
    came_back = [GRACE, ADA]

    settled, shown = settle_list(ContactToPerson, result.decisions, came_back)

    assert settled.owners == {"c1": 1}
    assert shown == {"c1": ADA}


def test_r8_a_field_changed_in_xero_alone_stays_undecided() -> None:
    known = linked(contact(1, "Ada", "Lovelace", "ada@x.example"), ADA)
    settled = SettledList((ADA,), {"c1": 0})
    renamed = {**ADA, "LastName": "King"}

    decision = by_id(merged([known], [renamed], settled), "c1")

    assert decision.row == renamed
    assert "last_name" not in decision.decided
    assert "first_name" in decision.decided


def test_r15_a_leaver_whose_row_was_edited_in_xero_leaves_it_there_until_the_edit_arrived() -> None:
    known = linked(contact(1, "Ada", "Lovelace", "ada@x.example"), ADA)
    renamed = {**ADA, "LastName": "King"}
    seen = merged([known], [renamed], SettledList((ADA,), {"c1": 0}))
    arrived = linked(contact(1, "Ada", "King", "ada@x.example"), renamed)

    waiting, _shown = settle_list(ContactToPerson, seen.decisions, [renamed])
    told = merged([arrived], [renamed], waiting)
    done, _shown = settle_list(ContactToPerson, told.decisions, [renamed])

    assert waiting.edited == {"c1"}
    assert merged([], [renamed], waiting).rows == (renamed,)
    assert merged([], [renamed], done).rows == ()


def test_r27_someone_gone_here_and_someone_lost_leave_a_stranger_unclear() -> None:
    known = linked(contact(1, "Ada", "Lovelace", "ada@x.example"), ADA)
    settled = SettledList((ADA, GRACE), {"c1": 0, "c2": 1})
    stranger = person("Zoe", "Xero", "zoe@x.example")

    result = merged([known], [stranger], settled)

    assert result.rows == (stranger,)
    assert by_id(result, "c1").status is Status.CONFLICT
