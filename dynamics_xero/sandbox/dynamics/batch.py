"""$batch: operations one after another, changesets all or nothing (section 3, $batch)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from dynamics_xero.sandbox.dynamics import errors, multipart
from dynamics_xero.sandbox.dynamics.address import relative
from dynamics_xero.sandbox.dynamics.answers import refusal
from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.call_headers import INHERITED
from dynamics_xero.sandbox.dynamics.errors import ODataError
from dynamics_xero.sandbox.dynamics.multipart import ChangeSet, Part
from dynamics_xero.sandbox.dynamics.payload import resolve_reference
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.web import Response

MAX_OPERATIONS = 1000
Run = Callable[[Session, Call], Response]


@dataclass
class _Outcome:
    """What has been answered so far; `failed` is the status that stops the batch."""

    boundary: str
    answered: list[bytes] = field(default_factory=list)
    failed: int | None = None


def parse(call: Call) -> list[Part | ChangeSet]:
    """Return a batch's operations. Raises ODataError for a malformed or too large one."""
    items = multipart.parse_batch(call.headers.get("content-type", ""), call.body)
    if operations(items) > MAX_OPERATIONS:
        raise errors.bad_request(
            f"The number of operations in the batch exceeds the maximum of {MAX_OPERATIONS}.",
            "0x80048d19",
        )
    return items


def operations(items: list[Part | ChangeSet]) -> int:
    """Return how many operations a batch carries."""
    return sum(len(item.parts) if isinstance(item, ChangeSet) else 1 for item in items)


def only_reads(items: list[Part | ChangeSet]) -> bool:
    """Tell whether a batch needs no write transaction."""
    return all(isinstance(item, Part) and item.method == "GET" for item in items)


def answer(session: Session, call: Call, items: list[Part | ChangeSet], run: Run) -> Response:
    """Carry out a batch; the first failure ends it unless the caller asked to continue.

    What was done before the failure stays done; the outer status is then the failure's.
    """
    outcome = _Outcome(f"batchresponse_{session.endpoint.new_id()}")
    session.is_part = True
    if session.switch("batch_headers") == "inherited":
        session.handed_down = {
            name: call.headers[name] for name in INHERITED if name in call.headers
        }
    for item in items:
        if isinstance(item, ChangeSet):
            _change_set(session, item, outcome, run)
        else:
            _single(session, item, outcome, run)
        if outcome.failed is not None and not call.preferences.continue_on_error:
            break
        outcome.failed = None
    body = b"".join(outcome.answered) + multipart.closing(outcome.boundary)
    return Response(
        outcome.failed or 200,
        body,
        {
            "Content-Type": f"multipart/mixed; boundary={outcome.boundary}",
            "OData-Version": "4.0",
        },
    )


def _single(session: Session, part: Part, outcome: _Outcome, run: Run) -> None:
    session.references = {}
    try:
        with _savepoint(session, "operation"):
            given = run(session, _call(session, part))
    except ODataError as fault:
        given = _refusal(session, part, fault, outcome)
    outcome.answered.append(multipart.render_part(outcome.boundary, given, part.content_id))


def _change_set(session: Session, item: ChangeSet, outcome: _Outcome, run: Run) -> None:
    session.references = {}
    inner = f"changesetresponse_{session.endpoint.new_id()}"
    answered = []
    part = None
    try:
        with _savepoint(session, "changeset"):
            for part in item.parts:
                given = _in_change_set(session, part, run)
                answered.append(multipart.render_part(inner, given, part.content_id))
    except ODataError as fault:
        given = _refusal(session, part or item.parts[0], fault, outcome)
        outcome.answered.append(multipart.render_part(outcome.boundary, given))
        return
    outcome.answered.append(multipart.render_change_set(outcome.boundary, inner, answered))


def _in_change_set(session: Session, part: Part, run: Run) -> Response:
    if part.method == "GET":
        raise errors.bad_request("A changeset cannot contain GET requests.")
    given = run(session, _call(session, part))
    if part.content_id and "OData-EntityId" in given.headers:
        session.references[f"${part.content_id}"] = given.headers["OData-EntityId"]
    return given


def _call(session: Session, part: Part) -> Call:
    resource, query = relative(resolve_reference(session, part.url), session.base_url)
    session.method, session.path = part.method, f"/api/data/v9.2/{resource}"
    headers = {**session.handed_down, **part.headers}
    return Call(part.method, resource, query, headers, part.body)


def _refusal(session: Session, part: Part, fault: ODataError, outcome: _Outcome) -> Response:
    outcome.failed = fault.status
    given = refusal(fault, Call("", "", "", part.headers, b"").preferences)
    given.headers["REQ_ID"] = session.request_id
    return given


@contextmanager
def _savepoint(session: Session, name: str) -> Iterator[None]:
    written = session.rows_written
    session.tx.execute(f"SAVEPOINT {name}")
    try:
        yield
    except ODataError:
        session.tx.execute(f"ROLLBACK TO {name}")
        session.rows_written = written
        if session.schema_changed:
            session.reload_schema()
        raise
    finally:
        session.tx.execute(f"RELEASE {name}")
