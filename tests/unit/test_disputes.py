"""What a person may decide about a pair, and what is decided without one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from dynamics_xero.entities.account import AccountToContact
from dynamics_xero.mapping.check import ORGANIZATION
from dynamics_xero.mapping.fields import Field
from dynamics_xero.model import Link, Pair, Record
from dynamics_xero.sync.decide import Judge, decide
from dynamics_xero.sync.disputes import of_pair
from dynamics_xero.sync.states import both_live
from tests.unit.store_cases import LATER, NOON


class Latest(AccountToContact):
    """An account whose newer number stands."""

    account_number = Field("accountnumber", "AccountNumber", owner="newest")


JUDGE = Judge(Latest, tie=timedelta(seconds=30))


def edited() -> Pair:
    """Both sides changed the number, Dynamics a minute before Xero; the name is in step."""
    own = {"accountid": "a1", ORGANIZATION: "deadbeef-0000"}
    stamp = "account.account_number"
    here = Record("account", "a1", 1, {"name": "A", "accountnumber": "2", **own})
    there = Record("Contact", "x1", 1, {"Name": "A", "AccountNumber": "3"})
    base = {"account_number": ("1", "1"), "name": ("A", "A"), **both_live()}
    return Pair(
        Link(1, "main", "account", "a1", xero_id="x1", base=base),
        replace(here, stamps={stamp: NOON}),
        replace(there, stamps={stamp: LATER}),
    )


def test_r13_a_field_whose_newer_edit_stands_is_no_conflict() -> None:
    action = decide(edited(), JUDGE)

    assert action is not None
    assert action.again or action.values["accountnumber"] == "3"
    assert "account_number" not in [one.field for one in of_pair(edited(), JUDGE)]


def test_r13_one_whose_edits_are_too_close_is_a_conflict() -> None:
    disputes = of_pair(edited(), replace(JUDGE, tie=timedelta(hours=1)))

    assert [(one.field, one.kept) for one in disputes] == [("account_number", False)]
