"""What becomes of a pair when one of its rows is gone, back, or merged away (R15)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dynamics_xero.entities.account import AccountToContact
from dynamics_xero.entities.contact import ContactToPerson
from dynamics_xero.entities.person_contact import PersonToContact
from dynamics_xero.mapping.check import ORGANIZATION
from dynamics_xero.model import (
    Action,
    ActionKind,
    Base,
    Life,
    Link,
    Pair,
    Record,
    RecordState,
    SideName,
    Status,
    Values,
)
from dynamics_xero.sync.claims import SettledList
from dynamics_xero.sync.decide import Judge, decide
from dynamics_xero.sync.persons import SETTLED_LIST
from dynamics_xero.sync.states import (
    CANNOT_RESTORE,
    GONE,
    LIVE,
    MERGED_AWAY,
    MERGED_HERE,
    NEVER_SETTLED,
    RESTORED,
    RESTORED_DELETED,
    STATE,
    STATE_FIELD,
    both_gone,
    both_live,
)

JUDGE = Judge(AccountToContact, ContactToPerson)
OURS = "deadbeef-a1"
ANN: Values = {"FirstName": "Ann", "LastName": "Lee", "EmailAddress": "ann@x.example"}
BOB: Values = {"FirstName": "Bob", "LastName": "Ray", "EmailAddress": "bob@x.example"}


def account(state: RecordState = RecordState.LIVE, **values: str) -> Record:
    """Return account a1 as pairs are loaded: of a deleted row, its id is all that is known."""
    known = {"accountid": "a1", ORGANIZATION: "deadbeef-0000"}
    shown = {"name": "A", **values} if state is not RecordState.DELETED else {}
    return Record("account", "a1", 1, {**shown, **known}, state=state)


def contact(state: RecordState = RecordState.LIVE, **values: str) -> Record:
    """Return contact x1, which carries our key."""
    return Record("Contact", "x1", 1, {"Name": "A", "ContactNumber": OURS, **values}, state=state)


def linked(dynamics: Record, xero: Record | None, base: Base | None = None) -> Pair:
    """Return the pair; by default it was settled while both rows were there."""
    settled = {"name": ("A", "A"), "tax_number": (None, None), **both_live()}
    link = Link(1, "main", "account", "a1", "x1", base=settled if base is None else base)
    return Pair(link, dynamics, xero)


def decided(pair: Pair, judge: Judge = JUDGE) -> Action:
    """Return the action, which there must be."""
    action = decide(pair, judge)
    assert action is not None
    return action


DEAD = [RecordState.ARCHIVED, RecordState.DELETED]


@pytest.mark.parametrize("state", DEAD)
def test_r15_gone_here_and_unchanged_there_is_archived_and_settled_as_gone(
    state: RecordState,
) -> None:
    action = decided(linked(account(state), contact()))

    assert (action.kind, action.side) == (ActionKind.ARCHIVE, SideName.XERO)
    assert (action.values, action.remote_id) == ({"ContactStatus": "ARCHIVED"}, "x1")
    assert action.settled == both_gone() == {STATE: (GONE, GONE)}


@pytest.mark.parametrize(
    ("state", "done"), list(zip(DEAD, ["deactivated", "deleted"], strict=True))
)
def test_r15_gone_here_and_edited_there_asks_and_names_the_fields(
    state: RecordState, done: str
) -> None:
    action = decided(linked(account(state), contact(Name="B", TaxNumber="7")))

    assert action.kind is ActionKind.CONFLICT
    assert f"was {done} here, and changed in Xero meanwhile (Name, Tax number)" in (
        action.remark or ""
    )


def test_r15_an_edit_of_the_people_in_xero_is_an_edit_of_the_contact() -> None:
    settled = SettledList((ANN,), {"c1": 0}).dump()
    base = {**linked(account(), None).link.base, SETTLED_LIST: (None, settled)}
    same = replace(contact(), parts={"ContactPersons": (ANN,)})
    other = replace(contact(), parts={"ContactPersons": (ANN, BOB)})

    gone = account(RecordState.ARCHIVED)
    assert decided(linked(gone, same, base)).kind is ActionKind.ARCHIVE
    asked = decided(linked(gone, other, base))
    assert asked.kind is ActionKind.CONFLICT
    assert "(people)" in (asked.remark or "")


@pytest.mark.parametrize(
    ("state", "text"), list(zip(DEAD, [RESTORED, RESTORED_DELETED], strict=True))
)
def test_r15_a_contact_restored_in_xero_is_asked_about(state: RecordState, text: str) -> None:
    action = decided(linked(account(state), contact(), both_gone()))

    assert (action.kind, action.remark) == (ActionKind.CONFLICT, text)


def test_r15_a_contact_that_was_never_in_step_is_not_ours_to_archive() -> None:
    gone = account(RecordState.ARCHIVED)

    asked = decided(linked(gone, contact(ContactNumber="THEIRS"), {}))
    ours = decided(linked(gone, contact(), {}))
    deleted = decided(linked(account(RecordState.DELETED), contact(), {}))

    assert (asked.kind, asked.remark) == (ActionKind.CONFLICT, NEVER_SETTLED)
    assert ours.kind is deleted.kind is ActionKind.ARCHIVE


def test_r3_a_contact_that_was_not_read_yet_is_not_taken_for_gone() -> None:
    pair = linked(account(RecordState.ARCHIVED), None)
    waiting = replace(pair, link=replace(pair.link, status=Status.CONFLICT, remark="Why."))

    action = decided(waiting)

    assert (action.kind, action.settled) == (ActionKind.NOTHING, {})
    assert (action.status, action.remark) == (Status.CONFLICT, "Why.")


def test_r15_an_account_that_is_back_restores_what_was_archived_with_it() -> None:
    archived = contact(RecordState.ARCHIVED)

    action = decided(linked(account(), archived, both_gone()))

    assert (action.kind, action.values) == (ActionKind.RESTORE, {"ContactStatus": "ACTIVE"})
    assert action.settled == both_live() == {STATE: (LIVE, LIVE)}
    assert action.again
    assert decided(linked(account(), archived)).kind is ActionKind.BLOCK
    assert CANNOT_RESTORE.startswith("This account is active again")


@pytest.mark.parametrize(
    ("dynamics", "xero", "take", "kind", "side"),
    [
        (account(), contact(RecordState.ARCHIVED), "dynamics", ActionKind.RESTORE, SideName.XERO),
        (account(), contact(RecordState.ARCHIVED), "xero", ActionKind.ARCHIVE, SideName.DYNAMICS),
        (account(DEAD[0]), contact(Name="B"), "dynamics", ActionKind.ARCHIVE, SideName.XERO),
        (account(DEAD[0]), contact(Name="B"), "xero", ActionKind.RESTORE, SideName.DYNAMICS),
    ],
)
def test_r15_a_choice_about_the_rows_is_carried_out_once(
    dynamics: Record, xero: Record, take: str, kind: ActionKind, side: SideName
) -> None:
    pair = replace(linked(dynamics, xero), choices={STATE_FIELD: SideName(take)})

    action = decided(pair)

    assert (action.kind, action.side, action.chosen) == (kind, side, (STATE_FIELD,))
    assert set(action.values) == ({"ContactStatus"} if side is SideName.XERO else set())
    leaves_edits = kind is ActionKind.ARCHIVE and side is SideName.XERO
    assert action.again is not leaves_edits  # what was edited meanwhile follows


def test_r15_keeping_the_contact_of_a_deleted_account_lets_both_go() -> None:
    pair = linked(account(RecordState.DELETED), contact(Name="B"))

    action = decided(replace(pair, choices={STATE_FIELD: SideName.XERO}))

    assert (action.kind, action.life) == (ActionKind.SKIP, Life.SEVERED)
    assert action.chosen == (STATE_FIELD,)


def merged(**more: object) -> Pair:
    """Return a pair whose contact was merged into x2 in Xero."""
    gone = replace(contact(RecordState.ARCHIVED), merged_into="x2")
    survivor = Record("Contact", "x2", 3, {"Name": "B", "ContactNumber": "OTHER"})
    return replace(linked(account(), gone), survivor=survivor, **more)  # type: ignore[arg-type]


def test_r15_a_relink_leaves_our_own_key_with_the_loser() -> None:
    action = decided(merged())

    assert (action.kind, action.remote_id) == (ActionKind.RELINK, "x2")
    assert action.settled == {"contact_number": (OURS, "OTHER")}
    assert action.values == {}
    assert action.again
    survivor = Record("Contact", "x2", 3, {"Name": "B"})
    followed = replace(linked(account(), survivor, {"contact_number": (OURS, None)}))
    assert "ContactNumber" not in decided(followed).values


def test_r15_a_survivor_that_has_a_link_already_keeps_it() -> None:
    rival = Link(9, "main", "account", "a9", "x2")

    action = decided(merged(rival=rival))

    assert (action.kind, action.remark) == (ActionKind.CONFLICT, MERGED_AWAY)
    assert (action.life, action.winner_id) == (Life.MERGED, 9)
    own = decided(merged(rival=Link(1, "main", "account", "a1", "x2")))
    assert own.kind is ActionKind.RELINK


def test_r3_a_survivor_that_was_not_read_yet_is_waited_for() -> None:
    assert decide(replace(merged(), survivor=None), JUDGE) is None


@pytest.mark.parametrize(
    ("xero", "kind", "status"),
    [
        (contact(), ActionKind.CONFLICT, Status.CONFLICT),
        (contact(RecordState.ARCHIVED), ActionKind.SKIP, Status.SKIPPED),
    ],
)
def test_r15_a_row_merged_here_points_at_its_winner_and_writes_nothing(
    xero: Record, kind: ActionKind, status: Status
) -> None:
    loser = replace(account(RecordState.ARCHIVED), merged_into="a2")
    pair = replace(linked(loser, xero), master=Link(4, "main", "account", "a2"))

    action = decided(pair)

    assert (action.kind, action.status, action.values) == (kind, status, {})
    assert (action.life, action.winner_id) == (Life.MERGED, 4)
    assert action.remark == (MERGED_HERE if kind is ActionKind.CONFLICT else None)


@pytest.mark.parametrize("life", [Life.MERGED, Life.FROZEN])
def test_r15_a_link_that_rests_writes_nothing_when_its_row_is_deleted(life: Life) -> None:
    pair = linked(account(RecordState.DELETED), contact())
    resting = replace(pair.link, life=life, winner_id=4, status=Status.CONFLICT, remark="Why.")

    action = decided(replace(pair, link=resting))

    assert (action.kind, action.life, action.winner_id) == (ActionKind.NOTHING, life, 4)
    assert (action.status, action.remark) == (Status.CONFLICT, "Why.")


def test_r15_r12_what_is_out_of_scope_rests_with_its_base() -> None:
    judge = Judge(PersonToContact)
    row = {"contactid": "c1", "fullname": "Ann Lee", "parentcustomerid": "a1"}
    link = Link(1, "main", "person_contact", "c1", "x1", base={"name": ("Ann", "Ann")})
    for state in (RecordState.LIVE, RecordState.ARCHIVED):
        for xero in (contact(), replace(contact(RecordState.ARCHIVED), merged_into="x2")):
            action = decided(Pair(link, Record("contact", "c1", 1, row, state=state), xero), judge)

            assert (action.kind, action.life) == (ActionKind.SKIP, Life.FROZEN)
            assert (action.settled, action.values) == ({}, {})


def people_pair(person: Record, base: Base, rows: tuple[Values, ...]) -> Pair:
    """Return the account with one person of it, and the list Xero shows."""
    settled = SettledList((ANN,), {"c1": 0}).dump()
    part = Link(2, "main", "contact", "c1", parent_id=1, base=base, status=Status.SYNCED)
    pair = linked(account(), replace(contact(), parts={"ContactPersons": rows}))
    whole = {**pair.link.base, "contact_number": (OURS, OURS), SETTLED_LIST: (None, settled)}
    link = replace(pair.link, base=whole)
    parts = ((person, part),) if person.state is RecordState.LIVE else ()
    gone = () if parts else ((part, person),)
    return replace(pair, link=link, parts=parts, gone_parts=gone)


def ann(state: RecordState = RecordState.LIVE, **values: str) -> Record:
    """Return the contact row of Ann."""
    shown = {"firstname": "Ann", "lastname": "Lee", "emailaddress1": "ann@x.example", **values}
    return Record("contact", "c1", 5, shown, state=state, parent_id="a1")


ANN_SETTLED: Base = {
    "first_name": ("Ann", "Ann"),
    "last_name": ("Lee", "Lee"),
    "email": ("ann@x.example", "ann@x.example"),
    "include_in_emails": (None, None),
}


def test_r15_r27_a_person_gone_here_leaves_the_list_unless_xero_edited_it() -> None:
    edited = {**ANN, "LastName": "Lee-Fox"}

    leaves = decided(people_pair(ann(RecordState.DELETED), ANN_SETTLED, (ANN, BOB)))
    stays = decided(people_pair(ann(RecordState.DELETED), ANN_SETTLED, (edited, BOB)))

    assert leaves.lists == {"ContactPersons": (BOB,)}
    assert (stays.lists, stays.kind) == ({}, ActionKind.SETTLE)
    for action in (leaves, stays):
        assert [(part.dynamics_id, part.gone) for part in action.parts] == [("c1", True)]


def test_r7_r27_a_person_edited_in_xero_is_written_onto_its_own_row() -> None:
    edited = {**ANN, "EmailAddress": "new@x.example"}

    action = decided(people_pair(ann(), ANN_SETTLED, (edited,)))

    assert (action.kind, action.lists) == (ActionKind.SETTLE, {})
    (write,) = action.also
    assert (write.side, write.resource, write.remote_id) == (SideName.DYNAMICS, "contact", "c1")
    assert write.values == {"emailaddress1": "new@x.example"}
    assert write.decided == {"email": "new@x.example"}
    assert (write.link.id, write.dynamics_version) == (2, 5)


def test_r7_r27_a_person_edited_on_both_sides_flows_both_ways_xero_first() -> None:
    edited = {**ANN, "EmailAddress": "new@x.example"}

    action = decided(people_pair(ann(lastname="Lee-Fox"), ANN_SETTLED, (edited,)))

    assert action.kind is ActionKind.UPDATE
    assert action.lists == {"ContactPersons": ({**edited, "LastName": "Lee-Fox"},)}
    assert (action.also, action.again) == ((), True)
