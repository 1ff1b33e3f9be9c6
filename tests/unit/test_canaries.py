"""R38: thirty canaries, every kind of exception at DEBUG: nothing of them leaves this process.

What is promised: secrets leave nowhere. Names, bank numbers and the like are in the mirror of the
database and in what is shown to whoever asks for a record, but in no log, no event of Sentry's and
no message of the broker's.
"""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click
import pytest
import sentry_sdk
from celery import Celery
from sentry_sdk.transport import Transport
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from dynamics_xero.cli import main
from dynamics_xero.cli.common import Globals, global_options
from dynamics_xero.cli.outcomes import run
from dynamics_xero.connector.clock import SystemClock
from dynamics_xero.redact import Redactor, log_to_stderr
from dynamics_xero.settings import Settings
from dynamics_xero.store.keyring import Keyring
from dynamics_xero.store.store import Store
from dynamics_xero.store.tokens import Tokens
from tests.unit import canaries
from tests.unit.canaries import ALL, CANARIES, KINDS, PERSONAL, RECORD, SECRET, found
from tests.unit.settings_cases import changed, written
from tests.unit.store_cases import NOON, record, row, url
from tests.unit.test_observability import Collecting
from worker import brokers
from worker.observability import LAYOUT, start_sentry, tell_crashes

OURS = logging.getLogger("worker.canaries")
THEIRS = logging.getLogger("library.canaries")
SECRET_CORES = {one.core for one in SECRET}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return canaries.planted(tmp_path)


@contextmanager
def sentry(start: Callable[[Transport], object]) -> Iterator[Collecting]:
    """Start Sentry with a transport that keeps what would leave."""
    collecting = Collecting()
    start(collecting)
    with sentry_sdk.isolation_scope() as scope:
        scope.clear()
        yield collecting
        sentry_sdk.flush()
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)


def suffer(kind: str) -> None:
    """Let it fail once, and tell it in every way that our code and libraries tell things."""
    try:
        canaries.fail(kind)
    except Exception as error:
        sentry_sdk.get_isolation_scope().clear_breadcrumbs()
        # Libraries say whatever they hold, ours an error at most; both may hand the error over.
        THEIRS.debug("GET /Contacts?where=Name==%s", ALL)
        THEIRS.warning("Retrying %(url)s after %(exc)s", {"url": ALL, "exc": error})
        THEIRS.error("Task %s failed: %r", ALL, error, exc_info=True, extra={"data": ALL})
        OURS.debug("look at %s failed: %s", "main", error)
        OURS.exception("look at %s failed: %s", "main", error)
        OURS.error(error)
        sentry_sdk.add_breadcrumb(category="http", message=ALL, data={"url": ALL, "token": ALL})
        sentry_sdk.set_context("record", {"name": ALL})
        sentry_sdk.set_extra("body", ALL)
        sentry_sdk.set_user({"email": ALL})
        sentry_sdk.capture_exception(error)
        sentry_sdk.capture_message(ALL)


def test_there_are_thirty_canaries_and_more_than_forty_kinds() -> None:
    places = Counter(one.place for one in CANARIES)
    print(f"{len(CANARIES)} canaries in {len(places)} places, {len(KINDS)} kinds of exception")

    assert len({one.core for one in CANARIES}) == 30
    assert len(KINDS) >= 40
    assert found(ALL) == {one.core for one in CANARIES}


def test_r38_no_canary_gets_into_the_log_or_to_sentry(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    log_to_stderr(Redactor(settings.secrets()), layout=LAYOUT, level=logging.DEBUG)
    leaked: dict[str, set[str]] = {}
    with sentry(lambda transport: start_sentry(settings, transport)) as sentry_transport:
        for kind in KINDS:
            suffer(kind)
            lines = capsys.readouterr().err
            assert lines.count("look at main failed") == 2, kind
            assert "Traceback" in lines, kind
            leaked[f"log: {kind}"] = found(lines)
            sent = b"".join(sentry_transport.sent)
            assert len(sentry_transport.sent) >= 2, kind
            assert b"LookupError" in sent, kind
            leaked[f"Sentry: {kind}"] = found(sent)
            sentry_transport.sent.clear()

    print(f"{len(leaked)} places looked at")
    assert {place: cores for place, cores in leaked.items() if cores} == {}


def test_without_the_filter_every_canary_would_be_found() -> None:
    """The control: the same failures, told by Python's and Sentry's own means."""
    told = io.StringIO()
    logging.basicConfig(level=logging.DEBUG, handlers=[logging.StreamHandler(told)], force=True)
    with sentry(
        lambda transport: sentry_sdk.init(
            "https://0123@sentry.example/1",
            transport=transport,
            default_integrations=True,
            auto_enabling_integrations=False,  # some change other libraries for good
        )
    ) as sentry_transport:
        for kind in KINDS:
            told.seek(0)
            told.truncate()
            sentry_transport.sent.clear()
            suffer(kind)
            assert len(found(told.getvalue())) == 30, kind
            assert len(found(b"".join(sentry_transport.sent))) == 30, kind


def test_r38_no_canary_gets_out_of_the_command_line(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a record's own error keeps its sentence here: whoever asked about it reads it."""
    monkeypatch.setenv(
        "DYNAMICS_XERO_CONNECTIONS__MAIN__DYNAMICS__CLIENT_SECRET", canaries.SETTINGS[0].core
    )
    monkeypatch.setenv(
        "DYNAMICS_XERO_CONNECTIONS__MAIN__XERO__CLIENT_SECRET", canaries.SETTINGS[1].core
    )

    @click.command()
    @click.option("--kind", required=True)
    @global_options
    @click.pass_obj
    def crash(given: Globals, *, kind: str) -> None:
        given.settings()
        canaries.fail(kind)

    for kind in KINDS:
        arguments = ["--config", str(settings.path), "--json", "-vv", "--kind", kind]
        assert run(crash, arguments) > 0, kind
        printed = capsys.readouterr()
        assert json.loads(printed.out)["error"]["problems"], kind
        leaked = found(printed.out + printed.err)
        assert leaked & SECRET_CORES == set(), kind
        assert kind in RECORD or leaked == set(), kind


def test_r38_a_crash_that_nobody_catches_is_told_without_its_words(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (sys, threading):
        monkeypatch.setattr(module, "excepthook", module.excepthook)  # given back at the end
    tell_crashes(Redactor(settings.secrets()))

    for kind in KINDS:
        thread = threading.Thread(target=canaries.fail, args=(kind,))
        thread.start()
        thread.join()
        try:
            canaries.fail(kind)
        except Exception as error:
            sys.excepthook(type(error), error, error.__traceback__)

    told = capsys.readouterr().err
    assert told.count("in fail") >= 2 * len(KINDS)
    assert found(told) == set()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("state", "mysql://app:{}@db.example/x"),
        ("broker", "ftp://app:{}@mq.example"),
        ("key", "{}"),
        ("connections__main__dynamics__url", "https://app:{}@contoso.crm.dynamics.com"),
        ("first_run", "{}"),
    ],
)
def test_r38_a_fault_of_the_settings_does_not_repeat_what_stands_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], setting: str, value: str
) -> None:
    """Nobody knows the secrets yet: the filter learns them from settings that can be read."""
    planted_there = value.format(canaries.SETTINGS[0].core)
    file = written(tmp_path, changed(**{setting: planted_there}))

    main(["--config", str(file), "check", "--json"])

    printed = capsys.readouterr()
    assert "FAIL" in printed.out
    assert found(printed.out + printed.err) == set()


@pytest.mark.filterwarnings("ignore:The ``noload``:DeprecationWarning")  # kombu's own mapping
def test_r38_the_broker_holds_no_canary_and_the_database_no_secret(
    settings: Settings, tmp_path: Path
) -> None:
    """Names do belong into the database's mirror; that they are found there is the control."""
    sent = Celery("canaries", broker=None)
    local = replace(settings, state=url(tmp_path), broker=brokers.EMBEDDED)
    sent.conf.update(brokers.configuration(local))
    with Store.open(url(tmp_path)) as store:
        tokens = Tokens(store, Keyring(settings.keys), SystemClock())
        assert tokens.save("xero:main", ALL, generation=1)
        with store.begin() as tx:
            tx.records.put(
                "e", [row(record("a", values={"name": ALL}))], generation=1, answered_at=NOON
            )
        for kind in KINDS:
            try:
                canaries.fail(kind)
            except Exception:
                sent.send_task("worker.look", ("main",), expires=30)
        rows = canaries.raw(tmp_path / "state.db")
    sent.close()

    messages = canaries.messages(tmp_path / brokers.FILE_NAME)
    assert len(messages) == len(KINDS)
    assert all(b'[["main"]' in message for message in messages), "their bodies are looked into"
    assert found(b"".join(messages)) == set()
    assert found(canaries.raw(tmp_path / brokers.FILE_NAME)) == set()
    assert b"xero:main" in rows
    assert found(rows) >= {one.core for one in PERSONAL}
    assert tokens_apart(tmp_path) == set()


def tokens_apart(folder: Path) -> set[str]:
    """Return the canaries in the database beside the mirror of records."""
    with Store.open(url(folder)) as store, store.connect() as connection:
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))
        tables = [str(name) for (name,) in names if name not in ("record", "record_key")]
        rows = [
            tuple(one)
            for name in tables
            for one in connection.execute(text(f'SELECT * FROM "{name}"'))
        ]
    assert any("xero:main" in map(str, one) for one in rows)
    return found(repr(rows))


def test_r38_an_error_of_the_database_does_not_repeat_what_was_written(tmp_path: Path) -> None:
    with Store.open(url(tmp_path)) as store:
        same = {"name": "xero:main", "secret": ALL, "generation": 1, "saved_at": NOON.isoformat()}
        insert = text("INSERT INTO token VALUES (:name, :secret, :generation, :saved_at)")
        with pytest.raises(IntegrityError) as caught, store.connect() as connection:
            connection.execute(insert, [same, same])

    assert found(str(caught.value)) == set()
    assert "UNIQUE" in str(caught.value)
