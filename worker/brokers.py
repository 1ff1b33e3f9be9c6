"""How messages travel: a second SQLite file by default, Redis or RabbitMQ where there are many."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from kombu.entity import Queue

from dynamics_xero.settings import Settings

EMBEDDED = "embedded"
QUEUE = "dynamics-xero"
FILE_NAME = "broker.db"
BUSY_TIMEOUT_S = 30

REDIS_OPTIONS = {
    # Kombu's own defaults are an hour, a sweep of about 100 s, and waiting for ever.
    "visibility_timeout": 300,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "socket_timeout": 30,
    "socket_keepalive": True,
    "health_check_interval": 25,
    "global_keyprefix": "dynamics-xero:",
}
AMQP_OPTIONS = {"confirm_publish": True}
QUORUM = {"x-queue-type": "quorum", "x-delivery-limit": 10}


def queue(arguments: dict[str, object] | None = None) -> Queue:
    """Return the one queue of all messages."""
    return Queue(QUEUE, queue_arguments=arguments)  # type: ignore[no-untyped-call]  # kombu's gap


def configuration(settings: Settings) -> dict[str, object]:
    """Return the part of Celery's configuration that depends on the broker."""
    plain = {"task_default_queue": QUEUE, "task_queues": [queue()]}
    if settings.broker == EMBEDDED:
        # `polling_interval` would end up in create_engine(), which refuses it; the transport's
        # own second is what we want anyway.
        options = {"connect_args": {"timeout": BUSY_TIMEOUT_S}}
        file = prepared(embedded_file(settings))
        return {
            **plain,
            "broker_url": f"sqla+sqlite:///{file}",
            "broker_transport_options": options,
        }
    if settings.broker.startswith("redis"):
        return {
            **plain,
            "broker_url": str(settings.broker),
            "broker_transport_options": REDIS_OPTIONS,
        }
    return {
        "task_default_queue": QUEUE,
        "task_queues": [queue(dict(QUORUM))],
        "broker_url": str(settings.broker),
        "broker_transport_options": AMQP_OPTIONS,
    }


def embedded_file(settings: Settings) -> Path:
    """Return the embedded broker's file: beside the state, or beside the settings."""
    scheme = "sqlite:///"
    if settings.state.startswith(scheme):
        return Path(settings.state.removeprefix(scheme)).parent / FILE_NAME
    return settings.home / FILE_NAME


def prepared(file: Path) -> Path:
    """Make the file if need be, unreadable for others, with readers that do not block writers."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    os.close(descriptor)
    with closing(sqlite3.connect(file, timeout=BUSY_TIMEOUT_S)) as database:
        database.execute("PRAGMA journal_mode=WAL").fetchone()
    return file


def sweep(file: Path, *, keep_s: int) -> int:
    """Delete messages that were taken more than keep_s ago; return how many.

    Kombu's SQLAlchemy transport only hides what it has delivered; without this the file grows
    for ever. Its time stamps are local and naive.
    """
    with closing(sqlite3.connect(file, timeout=BUSY_TIMEOUT_S)) as database, database:
        known = "SELECT 1 FROM sqlite_master WHERE name = 'kombu_message'"
        if database.execute(known).fetchone() is None:
            return 0
        return database.execute(
            "DELETE FROM kombu_message"
            " WHERE visible = 0 AND timestamp < datetime('now', 'localtime', ?)",
            (f"-{keep_s} seconds",),
        ).rowcount
