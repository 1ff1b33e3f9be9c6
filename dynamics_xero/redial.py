"""Ask once more when the line was dead: for reads, on both sides.

A remote closes connections that stood idle, and a call may leave in that very moment.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

from urllib3 import BaseHTTPResponse
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import ReadTimeoutError
from urllib3.util.retry import Retry


class Redial(Retry):
    """Send a GET a second time, over a new connection, if the first one broke without an answer.

    Anything else may have been carried out, and is never sent again by itself (R21, R22). Nor is a
    read that takes too long, or one that was refused: whoever called has to know.
    """

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """Return what is left to try. Raises the error when that is nothing."""
        if isinstance(error, ReadTimeoutError):
            raise error.with_traceback(_stacktrace)
        return super().increment(method, url, response, error, _pool, _stacktrace)


REDIAL = Redial(
    total=1,
    connect=0,
    read=1,
    redirect=0,
    status=0,
    other=0,
    allowed_methods=("GET",),
    respect_retry_after_header=False,
)
