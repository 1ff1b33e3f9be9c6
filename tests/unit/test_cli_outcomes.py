"""The command line: global options, exit codes, and one JSON document."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click
import pytest

from dynamics_xero import errors
from dynamics_xero.cli import main
from dynamics_xero.cli.common import Globals, global_options
from dynamics_xero.cli.outcomes import Exit, StoppedError, code_of, run
from dynamics_xero.sandbox.tool_errors import InputError, UnreachableError
from tests.json_schemas import faults
from tests.unit.settings_cases import changed, written


@click.group()
@global_options
def group() -> None:
    """A group like ours."""


@group.command()
@global_options
@click.pass_obj
def told(given: Globals) -> int:
    """Print what the global options say."""
    click.echo(f"{given.config} {given.connection} {given.as_json} {given.verbosity}")
    return Exit.FINE


@group.command()
@click.option("--kind", required=True)
@global_options
def fail(*, kind: str) -> int:
    """Fail in one of the ways."""
    raise {
        "settings": errors.SettingsError(["a is missing.", "b is wrong."]),
        "sign-in": errors.SignInError("The secret has expired."),
        "down": errors.UnavailableError("Xero does not answer."),
        "wrong": errors.WrongEndpointError("Another organisation."),
        "record": errors.MappingError("Name is empty."),
        "tool": UnreachableError("no twin answers"),
        "input": InputError("no such file"),
        "stopped": StoppedError(Exit.RECORDS_FAILED, "waited in vain; token=canary"),
        "click": click.FileError("x"),
        "defect": ZeroDivisionError("token=canary"),
    }[kind]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--config", "a.toml", "--connection", "b", "--json", "-v", "told"],
        ["told", "--config", "a.toml", "--connection", "b", "--json", "-v"],
        ["--config", "a.toml", "-q", "--json", "told", "-vv", "--connection", "b"],
        ["--config", "z.toml", "--json", "told", "-v", "--connection", "b", "--config", "a.toml"],
    ],
)
def test_global_options_work_before_and_after_the_command(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(group, arguments) == 0
    assert capsys.readouterr().out == "a.toml b True 1\n"


def test_the_environment_names_the_file_but_an_option_wins(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNAMICS_XERO_CONFIG", "environment.toml")

    run(group, ["told"])
    run(group, ["--config", "option.toml", "told"])
    run(group, ["told", "--config", "option.toml"])

    first, second, third = capsys.readouterr().out.splitlines()
    assert first.startswith("environment.toml ")
    assert second.startswith("option.toml ")
    assert third == second


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("settings", 2),
        ("sign-in", 3),
        ("down", 3),
        ("wrong", 4),
        ("record", 1),
        ("tool", 3),
        ("input", 2),
        ("stopped", 1),
        ("click", 2),
        ("defect", 1),
    ],
)
def test_each_kind_of_error_has_its_exit_code(
    kind: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(group, ["fail", "--kind", kind, "--json"]) == code

    printed = capsys.readouterr()
    document = json.loads(printed.out)
    assert faults("error", document) == []
    assert document["error"]["exit_code"] == code
    for problem in document["error"]["problems"]:
        assert problem in printed.err
    assert "canary" not in printed.out + printed.err


def test_every_public_error_has_an_exit_code() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    ours = [kind for kind in kinds if issubclass(kind, errors.DynamicsXeroError)]
    found = {kind: code_of(kind("x")) for kind in ours}

    assert found[errors.LockedError] is Exit.NOT_REACHED
    assert found[errors.MissingColumnError] is Exit.ASKS_A_PERSON
    assert Exit.FINE not in found.values()


@pytest.mark.parametrize(
    "arguments",
    [
        ["sync", "--colour"],
        ["colours"],
        ["sync", "--once", "--entity"],
        ["sync", "--entity", "x"],
        [],
    ],
)
def test_wrong_usage_ends_with_two(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("Usage:") <= 1
    assert "dynamics-xero" in told.err or "--entity" in told.err


def test_json_stays_one_document_when_the_usage_is_wrong(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["sync", "--colour", "--json"]) == 2
    assert faults("error", json.loads(capsys.readouterr().out)) == []


@pytest.mark.parametrize(
    "command",
    [
        ["sync", "--once"],
        ["status"],
        ["links"],
        ["history", "x"],
        ["provision", "plan"],
        ["worker"],
    ],
    ids=" ".join,
)
def test_without_a_settings_file_every_command_says_how_to_get_one(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--config", str(tmp_path / "none.toml")]) == 2
    assert "dynamics-xero init" in capsys.readouterr().err


def test_r38_the_traceback_of_a_defect_hides_the_secrets_of_the_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, changed())

    @click.command()
    @global_options
    @click.pass_obj
    def crash(given: Globals) -> int:
        secret = given.settings().connections["main"].xero.client_secret
        raise RuntimeError(f"the answer to {secret} was odd")

    assert run(crash, ["--config", str(file)]) == 1

    told = capsys.readouterr().err
    assert "in crash" in told
    assert told.rstrip().endswith("RuntimeError")
    assert "canary" not in told


def test_init_writes_once_and_never_over_something(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "new" / "dynamics-xero.toml"

    assert main(["init", "--json", "--config", str(file)]) == 0
    document = json.loads(capsys.readouterr().out)
    before = file.read_bytes()
    assert main(["--config", str(file), "init"]) == 2

    assert faults("init", document) == []
    assert document == {"settings_file": str(file), "key_file": str(file.parent / "key")}
    assert os.stat(document["key_file"]).st_mode & 0o777 == 0o600
    assert file.read_bytes() == before


def test_init_makes_a_lost_key_anew_and_leaves_the_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, changed())
    before = file.read_bytes()
    (tmp_path / "key").unlink()

    assert main(["init", "--config", str(file)]) == 0

    assert file.read_bytes() == before
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert str(file) not in capsys.readouterr().out


def test_init_where_nothing_can_be_written_says_so_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a-file").touch()

    assert main(["init", "--config", str(tmp_path / "a-file" / "dynamics-xero.toml")]) == 2

    told = capsys.readouterr().err
    assert "cannot be written" in told
    assert "Traceback" not in told


def test_a_worker_that_cannot_open_its_database_says_so_in_plain_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, changed(state="sqlite:///no-such-folder/state.db"))

    assert main(["--config", str(file), "worker"]) == 2

    said = capsys.readouterr().err
    assert "cannot be opened" in said
    assert "`state`" in said
    assert "Traceback" not in said
