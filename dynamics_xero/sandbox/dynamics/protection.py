"""Calls turned away unprocessed, in Dataverse's words (dataverse.md section 5)."""

from __future__ import annotations

from dynamics_xero.sandbox.dynamics.answers import refusal
from dynamics_xero.sandbox.dynamics.errors import ODataError
from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.web import Response

_THROTTLED = {
    "429_minute": (
        "0x80072322",
        "Number of requests exceeded the limit of 6000 over time window of 300 seconds.",
    ),
    "429_day": (
        "0x80072321",
        "Combined execution time of incoming requests exceeded limit of 1,200,000 milliseconds "
        "over time window of 300 seconds. Decrease number of concurrent requests or reduce the "
        "duration of requests and try again later.",
    ),
    "429_concurrent": ("0x80072326", "Number of concurrent requests exceeded the limit of 52."),
}
_HTML = b"<!DOCTYPE html><html><head><title>Service unavailable</title></head><body></body></html>"
_EXECUTION_BUDGET_S = 1200


def refuse(kind: str, retry_after_s: int) -> Response:
    """Return the answer for a quota's or fault's kind; a kind Xero alone has reads as requests."""
    if kind == "html":
        return Response(503, _HTML, {"Content-Type": "text/html; charset=utf-8"})
    if kind == "500":
        return refusal(ODataError(500, "0x80040216", "An unexpected error occurred."))
    if kind == "503":
        answer = refusal(ODataError(503, "0x80072324", "The service is unavailable."))
    else:
        code, message = _THROTTLED.get(kind, _THROTTLED["429_minute"])
        answer = refusal(ODataError(429, code, message))
    answer.headers["Retry-After"] = str(max(1, retry_after_s))
    return answer


def inform(response: Response, endpoint: Endpoint, actor: str) -> None:
    """Add the informational headers of section 5."""
    left = endpoint.quota.remaining(actor).dynamics_requests
    response.headers["x-ms-ratelimit-burst-remaining-xrm-requests"] = str(left)
    response.headers["x-ms-ratelimit-time-remaining-xrm-requests"] = f"{_EXECUTION_BUDGET_S:,}.00"
