"""The organisation itself: GET /Organisation (xero.md 5, Settings)."""

from __future__ import annotations

import sqlite3

from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.xero.connections import tenant_name
from dynamics_xero.sandbox.xero.dates import milliseconds, ms_date

BASE_CURRENCY = "USD"
# A US organisation: custom connections exist for AU, NZ, UK and US only.
CURRENCIES = frozenset({"USD", "EUR", "GBP", "AUD", "NZD", "CAD"})


def found(endpoint: Endpoint, tx: sqlite3.Connection) -> None:
    """Found the organisation once; `reset` leaves it."""
    if tx.execute("SELECT 1 FROM organisation").fetchone() is None:
        tx.execute(
            "INSERT INTO organisation VALUES (?, ?)",
            (milliseconds(endpoint.clock.now()), endpoint.new_id()),
        )


def user_id(endpoint: Endpoint) -> str:
    """Return the id of the user who consented."""
    with endpoint.database.read() as tx:
        return str(tx.execute("SELECT user_id FROM organisation").fetchone()[0])


def public_form(endpoint: Endpoint) -> dict[str, object]:
    """Return the Organisation element; tenantId and OrganisationID are the same."""
    with endpoint.database.read() as tx:
        created = int(tx.execute("SELECT created FROM organisation").fetchone()[0])
    name = tenant_name(endpoint)
    tenant_id = endpoint.facts["tenant_id"]
    return {
        "OrganisationID": tenant_id,
        "Name": name,
        "LegalName": name,
        "PaysTax": True,
        "Version": "US",
        "OrganisationType": "COMPANY",
        "OrganisationEntityType": "COMPANY",
        "BaseCurrency": BASE_CURRENCY,
        "CountryCode": "US",
        "IsDemoCompany": False,
        "OrganisationStatus": "ACTIVE",
        "FinancialYearEndDay": 31,
        "FinancialYearEndMonth": 12,
        "SalesTaxBasis": "ACCRUALS",
        "SalesTaxPeriod": "QUARTERLY",
        "DefaultSalesTax": "Tax Exclusive",
        "DefaultPurchasesTax": "Tax Exclusive",
        "CreatedDateUTC": ms_date(created, offset=False),
        "Timezone": "EASTERNSTANDARDTIME",
        "ShortCode": f"!{tenant_id[:5]}",
        "Class": "PREMIUM",
        "Edition": "BUSINESS",
        "Addresses": [],
        "Phones": [],
        "ExternalLinks": [],
        "PaymentTerms": {},
    }
