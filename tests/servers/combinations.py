"""What a worker may run on: which broker with which database, and what is lacking here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from tests.servers import rabbitmq, redis
from tests.servers.postgresql import postgresql


class Combination(Enum):
    """The combinations that are promised to work."""

    EMBEDDED = "embedded-SQLite"
    REDIS = "Redis-PostgreSQL"
    RABBITMQ = "RabbitMQ-PostgreSQL"


@dataclass(frozen=True)
class Addresses:
    """The two URLs that go into the settings."""

    state: str
    broker: str


def lacking() -> dict[Combination, str]:
    """Return each combination that cannot run here, with the command that changes this."""
    found = {}
    if redis.program() is None:
        found[Combination.REDIS] = redis.ENABLE
    if rabbitmq.program() is None:
        found[Combination.RABBITMQ] = rabbitmq.ENABLE
    return found


def runnable() -> list[Combination]:
    """Return what the tests run: what can run here, and under CI all, so that a lack is seen."""
    if os.environ.get("DYNAMICS_XERO_NO_SKIPS"):
        return list(Combination)
    absent = lacking()
    return [one for one in Combination if one not in absent]


def left_out(what: str) -> list[str]:
    """Return a line per combination that the tests of `what` leave out."""
    run = runnable()
    return [
        f"{what}: {one.value} not run: its broker is not installed; to have it: {enable}"
        for one, enable in lacking().items()
        if one not in run
    ]


@contextmanager
def served(combination: Combination, home: Path) -> Iterator[Addresses]:
    """Start what the combination needs while the block runs; home: for SQLite's files."""
    if combination is Combination.EMBEDDED:
        yield Addresses(f"sqlite:///{home / 'state.db'}", "embedded")
        return
    broker = redis.redis if combination is Combination.REDIS else rabbitmq.rabbitmq
    with ExitStack() as servers:
        url = servers.enter_context(broker())
        database = servers.enter_context(postgresql()).new_database()
        yield Addresses(database, url)
