"""Rejected pairs, and links that have no partner yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from dynamics_xero.model import Life, Status
from dynamics_xero.store_port import Transaction
from tests.unit.store_cases import LATER, NOON, links, outcome, save


def test_r16_a_rejection_is_found_by_its_xero_record(tx: Transaction) -> None:
    tx.rejections.put("main", "account", "a", "x", now=NOON)
    tx.rejections.put("main", "account", "a", "x", now=LATER)
    tx.rejections.put("main", "account", "b", "y", now=NOON)

    assert tx.rejections.of("main", "account", ["x", "z"]) == {("a", "x")}
    assert tx.rejections.of("other", "account", ["x"]) == set()
    assert tx.rejections.of("main", "account", []) == set()


def test_a_rejection_can_be_taken_back(tx: Transaction) -> None:
    tx.rejections.put("main", "account", "a", "x", now=NOON)
    tx.rejections.put("main", "account", "a", "y", now=NOON)

    tx.rejections.take_back("main", "account", "a", "x")

    assert tx.rejections.of("main", "account", ["x", "y"]) == {("a", "y")}


def test_r15_links_without_a_partner_come_in_pages_and_severed_ones_do_not(tx: Transaction) -> None:
    alone, linked, severed, last = links(tx, "a", "b", "c", "d")
    tx.links.pair([(linked.id, "x")])
    gone = outcome(severed, Status.SKIPPED)
    save(tx, replace(gone, life=Life.SEVERED))

    first = tx.unlinked.page("main", "account", after=0, limit=1)
    rest = tx.unlinked.page("main", "account", after=first[-1].id, limit=9)

    assert [link.id for link in first] == [alone.id]
    assert [link.id for link in rest] == [last.id]
    assert tx.unlinked.page("main", "contact", after=0, limit=9) == []


def test_links_without_a_partner_can_be_asked_for_by_status(tx: Transaction) -> None:
    asking, _new = links(tx, "a", "b")
    save(tx, outcome(asking, Status.CONFLICT))

    found = tx.unlinked.page("main", "account", after=0, limit=9, status=Status.CONFLICT)

    assert [link.dynamics_id for link in found] == ["a"]


def test_what_waits_for_later_is_not_counted_as_waiting_now(tx: Transaction) -> None:
    first, second = links(tx, "a", "b")
    assert tx.unlinked.waiting("main", "account", now=NOON) == 0

    tx.links.mark_due("main", "account", dynamics_ids=["a", "b"], now=NOON)
    tx.links.retry_later([second.id], next_at=LATER)

    assert tx.unlinked.waiting("main", "account", now=NOON) == 1
    assert tx.unlinked.waiting("main", "account", now=LATER + timedelta(seconds=1)) == 2
    assert first.xero_id is None


def test_a_record_given_up_can_be_had_by_another_link(tx: Transaction) -> None:
    severed, other = links(tx, "a", "b")
    tx.links.mark_due("main", "account", dynamics_ids=["a", "b"], now=NOON)
    tx.links.pair([(severed.id, "x")])
    assert tx.links.pair([(other.id, "x")]) == [other.id]

    tx.unlinked.give_up(severed.id, now=NOON)

    assert tx.links.pair([(other.id, "x")]) == []
    assert tx.links.by_xero("main", "account", ["x"])["x"].id == other.id
