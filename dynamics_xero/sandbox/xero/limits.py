"""Answers to calls over a limit, and the headers that tell what is left (xero.md 2)."""

from __future__ import annotations

from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.web import Request, Response
from dynamics_xero.sandbox.xero.paths import place_of
from dynamics_xero.sandbox.xero.switches import (
    APP_MINUTE_RETRY_AFTER,
    CONCURRENT_RETRY_AFTER,
)

MOST_BYTES = 3_500_000
_PROBLEMS = {
    "429_minute": "minute",
    "429_day": "day",
    "429_app": "appminute",
    "429_concurrent": "concurrent",
}
# Promised for these two only; whether the others say when is a switch each.
_SAY_WHEN = frozenset({"429_minute", "429_day"})
_MAY_SAY_WHEN = {"429_app": APP_MINUTE_RETRY_AFTER, "429_concurrent": CONCURRENT_RETRY_AFTER}


def refuse(kind: str, request: Request, endpoint: Endpoint | None, retry_after_s: int) -> Response:
    """Answer in Xero's form: 429 is empty, an offline organisation says so in HTML or text."""
    label = label_of(request)
    if kind in _PROBLEMS:
        headers = {"X-Rate-Limit-Problem": _PROBLEMS[kind]}
        if kind in _SAY_WHEN or _says_when(kind, endpoint):
            headers["Retry-After"] = str(max(1, retry_after_s))
        response = Response(429, b"", headers)
    elif kind == "html":
        response = _page(503, "<html><body><h1>Xero is down for maintenance</h1></body></html>")
    elif kind == "503":
        # When it comes back is promised for the minute and the day alone.
        response = _page(503, "The Organisation is offline", "text/plain; charset=utf-8")
    else:
        response = _page(500, "An error occurred in Xero.", "text/plain; charset=utf-8")
    response.endpoint, response.write = label, is_write(request)
    return response


def decorate(response: Response, endpoint: Endpoint) -> None:
    """Add what is left of the limits and a correlation id to any answer."""
    left = endpoint.quota.remaining()
    response.headers |= {
        "X-DayLimit-Remaining": str(left.day),
        "X-MinLimit-Remaining": str(left.minute),
        "X-AppMinLimit-Remaining": str(left.app_minute),
        "Xero-Correlation-Id": endpoint.new_id(),
    }


def label_of(request: Request) -> str:
    """Return the counters' label of a call, ids replaced."""
    place = place_of(request.path)
    if place is not None:
        return f"{request.method} /{place.path}"
    parts = [part for part in request.path.split("/") if part][2:]
    resource = parts[0].capitalize() if parts else ""
    return f"{request.method} /{resource}" + ("/{id}" if len(parts) > 1 else "")


def is_write(request: Request) -> bool:
    """Tell whether a call counts under writes."""
    return request.method in ("PUT", "POST", "DELETE", "PATCH")


def _says_when(kind: str, endpoint: Endpoint | None) -> bool:
    switch = _MAY_SAY_WHEN[kind]
    return endpoint is not None and endpoint.switches.get(switch.name) == "present"


def _page(status: int, text: str, kind: str = "text/html; charset=utf-8") -> Response:
    return Response(status, text.encode(), {"Content-Type": kind})
