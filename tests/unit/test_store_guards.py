"""What guards count stands in the store, and what they ask of links and history (R19)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from dynamics_xero.model import Change, Hold, Life, Link, LinkOutcome, RecordState, Status
from dynamics_xero.rows import GuardKind, GuardRow, HistoryRow
from dynamics_xero.store_port import Transaction
from tests.unit.store_cases import LATER, NOON, SOON, links, outcome, record, row, save

ROW = GuardRow("main", "account", GuardKind.MASS_DELETE, count=3, since=NOON)
HERE, THERE = ("here", "account"), ("there", "account")
GONE = (RecordState.ARCHIVED, RecordState.DELETED)


def test_a_guard_says_what_it_said_last(tx: Transaction) -> None:
    tx.guards.put(ROW)
    later = replace(ROW, count=4, until=SOON, approved_at=LATER)
    tx.guards.put(later)
    tx.guards.put(replace(ROW, kind=GuardKind.BREAKER_XERO))
    tx.guards.put(replace(ROW, connection="other"))

    assert tx.guards.get("main", "account", GuardKind.MASS_DELETE) == later
    assert {one.kind for one in tx.guards.all("main")} == {
        GuardKind.MASS_DELETE,
        GuardKind.BREAKER_XERO,
    }


def test_a_guard_that_is_cleared_says_nothing_and_leaves_the_others(tx: Transaction) -> None:
    tx.guards.put(ROW)
    tx.guards.put(replace(ROW, entity="contact"))

    tx.guards.clear("main", "account", GuardKind.MASS_DELETE)

    assert tx.guards.get("main", "account", GuardKind.MASS_DELETE) is None
    assert tx.guards.get("main", "contact", GuardKind.MASS_DELETE) is not None


def test_r19_linked_records_are_those_with_a_partner(tx: Transaction) -> None:
    first, second, third = links(tx, "one", "two", "three")
    save(tx, outcome(first), xero_ids={first.id: "x-1"})
    save(tx, replace(outcome(second), parent_id=first.id))

    assert tx.guards.linked("main", "account") == 2
    assert tx.guards.linked("main", "contact") == 0
    assert third.xero_id is None


def _leaving(tx: Transaction) -> set[int]:
    return tx.guards.leaving("main", "account", here=HERE, there=THERE)


def held(link: Link, hold: Hold, remark: str = "Held.") -> LinkOutcome:
    return replace(outcome(link, Status.BLOCKED, remark=remark), hold=hold)


def test_r19_leaving_are_due_links_whose_row_is_gone_and_whose_partner_is_there(
    tx: Transaction,
) -> None:
    ids = ("archived", "deleted", "live", "away", "merged", "settled")
    made = dict(zip(ids, links(tx, *ids), strict=True))
    pairs = {link.id: f"x-{name}" for name, link in made.items()}
    save(tx, *[outcome(link) for link in made.values()], xero_ids=pairs)
    states = {"archived": GONE[0], "deleted": GONE[1], "away": GONE[0], "settled": GONE[0]}
    seen = [record(name, state=states.get(name, RecordState.LIVE)) for name in ids]
    seen[4] = replace(seen[4], state=GONE[0], merged_into="live")
    tx.records.put("here", [row(one) for one in seen], generation=1, answered_at=NOON)
    partners = [record(f"x-{name}") for name in ids]
    partners[3] = replace(partners[3], state=GONE[0])
    tx.records.put("there", [row(one) for one in partners], generation=1, answered_at=NOON)
    tx.links.mark_due("main", "account", dynamics_ids=ids[:5], now=NOON)

    assert _leaving(tx) == {made["archived"].id, made["deleted"].id}


def test_r19_what_is_held_already_is_not_counted_again(tx: Transaction) -> None:
    (link,) = links(tx, "one")
    save(tx, held(link, Hold.REMOVALS), xero_ids={link.id: "x-1"})
    gone = record("one", state=GONE[0])
    tx.records.put("here", [row(gone)], generation=1, answered_at=NOON)
    tx.records.put("there", [row(record("x-1"))], generation=1, answered_at=NOON)
    tx.links.mark_due("main", "account", dynamics_ids=["one"], now=NOON)

    assert _leaving(tx) == set()
    save(tx, held(link, Hold.LOOP))
    tx.links.mark_due("main", "account", dynamics_ids=["one"], now=NOON)
    assert _leaving(tx) == {link.id}


def test_r19_held_links_are_counted_and_found_in_helpings(tx: Transaction) -> None:
    first, second, third, fourth = links(tx, "one", "two", "three", "four")
    save(
        tx,
        held(first, Hold.REMOVALS),
        held(second, Hold.REMOVALS, remark="Held, in other words."),
        held(third, Hold.LOOP),
        outcome(fourth, Status.BLOCKED, remark="Held."),
    )

    assert tx.guards.held("main") == {
        ("account", Hold.REMOVALS): 2,
        ("account", Hold.LOOP): 1,
    }
    some = tx.guards.held_links("main", "account", Hold.REMOVALS, after=0, limit=1)
    rest = tx.guards.held_links("main", "account", Hold.REMOVALS, after=some[-1].id, limit=5)
    assert [link.id for link in (*some, *rest)] == [first.id, second.id]


def test_r19_what_held_a_link_is_forgotten_with_its_next_outcome(tx: Transaction) -> None:
    (link,) = links(tx, "one")
    save(tx, held(link, Hold.PEOPLE))
    tx.links.queue("main", remark="Waiting.", now=NOON)
    assert tx.links.by_id([link.id])[link.id].hold is Hold.PEOPLE

    save(tx, outcome(link))

    assert tx.links.by_id([link.id])[link.id].hold is None
    assert tx.guards.held("main") == {}


def _wrote(link_id: int, action: str, after: str) -> HistoryRow:
    at = LATER if after == "late" else NOON
    changes = {"phone": Change("before", after, "rule")}
    told = HistoryRow("main", "account", "one", at, "run", action, Status.SYNCED, link_id=link_id)
    return replace(told, changes=changes)


def test_r19_only_updates_that_were_carried_out_are_told_oldest_first(tx: Transaction) -> None:
    tx.history.add([_wrote(1, "update", "early"), _wrote(1, "refused", "late")])
    tx.history.add([_wrote(1, "update_in_dynamics", "late"), _wrote(2, "create", "late")])
    tx.history.add([_wrote(3, "update", "late"), _wrote(4, "archive", "late")])

    def told(*ids: int, always: tuple[int, ...] = ()) -> list[object]:
        rows = tx.guards.written(ids, since=SOON, always=always)
        return [(one.link_id, one.changes["phone"].after) for one in rows]

    assert told(1, 2) == [(1, "late")]
    assert told(4) == [(4, "late")]
    assert told(always=(1,)) == [(1, "early"), (1, "late")]


def test_old_history_goes_a_helping_at_a_time_and_young_history_stays(tx: Transaction) -> None:
    tx.history.add([_wrote(number, "update", "early") for number in range(5)])
    tx.history.add([_wrote(9, "update", "late")])

    assert tx.pruning.history(SOON, limit=3) == 3
    assert tx.pruning.history(SOON, limit=3) == 2
    assert tx.pruning.history(SOON, limit=3) == 0
    assert len(tx.history.of_record("one", 100)) == 1


def test_runs_that_ended_go_and_one_that_goes_on_stays(tx: Transaction) -> None:
    tx.runs.start("ended", connection="main", kind="look", now=NOON)
    tx.runs.finish("ended", NOON)
    tx.runs.start("ended late", connection="main", kind="look", now=NOON)
    tx.runs.finish("ended late", LATER)
    tx.runs.start("goes on", connection="main", kind="look", now=LATER)
    tx.runs.start("was left", connection="main", kind="look", now=NOON)

    assert tx.pruning.runs(SOON, limit=1) == 1
    assert tx.pruning.runs(SOON, limit=9) == 1
    assert tx.pruning.runs(SOON, limit=9) == 0
    assert tx.pruning.runs(LATER + timedelta(days=1), limit=9) == 2


def test_only_leases_nobody_has_wanted_for_long_go(tx: Transaction) -> None:
    tx.leases.take("left", "one", now=NOON, until=NOON)
    tx.leases.release("left", "one", 1)
    tx.leases.take("left lately", "one", now=NOON, until=LATER)
    tx.leases.release("left lately", "one", 1)
    tx.leases.take("lost", "one", now=NOON, until=NOON)

    assert tx.pruning.leases(SOON, limit=9) == 1
    assert tx.leases.take("left lately", "two", now=NOON, until=LATER) == 2
    assert tx.leases.take("lost", "two", now=LATER, until=LATER) == 2
    assert tx.leases.take("left", "two", now=LATER, until=LATER) == 1


def test_r15_a_severed_link_is_not_due_when_its_record_changes(tx: Transaction) -> None:
    (link,) = links(tx, "one")
    tx.links.mark_due("main", "account", dynamics_ids=["one"], now=NOON)
    marked = tx.links.by_id([link.id])[link.id].marked
    severed = replace(outcome(link, Status.SKIPPED), life=Life.SEVERED)
    save(tx, severed, loaded={link.id: marked})
    assert tx.links.due("main", "account", now=LATER, limit=9) == []

    tx.links.mark_due("main", "account", dynamics_ids=["one"], now=NOON)

    assert tx.links.due("main", "account", now=LATER, limit=9) == []
