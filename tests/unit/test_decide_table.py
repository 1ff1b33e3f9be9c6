"""Decide as a whole: every combination of facts about two rows, against the table of the rules."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from math import prod

from dynamics_xero.mapping.check import ORGANIZATION
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.mapping.fields import Field, computed
from dynamics_xero.model import (
    Base,
    Life,
    Link,
    Pair,
    Record,
    RecordState,
    SideName,
    Status,
    Value,
)
from dynamics_xero.sync.decide import Judge, decide
from dynamics_xero.sync.states import STATE_FIELD, both_gone, both_live
from tests.unit.first_match import Facts, answer, combinations, faults
from tests.unit.record_rows import DIMENSIONS, ROWS, Expected


class Company(EntityMapping):
    """The least an account can be; a website says whether it is in scope."""

    dynamics = "account"
    xero = "Contact"
    own_key = "number"
    scope_reads = ("websiteurl",)

    name = Field("name", "Name", required=True)

    @computed(reads=(ORGANIZATION,), writes="ContactNumber", only_if_empty=True)
    def number(self, organization: str | None) -> str | None:
        """Return our key."""
        return organization

    @classmethod
    def scope(cls, values: dict[str, Value]) -> bool:  # type: ignore[override]
        """Say whether there is no website."""
        return values.get("websiteurl") is None


JUDGE = Judge(Company, adopting=True)
BASES: dict[str, Base] = {"never": {}, "both live": both_live(), "both gone": both_gone()}


def pair_of(facts: Facts) -> Pair:
    """Make a pair of which the facts are true."""
    shown = {"Name": "edited" if facts["edited"] == "yes" else "A"}
    shown["ContactNumber"] = "ours" if facts["our_key"] == "yes" else "theirs"
    base = dict(BASES[facts["settled"]])
    if base:
        base |= {"name": ("A", "A"), "number": ("ours", shown["ContactNumber"])}
    link = Link(
        *(1, "main", "account", "a1"),
        xero_id=None if facts["xero"] == "no partner" else "x1",
        base=base,
        status=Status.QUEUED,
        life=Life(facts["link"]),
        winner_id=7 if facts["link"] == "merged" else None,
    )
    choices = {} if facts["choice"] == "none" else {STATE_FIELD: SideName(facts["choice"])}
    pair = Pair(link, _dynamics(facts), _xero(facts, shown), choices=choices)
    if facts["xero"] in ("merged, survivor free", "merged, survivor taken"):
        pair = replace(pair, survivor=Record("Contact", "x2", 1, {"Name": "B"}))
    if facts["xero"] == "merged, survivor taken":
        pair = replace(pair, rival=replace(link, id=2))
    return replace(pair, master=replace(link, id=3)) if facts["dynamics"] == "merged" else pair


def _dynamics(facts: Facts) -> Record | None:
    states = {
        "live": RecordState.LIVE,
        "inactive": RecordState.ARCHIVED,
        "deleted": RecordState.DELETED,
        "merged": RecordState.ARCHIVED,
    }
    state = states.get(facts["dynamics"])
    if state is None:
        return None
    values: dict[str, Value] = {ORGANIZATION: "ours"}
    if state is not RecordState.DELETED:
        values |= {"name": "A", "websiteurl": "x" if facts["scope"] == "out" else None}
    record = Record("account", "a1", 1, values, state=state)
    return replace(record, merged_into="a2") if facts["dynamics"] == "merged" else record


def _xero(facts: Facts, shown: dict[str, str]) -> Record | None:
    if facts["xero"] in ("no partner", "not read yet"):
        return None
    live = facts["xero"] == "live"
    state = RecordState.LIVE if live else RecordState.ARCHIVED
    record = Record("Contact", "x1", 1, dict(shown), state=state)
    return replace(record, merged_into="x2") if facts["xero"].startswith("merged") else record


def wrong(facts: Facts, expected: Expected) -> str | None:
    """Return how the decision differs from the table's."""
    pair = pair_of(facts)
    action = decide(pair, JUDGE)
    if action is None or expected.kind is None:
        as_wanted = action is None and expected.kind is None
        return None if as_wanted else f"{facts}: {action} instead of {expected.kind}"
    status = pair.link.status if expected.status is None else expected.status
    wanted = (expected.kind, expected.side, status, expected.life)
    got = (action.kind, action.side, action.status, action.life)
    return None if got == wanted else f"{facts}: {got} instead of {wanted}"


def test_r3_r12_r15_r24_every_combination_of_facts_is_decided_as_the_table_says() -> None:
    found = [wrong(facts, answer(ROWS, facts).then) for facts in combinations(DIMENSIONS)]

    assert len(found) == prod(len(positions) for positions in DIMENSIONS.values()) == 10_080
    assert [fault for fault in found if fault] == []


def test_every_line_of_the_table_is_spelt_right_and_needed() -> None:
    used: Counter[int] = Counter()
    for facts in combinations(DIMENSIONS):
        used[ROWS.index(answer(ROWS, facts))] += 1

    assert faults(ROWS, DIMENSIONS) == []
    assert [ROWS[number] for number in range(len(ROWS)) if not used[number]] == []


def test_r15_no_line_ever_deletes_and_no_row_is_made_for_a_link_that_rests() -> None:
    for facts in combinations(DIMENSIONS):
        action = decide(pair_of(facts), JUDGE)
        if action is None:
            continue
        written = action.remote_id if action.values or action.changes else None
        if facts["link"] == "severed" or action.life is not Life.LINKED:
            assert written is None, facts
        assert action.kind.value != "delete", facts


def test_a_choice_about_the_rows_counts_once() -> None:
    for facts in combinations(DIMENSIONS):
        action = decide(pair_of(facts), JUDGE)
        if action is not None:
            asked = (STATE_FIELD,) if facts["choice"] != "none" else ()
            assert action.chosen == asked, facts


def test_r15_a_merged_link_points_at_its_winner() -> None:
    winners: dict[str, set[int | None]] = {}
    for facts in combinations(DIMENSIONS):
        action = decide(pair_of(facts), JUDGE)
        if action is not None and action.life is Life.MERGED:
            by = facts["dynamics"] if facts["dynamics"] in ("merged", "live") else "earlier"
            winners.setdefault(by, set()).add(action.winner_id)

    assert winners == {"merged": {3}, "live": {2}, "earlier": {7}}
