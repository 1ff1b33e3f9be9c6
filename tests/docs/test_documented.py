"""What exists is documented, and what is documented exists."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import dynamics_xero
from dynamics_xero import errors
from dynamics_xero.cli.commands import commands
from dynamics_xero.cli.outcomes import Exit
from dynamics_xero.sandbox.control_schema import SCHEMA
from dynamics_xero.sandbox.faults import KINDS
from dynamics_xero.sync import decide, endings, guards, helping, parts, persons
from dynamics_xero.xero.remarks import CATALOGUE
from tests.docs import generated
from tests.docs.pages import DOCS, PAGES, ROOT, blocks, rows, sections, text_of
from tests.json_schemas import schema

IN_FORCE = (
    *(1, 2, 3, 4, 6, 7, 8, 9, 10, 12, 17, 21, 23, 24, 25, 26, 27),
    *(31, 32, 33, 35, 37, 38, 39),
)
GLOBAL_OPTIONS = {"--config", "--connection", "--json", "--quiet", "--verbose"}
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def all_commands() -> Iterator[tuple[str, click.Command]]:
    """Return every command and subcommand under the name a person types."""
    context = click.Context(commands)
    for name in commands.list_commands(context):
        command = commands.get_command(context, name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            for sub_name, sub_command in command.commands.items():
                yield f"{name} {sub_name}", sub_command


def options_of(command: click.Command) -> set[str]:
    """Return a command's own long options."""
    named = {name for one in command.params for name in one.opts if isinstance(one, click.Option)}
    return {name for name in named if name.startswith("--")} - GLOBAL_OPTIONS


COMMANDS = dict(all_commands())
COMMAND_PAGE = sections(text_of("reference/commands.md"))


def test_the_commands_page_has_a_section_for_each_command_and_no_other() -> None:
    other = {"Options of every command", "Exit codes"}

    assert set(COMMAND_PAGE) - other == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_tells_its_options_and_no_other(name: str) -> None:
    first_cells = " ".join(row[0] for row in rows(COMMAND_PAGE[name]))

    assert set(re.findall(r"--[a-z][a-z-]+", first_cells)) == options_of(COMMANDS[name])


def test_the_global_options_and_the_exit_codes_are_told() -> None:
    told = COMMAND_PAGE["Options of every command"]

    assert set(re.findall(r"`(--[a-z]+)", told)) == GLOBAL_OPTIONS
    codes = {row[0] for row in rows(COMMAND_PAGE["Exit codes"])} - {"code", "---"}
    assert codes == {str(int(code)) for code in Exit}


SETTINGS: dict[str, Any] = schema("settings")["properties"]
SIDES: dict[str, Any] = SETTINGS["connections"]["additionalProperties"]["properties"]
SETTING_SECTIONS = {
    "Top of the file": schema("settings"),
    "[connections.NAME.dynamics]": SIDES["dynamics"],
    "[connections.NAME.xero]": SIDES["xero"],
    "[limits]": SETTINGS["limits"],
    "[entities.NAME]": SETTINGS["entities"]["additionalProperties"],
}


@pytest.mark.parametrize("heading", SETTING_SECTIONS)
def test_each_setting_is_told_with_its_default(heading: str) -> None:
    section = SETTING_SECTIONS[heading]
    required = {"state", *section["required"]}
    told = {row[0]: row[1] for row in rows(sections(text_of("reference/settings.md"))[heading])}

    wanted = {
        name: "required" if name in required else _shown(facts.get("default"))
        for name, facts in section["properties"].items()
    }
    assert {name: told[name] for name in told.keys() - {"key", "---"}} == wanted


def _shown(default: object) -> str:
    if default is None:
        return "-"
    return str(default).lower() if isinstance(default, bool) else str(default)


def test_every_public_name_and_every_error_is_told() -> None:
    told = text_of("reference/python.md")
    classes = [
        name
        for name, found in inspect.getmembers(errors, inspect.isclass)
        if found.__module__ == errors.__name__
    ]

    untold = [n for n in (*dynamics_xero.__all__, *classes) if not re.search(rf"[`.]{n}`", told)]
    assert untold == []
    named = set(re.findall(r"`(\w+Error)`", told))
    assert named == set(classes)


def test_the_sandbox_page_tells_every_control_call_and_every_fault() -> None:
    told = {cell for row in rows(text_of("reference/sandbox.md")) for cell in row[:1]}
    calls = {cell for cell in told if "/_sandbox/" in cell}
    kinds = {name for cell in told - calls for name in re.findall(r"\w+", cell)}

    assert calls == set(SCHEMA)
    assert kinds - {"call", "kind"} == KINDS


def known_remarks() -> Iterator[str]:
    """Return every fixed sentence that may become a remark, placeholders as an ellipsis."""
    for known in CATALOGUE:
        yield re.sub(r"\{\w+\}", "…", known.sentence)
    for module in (decide, endings, guards, helping, parts, persons):
        for name, value in vars(module).items():
            if name.isupper() and isinstance(value, str) and value.endswith("."):
                yield value
    for error in (errors.ThrottledError(), errors.UnavailableError(), errors.SignInError()):
        yield errors.remark(error)


@pytest.mark.parametrize("sentence", sorted(set(known_remarks())))
def test_every_remark_is_explained(sentence: str) -> None:
    told = {row[0] for row in rows(text_of("reference/remarks.md"))}

    assert sentence in told


def test_the_generated_parts_are_fresh() -> None:
    pages = generated.pages()

    stale = [page.name for page, text in pages.items() if page.read_text("utf-8") != text]
    assert len(pages) == 4
    assert stale == [], "run: python -m tests.docs.generated"


def test_every_rule_in_force_is_told_and_has_a_test() -> None:
    told = {row[0] for row in rows(text_of("reference/rules.md"))}
    proven = generated.proofs()

    assert [number for number in IN_FORCE if number not in proven] == []
    assert [number for number in IN_FORCE if f"R{number}" not in told] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text("utf-8")) if "://" not in target]
    gone = [t for t in targets if not (page.parent / t.partition("#")[0]).resolve().exists()]

    assert gone == []


def test_every_page_can_be_reached_from_the_index() -> None:
    reached, waiting = set[Path](), [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        links = LINK.findall(page.read_text("utf-8"))
        found = {(page.parent / link.partition("#")[0]).resolve() for link in links}
        folders = {child for one in found if one.is_dir() for child in one.glob("*.md")}
        waiting += [p for p in found | folders if p.suffix == ".md" and p not in reached]

    assert {page for page in PAGES if page.is_relative_to(DOCS)} <= reached


def test_the_make_targets_that_the_pages_name_exist() -> None:
    targets = set(re.findall(r"^([\w./-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    texts = [page.read_text("utf-8") for page in PAGES]
    named = {name for text in texts for name in re.findall(r"(?:^|`)make ([\w./]+)", text, re.M)}

    assert {"demo", "test"} <= named
    assert named <= targets


PYTHON_BLOCKS = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in PAGES
    for number, block in enumerate(blocks(page.read_text("utf-8"), "python"))
]


@pytest.mark.parametrize("block", PYTHON_BLOCKS)
def test_the_python_in_the_pages_compiles_and_its_classes_can_be_made(block: str) -> None:
    tree = ast.parse(block)
    defining = (ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef)
    tree.body = [node for node in tree.body if isinstance(node, defining)]

    made: dict[str, object] = {}
    exec(compile(tree, "page", "exec"), made)

    wanted = {node.name for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    assert wanted <= made.keys()
