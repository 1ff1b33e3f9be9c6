"""The page "Why you can trust the sandbox" leaves out no judge, no floor and no switch."""

from __future__ import annotations

import re

import pytest

from dynamics_xero.sandbox.dynamics import switch_list
from dynamics_xero.sandbox.xero import switches
from tests.docs.judges import FOLDER, JUDGES, Judge, constants
from tests.docs.pages import rows, sections, text_of

PAGE = "explanation/why-you-can-trust-the-sandbox.md"
FLOOR = re.compile(r"FLOOR|LEAST_\w+")


def test_every_test_file_that_asks_a_judge_is_told() -> None:
    asking = {file.name for file in FOLDER.glob("*.py") if ".judge" in file.read_text("utf-8")}

    assert {judge.file for judge in JUDGES} == asking
    assert len(JUDGES) == len(asking)


@pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.file)
def test_every_floor_of_a_judge_is_told(judge: Judge) -> None:
    known = constants((FOLDER / judge.file).read_text("utf-8"))

    assert {name for name in known if FLOOR.fullmatch(name)} <= judge.names
    assert judge.names <= known.keys()
    assert all(str(known[name]) in judge.row()[2] for name in judge.names)


def test_whole_numbers_that_have_a_name_are_found() -> None:
    text = "A, B = 300, 12\nC = 5\nD: int = 6\nE = (7, 8)\nF = G = 9\nH = 'x'\n"

    assert constants(text) == {"A": 300, "B": 12, "C": 5}


def test_every_switch_of_both_twins_is_told_with_its_positions() -> None:
    told = {row[0]: row for row in rows(sections(text_of(PAGE))["Switches"])}

    for switch in (*switch_list.SWITCHES, *switches.SWITCHES):
        _, open_question, default, others = told[switch.name]
        assert open_question == switch.source
        assert default == switch.default
        assert others.count(",") >= len(switch.positions) - 2
