"""The envelope around every accounting answer (xero.md 3, Envelope and dates)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.web import Request, Response
from dynamics_xero.sandbox.xero.dates import milliseconds, ms_date
from dynamics_xero.sandbox.xero.errors import invalid

PROVIDER = "Dynamics to Xero"
JSON_TYPE = "application/json; charset=utf-8"


def answer(
    endpoint: Endpoint,
    resource: str,
    elements: Sequence[str],
    pagination: Mapping[str, int] | None = None,
) -> Response:
    """Answer 200 with elements that are JSON texts already, so that pages are not re-rendered."""
    head: dict[str, object] = {
        "Id": endpoint.new_id(),
        "Status": "OK",
        "ProviderName": PROVIDER,
        "DateTimeUTC": ms_date(milliseconds(endpoint.clock.now()), offset=False),
    }
    if pagination is not None:
        head["pagination"] = pagination
    body = f'{text_of(head)[:-1]},"{resource}":[{",".join(elements)}]}}'
    return Response(200, body.encode(), {"Content-Type": JSON_TYPE})


def text_of(value: object) -> str:
    """Return compact JSON text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def parameters(request: Request) -> dict[str, str]:
    """Return the query with lower-case names; the last of several equal ones counts."""
    return {name.lower(): value for name, value in request.params()}


def truth(request: Request, name: str, *, default: bool) -> bool:
    """Read a query boolean in any case: the official client writes True and False."""
    text = parameters(request).get(name.lower(), "").strip().lower()
    if text not in ("", "true", "false"):
        raise invalid(f"'{text}' is not a valid value for {name}.")
    return default if not text else text == "true"
