"""`sync`: bring both sides in step, once or until stopped."""

from __future__ import annotations

import signal
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from dynamics_xero.cli.common import Globals, global_options
from dynamics_xero.cli.opening import opened
from dynamics_xero.cli.outcomes import Exit
from dynamics_xero.cli.tables import table
from dynamics_xero.errors import RetryableError, SignInError

if TYPE_CHECKING:
    from dynamics_xero.connector import Connector, Report

LONGEST_WAIT_S = 5.0
"""A look never says to sleep through a change of plan: a person's, or another process's."""

ENDED_CONSENT = ("invalid_grant", "no_consent")
"""What a sign-in fails with until a person lets the app in again; no setting is at fault."""


@click.command()
@click.option("--once", is_flag=True, help="Stop when nothing is due.")
@click.option("--entity", metavar="E", help="Only this entity.")
@global_options
@click.pass_obj
def sync(given: Globals, *, once: bool, entity: str | None) -> int:
    """Bring both sides in step: until stopped, or with --once until nothing is due."""
    if not once and (given.as_json or entity):
        raise click.UsageError("--json and --entity need --once: what never ends has no result.")
    with opened(given) as connector:
        if not once and not connector.asks:
            return _until_stopped(given, connector)
        report = connector.sync(entity, progress=given.tell)
    given.show(report.as_json(), lambda: describe(report.as_json()))
    return code_of(report)


def code_of(report: Report) -> Exit:
    """Return what a report means to the shell."""
    if report.asks:
        return Exit.ASKS_A_PERSON
    return Exit.RECORDS_FAILED if report.failed else Exit.FINE


def describe(report: Mapping[str, Any]) -> str:
    """Return the report for people: counts by entity, then every failure by name."""
    blocks = [_connection(name, connection) for name, connection in report["connections"].items()]
    asks = [text for connection in report["connections"].values() for text in connection["asks"]]
    blocks.extend(asks)
    if report["failed"]:
        rows = [
            (entry["entity"], entry["dynamics_id"], entry["status"], entry["remark"])
            for entry in report["failed"]
        ]
        blocks.append(table(("entity", "Dynamics id", "status", "remark"), rows))
    return "\n\n".join(blocks)


def _connection(name: str, connection: Mapping[str, Any]) -> str:
    heads = ("entity", "created", "updated", "archived", "matched", "unchanged", "blocked")
    rows = [
        (
            entity,
            counts["to_xero"]["create"],
            counts["to_xero"]["update"],
            counts["to_xero"]["archive"],
            *(counts[state] for state in ("matched", "unchanged", "blocked")),
            *(counts[state] for state in ("conflict", "failed", "skipped")),
        )
        for entity, counts in connection["entities"].items()
    ]
    calls = ", ".join(
        f"{side} {kind.replace('_', '-')} {number}"
        for side, kinds in connection["calls"].items()
        for kind, number in kinds.items()
    )
    paused = f"\npaused: {connection['paused']}" if connection["paused"] else ""
    return (
        f"{name}: {connection['seconds']:.1f} s; calls: {calls}{paused}\n"
        f"{table((*heads, 'conflict', 'failed', 'skipped'), rows)}"
    )


def _until_stopped(given: Globals, connector: Connector) -> int:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    given.tell(f"Looking at {', '.join(connector.connections)} until stopped (Ctrl-C).")
    told: dict[str, str] = {}
    while not stop.is_set():
        wait_s = min(_looked(given, connector, name, told) for name in connector.connections)
        stop.wait(min(max(wait_s, 0.0), LONGEST_WAIT_S))
    given.tell("Stopped.")
    return Exit.FINE


def _looked(given: Globals, connector: Connector, name: str, told: dict[str, str]) -> float:
    """Look at one connection; wait for a remote that is away, and for somebody to consent anew."""
    try:
        return connector.look(name)
    except SignInError as error:
        if error.code not in ENDED_CONSENT:
            raise
        if told.get(name) != str(error):
            given.tell(f"{name} pauses: {error}")
        told[name] = str(error)
        return LONGEST_WAIT_S
    except RetryableError as error:
        given.tell(f"{name}: {error}; trying again")
        return error.retry_after_s or LONGEST_WAIT_S
