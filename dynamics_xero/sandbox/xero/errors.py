"""Refusals in Xero's own words and forms (xero.md 1, Auth errors; 4, 400 body)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dynamics_xero.sandbox.web import Response, json_response

ZERO_GUID = "00000000-0000-0000-0000-000000000000"
NOT_FOUND_TEXT = "The resource you're looking for cannot be found"
UNSUCCESSFUL = "AuthenticationUnsuccessful"
LACKS_SCOPE = "AuthorizationUnsuccessful"


class RefusedError(Exception):
    """A whole call is turned away; `response` is what the client gets."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def unauthorized(detail: str, instance: str) -> RefusedError:
    """Refuse with 401: `detail` is TokenExpired.., AuthenticationUnsuccessful or Authorization.."""
    return RefusedError(_problem(401, "Unauthorized", detail, instance))


def forbidden(instance: str) -> RefusedError:
    """Refuse with 403: no tenant header, or not a tenant of this token."""
    return RefusedError(_problem(403, "Forbidden", UNSUCCESSFUL, instance))


def expired(at: datetime) -> str:
    """Return the detail of an expired token; months come first."""
    return f"TokenExpired: token expired at {at:%m/%d/%Y %H:%M:%S}"


def not_found() -> RefusedError:
    """Refuse with 404, which Xero says in plain text, not in JSON."""
    return RefusedError(plain(404, NOT_FOUND_TEXT))


def bad_query(message: str) -> RefusedError:
    """Refuse a `where` or `order` that names no field or cannot be read."""
    return RefusedError(exception(16, "QueryParseException", message))


def no_value() -> RefusedError:
    """Refuse to test a text that a record lacks, where no null check stands before the test.

    The exception is told of by docs.linx.software (Xero, where); number and words are .NET's own.
    """
    text = "Object reference not set to an instance of an object."
    return RefusedError(exception(16, "QueryParseException", text))


def no_data(resource: str = "Contact") -> RefusedError:
    """Refuse a body in which no data can be found; the misspelling is Xero's."""
    text = (
        "No data has been processed for this endpoint. "
        f"This endpoint is expecting {resource} data to be specifed in the request body."
    )
    return RefusedError(exception(14, "PostDataInvalidException", text))


def invalid(message: str) -> RefusedError:
    """Refuse a call as a whole for a header or a parameter."""
    return RefusedError(exception(10, "ValidationException", message))


def validation_failed(elements: Sequence[object]) -> Response:
    """Answer 400 with the refused elements, each with its ValidationErrors."""
    return exception(
        10, "ValidationException", "A validation exception occurred", elements=elements
    )


def exception(
    number: int, kind: str, message: str, *, elements: Sequence[object] | None = None
) -> Response:
    """Answer 400 with the ApiException shape."""
    body: dict[str, object] = {"ErrorNumber": number, "Type": kind, "Message": message}
    if elements is not None:
        body["Elements"] = list(elements)
    return json_response(body, 400)


def plain(status: int, text: str) -> Response:
    """Answer with text that is no JSON."""
    return Response(status, text.encode(), {"Content-Type": "text/plain; charset=utf-8"})


def _problem(status: int, title: str, detail: str, instance: str) -> Response:
    # The null is Xero's own here: this body is no accounting model.
    return json_response(
        {
            "Type": None,
            "Title": title,
            "Status": status,
            "Detail": detail,
            "Instance": instance,
            "Extensions": {},
        },
        status,
    )
