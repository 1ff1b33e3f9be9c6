"""The smallest API a sandbox kernel can serve: things with names, for the kernel's own tests."""

from __future__ import annotations

import json
from collections.abc import Sequence

from dynamics_xero.sandbox.assembly import Twins
from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.people import CONNECTOR
from dynamics_xero.sandbox.switches import Switch
from dynamics_xero.sandbox.web import Request, Response, json_response

_TABLE = "CREATE TABLE IF NOT EXISTS thing (number INTEGER PRIMARY KEY, id TEXT, name TEXT)"


class TinyTwin:
    """POST /things writes one, GET /things lists all, GET /things/ID gives one."""

    switches: tuple[Switch, ...] = (Switch("colour", "red", ("red", "blue"), "nobody knows"),)

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._endpoints = {endpoint.name: endpoint for endpoint in endpoints}
        for endpoint in endpoints:
            with endpoint.database.write() as tx:
                tx.execute(_TABLE)

    def endpoint_for(self, request: Request) -> Endpoint | None:
        """Choose by header; /token is sign-in."""
        if request.path == "/token":
            return None
        name = request.headers.get("xero-tenant-id")
        return self._endpoints[name] if name else next(iter(self._endpoints.values()))

    def handle(self, request: Request, endpoint: Endpoint | None) -> Response:
        """Answer one call."""
        if endpoint is None:
            return json_response({"access_token": "t"})
        if request.path == "/defect":
            raise RuntimeError("on purpose")
        if request.method == "POST":
            return self._create(request, endpoint)
        with endpoint.database.read() as tx:
            rows = [dict(row) for row in tx.execute("SELECT id, name FROM thing ORDER BY number")]
        _, _, wanted = request.path.removeprefix("/").partition("/")
        if wanted:
            rows = [row for row in rows if row["id"] == wanted]
        response = json_response(rows)
        response.endpoint = "GET /things/{id}" if wanted else "GET /things"
        response.rows_read = len(rows)
        return response

    def _create(self, request: Request, endpoint: Endpoint) -> Response:
        body = json.loads(request.body)
        thing = {"id": endpoint.new_id(), "name": body["name"]}
        actor = endpoint.people.actor_of(request.bearer()) or CONNECTOR
        with endpoint.database.write() as tx:
            tx.execute("INSERT INTO thing (id, name) VALUES (:id, :name)", thing)
            endpoint.ledger.record(
                tx,
                request=request.id,
                actor=actor,
                method=request.method,
                path=request.path,
                resource="thing",
                id=str(thing["id"]),
                action="create",
                before=None,
                after=thing,
            )
        response = json_response(thing, 201)
        response.endpoint, response.write, response.rows_written = "POST /things", True, 1
        return response

    def refuse(self, kind: str, request: Request, retry_after_s: int) -> Response:
        """Name the kind in the body."""
        del request
        status = 429 if kind.startswith("429") else 500 if kind == "500" else 503
        headers = {"Retry-After": str(retry_after_s)} if retry_after_s else {}
        if kind == "html":
            return Response(status, b"<html>down</html>", {"Content-Type": "text/html"})
        return Response(status, kind.encode(), headers)

    def decorate(self, response: Response, endpoint: Endpoint) -> None:
        """Tell what is left of the minute."""
        response.headers["X-Left"] = str(endpoint.quota.remaining().minute)

    def resources(self) -> tuple[str, ...]:
        """Things only."""
        return ("thing",)

    def dump(
        self, endpoint: Endpoint, resource: str, *, after: int, limit: int
    ) -> tuple[list[dict[str, object]], int | None]:
        """Page by number."""
        assert resource == "thing"
        with endpoint.database.read() as tx:
            rows = tx.execute(
                "SELECT * FROM thing WHERE number > ? ORDER BY number LIMIT ?", (after, limit)
            ).fetchall()
        following = int(rows[-1]["number"]) if len(rows) == limit else None
        return [{"id": row["id"], "name": row["name"]} for row in rows], following

    def reset(self, endpoint: Endpoint) -> None:
        """Forget all things."""
        with endpoint.database.write() as tx:
            tx.execute("DELETE FROM thing")


TINY_TWINS = Twins(
    dynamics=lambda endpoint: TinyTwin([endpoint]),
    xero=TinyTwin,
    dynamics_switches=TinyTwin.switches,
    xero_switches=TinyTwin.switches,
)
