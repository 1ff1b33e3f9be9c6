"""The HTTP session that sign-in and calls share: pinned trust, bounded pool, no surprises."""

from __future__ import annotations

from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter

from dynamics_xero.redial import REDIAL

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 30.0

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


def open_session(*, ca_file: Path | None, proxy: str | None) -> requests.Session:
    """Return a session that several threads may use: it keeps no state between calls.

    The environment is not trusted: REQUESTS_CA_BUNDLE would override ca_file without a word
    (dataverse.md section 1.2). Cookies are refused: Dataverse's affinity cookie would bind all
    calls to one server, and a jar is the only thing threads would share (section 3).
    """
    session = requests.Session()
    session.trust_env = False
    session.verify = str(ca_file) if ca_file else True
    session.proxies = {"https": proxy, "http": proxy} if proxy else {}
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.max_redirects = 0
    adapter = BoundedAdapter()
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
