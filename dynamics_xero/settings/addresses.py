"""Which addresses the settings may name: no secret goes to a host that nobody vouched for.

Sources: contract.md section 1; failures.md section 4, SSRF. Microsoft's hosts include the US
government and Chinese clouds.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

DYNAMICS_HOST = re.compile(
    r"[a-z0-9-]+\.crm[0-9]*\.(dynamics\.com|microsoftdynamics\.us|appsplatform\.us|dynamics\.cn)"
)
MICROSOFT_SIGN_IN_HOST = re.compile(
    r"login\.(microsoftonline\.com|microsoftonline\.us|partner\.microsoftonline\.cn)"
)
XERO_API_HOST = re.compile(r"api\.xero\.com")
XERO_SIGN_IN_HOST = re.compile(r"identity\.xero\.com")
XERO_LOGIN_HOST = re.compile(r"login\.xero\.com")


def is_loopback(host: str) -> bool:
    """Say whether the host is this machine under one of its own names."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def fault_of(url: str, known: re.Pattern[str] | None, *, custom: bool) -> str | None:
    """Return what is wrong with an address as the end of a sentence, or None.

    known: the hosts that need no word from anybody; None = this machine only.
    custom: the file says allow_custom_host = true.
    """
    parts = _split(url)
    if parts is None or not parts.hostname:
        return "is not an address; write https://host"
    if parts.username is not None or parts.password is not None:
        return "must not hold a user name or password before the host"
    if parts.query or parts.fragment:
        return "must not hold ? or #"
    host = parts.hostname
    if parts.scheme == "http" and not is_loopback(host):
        return "must begin with https://; http:// is for this machine only"
    if known is None:
        return None if is_loopback(host) else "must be an address of this machine (a sandbox's)"
    if not custom and not (known.fullmatch(host) and parts.port in (None, 443)):
        return f"names {host}, not the vendor's host; allow_custom_host = true here permits it"
    return None


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        port_is_number = parts.port is None or parts.port > 0
    except ValueError:
        return None
    # Backslashes and blanks are read differently by different URL parsers: refuse, do not guess.
    plain = not re.search(r"[\s\\]", url)
    return parts if plain and port_is_number and parts.scheme in ("http", "https") else None
