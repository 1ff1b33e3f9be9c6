"""Answers in Dataverse's form: headers every one carries, bodies, errors with their details."""

from __future__ import annotations

from collections.abc import Mapping

from dynamics_xero.sandbox.dynamics.errors import ODataError
from dynamics_xero.sandbox.dynamics.options import Preferences
from dynamics_xero.sandbox.web import Response, json_bytes

JSON = "application/json; odata.metadata=minimal"
_DETAILS = "Microsoft.PowerApps.CDS"


def document(
    value: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with a JSON document."""
    return Response(
        status,
        json_bytes(value),
        {"Content-Type": JSON, "OData-Version": "4.0", **(headers or {})},
    )


def nothing(headers: Mapping[str, str] | None = None, status: int = 204) -> Response:
    """Answer without a body."""
    return Response(status, b"", {"OData-Version": "4.0", **(headers or {})})


def plain(text: str) -> Response:
    """Answer with text, as /$count does."""
    return Response(200, text.encode(), {"Content-Type": "text/plain", "OData-Version": "4.0"})


def refusal(fault: ODataError, preferences: Preferences | None = None) -> Response:
    """Answer with an error; a caller who asked for annotations gets details (section 0)."""
    error: dict[str, object] = {"code": fault.code, "message": fault.message}
    if preferences is not None and preferences.wants(f"{_DETAILS}.TraceText"):
        error |= {
            f"@{_DETAILS}.ErrorDetails.OperationStatus": "0",
            f"@{_DETAILS}.ErrorDetails.SubErrorCode": "2146233088",
            f"@{_DETAILS}.HelpLink": f"http://go.microsoft.com/fwlink/?error={fault.code}",
            f"@{_DETAILS}.TraceText": "",
            f"@{_DETAILS}.InnerError.Message": fault.message,
        }
    return document({"error": error}, fault.status)


def applied(preferences: str) -> dict[str, str]:
    """Return the Preference-Applied header, if there is anything to tell."""
    return {"Preference-Applied": preferences} if preferences else {}
