"""Each thread's line to Xero: xero-python's AccountingApi with a connection of its own."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable

from urllib3.util.ssl_ import create_urllib3_context
from xero_python.accounting import AccountingApi
from xero_python.api_client import ApiClient, Configuration
from xero_python.api_client.oauth2 import OAuth2Token

from dynamics_xero.ports import Clock
from dynamics_xero.settings import XeroSettings
from dynamics_xero.xero.errors import untrusted
from dynamics_xero.xero.wire import BoundedPool


class Line:
    """One AccountingApi: ApiClient is not safe to share (xero.md section 7, trap 17)."""

    def __init__(
        self, settings: XeroSettings, clock: Clock, trusting: Callable[[str], ssl.SSLContext]
    ) -> None:
        """trusting: gives what a server's certificate is checked by, for a file of roots."""
        # No refresh token and no end, so that the SDK never renews it by itself (traps 13, 16).
        grant = {"access_token": "", "token_type": "Bearer", "scope": [], "expires_in": 0}
        # Not a method: what leads back to itself is not let go of when its thread ends.
        api_client = ApiClient(
            _configuration(settings), oauth2_token_getter=lambda: grant, pool_threads=1
        )
        api_client.set_default_header("Accept-Encoding", "gzip")
        made = api_client.rest_client.pool_manager
        if settings.proxy is None:  # else the file is for the proxy's certificate too
            roots = made.connection_pool_kw.pop("ca_certs")
            made.connection_pool_kw["ssl_context"] = trusting(roots)
        self._grant = grant
        self.pool = BoundedPool(made, clock)
        api_client.rest_client.pool_manager = self.pool
        self.api = AccountingApi(api_client, base_url=settings.api_url.rstrip("/"))

    def sign_in(self, token: str) -> None:
        """Let the next call carry this token."""
        self._grant["access_token"] = token


class Lines:
    """The lines of one organisation.

    Senders come and go, so lines are made often. The roots that all of them trust are read once:
    that takes 26 ms and 0.7 MB each time, with the public list of them.
    """

    def __init__(self, settings: XeroSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._local = threading.local()
        self._lock = threading.Lock()
        self._trust: ssl.SSLContext | None = None

    def mine(self) -> Line:
        """Return this thread's line. Raises SignInError when ca_file cannot be read."""
        if not hasattr(self._local, "line"):
            self._local.line = Line(self._settings, self._clock, self._trusting)
        line: Line = self._local.line
        return line

    def _trusting(self, roots: str) -> ssl.SSLContext:
        with self._lock:
            if self._trust is None:
                trust = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
                try:
                    trust.load_verify_locations(roots)
                except OSError:
                    raise untrusted() from None
                self._trust = trust
            return self._trust


def _configuration(settings: XeroSettings) -> Configuration:
    """Return settings of our own: the class hands out copies of its first instance (trap 1)."""
    configuration = Configuration()
    configuration.oauth2_token = OAuth2Token()
    configuration.verify_ssl = True
    configuration.assert_hostname = None
    configuration.ssl_ca_cert = str(settings.ca_file) if settings.ca_file else None
    configuration.cert_file = configuration.key_file = None
    configuration.proxy = settings.proxy
    configuration.connection_pool_maxsize = 1
    return configuration
