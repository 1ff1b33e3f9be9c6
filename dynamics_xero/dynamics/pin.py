"""The rule for URLs a remote hands us: they stay on the endpoint's own API (R37)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

API_PATH = "/api/data/v9.2"

_MAX_URL = 32_768
"""Longest URL the Web API takes (dataverse.md section 0)."""

_UNSAFE = re.compile(r"[^\x21-\x7e]|[\\@#]")
"""What two parsers may read differently; nothing here ever needs them unescaped."""

_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Pin:
    """Where one environment's API lives: scheme, host, port and path prefix."""

    origin: str

    @property
    def api_url(self) -> str:
        """The service root, without a slash at its end."""
        return self.origin.rstrip("/") + API_PATH

    def holds(self, url: object, *, entity_set: str) -> bool:
        """Tell whether `url` addresses exactly that entity set of this environment."""
        if not isinstance(url, str) or len(url) > _MAX_URL or _UNSAFE.search(url):
            return False
        try:
            parts, home = urlsplit(url), urlsplit(self.origin)
            same_place = _place(parts) == _place(home)
        except ValueError:
            return False
        path = f"{API_PATH}/{entity_set}"
        return same_place and parts.path == path and unquote(parts.path) == path


def _place(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)
