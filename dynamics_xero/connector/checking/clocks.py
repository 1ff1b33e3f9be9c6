"""Does our clock agree with both remotes'? Sign-in needs no token for that: any answer is dated."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests

from dynamics_xero.connector.checking.lines import FAIL, OK, WARN, About, CheckLine, passed_over
from dynamics_xero.connector.connection import Connection
from dynamics_xero.dynamics.transport import open_session
from dynamics_xero.model import SideName
from dynamics_xero.ports import Clock
from dynamics_xero.redact.incident import chain

ODD_S, WRONG_S = 30, 240
"""Entra takes proofs that are up to five minutes off; feeds overlap by less than that."""

_MEND = "switch time synchronisation (NTP) on, on Linux: timedatectl set-ntp true"
_TRUST = "correct its address, or name its authority by ca_file; then: dynamics-xero check"


def check_clock(clock: Clock, one: Connection, side: SideName) -> CheckLine:
    """Compare our clock with the date of an answer."""
    name = f"{one.name}: clock of {side.value}"
    ahead = _ahead(clock, one, side)
    if isinstance(ahead, ssl.SSLCertVerificationError):
        text = f"its certificate is not trusted ({ahead.verify_message.rstrip('.')})"
        return CheckLine(name, FAIL, text, _TRUST, About.REACH)
    if isinstance(ahead, str):
        return passed_over(name, ahead)
    ahead_s = round(ahead)
    if abs(ahead_s) < ODD_S:
        return CheckLine(name, OK, "agrees with ours")
    text = f"ours is {abs(ahead_s)} s {'ahead' if ahead_s > 0 else 'behind'}"
    return CheckLine(name, FAIL if abs(ahead_s) >= WRONG_S else WARN, text, _MEND)


def _ahead(
    clock: Clock, one: Connection, side: SideName
) -> float | str | ssl.SSLCertVerificationError:
    """Return by how many seconds our clock is ahead, or why that cannot be told."""
    settings = one.settings.xero if side is SideName.XERO else one.settings.dynamics
    url = one.settings.xero.identity_url if side is SideName.XERO else one.settings.dynamics.url
    before = clock.now()
    try:
        with (
            open_session(ca_file=settings.ca_file, proxy=settings.proxy) as session,
            session.get(f"{url}/", allow_redirects=False, stream=True) as answer,
        ):
            date = _read(answer.headers.get("Date", ""))
    except requests.exceptions.RequestException as error:
        return _why(error)
    if date is None:
        return "the answer bears no date"
    return (before + (clock.now() - before) / 2 - date).total_seconds()


def _why(error: requests.exceptions.RequestException) -> str | ssl.SSLCertVerificationError:
    """Return what is wrong with a certificate; all else is "nobody answers"."""
    found = (one for one in chain(error) if isinstance(one, ssl.SSLCertVerificationError))
    return next(found, "nobody answers there")


def _read(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date.replace(tzinfo=date.tzinfo or UTC)
