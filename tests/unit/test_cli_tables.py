"""Tables for a terminal."""

from __future__ import annotations

from dynamics_xero.cli.sync import describe
from dynamics_xero.cli.tables import outline, table


def test_columns_line_up_and_numbers_stand_right() -> None:
    lines = table(("name", "count"), [("a", 5), ("longer", 1200)]).splitlines()

    assert lines == ["name    count", "a           5", "longer   1200"]


def test_wide_characters_take_two_cells() -> None:
    lines = table(("a", "b"), [("日本", "x"), ("ab", "y")]).splitlines()

    assert lines[1:] == ["日本  x", "ab    y"]


def test_a_name_cannot_drive_the_terminal() -> None:
    shown = table(("name",), [("\x1b[2Jevil\nline",)]) + outline({"name": "\x1b]0;x\x07"})

    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert len(shown.splitlines()) == 2


def test_an_outline_shows_nested_values() -> None:
    shown = outline({"main": {"due": True, "rows": [], "list": [{"a": 1}, "b"], "none": None}})

    assert shown.splitlines() == [
        "main:",
        "  due: True",
        "  rows: -",
        "  list:",
        "    - a: 1",
        "    - b",
        "  none: -",
    ]


def test_a_report_is_told_with_its_failures_by_name() -> None:
    counts = {
        **dict.fromkeys(("matched", "unchanged", "blocked", "conflict", "failed", "skipped"), 0),
        "to_xero": {"create": 7, "update": 0, "archive": 0},
    }
    connection = {
        "entities": {"account": counts},
        "calls": {"xero": {"read": 1, "write": 2}},
        "seconds": 1.25,
        "paused": "Out of calls.",
        "asks": [],
    }
    failed = {
        "entity": "account",
        "dynamics_id": "an-id",
        "status": "Failed",
        "remark": "Name is empty.",
    }

    shown = describe({"connections": {"main": connection}, "failed": [failed]})

    assert "main: 1.2 s; calls: xero read 1, xero write 2\npaused: Out of calls." in shown
    assert "account        7" in shown
    assert "account  an-id        Failed  Name is empty." in shown
