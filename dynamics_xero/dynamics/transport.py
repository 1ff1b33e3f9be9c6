"""The HTTP session that sign-in and calls share: pinned trust, bounded pool, no surprises."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from dynamics_xero.ports import Clock
from dynamics_xero.redial import REDIAL

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 30.0

MAX_SIGN_IN_BYTES = 1_000_000
SIGN_IN_ANSWER_S = 60.0
_CHUNK_BYTES = 65_536

IN_FLIGHT = 52
"""Concurrent calls a user may have at a server (dataverse.md section 5)."""


class BoundedAdapter(HTTPAdapter):
    """Give every call a timeout, and let no more than IN_FLIGHT calls leave at once."""

    def __init__(self) -> None:
        super().__init__(
            pool_connections=4, pool_maxsize=IN_FLIGHT, pool_block=True, max_retries=REDIAL
        )

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002  # requests' own signature
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,  # noqa: FBT001, FBT002  # requests' own signature
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send with a timeout even where the caller named none: msal does not."""
        limits = timeout or (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
        return super().send(request, stream, limits, verify, cert, proxies)


class BoundedSession(requests.Session):
    """A session for msal, which takes answers of any length, however long they take (R37)."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send, and read the answer whole. Raises requests' errors."""
        until = self._clock.now() + timedelta(seconds=SIGN_IN_ANSWER_S)
        answer = super().send(request, **{**options, "stream": True})
        body = bytearray()
        with answer:
            for chunk in answer.iter_content(_CHUNK_BYTES):
                body += chunk
                if len(body) > MAX_SIGN_IN_BYTES or self._clock.now() > until:
                    raise requests.exceptions.RequestException("the answer is too long or too slow")
        answer._content = bytes(body)  # what requests itself does without `stream`
        return answer


def open_session(
    *, ca_file: Path | None, proxy: str | None, clock: Clock | None = None
) -> requests.Session:
    """Return a session that several threads may use: it keeps no state between calls.

    clock: bounds whole answers, for who does not read them piece by piece.

    The environment is not trusted: REQUESTS_CA_BUNDLE would override ca_file without a word
    (dataverse.md section 1.2). Cookies are refused: Dataverse's affinity cookie would bind all
    calls to one server, and a jar is the only thing threads would share (section 3).
    """
    session = requests.Session() if clock is None else BoundedSession(clock)
    session.trust_env = False
    session.verify = str(ca_file) if ca_file else True
    session.proxies = {"https": proxy, "http": proxy} if proxy else {}
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.max_redirects = 0
    adapter = BoundedAdapter()
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
