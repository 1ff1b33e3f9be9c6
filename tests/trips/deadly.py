"""A program of its own that dies, as if killed, when it works on the account called Poison.

Run as `python -m tests.trips.deadly SETTINGS STATE_URL`.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

from dynamics_xero.connector import Connector
from dynamics_xero.entities.account import AccountToContact
from dynamics_xero.mapping.fields import computed
from dynamics_xero.settings import load


class DeadlyAccount(AccountToContact):
    """The built-in mapping, but for one name."""

    @computed(reads=("name",), writes="Name", required=True)
    def name(self, name: str | None) -> str | None:
        """Die of one account."""
        if name == "Poison":
            os._exit(9)
        return name


def main(settings_file: str, state: str) -> None:
    settings = replace(load(Path(settings_file)), state=state)
    with Connector.from_settings(settings, mappings=[DeadlyAccount]) as connector:
        connector.sync()


if __name__ == "__main__":
    main(*sys.argv[1:])
