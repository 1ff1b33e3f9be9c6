"""The three-way merge of one field: tables per rule, then every combination against invariants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import product

import pytest

from dynamics_xero.entities import BUILT_IN
from dynamics_xero.entities.account import AccountToContact
from dynamics_xero.mapping import convert
from dynamics_xero.mapping.fields import Direction, FirstContact, Owner
from dynamics_xero.mapping.merge import Verdict, merge
from dynamics_xero.mapping.rule import FieldRule
from dynamics_xero.model import SideName, Value

LONG, SHORT = "a long name", "a long"
PLAIN = AccountToContact.fields["account_number"]
LOSSY = replace(PLAIN, lossy=True, length_xero=6)
TO_XERO = replace(PLAIN, direction=Direction.TO_XERO)
TO_DYNAMICS = replace(PLAIN, direction=Direction.TO_DYNAMICS)

NOTHING, SETTLE, KEEP = Verdict.NOTHING, Verdict.SETTLE, Verdict.KEEP
CONFLICT, GO_XERO, GO_DYNAMICS = Verdict.CONFLICT, Verdict.TO_XERO, Verdict.TO_DYNAMICS


@pytest.mark.parametrize(
    ("here", "there", "verdict"),
    [
        ("a", "a", NOTHING),
        ("b", "a", GO_XERO),
        (None, "a", GO_XERO),
        ("a", "b", GO_DYNAMICS),
        ("a", None, GO_DYNAMICS),
        ("b", "b", SETTLE),
        (None, None, SETTLE),
    ],
)
@pytest.mark.parametrize("owner", Owner)
def test_r7_the_changed_side_wins_whoever_owns_the_field(
    owner: Owner, here: Value, there: Value, verdict: Verdict
) -> None:
    assert merge(replace(PLAIN, owner=owner), here, there, ("a", "a")) is verdict


@pytest.mark.parametrize(
    ("owner", "verdict"),
    [
        (Owner.DYNAMICS, GO_XERO),
        (Owner.XERO, GO_DYNAMICS),
        (Owner.ASK, CONFLICT),
        (Owner.NEWEST, CONFLICT),
    ],
)
@pytest.mark.parametrize(("here", "there"), [("b", "c"), (None, "c"), ("b", None)])
def test_r7_two_different_changes_go_by_the_owner(
    here: Value, there: Value, owner: Owner, verdict: Verdict
) -> None:
    assert merge(replace(PLAIN, owner=owner), here, there, ("a", "a")) is verdict


@pytest.mark.parametrize(
    ("newer", "verdict"),
    [(SideName.DYNAMICS, GO_XERO), (SideName.XERO, GO_DYNAMICS), (None, CONFLICT)],
)
def test_r13_two_different_changes_go_by_the_newer_one(
    newer: SideName | None, verdict: Verdict
) -> None:
    rule = replace(PLAIN, owner=Owner.NEWEST)

    assert merge(rule, "b", "c", ("a", "a"), newer=newer) is verdict
    assert merge(rule, "b", "a", ("a", "a"), newer=newer) is GO_XERO
    assert merge(rule, "a", "c", ("a", "a"), newer=newer) is GO_DYNAMICS


@pytest.mark.parametrize("newer", [None, *SideName])
def test_r13_at_first_contact_nobody_has_seen_which_is_newer(newer: SideName | None) -> None:
    rule = replace(PLAIN, owner=Owner.NEWEST, first_contact=FirstContact.OWNER)

    assert merge(rule, "a", "b", None, newer=newer) is CONFLICT


@pytest.mark.parametrize("owner", [Owner.DYNAMICS, Owner.XERO, Owner.ASK])
def test_r13_the_newer_edit_counts_only_where_the_field_says_so(owner: Owner) -> None:
    rule = replace(PLAIN, owner=owner)

    verdicts = {merge(rule, "b", "c", ("a", "a"), newer=newer) for newer in (None, *SideName)}

    assert len(verdicts) == 1


def test_r13_newest_is_never_a_default() -> None:
    owners = {rule.owner for mapping in BUILT_IN for rule in mapping.fields.values()}

    assert Owner.NEWEST not in owners


def test_r7_a_side_is_compared_with_its_own_half_of_the_base() -> None:
    base = ("Ltd.", "LTD")

    assert merge(PLAIN, "Ltd.", "LTD", base) is NOTHING
    assert merge(PLAIN, "LTD", "LTD", base) is SETTLE
    assert merge(PLAIN, "Ltd.", "Ltd.", base) is SETTLE
    assert merge(PLAIN, "Limited", "LTD", base) is GO_XERO


def test_r9_a_field_to_xero_looks_only_at_dynamics() -> None:
    assert merge(TO_XERO, "a", "drifted", ("a", "a")) is NOTHING
    assert merge(TO_XERO, "b", "drifted", ("a", "a")) is GO_XERO
    assert merge(TO_XERO, None, "a", ("a", "a")) is GO_XERO


def test_r9_a_field_to_dynamics_looks_only_at_xero() -> None:
    assert merge(TO_DYNAMICS, "drifted", "a", ("a", "a")) is NOTHING
    assert merge(TO_DYNAMICS, "drifted", "b", ("a", "a")) is GO_DYNAMICS
    assert merge(TO_DYNAMICS, "a", None, ("a", "a")) is GO_DYNAMICS


def test_r9_an_enforced_field_sets_a_drifted_target_right() -> None:
    assert merge(replace(TO_XERO, enforce=True), "a", "drifted", ("a", "a")) is GO_XERO
    assert merge(replace(TO_DYNAMICS, enforce=True), "drifted", "a", ("a", "a")) is GO_DYNAMICS


def test_r9_an_edit_of_the_short_form_is_a_conflict() -> None:
    base = (LONG, SHORT)

    assert merge(LOSSY, LONG, SHORT, base) is NOTHING
    assert merge(LOSSY, LONG, "edited", base) is CONFLICT
    assert merge(LOSSY, LONG, None, base) is CONFLICT
    assert merge(replace(LOSSY, owner=Owner.XERO), LONG + "!", "edited", base) is CONFLICT


def test_r9_a_lossy_field_that_was_not_shortened_goes_both_ways() -> None:
    assert merge(LOSSY, "abc", "abd", ("abc", "abc")) is GO_DYNAMICS
    assert merge(LOSSY, LONG, "abc", ("abc", "abc")) is GO_XERO


def test_r9_a_rounded_amount_is_not_a_short_form() -> None:
    price = replace(PLAIN, convert=convert.money(2))
    base = (Decimal("1.005"), Decimal("1.01"))

    assert merge(price, Decimal("1.005"), Decimal("2.00"), base) is GO_DYNAMICS


def test_r9_a_change_behind_the_cut_settles_without_a_write() -> None:
    assert merge(LOSSY, LONG + " longer", SHORT, (LONG, SHORT)) is SETTLE


@pytest.mark.parametrize(
    ("here", "there", "verdict"),
    [
        (None, None, SETTLE),
        ("a", "a", SETTLE),
        ("a", None, GO_XERO),
        (None, "a", GO_DYNAMICS),
        ("a", "b", KEEP),
    ],
)
def test_r10_first_contact_fills_what_is_empty_and_keeps_what_differs(
    here: Value, there: Value, verdict: Verdict
) -> None:
    for owner in (Owner.DYNAMICS, Owner.XERO):
        assert merge(replace(PLAIN, owner=owner), here, there, None) is verdict


@pytest.mark.parametrize(
    ("first_contact", "owner", "verdict"),
    [
        (FirstContact.KEEP, Owner.XERO, KEEP),
        (FirstContact.ASK, Owner.DYNAMICS, CONFLICT),
        (FirstContact.OWNER, Owner.DYNAMICS, GO_XERO),
        (FirstContact.OWNER, Owner.XERO, GO_DYNAMICS),
        (FirstContact.OWNER, Owner.ASK, CONFLICT),
        (FirstContact.OWNER, Owner.NEWEST, CONFLICT),
    ],
)
def test_r10_first_contact_of_two_values_goes_by_its_policy(
    first_contact: FirstContact, owner: Owner, verdict: Verdict
) -> None:
    rule = replace(PLAIN, first_contact=first_contact, owner=owner)

    assert merge(rule, "a", "b", None) is verdict


def test_r10_an_owner_whose_value_may_not_travel_keeps_the_pair() -> None:
    by_owner = FirstContact.OWNER

    assert merge(replace(TO_XERO, first_contact=by_owner, owner=Owner.XERO), "a", "b", None) is KEEP
    assert merge(replace(TO_DYNAMICS, first_contact=by_owner), "a", "b", None) is KEEP


def test_r10_an_empty_source_takes_the_base_as_it_stands_so_that_its_first_edit_counts() -> None:
    assert merge(TO_XERO, None, "theirs", None) is SETTLE
    assert merge(TO_XERO, "ours", "theirs", (None, "theirs")) is GO_XERO
    assert merge(TO_DYNAMICS, "ours", None, None) is SETTLE
    assert merge(TO_DYNAMICS, "ours", "theirs", ("ours", None)) is GO_DYNAMICS


def test_r10_a_shortened_value_is_equal_at_first_contact() -> None:
    assert merge(LOSSY, LONG, SHORT, None) is SETTLE


def test_r33_a_key_of_another_application_is_never_replaced() -> None:
    rule = replace(TO_XERO, only_if_empty=True)

    assert merge(rule, "ours", None, None) is GO_XERO
    assert merge(rule, "ours", "theirs", None) is SETTLE
    assert merge(rule, "ours now", "theirs", ("ours", "theirs")) is NOTHING
    assert merge(replace(rule, enforce=True), "ours", "theirs", ("ours", "x")) is NOTHING


def _rules() -> Iterator[FieldRule]:
    policies = product(Direction, Owner, FirstContact, (False, True), (False, True), (False, True))
    for direction, owner, first_contact, lossy, enforce, only_if_empty in policies:
        yield replace(
            LOSSY,
            direction=direction,
            owner=owner,
            first_contact=first_contact,
            lossy=lossy,
            enforce=enforce,
            only_if_empty=only_if_empty and direction is Direction.TO_XERO,
        )


def test_r7_r9_r10_hold_for_every_combination_of_facts_and_policy() -> None:
    shown: list[Value] = [None, "a", "b", SHORT, LONG]
    bases = [None, *product(shown, shown)]
    facts = list(product(_rules(), shown, shown, bases))

    for rule, here, there, base in facts:
        _check(rule, here, there, base, merge(rule, here, there, base))

    policies = len(Direction) * len(Owner) * len(FirstContact) * 2**3
    assert len(facts) == policies * 5 * 5 * 26


def _check(
    rule: FieldRule, here: Value, there: Value, base: tuple[Value, Value] | None, got: Verdict
) -> None:
    case = (rule.direction, rule.owner, rule.lossy, here, there, base, got)
    equal = rule.fit(here) == there
    unchanged = base is not None and (here, there) == base
    assert (got is NOTHING) or not unchanged, case
    assert not equal or got in (NOTHING, SETTLE), case
    if got is GO_XERO:
        assert rule.direction is not Direction.TO_DYNAMICS, case
        assert not rule.only_if_empty or there is None, case
        assert here is not None or base is not None, case
    if got is GO_DYNAMICS:
        assert rule.direction is not Direction.TO_XERO, case
        assert rule.fit(here) == here or not rule.lossy, case
        assert there is not None or base is not None, case
    if got is KEEP:
        assert base is None, case
        assert None not in (here, there), case
    if base is not None and got is CONFLICT and here == base[0]:
        assert rule.lossy, case
