"""An outcome settles a link: its base, its status, what is due, and what is written back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from dynamics_xero.model import Link, LinkOutcome, Status
from dynamics_xero.store_port import Transaction
from tests.unit.store_cases import LATER, NOON, SOON, links, outcome, save


def _again(tx: Transaction, link: Link) -> Link:
    return tx.links.by_id([link.id])[link.id]


def _is_due(tx: Transaction, link: Link) -> bool:
    found = tx.links.due("main", "account", now=LATER, limit=100)
    return link.id in {each.id for each in found}


def test_r8_only_settled_fields_move_in_the_base(tx: Transaction) -> None:
    (a,) = links(tx, "a")
    save(tx, outcome(a, base={"name": ("A", "A"), "limit": (Decimal("1.50"), None)}))

    save(tx, outcome(a, base={"name": ("B", "B")}))

    assert _again(tx, a).base == {"name": ("B", "B"), "limit": (Decimal("1.50"), None)}


def test_an_outcome_gives_status_remark_failure_and_xero_id(tx: Transaction) -> None:
    (a,) = links(tx, "a")

    save(
        tx,
        outcome(a, Status.FAILED, remark="Say why."),
        xero_ids={a.id: "x"},
    )

    now_as = _again(tx, a)
    assert (now_as.status, now_as.remark) == (Status.FAILED, "Say why.")
    assert now_as.xero_id == "x"

    save(tx, outcome(a))

    now_as = _again(tx, a)
    assert (now_as.remark, now_as.xero_id) == (None, "x")


def test_r26_last_synced_on_moves_when_something_was_carried(tx: Transaction) -> None:
    (a,) = links(tx, "a")
    precise = NOON + timedelta(microseconds=123456)

    save(tx, outcome(a, carried=True), now=precise)
    assert _again(tx, a).last_synced_at == NOON

    save(tx, outcome(a), now=SOON)
    assert _again(tx, a).last_synced_at == NOON

    save(tx, outcome(a, carried=True), now=LATER)
    assert _again(tx, a).last_synced_at == LATER


def test_r26_last_synced_on_moves_when_first_verified_only(tx: Transaction) -> None:
    (a,) = links(tx, "a")

    save(tx, outcome(a, verified=True), now=NOON)
    save(tx, outcome(a, verified=True), now=LATER)

    assert _again(tx, a).last_synced_at == NOON


def test_an_outcome_clears_the_mark_it_answered(tx: Transaction) -> None:
    links(tx, "a")
    tx.links.mark_due("main", "account", dynamics_ids=["a"], now=NOON)
    (a,) = tx.links.due("main", "account", now=NOON, limit=1)

    save(tx, outcome(a), loaded={a.id: a.marked})

    assert not _is_due(tx, a)
    assert tx.links.next_due_at("main") is None


def test_r1_a_mark_made_meanwhile_is_not_lost(tx: Transaction) -> None:
    links(tx, "a")
    tx.links.mark_due("main", "account", dynamics_ids=["a"], now=NOON)
    (a,) = tx.links.due("main", "account", now=NOON, limit=1)
    tx.links.mark_due("main", "account", dynamics_ids=["a"], now=SOON)

    save(tx, outcome(a), loaded={a.id: a.marked})

    assert _is_due(tx, a)


def test_a_link_whose_marks_were_not_read_stays_due(tx: Transaction) -> None:
    (a,) = links(tx, "a")
    tx.links.mark_due("main", "account", dynamics_ids=["a"], now=NOON)

    save(tx, outcome(a))

    assert _is_due(tx, a)


def test_an_outcome_frees_the_link_from_request_and_wait(tx: Transaction) -> None:
    (a,) = links(tx, "a")
    tx.links.mark_due("main", "account", dynamics_ids=["a"], now=NOON)
    tx.links.retry_later([a.id], next_at=LATER + timedelta(hours=1))
    tx.links.set_request([a.id], "request-1")

    save(tx, outcome(a))

    assert _is_due(tx, a)


def test_r32_attempts_end_with_success_only(tx: Transaction) -> None:
    (a,) = links(tx, "a")
    tx.links.retry_later([a.id], next_at=NOON)

    save(tx, outcome(a, Status.FAILED))
    assert _again(tx, a).attempts == 1

    save(tx, outcome(a))
    assert _again(tx, a).attempts == 0


def test_r32_a_start_is_counted_until_its_process_lives_to_the_end(tx: Transaction) -> None:
    (a,) = links(tx, "a")

    tx.links.begin([a.id])
    save(tx, outcome(a, Status.FAILED))
    begun = _again(tx, a).starts
    tx.links.survive([a.id])

    assert (begun, _again(tx, a).starts) == (1, 0)


def test_r6_a_part_seen_first_gets_a_link_under_its_parent(tx: Transaction) -> None:
    (a,) = links(tx, "a")
    person = LinkOutcome(None, "contact", "p", Status.SYNCED, base={"f": ("x", "x")}, carried=True)

    made = save(tx, outcome(a), replace(person, parent_id=a.id))

    (part,) = tx.links.parts_of("main", "contact", [a.id])[a.id]
    assert made == {"p": part.id}
    assert (part.status, part.base, part.last_synced_at) == (Status.SYNCED, {"f": ("x", "x")}, NOON)


def test_r6_a_part_that_moved_keeps_its_link(tx: Transaction) -> None:
    a, b = links(tx, "a", "b")
    person = LinkOutcome(None, "contact", "p", Status.SYNCED, parent_id=a.id)
    first = save(tx, person)

    second = save(tx, replace(person, parent_id=b.id))

    assert first == second
    assert list(tx.links.parts_of("main", "contact", [a.id, b.id])) == [b.id]


def test_a_link_that_is_gone_leaves_and_its_id_is_not_given_again(tx: Transaction) -> None:
    a, b = links(tx, "a", "b")

    save(tx, outcome(b, gone=True), outcome(a))

    assert list(tx.links.by_id([a.id, b.id])) == [a.id]
    (c,) = links(tx, "c")
    assert c.id > b.id


def test_what_a_person_sees_is_written_back_once_it_changes(tx: Transaction) -> None:
    a, b = links(tx, "a", "b")

    save(tx, outcome(a, Status.FAILED, remark="One."), now=NOON)
    save(tx, outcome(b, Status.FAILED, remark="One."), now=SOON)
    save(tx, outcome(a, Status.FAILED, remark="Two."), now=LATER)

    waiting = tx.links.write_backs("main", limit=9)
    assert [(link.dynamics_id, link.remark) for link in waiting] == [("a", "Two."), ("b", "One.")]
    assert tx.links.write_back_state("main") == (2, NOON)
    assert [link.id for link in tx.links.write_backs("main", limit=1)] == [a.id]
    assert tx.links.write_back_state("other") == (0, None)


def test_r26_an_outcome_that_shows_nothing_new_is_not_written_back(tx: Transaction) -> None:
    (a,) = links(tx, "a")
    save(tx, outcome(a, carried=True), now=NOON)
    tx.links.clear_write_backs(tx.links.write_backs("main", limit=9))

    save(tx, outcome(a, base={"name": ("N", "N")}), now=LATER)
    assert tx.links.write_back_state("main") == (0, None)

    tx.links.mark_write_back("main", "account", ["a", "nobody"], NOON)
    assert tx.links.write_back_state("main") == (1, NOON)


@pytest.mark.parametrize(
    "change",
    [
        {"status": Status.BLOCKED},
        {"remark": "Now with a remark."},
        {"carried": True},
    ],
)
def test_a_status_that_changes_under_a_write_back_is_written_too(
    tx: Transaction, change: dict[str, object]
) -> None:
    (a,) = links(tx, "a")
    save(tx, outcome(a, Status.FAILED))
    under_way = tx.links.write_backs("main", limit=9)

    save(tx, replace(outcome(a, Status.FAILED), **change), now=LATER)  # type: ignore[arg-type]  # table
    tx.links.clear_write_backs(under_way)

    assert tx.links.write_back_state("main")[0] == 1

    tx.links.clear_write_backs(tx.links.write_backs("main", limit=9))

    assert tx.links.write_back_state("main")[0] == 0


def test_unchanged_are_synced_links_seen_and_not_acted_upon(tx: Transaction) -> None:
    quiet, written, failed, unseen = links(tx, "a", "b", "c", "d")
    save(tx, *(outcome(link) for link in (quiet, written, failed, unseen)), run_id="run-0")
    tx.links.pair([(quiet.id, "x")])

    tx.links.mark_seen("main", "account", "run-1", dynamics_ids=["b", "c"], xero_ids=["x"])
    tx.links.mark_seen("main", "account", "run-1", dynamics_ids=["a"])
    save(tx, outcome(quiet), run_id="run-1")
    save(tx, outcome(written, carried=True), run_id="run-1")
    save(tx, outcome(failed, Status.FAILED), run_id="run-1")

    assert tx.runs.unchanged("main", "run-1") == {"account": 1}
    assert tx.runs.unchanged("main", "run-0") == {}


def test_standing_and_trouble_tell_how_links_are(tx: Transaction) -> None:
    a, b, c, d, e = links(tx, "a", "b", "c", "d", "e")
    save(
        tx,
        outcome(a),
        outcome(b, Status.FAILED, remark="Why b."),
        outcome(c, Status.SKIPPED),
        outcome(d, Status.SKIPPED, remark="Why d."),
        outcome(e, Status.BLOCKED),
    )

    assert tx.runs.standing("main") == {
        ("account", Status.SYNCED): 1,
        ("account", Status.FAILED): 1,
        ("account", Status.SKIPPED): 2,
        ("account", Status.BLOCKED): 1,
    }
    assert [(row.dynamics_id, row.remark) for row in tx.runs.troubled("main", 9)] == [
        ("b", "Why b."),
        ("d", "Why d."),
        ("e", None),
    ]
    assert len(tx.runs.troubled("main", 1)) == 1
