"""R38: what fails inside the engine leaves no secret in database, Dynamics, or log.

The canaries and the kinds of exception are those of the unit tests. Here each kind is raised by a
plug-in in the middle of a sync, before the decision and after it, or by a column of a mapping.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from dynamics_xero import computed
from dynamics_xero.connector import Connector
from dynamics_xero.entities.account import AccountToContact
from dynamics_xero.plugins import Context, Plugin, Stage, step
from dynamics_xero.redact import MARK, Redactor, log_to_stderr
from dynamics_xero.settings import Settings
from tests.trips.world import World, remarks
from tests.unit import canaries
from tests.unit.canaries import FOREIGN, RECORD, SECRET, found
from worker.observability import LAYOUT

pytestmark = pytest.mark.trip

CORES = {one.core for one in SECRET}


class Failing(Plugin):
    """Fails as the account's name says: at its number, "before" the decision or "after" it."""

    @step("account", stage=Stage.PRE_VALIDATION)
    def before(self, context: Context) -> None:
        self._fail(context, "before")

    @step("account", stage=Stage.PRE_OPERATION)
    def after(self, context: Context) -> None:
        self._fail(context, "after")

    def _fail(self, context: Context, stage: str) -> None:
        when, _, kind = str(context.target["name"]).partition(" ")
        if when == stage:
            canaries.fail(kind)


class FailingColumn(AccountToContact):
    """Fails while a column is worked out, where the account's name says so."""

    @computed(reads=("name",), writes="TaxNumber")
    def tax_number(self, name: str | None) -> None:
        when, _, kind = str(name).partition(" ")
        if when == "column":
            canaries.fail(kind)


def knowing(world: World, folder: Path) -> Settings:
    """Return the world's settings with the canaries that settings hold, in a connection beside."""
    folder.mkdir()
    planted, own = canaries.planted(folder), world.settings()
    other = replace(planted.connections["main"], name="planted")
    return replace(
        own,
        connections={**own.connections, "planted": other},
        keys=(*own.keys, *planted.keys),
        broker=planted.broker,
        sentry_dsn=planted.sentry_dsn,
    )


def test_r38_no_secret_of_a_failing_record_gets_into_the_database_or_dynamics(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    with world.connector():
        settings = knowing(world, world.folder / "planted")
    kinds = [f"{when} {kind}" for kind in (*RECORD, *FOREIGN) for when in ("before", "after")]
    kinds += [f"column {kind}" for kind in ("MappingError", *FOREIGN)]
    names = {world.account(kind): kind for kind in kinds}
    log_to_stderr(Redactor(settings.secrets()), layout=LAYOUT, level=logging.DEBUG)

    with Connector.from_settings(
        settings, mappings=[FailingColumn], plugins=[Failing()], connection="main"
    ) as connector:
        told = remarks(connector.sync())

    lines = capsys.readouterr().err
    rows = [row["xero_remark"] for row in world.dynamics.rows("account")]
    print(f"{len(names)} failures of {len(RECORD) + len(FOREIGN)} kinds, {len(told)} remarks")
    assert told.keys() == names.keys(), "each kind failed its own records"
    assert sum(bool(row) for row in rows) == len(names)
    assert lines.count("LookupError") >= 2 * len(FOREIGN)
    assert found(lines) == set()
    stored = b"".join(file.read_bytes() for file in world.folder.glob("state.db*"))
    assert found(stored) & CORES == set()
    assert found(str(rows)) & CORES == set()
    assert any(MARK in text for text in told.values())
