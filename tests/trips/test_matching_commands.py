"""`links ...` and `backfill` at the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from dynamics_xero.cli import main
from tests.json_schemas import faults
from tests.trips.world import World

pytestmark = pytest.mark.trip

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs a command on a state of this test's own."""
    monkeypatch.setenv("DYNAMICS_XERO_CONFIG", str(world.serving.settings_file))
    monkeypatch.setenv("DYNAMICS_XERO_STATE", f"sqlite:///{world.folder / 'state.db'}")

    def command(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    command("provision", "apply")
    return command


def document(run: Run, *arguments: str, code: int = 0) -> Any:
    """Return the JSON a command prints, once it answers the shell as it should."""
    answered, out, err = run(*arguments, "--json")
    assert answered == code, err
    return json.loads(out)


def test_a_person_says_what_belongs_together_and_what_does_not(world: World, run: Run) -> None:
    account = world.account("Alfreds", accountnumber="A1")
    contact = world.xero_contact(Name="Alfreds", AccountNumber="X-9")
    loaded = document(run, "backfill", code=1)
    suggested = document(run, "links", "suggest")
    accepted = document(run, "links", "accept", account, contact)
    synced = document(run, "sync", "--once")
    severed = document(run, "links", "sever", str(accepted["link"]["id"]))
    relinked = document(run, "links", "relink", account)
    listed = document(run, "links")

    for name, told in (
        ("backfill", loaded),
        ("links-suggest", suggested),
        ("links-accept", accepted),
        ("links-sever", severed),
        ("links-relink", relinked),
        ("links", listed),
    ):
        assert faults(name, told) == [], name
    (pair,) = suggested["suggestions"]
    assert (pair["dynamics_id"], pair["xero_id"]) == (account, contact)
    assert accepted["link"]["xero_id"] == contact
    assert synced["failed"] == []
    assert [link["life"] for link in (severed["link"], relinked["link"])] == ["severed", "linked"]
    assert document(run, "links", "suggest") == {"suggestions": []}


def test_a_rejection_is_told_and_a_linked_pair_cannot_be_rejected(world: World, run: Run) -> None:
    account = world.account("Alfreds", emailaddress1="a@a.example", accountnumber="A1")
    other = world.xero_contact(Name="Somebody", EmailAddress="a@a.example", AccountNumber="B1")
    document(run, "backfill", code=1)

    rejected = document(run, "links", "reject", account, other)
    document(run, "sync", "--once")
    link = document(run, "links")["links"][0]
    refused = document(run, "links", "reject", account, link["xero_id"], code=2)

    assert faults("links-reject", rejected) == []
    assert link["xero_id"] not in (None, other)
    assert "linked" in refused["error"]["problems"][0]


def test_people_read_what_speaks_for_a_pair_and_what_against_it(world: World, run: Run) -> None:
    world.account("Alfreds", accountnumber="A1")
    world.xero_contact(Name="Alfreds", AccountNumber="X-9")
    run("backfill")

    _code, out, _err = run("links", "suggest")

    assert "    Name: agrees: Alfreds | Alfreds\n" in out
    assert "    Account number: differs: A1 | X-9\n" in out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("sever", "nobody"), "There is no link nobody."),
        (("relink", "{account}"), "is not severed"),
        (("accept", "{account}", "00000000-0000-4000-8000-000000000001"), "Sever that link first"),
        (("relink", "{account}", "--xero", "nothing"), "is not severed"),
    ],
)
def test_what_cannot_be_linked_is_refused_with_the_reason(
    world: World, run: Run, arguments: tuple[str, ...], text: str
) -> None:
    account = world.account("Alfreds")
    run("backfill")

    code, _out, err = run("links", *(one.format(account=account) for one in arguments))

    assert code == 2
    assert text in err


def test_r15_a_contact_that_works_with_another_account_is_not_taken_from_it(
    world: World, run: Run
) -> None:
    first, second = world.account("Alfreds"), world.account("Berglunds")
    run("backfill")
    contact = str(world.in_xero("Alfreds")["ContactID"])
    run("links", "sever", second)

    code, _out, err = run("links", "relink", second, "--xero", contact)
    unseen, _out, unseen_err = run("links", "relink", second, "--xero", "unseen")

    assert (code, unseen) == (2, 2)
    assert f"is linked to {first} already" in err
    assert "No active Xero record unseen was seen" in unseen_err


def test_a_backfill_tells_on_stderr_how_far_it_is(world: World, run: Run) -> None:
    world.account("Alfreds")

    code, out, err = run("backfill")
    quiet = run("backfill", "-q")

    assert code == 0
    assert "0 of 1 records done" in err
    assert "records done" not in out
    assert quiet[2] == ""
