"""What an answer makes of the base: only what was decided moves it (R8)."""

from __future__ import annotations

from dataclasses import replace

from dynamics_xero.model import Answer, Link, Record
from dynamics_xero.sync.claims import SettledList
from dynamics_xero.sync.endings import Kinds, ending_of
from dynamics_xero.sync.persons import SETTLED_LIST
from tests.unit.test_decide import ACCOUNT_ID, JUDGE, account, decided, pair, settled, xero

ROW = {"FirstName": "Maria", "LastName": "Anders", "EmailAddress": "old@a.example"}


def test_r8_a_persons_edit_that_an_answer_shows_beside_our_write_is_still_to_be_weighed() -> None:
    there = replace(xero(), parts={"ContactPersons": (ROW,)})
    maria = Record("contact", "c1", 1, {"firstname": "Maria", "lastname": "Anders"})
    maria = replace(maria, values={**maria.values, "emailaddress1": "old@a.example"})
    link = Link(2, "main", "contact", "c1", parent_id=1)
    known = SettledList((ROW,), {"c1": 0})
    base = {**settled(account(), there), SETTLED_LIST: (None, known.dump())}
    here = account(telephone1="030-9")
    action = decided(
        pair(here, there, base=base, parts=((replace(maria, parent_id=ACCOUNT_ID), link),))
    )
    edited = replace(there, parts={"ContactPersons": ({**ROW, "EmailAddress": "new@a.example"},)})

    ending = ending_of(Kinds(JUDGE.mapping, JUDGE.part), action, Answer(edited), hit=None)

    kept = SettledList.load(ending.outcome.base[SETTLED_LIST][1])
    assert "ContactPersons" not in action.lists
    assert kept == known
