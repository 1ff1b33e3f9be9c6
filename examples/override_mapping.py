"""Change the built-in account mapping: override a field, add a column of your own, drop a field.

Run it beside a settings file: python examples/override_mapping.py dynamics-xero.toml
"""

from __future__ import annotations

import json
import sys

from dynamics_xero import Connector, Field, computed
from dynamics_xero.entities.account import AccountToContact


class OurAccount(AccountToContact):
    """Finance wants the registered name and the bank account; faxes are history."""

    @computed(reads=("contoso_legalname", "name"), writes="Name", required=True, label="Name")
    def name(self, legal_name: str | None, name: str | None) -> str | None:
        """Return the registered name where somebody has filled it in."""
        return legal_name or name

    bank_account = Field("contoso_iban", "BankAccountDetails", label="Bank account")
    fax = None


def main(settings_file: str) -> int:
    """Carry the accounts and their people across once; 1 when some of them failed."""
    with Connector.from_settings(settings_file, mappings=[OurAccount]) as connector:
        report = connector.sync()
    print(json.dumps(report.as_json(), indent=2))
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
