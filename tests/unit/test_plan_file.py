"""Plans on disk: written as they are made, read in pieces, refused when they are not whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dynamics_xero.connector.plan_file import PlanHead, PlanWriter, reading
from dynamics_xero.connector.plan_items import Item, alike, counts, moved
from dynamics_xero.errors import SettingsError

HEAD = PlanHead("2026-03-01T12:00:00+00:00", {"main": {"dynamics": "d", "fingerprints": {}}})


def action(**more: Any) -> dict[str, Any]:
    plain = {
        "connection": "main",
        "entity": "account",
        "of": 1,
        "step": 1,
        "dynamics_id": "a1",
        "dynamics_version": 7,
        "xero_version": 8,
        "match": False,
        "action": "update",
        "side": "xero",
        "fields": {"name": {"before": "A", "after": "Ä\n“B”, ]", "rule": "changed"}},
        "parts": [],
        "remark": None,
        "calls": 1.0,
    }
    return {**plain, **more}


def written(file: Path, *items: Item) -> Path:
    with file.open("w", encoding="utf-8") as stream:
        writer = PlanWriter(stream, HEAD)
        for item in items:
            writer.add(item)
        writer.finish({"main": {}})
    return file


@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_plan_is_one_json_document_and_comes_back_as_it_was(tmp_path: Path, number: int) -> None:
    items = [action(of=place) for place in range(number)]
    file = written(tmp_path / "plan.json", *items)

    with reading(file) as (head, found):
        assert head == HEAD
        assert list(found) == items
    assert json.loads(file.read_text("utf-8"))["actions"] == items


def test_a_plan_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path / "plan.json", action(), action(of=2))
    lines = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join(lines[:2]), "utf-8")

    with reading(file) as (_head, found), pytest.raises(SettingsError, match="no end"):
        list(found)


@pytest.mark.parametrize("text", ["", "{}", "[]", "no plan", '{"plan": 99, "actions": []}'])
def test_what_is_no_plan_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "plan.json"
    file.write_text(text, "utf-8")

    with pytest.raises(SettingsError, match="not a plan"), reading(file):
        pass


@pytest.mark.parametrize("folder", ["gone", "."])
def test_a_plan_that_cannot_be_read_is_a_usage_error(tmp_path: Path, folder: str) -> None:
    with pytest.raises(SettingsError, match="cannot be read"), reading(tmp_path / folder):
        pass


def test_an_action_is_the_same_whatever_it_costs_and_whoever_counts_its_versions() -> None:
    assert alike([action()], [action(calls=0.02, dynamics_version=9)])
    assert moved([action()], [action(dynamics_version=9)])
    assert not moved([action()], [action(calls=0.02)])


@pytest.mark.parametrize(
    "other",
    [
        {"action": "archive"},
        {"side": "dynamics"},
        {"dynamics_id": "a2"},
        {"fields": {}},
        {"parts": [{"entity": "contact"}]},
        {"remark": "Name is empty."},
    ],
)
def test_an_action_that_would_do_something_else_is_another_one(other: dict[str, Any]) -> None:
    assert not alike([action()], [action(**other)])
    assert not alike([action()], [])


def test_a_plan_counts_as_a_report_does() -> None:
    part = {"entity": "contact", "action": "create"}

    found = counts([action(parts=[part, part]), action(side="dynamics"), action(match=True)])

    assert found["account", "update"] == 2
    assert found["account", "update_in_dynamics"] == 1
    assert found["account", "match"] == 1
    assert found["contact", "create"] == 2
