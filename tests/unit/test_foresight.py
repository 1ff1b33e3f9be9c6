"""What a pair will need, one action after the other: the later ones on what the first ones left."""

from __future__ import annotations

from dataclasses import replace

from dynamics_xero.model import ActionKind, Link, Pair, Record, RecordState, SideName, Status
from dynamics_xero.sync.foresight import foresee
from dynamics_xero.sync.states import GONE, STATE
from tests.unit.test_decide import ACCOUNT_ID, JUDGE, account, pair, settled, xero


def told(given: Pair) -> list[tuple[ActionKind, SideName, list[str]]]:
    found = list(foresee(given, JUDGE, organization="deadbeef-0000"))
    return [(action.kind, action.side, list(action.changes)) for action in found]


def test_a_pair_in_step_needs_one_look() -> None:
    given = pair(account(), xero(), base=settled(account(), xero()))

    assert told(given) == [(ActionKind.SETTLE, SideName.XERO, [])]


def test_what_changed_on_both_sides_takes_one_step_each() -> None:
    base = settled(account(), xero())
    given = pair(account(telephone1="1"), xero(EmailAddress="a@x.example"), base=base)

    assert told(given) == [
        (ActionKind.UPDATE, SideName.XERO, ["phone"]),
        (ActionKind.UPDATE, SideName.DYNAMICS, ["email"]),
    ]


def test_an_account_that_is_back_restores_its_contact_then_carries_what_was_edited() -> None:
    base = {**settled(account(), xero()), STATE: (GONE, GONE)}
    archived = replace(xero(), state=RecordState.ARCHIVED)

    steps = told(pair(account(name="New"), archived, base=base))

    assert [step[:2] for step in steps[:2]] == [
        (ActionKind.RESTORE, SideName.XERO),
        (ActionKind.UPDATE, SideName.XERO),
    ]
    assert steps[1][2] == ["name"]


def test_a_merge_in_xero_is_followed_to_the_survivor_and_what_is_empty_there_is_filled() -> None:
    base = settled(account(telephone1="1"), xero())
    loser = replace(xero(), state=RecordState.ARCHIVED, merged_into="x2")
    survivor = replace(xero(), id="x2")
    given = pair(account(telephone1="1"), loser, base=base, survivor=survivor)

    steps = told(given)

    assert steps[0][0] is ActionKind.RELINK
    assert steps[1][:2] == (ActionKind.UPDATE, SideName.XERO)
    assert "phone" in steps[1][2]


def test_a_person_that_was_sent_is_not_sent_again_in_the_next_step() -> None:
    base = settled(account(), xero())
    person = Record("contact", "c1", 1, {"firstname": "Ada", "lastname": "K"}, parent_id=ACCOUNT_ID)
    link = Link(2, "main", "contact", "c1", status=Status.NOT_SYNCED, parent_id=1)
    given = pair(account(), xero(EmailAddress="a@x.example"), base=base, parts=((person, link),))

    first, second = foresee(given, JUDGE, organization="deadbeef-0000")

    assert [part.kind for part in first.parts] == [ActionKind.CREATE]
    assert [part.kind for part in second.parts] == [ActionKind.NOTHING]
    assert second.side is SideName.DYNAMICS


def test_an_action_that_only_the_remote_can_answer_is_the_last_one_foreseen() -> None:
    assert told(pair(account())) == [(ActionKind.CREATE, SideName.XERO, ["name", "contact_number"])]
