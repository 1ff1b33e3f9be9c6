"""What lies on our own side of the wire: the database, and the key of what is sealed in it."""

from __future__ import annotations

from dynamics_xero.connector.checking.lines import OK, CheckLine, attempt
from dynamics_xero.connector.desk import Desk
from dynamics_xero.model import SideName
from dynamics_xero.store.store import Store
from dynamics_xero.xero.side import XeroSide

DATABASE, KEY = "database", "key"
_DATABASE_FIX = (
    "mend what `state` in the settings names, or where a newer version wrote it: "
    "pip install --upgrade dynamics-xero"
)
_KEY_FIX = (
    "put the old key behind the new one in the key file, or sign in again: dynamics-xero auth xero"
)


def check_database(url: str) -> CheckLine:
    """Open the database, which brings it up to date."""

    def look() -> CheckLine:
        with Store.open(url):
            return CheckLine(DATABASE, OK, "opens, and its tables are up to date")

    return attempt(DATABASE, look, fix=_DATABASE_FIX)


def check_key(desk: Desk) -> CheckLine:
    """Open every sign-in that is stored."""

    def look() -> CheckLine:
        for one in desk:
            side = one.sides[SideName.XERO]
            if isinstance(side, XeroSide):
                side.sign_in.flight.load()
        return CheckLine(KEY, OK, "opens what is stored")

    return attempt(KEY, look, fix=_KEY_FIX)
