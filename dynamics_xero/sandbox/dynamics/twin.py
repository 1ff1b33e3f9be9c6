"""The Dataverse twin: one environment behind one port."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from dynamics_xero.sandbox.dynamics import (
    answers,
    batch,
    fresh,
    protection,
    routes,
    schema_store,
    sign_in,
    steps,
    switch_list,
)
from dynamics_xero.sandbox.dynamics.address import resource_of
from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.errors import ODataError
from dynamics_xero.sandbox.dynamics.session import FLOOR, Caller, Session
from dynamics_xero.sandbox.dynamics.webhooks import DynamicsAnnouncer
from dynamics_xero.sandbox.dynamics.writing import every_wire_value
from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.people import CONNECTOR
from dynamics_xero.sandbox.switches import Switch
from dynamics_xero.sandbox.web import Request, Response

_READS = ("GET", "HEAD")
_FILLED, _WHOLE = "filled", 2
"""How far a new environment was filled; 1 in homes made before the platform's own tables."""
Work = Callable[[Session], Response]


class DynamicsTwin:
    """Answer the Web API and sign-in of one environment."""

    switches: tuple[Switch, ...] = switch_list.SWITCHES

    def __init__(self, endpoint: Endpoint) -> None:
        """Open the environment's storage; a new one gets its first rows."""
        self._endpoint = endpoint
        self._steps_read = False
        self._told: set[str] = set()
        with endpoint.database.write() as tx:
            schema_store.create(tx)
            self._schema = schema_store.load(tx)
            filled = schema_store.number(tx, _FILLED)
            if filled < _WHOLE:
                self._fill(tx, fresh.fill if filled == 0 else fresh.fill_platform)

    def endpoint_for(self, request: Request) -> Endpoint | None:
        """Return the environment, or None for sign-in."""
        return None if sign_in.is_identity(request.path) else self._endpoint

    def handle(self, request: Request, endpoint: Endpoint | None) -> Response:
        """Answer one call."""
        if endpoint is None:
            return sign_in.answer(self._endpoint, request)
        resource = resource_of(request.path)
        if resource is None:
            return answers.refusal(ODataError(404, "0x80060888", "There is nothing here."))
        caller = self._caller(request)
        call = Call(request.method, resource, request.query, request.headers, request.body)
        if caller is None:
            answer = sign_in.signed_out(self._endpoint)
        else:
            answer = self._answered(request, call, caller)
            answer.actor = caller.actor
        return self._labelled(answer, request, resource)

    def refuse(self, kind: str, request: Request, retry_after_s: int) -> Response:
        """Turn a call away in Dataverse's words."""
        answer = protection.refuse(kind, retry_after_s)
        answer.actor = self._endpoint.people.actor_of(request.bearer()) or CONNECTOR
        resource = resource_of(request.path)
        return answer if resource is None else self._labelled(answer, request, resource)

    def decorate(self, response: Response, endpoint: Endpoint) -> None:
        """Add the informational rate-limit headers."""
        protection.inform(response, endpoint, response.actor or CONNECTOR)

    def resources(self) -> tuple[str, ...]:
        """Return the tables' logical names."""
        return tuple(sorted(self._schema.tables))

    def dump(
        self, endpoint: Endpoint, resource: str, *, after: int, limit: int
    ) -> tuple[list[dict[str, object]], int | None]:
        """Return whole rows under their public names, in the order they were made."""
        table = self._schema.tables[resource]
        with endpoint.database.read() as tx:
            found = tx.execute(
                f"SELECT * FROM {table.storage} WHERE rid > ? ORDER BY rid LIMIT ?",  # noqa: S608 - names come from the schema
                (after, limit + 1),
            ).fetchall()
        page = found[:limit]
        rows = [every_wire_value(table, dict(row)) for row in page]
        return rows, int(page[-1]["rid"]) if len(found) > limit else None

    def reset(self, endpoint: Endpoint) -> None:
        """Drop rows and customisation; delta tokens given out before are expired."""
        with endpoint.database.write() as tx:
            schema_store.clear(tx, self._schema)
            self._schema = schema_store.load(tx)
            self._fill(tx, fresh.fill)
        self._told = set()

    def announcer(self, endpoint: Endpoint) -> DynamicsAnnouncer:
        """Return how the environment words its webhooks."""
        return DynamicsAnnouncer(endpoint, lambda: self._schema)

    def _answered(self, request: Request, call: Call, caller: Caller) -> Response:
        try:
            if call.resource == "$batch" and call.method == "POST":
                return self._batch(request, call, caller)
            return self._in_session(
                request,
                caller,
                lambda session: routes.answer(session, call),
                reads=call.method in _READS,
            )
        except ODataError as fault:
            return answers.refusal(fault, call.preferences)

    def _batch(self, request: Request, call: Call, caller: Caller) -> Response:
        items = batch.parse(call)
        answer = self._in_session(
            request,
            caller,
            lambda session: batch.answer(session, call, items, routes.answer),
            reads=batch.only_reads(items),
        )
        answer.parts = batch.operations(items)
        return answer

    def _in_session(self, request: Request, caller: Caller, work: Work, *, reads: bool) -> Response:
        database = self._endpoint.database
        if not self._steps_read:
            self._tell_steps()
        with database.read() if reads else database.write() as tx:
            session = Session(
                self._endpoint,
                tx,
                self._schema,
                caller,
                base_url=request.base_url,
                request_id=request.id,
                now=self._endpoint.clock.now(),
                method=request.method,
                path=request.path,
            )
            answer = work(session)
            if not reads:
                session.finish()
        if session.schema_changed:
            self._schema = session.schema
        if session.steps_changed:
            self._tell_steps()
        answer.rows_read, answer.rows_written = session.rows_read, session.rows_written
        return answer

    def _tell_steps(self) -> None:
        """Have the registered steps told of writes; a twin started anew finds its old ones."""
        self._steps_read = True
        with self._endpoint.database.read() as tx:
            found = steps.registered(tx)
        for url in self._told - {one.url for one in found}:
            self._endpoint.webhooks.subscribe(steps.EndpointSubscription(url, ""))
        for subscription in found:
            self._endpoint.webhooks.subscribe(subscription)
        self._told = {one.url for one in found}

    def _labelled(self, answer: Response, request: Request, resource: str) -> Response:
        answer.endpoint = routes.label(request.method, resource)
        answer.write = request.method not in _READS
        answer.headers["x-ms-service-request-id"] = request.id
        answer.headers["REQ_ID"] = request.id
        return answer

    def _caller(self, request: Request) -> Caller | None:
        token, endpoint = request.bearer(), self._endpoint
        if token is None:
            return None
        if endpoint.faults.draw_kind("revoke_token", request.method, request.path) is not None:
            sign_in.revoke(endpoint, token)
            return None
        actor = endpoint.people.actor_of(token)
        if actor is None and sign_in.is_valid(endpoint, token):
            actor = CONNECTOR
        return None if actor is None else Caller(actor, fresh.user_id(endpoint, actor))

    def _fill(self, tx: sqlite3.Connection, fill: Callable[[Session], None]) -> None:
        endpoint = self._endpoint
        session = Session(
            endpoint,
            tx,
            self._schema,
            Caller("system", fresh.system_user_id(endpoint)),
            base_url=endpoint.facts["url"],
            request_id="",
            now=endpoint.clock.now(),
        )
        if fill is fresh.fill:
            schema_store.set_number(tx, FLOOR, session.next_version())
        fill(session)
        session.finish()
        schema_store.set_number(tx, _FILLED, _WHOLE)
