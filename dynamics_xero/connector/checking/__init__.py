"""`check`: what has to be right before records can flow, each with the command that mends it."""

from __future__ import annotations

from dynamics_xero.connector.checking.connections import check_connection
from dynamics_xero.connector.checking.lines import FAIL, OK, WARN, About, CheckLine
from dynamics_xero.connector.checking.own import check_database, check_key

__all__ = [
    "FAIL",
    "OK",
    "WARN",
    "About",
    "CheckLine",
    "check_connection",
    "check_database",
    "check_key",
]
