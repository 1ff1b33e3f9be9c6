"""Rules on the rows of the platform's own tables, whatever call writes them."""

from __future__ import annotations

from collections.abc import Mapping

from dynamics_xero.sandbox.dynamics import fresh_platform, privilege_store, solutions, steps
from dynamics_xero.sandbox.dynamics.schema import TableSchema
from dynamics_xero.sandbox.dynamics.session import Session


def check(session: Session, table: TableSchema, row: Mapping[str, object]) -> None:
    """Raise ODataError for a row that its table cannot hold."""
    solutions.check(session, table, row)
    steps.check(session, table, row)
    session.steps_changed |= table.name in steps.TABLES


def hidden(session: Session, table: TableSchema) -> tuple[str, list[object]] | None:
    """Return the condition that leaves out what the environment does not have.

    Callers find out about CreateMultiple and its siblings by asking for its filter (section 3).
    """
    if table.name != "sdkmessagefilter" or session.switch("bulk_messages") == "on":
        return None
    marks = ", ".join("?" * len(fresh_platform.BULK_MESSAGES))
    condition = (
        f"t0.sdkmessageid NOT IN (SELECT sdkmessageid FROM row_sdkmessage WHERE name IN ({marks}))"  # noqa: S608 - marks alone
    )
    return condition, list(fresh_platform.BULK_MESSAGES)


def gone(session: Session, table: TableSchema, row_id: str) -> None:
    """Remove what hangs on a deleted row."""
    session.steps_changed |= table.name in steps.TABLES
    if table.name in solutions.OF_ROWS:
        solutions.forget(session, row_id)
    if table.name == "role":
        privilege_store.forget_role(session.tx, row_id)
