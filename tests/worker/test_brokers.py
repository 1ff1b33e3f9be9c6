"""How messages travel, and how the embedded broker's file stays small."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kombu.connection import Connection

from dynamics_xero.settings import Settings
from tests.unit.settings_cases import read
from worker import brokers, schedule


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings with the embedded broker."""
    return read(tmp_path)


def test_the_embedded_broker_is_a_second_file_beside_the_state(
    settings: Settings, tmp_path: Path
) -> None:
    found = brokers.configuration(settings)
    elsewhere = replace(settings, state="postgresql+psycopg://db.example/sync")

    file = tmp_path / "broker.db"
    assert found["broker_url"] == f"sqla+sqlite:///{file}"
    assert file.stat().st_mode & 0o777 == 0o600
    assert "polling_interval" not in str(found["broker_transport_options"])
    assert brokers.embedded_file(elsewhere) == file


@pytest.mark.parametrize(
    ("url", "option", "value"),
    [
        ("redis://redis.example:6379/0", "visibility_timeout", 300),
        ("rediss://redis.example:6379/0", "socket_timeout", 30),
        ("amqp://mq.example//", "confirm_publish", True),
    ],
)
def test_other_brokers_get_their_url_and_the_options_of_failures_section_3(
    settings: Settings, url: str, option: str, value: object
) -> None:
    found: dict[str, Any] = brokers.configuration(replace(settings, broker=url))

    assert found["broker_url"] == url
    assert found["broker_transport_options"][option] == value


def test_rabbitmq_gets_a_quorum_queue_that_stops_redelivering(settings: Settings) -> None:
    found: dict[str, Any] = brokers.configuration(replace(settings, broker="amqp://mq.example//"))

    (queue,) = found["task_queues"]
    assert queue.queue_arguments == {"x-queue-type": "quorum", "x-delivery-limit": 10}


# Kombu's own models still use it, under SQLAlchemy 2.1 as under 2.0.
@pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy is deprecated")
def test_spent_messages_are_swept_and_waiting_ones_stay(settings: Settings) -> None:
    file = brokers.prepared(brokers.embedded_file(settings))
    assert brokers.sweep(file, keep_s=60) == 0
    connection = Connection(f"sqla+sqlite:///{file}")  # type: ignore[no-untyped-call]  # kombu's gap
    with connection:
        queue = connection.SimpleQueue("bell")  # type: ignore[no-untyped-call]  # the same
        for number in range(3):
            queue.put({"number": number})
        for _ in range(2):
            queue.get(timeout=5).ack()
        queue.close()

    young = brokers.sweep(file, keep_s=60)
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE kombu_message SET timestamp = datetime('now', '-2 days')")
    spent = brokers.sweep(file, keep_s=60)

    assert (young, spent) == (0, 2)
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT count(*) FROM kombu_message").fetchone() == (1,)


def test_the_ticker_looks_as_often_as_the_quicker_side_is_polled(settings: Settings) -> None:
    found: dict[str, Any] = schedule.entries(settings)

    look = found["look at main"]
    assert (look["task"], look["schedule"], look["args"]) == ("worker.look", 10.0, ("main",))
    assert look["options"]["expires"] > look["schedule"]
    assert found["sweep"]["schedule"] == 5.0
    assert (found["prune"]["task"], found["prune"]["schedule"]) == ("worker.prune", 3600.0)
    wheel = found["reconcile main"]
    assert (wheel["task"], wheel["schedule"], wheel["args"]) == (
        "worker.reconcile",
        3600.0,
        ("main",),
    )
    assert "reconcile main" not in schedule.entries(replace(settings, reconcile_days=0))
    assert "sweep the broker" in found
    assert "sweep the broker" not in schedule.entries(replace(settings, broker="redis://x"))
