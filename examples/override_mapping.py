"""Change the built-in account mapping: override one field, drop one, add a column of your own.

Run it beside a settings file: python examples/override_mapping.py dynamics-xero.toml
"""

from __future__ import annotations

import sys

from dynamics_xero import Connector, Field
from dynamics_xero.entities.account import AccountToContact


class OurAccount(AccountToContact):
    """Finance names the customers, and a custom column holds their bank account."""

    name = Field("name", "Name", required=True, owner="xero")
    fax = None
    bank_account = Field("contoso_iban", "BankAccountDetails", label="Bank account", owner="ask")


def main(settings_file: str) -> None:
    """Carry the accounts across once and say what could not be carried."""
    with Connector.from_settings(settings_file, mappings=[OurAccount]) as connector:
        report = connector.sync("account")
    print(report.as_json())


if __name__ == "__main__":
    main(sys.argv[1])
