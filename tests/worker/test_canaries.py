"""R38: a worker whose tasks fail in every way tells nobody a secret or a name.

The canaries and the kinds of exception are those of the unit tests. Here each kind fails twice
inside a Celery worker with the configuration of ours, at DEBUG: as a failure of a connection, which
the desk catches, and as a defect, which nobody does.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import sentry_sdk
from celery import Celery
from celery.contrib.testing.worker import start_worker
from celery.signals import task_postrun

from dynamics_xero.settings import Settings
from tests.unit import canaries
from tests.unit.canaries import KINDS, found
from tests.unit.store_cases import url
from tests.unit.test_observability import Collecting
from tests.waiting import until
from worker import brokers
from worker.app import configuration
from worker.app import settings as settings_now
from worker.desk import Desk
from worker.observability import start_sentry

pytestmark = pytest.mark.trip


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Give settings full of canaries, which the worker's own modules read as well."""
    file = canaries.planted(tmp_path).path
    first, second = (one.core for one in canaries.SETTINGS[:2])
    for name, value in (
        ("CONFIG", str(file)),
        ("STATE", url(tmp_path)),
        ("CONNECTIONS__MAIN__DYNAMICS__CLIENT_SECRET", first),
        ("CONNECTIONS__MAIN__XERO__CLIENT_SECRET", second),
    ):
        monkeypatch.setenv(f"DYNAMICS_XERO_{name}", value)
    settings_now.cache_clear()
    yield settings_now()
    settings_now.cache_clear()


@pytest.fixture
def transport(settings: Settings) -> Iterator[Collecting]:
    """Start Sentry as the worker does, but sending nothing."""
    collecting = Collecting()
    start_sentry(settings, collecting)
    yield collecting
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)


@pytest.mark.filterwarnings("ignore:The ``noload``:DeprecationWarning")  # kombu's own mapping
def test_r38_no_canary_leaves_a_worker_whose_tasks_fail(
    settings: Settings, transport: Collecting, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    embedded = brokers.configuration(replace(settings, broker=brokers.EMBEDDED))
    app = Celery("canaries", broker=None)
    app.conf.update({**configuration(), **embedded, "include": [], "beat_schedule": {}})
    ended: list[str] = []
    desk = Desk(lambda: settings, clock=time.monotonic)

    @app.task(name="canaries.fail")  # type: ignore[untyped-decorator]  # celery ships no types
    def fail(kind: str) -> None:
        with suppress(Exception):
            desk.attempt(kind, lambda _connector: canaries.fail(kind))
        canaries.fail(kind)

    def note(**facts: object) -> None:
        ended.append(str(facts["state"]))

    task_postrun.connect(note)
    for kind in KINDS:
        fail.apply_async((kind,), expires=300)
    with start_worker(app, pool="solo", perform_ping_check=False, loglevel=logging.DEBUG):
        until("every task to end", lambda: len(ended) == len(KINDS))
    desk.close()
    sentry_sdk.flush()

    lines, sent = capfd.readouterr().err, b"".join(transport.sent)
    told = canaries.messages(tmp_path / brokers.FILE_NAME)
    stored = {name: canaries.raw(tmp_path / name) for name in ("state.db", brokers.FILE_NAME)}
    app.close()
    print(f"{len(ended)} tasks, {len(transport.sent)} envelopes, {len(lines)} characters of log")
    assert lines.count("LookupError") >= len(KINDS)
    assert len(transport.sent) >= len(KINDS)
    assert len(told) == len(KINDS)
    assert found(lines) == set()
    assert found(sent) == set()
    assert found(b"".join(told)) == set()
    assert {name: found(content) for name, content in stored.items() if found(content)} == {}
