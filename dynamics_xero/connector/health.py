"""`check`: what has to be right before records can flow, each with the command that mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dynamics_xero.connector.connection import Connection
from dynamics_xero.dynamics.provisioning import plan, unknown_columns
from dynamics_xero.dynamics.side import DynamicsSide
from dynamics_xero.errors import DynamicsXeroError
from dynamics_xero.model import SideName
from dynamics_xero.store_port import Store

OK, FAIL = "OK", "FAIL"


@dataclass(frozen=True)
class CheckLine:
    """One thing looked at. fix: the command or setting that mends it, empty when it is fine."""

    name: str
    state: str
    text: str
    fix: str = ""


def check_database(store: Store) -> CheckLine:
    """Open a transaction."""
    with store.read() as tx:
        tx.endpoints.connection("")
    return CheckLine("database", OK, "opens, and its tables are up to date")


def check_connection(connection: Connection) -> Iterator[CheckLine]:
    """Sign in on both sides and compare columns and change tracking with what is needed."""
    name = connection.name
    for side in (SideName.DYNAMICS, SideName.XERO):
        yield _sign_in(connection, side)
    yield _attempt(f"{name}: columns and change tracking", lambda: _columns(connection))


def _sign_in(connection: Connection, side: SideName) -> CheckLine:
    name = f"{connection.name}: sign-in to {side.value}"

    def look() -> CheckLine:
        facts = connection.sides[side].identify()
        return CheckLine(name, OK, f"signed in to {facts.name}")

    return _attempt(name, look)


def _columns(connection: Connection) -> CheckLine:
    name = f"{connection.name}: columns and change tracking"
    side = connection.sides[SideName.DYNAMICS]
    assert isinstance(side, DynamicsSide)  # noqa: S101  # the connector made it
    missing = plan(side)
    if missing:
        text = f"{len(missing)} missing, first: {missing[0]}"
        return CheckLine(name, FAIL, text, "dynamics-xero provision apply")
    unknown = unknown_columns(side, connection.dynamics_feeds())
    if unknown:
        text = f"a mapping reads columns that are not there: {', '.join(unknown)}"
        return CheckLine(name, FAIL, text, "add them in Dynamics, or correct the mapping")
    return CheckLine(name, OK, "all there")


def _attempt(name: str, look: Callable[[], CheckLine]) -> CheckLine:
    try:
        return look()
    except DynamicsXeroError as error:
        return CheckLine(name, FAIL, str(error), "mend what is named, then run check again")
