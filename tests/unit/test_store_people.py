"""The store's part of what people are asked: fingerprints, approvals, choices, helpings."""

from __future__ import annotations

from dataclasses import replace

from dynamics_xero.model import SideName, Status
from dynamics_xero.rows import ConnectionRow, HistoryRow
from dynamics_xero.store_port import Store, Transaction
from tests.unit.store_cases import LATER, NOON, SOON, links, outcome, save


def test_r11_an_adopted_fingerprint_replaces_the_one_before(tx: Transaction) -> None:
    tx.fingerprints.adopt("main", {"account": "a", "contact": "c"}, now=NOON)
    tx.fingerprints.adopt("main", {"account": "b"}, now=LATER)
    tx.fingerprints.adopt("other", {"account": "z"}, now=LATER)

    assert tx.fingerprints.of("main") == {"account": "b", "contact": "c"}


def test_r12_a_connection_is_approved_once(tx: Transaction) -> None:
    tx.endpoints.put_connection(ConnectionRow("main", "dynamics:1", "xero:1"))

    before = tx.fingerprints.approved_at("main")
    tx.fingerprints.approve("main", now=NOON)
    tx.fingerprints.approve("main", now=LATER)

    assert before is None
    assert tx.fingerprints.approved_at("main") == NOON
    assert tx.fingerprints.approved_at("unknown") is None


def test_a_choice_is_kept_by_field_until_it_is_used(tx: Transaction) -> None:
    one, two = links(tx, "a1", "a2")
    tx.choices.put(one.id, "name", SideName.XERO, now=NOON)
    tx.choices.put(one.id, "name", SideName.DYNAMICS, now=SOON)
    tx.choices.put(one.id, "fax", SideName.XERO, now=SOON)
    tx.choices.put(two.id, "fax", SideName.XERO, now=SOON)

    tx.choices.clear([(one.id, "fax")])

    assert tx.choices.of([one.id, two.id]) == {
        one.id: {"name": SideName.DYNAMICS},
        two.id: {"fax": SideName.XERO},
    }


def test_links_are_walked_in_helpings_and_those_under_way_are_left_out(tx: Transaction) -> None:
    one, two, three, four = links(tx, "a1", "a2", "a3", "a4")
    tx.links.set_request([two.id], "request")
    save(tx, outcome(three, Status.CONFLICT), outcome(one, Status.SYNCED))

    first = tx.reviews.walk("main", "account", after=0, limit=2)
    rest = tx.reviews.walk("main", "account", after=first[-1].id, limit=2)
    asking = tx.reviews.walk("main", "account", after=0, limit=9, statuses=[Status.CONFLICT])

    assert [link.id for link in (*first, *rest)] == [one.id, three.id, four.id]
    assert [link.id for link in asking] == [three.id]


def test_in_trouble_is_who_failed_or_was_skipped_for_a_reason(tx: Transaction) -> None:
    fine, failed, skipped, left = links(tx, "a1", "a2", "a3", "a4")
    save(
        tx,
        outcome(fine),
        outcome(failed, Status.FAILED, remark="Name is empty."),
        outcome(skipped, Status.SKIPPED, remark="No room."),
        outcome(left, Status.SKIPPED),
    )

    found = tx.reviews.troubled("main", after=0, limit=9)
    after = tx.reviews.troubled("main", after=failed.id, limit=9)
    of_others = tx.reviews.troubled("main", after=0, limit=9, entity="contact")

    assert [link.id for link in found] == [failed.id, skipped.id]
    assert [link.id for link in after] == [skipped.id]
    assert of_others == []


def test_since_is_when_the_present_status_began_not_when_it_first_occurred(
    tx: Transaction,
) -> None:
    one, two = links(tx, "a1", "a2")
    story = [
        (one, Status.CONFLICT, NOON),
        (one, Status.SYNCED, NOON),
        (one, Status.CONFLICT, SOON),
        (one, Status.CONFLICT, LATER),
        (two, Status.FAILED, LATER),
    ]
    row = HistoryRow("main", "account", "a1", NOON, "run", "update", Status.SYNCED)
    for link, status, at in story:
        told = replace(row, dynamics_id=link.dynamics_id, link_id=link.id, status=status, at=at)
        tx.history.add([told])
    save(tx, outcome(one, Status.CONFLICT), outcome(two, Status.FAILED))

    assert tx.reviews.since([one.id, two.id]) == {one.id: SOON, two.id: LATER}


def test_a_run_without_an_end_is_found_again_by_its_kind(tx: Transaction) -> None:
    tx.runs.start("one", connection="main", kind="reconcile", now=NOON)
    tx.runs.start("two", connection="main", kind="sync", now=SOON)

    stopped = tx.reviews.unfinished("main", "reconcile")
    tx.runs.finish("one", LATER)

    assert stopped == ("one", NOON)
    assert tx.reviews.unfinished("main", "reconcile") is None


def test_only_the_entities_asked_for_are_due(store: Store) -> None:
    with store.begin() as tx:
        links(tx, "a1")
        tx.links.mark_due("main", "account", now=NOON, dynamics_ids=["a1"])
    with store.read() as tx:
        assert tx.links.next_due_at("main") == NOON
        assert tx.links.next_due_at("main", entities=["account"]) == NOON
        assert tx.links.next_due_at("main", entities=["contact"]) is None
