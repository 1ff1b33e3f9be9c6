"""Links are found, marked, handed out when due, and paired."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from dynamics_xero.model import LinkOutcome, Status
from dynamics_xero.store_port import Transaction
from tests.unit.store_cases import LATER, NOON, SOON, links, outcome, save

MANY = 1300
"""More than two IN lists hold."""


def _due(tx: Transaction, *, limit: int = 100, offset: int = 0) -> list[str]:
    found = tx.links.due("main", "account", now=LATER, limit=limit, offset=offset)
    return [link.dynamics_id for link in found]


def test_a_new_link_is_not_synced_and_not_due(tx: Transaction) -> None:
    (link,) = links(tx, "a")

    assert (link.status, link.xero_id, link.base, link.marked) == (Status.NOT_SYNCED, None, {}, 0)
    assert _due(tx) == []
    assert tx.links.next_due_at("main") is None


def test_a_link_that_exists_is_left_alone(tx: Transaction) -> None:
    (link,) = links(tx, "a")
    save(tx, outcome(link, Status.FAILED, remark="No."))

    again, new = links(tx, "a", "b")

    assert (again.id, again.status) == (link.id, Status.FAILED)
    assert new.id != link.id


def test_links_are_found_by_each_of_their_ids(tx: Transaction) -> None:
    a, b = links(tx, "a", "b")
    tx.links.pair([(a.id, "x")])

    assert tx.links.by_id([a.id, b.id, 99]).keys() == {a.id, b.id}
    assert tx.links.by_xero("main", "account", ["x", "y"])["x"].dynamics_id == "a"
    assert tx.links.by_dynamics("main", "account", ["b", "c"]) == {"b": b}
    assert tx.links.by_dynamics("other", "account", ["a"]) == {}
    assert tx.links.by_dynamics("main", "contact", ["a"]) == {}


def test_thousands_are_made_marked_and_handed_out(tx: Transaction) -> None:
    ids = [f"{n:05}" for n in range(MANY)]

    links(tx, *ids)
    tx.links.mark_due("main", "account", dynamics_ids=ids, now=NOON)

    assert _due(tx, limit=MANY + 1) == ids
    assert _due(tx, limit=2, offset=3) == ids[3:5]


def test_due_links_come_in_the_order_of_their_first_mark(tx: Transaction) -> None:
    links(tx, "a", "b")
    tx.links.mark_due("main", "account", dynamics_ids=["b"], now=NOON)
    tx.links.mark_due("main", "account", dynamics_ids=["a", "b"], now=SOON)

    assert _due(tx) == ["b", "a"]
    assert tx.links.next_due_at("main") == NOON
    assert tx.links.by_dynamics("main", "account", ["a", "b"])["b"].marked == 2


def test_a_xero_id_marks_its_link_but_no_part(tx: Transaction) -> None:
    a, b = links(tx, "a", "b")
    tx.links.pair([(a.id, "x")])
    part = replace(outcome(b), parent_id=a.id)
    save(tx, part, xero_ids={b.id: "x"})

    tx.links.mark_due("main", "account", xero_ids=["x", "y"], now=NOON)

    assert _due(tx) == ["a"]
    assert tx.links.by_xero("main", "account", ["x"])["x"].id == a.id


def test_a_link_that_waits_is_due_later_and_at_once_when_marked_again(tx: Transaction) -> None:
    (a,) = links(tx, "a")
    tx.links.mark_due("main", "account", dynamics_ids=["a"], now=NOON)

    tx.links.retry_later([a.id], next_at=LATER + timedelta(seconds=1))

    assert _due(tx) == []
    assert tx.links.next_due_at("main") == LATER + timedelta(seconds=1)
    assert tx.links.by_id([a.id])[a.id].attempts == 1

    tx.links.mark_due("main", "account", dynamics_ids=["a"], now=LATER)

    assert _due(tx) == ["a"]


def test_waiting_for_others_is_no_attempt(tx: Transaction) -> None:
    (a,) = links(tx, "a")

    tx.links.retry_later([a.id], next_at=LATER, attempts_up=False)

    assert tx.links.by_id([a.id])[a.id].attempts == 0


def test_r21_a_link_in_an_open_request_is_not_handed_out(tx: Transaction) -> None:
    (a,) = links(tx, "a")
    tx.links.mark_due("main", "account", dynamics_ids=["a"], now=NOON)

    tx.links.set_request([a.id], "request-1")

    assert _due(tx) == []
    assert tx.links.next_due_at("main") is None

    tx.links.set_request([a.id], None)

    assert _due(tx) == ["a"]


def test_r32_a_link_that_is_tried_later_has_left_its_request(tx: Transaction) -> None:
    (a,) = links(tx, "a")
    tx.links.mark_due("main", "account", dynamics_ids=["a"], now=NOON)
    tx.links.set_request([a.id], "request-1")

    tx.links.retry_later([a.id], next_at=SOON)

    assert _due(tx) == ["a"]


def test_connections_and_entities_do_not_see_each_others_links(tx: Transaction) -> None:
    links(tx, "a")
    tx.links.ensure("other", "account", ["a"])
    tx.links.ensure("main", "contact", ["a"])

    tx.links.mark_due("other", "account", dynamics_ids=["a"], now=NOON)
    tx.links.mark_due("main", "contact", dynamics_ids=["a"], now=NOON)

    assert _due(tx) == []
    assert [x.connection for x in tx.links.listed(["other"], limit=9)] == ["other"]


def test_r16_a_xero_id_belongs_to_one_link_only(tx: Transaction) -> None:
    a, b, c = links(tx, "a", "b", "c")
    tx.links.pair([(a.id, "x")])

    refused = tx.links.pair([(b.id, "x"), (c.id, "y"), (b.id, "y"), (a.id, "x")])

    assert refused == [b.id, b.id]
    found = tx.links.by_xero("main", "account", ["x", "y"])
    assert {xero_id: link.dynamics_id for xero_id, link in found.items()} == {"x": "a", "y": "c"}


def test_other_connections_may_have_the_same_xero_id(tx: Transaction) -> None:
    (a,) = links(tx, "a")
    tx.links.ensure("other", "account", ["a"])
    other = tx.links.by_dynamics("other", "account", ["a"])["a"]

    assert tx.links.pair([(a.id, "x"), (other.id, "x")]) == []


def test_a_match_is_written_back_even_if_its_status_stays(tx: Transaction) -> None:
    (a,) = links(tx, "a")
    tx.links.mark_due("main", "account", dynamics_ids=["a"], now=NOON)

    tx.links.pair([(a.id, "x")])

    assert tx.links.write_back_state("main") == (1, NOON)


def test_parts_are_found_by_parent_oldest_first(tx: Transaction) -> None:
    a, b, empty = links(tx, "a", "b", "c")
    parts = [
        LinkOutcome(None, "contact", name, Status.SYNCED, parent_id=parent.id)
        for name, parent in (("z", a), ("y", a), ("x", b))
    ]
    save(tx, *parts)

    found = tx.links.parts_of("main", "contact", [a.id, b.id, empty.id])

    assert {parent: [part.dynamics_id for part in rows] for parent, rows in found.items()} == {
        a.id: ["z", "y"],
        b.id: ["x"],
    }


def test_links_are_listed_by_entity_and_status(tx: Transaction) -> None:
    a, _b = links(tx, "a", "b")
    save(tx, outcome(a, Status.FAILED))

    def listed(status: Status) -> list[str]:
        rows = tx.links.listed(["main"], entity="account", status=status, limit=9)
        return [link.dynamics_id for link in rows]

    assert (listed(Status.FAILED), listed(Status.NOT_SYNCED)) == (["a"], ["b"])
    assert tx.links.listed(["main"], entity="contact", limit=9) == []
    assert len(tx.links.listed(["main"], limit=1)) == 1


def test_nothing_asked_changes_nothing(tx: Transaction) -> None:
    links(tx, "a")

    tx.links.ensure("main", "account", [])
    tx.links.mark_due("main", "account", now=NOON)
    tx.links.clear_write_backs([])

    assert tx.links.pair([]) == []
    assert save(tx) == {}
    assert _due(tx) == []
