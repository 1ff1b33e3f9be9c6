"""The organisation itself and what hangs on it (xero.md 5, Settings)."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.web import Response
from dynamics_xero.sandbox.xero import envelope
from dynamics_xero.sandbox.xero.call import Call
from dynamics_xero.sandbox.xero.connections import tenant_name
from dynamics_xero.sandbox.xero.contacts import store
from dynamics_xero.sandbox.xero.contacts.validate import guid
from dynamics_xero.sandbox.xero.dates import milliseconds, ms_date
from dynamics_xero.sandbox.xero.errors import not_found

BASE_CURRENCY = "USD"
_ACTIONS = (
    "CreateApprovedInvoice",
    "CreateDraftPurchaseOrder",
    "CreateApprovedBill",
    "AttachFilesIntoInvoice",
    "UseMulticurrency",
    "CreateDraftInvoice",
    "CreateRepeatingInvoice",
    "CreateRepeatingBill",
    "CreateSentQuote",
    "CreateInvoicePayment",
    "CreateApprovedPurchaseOrder",
    "CreateDraftQuote",
    "CreateDraftBill",
)


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


def created(endpoint: Endpoint) -> int:
    """Return when it was founded, in milliseconds."""
    with endpoint.database.read() as tx:
        return int(tx.execute("SELECT created FROM organisation").fetchone()[0])


def one_organisation(call: Call) -> Response:
    """Answer GET /Organisation."""
    response = _answer(call, "Organisations", [public_form(call.endpoint)])
    response.rows_read = 1
    return response


def actions(call: Call) -> Response:
    """Answer GET /Organisation/Actions; the app may do everything, as its scopes let it."""
    return _answer(call, "Actions", [{"Name": name, "Status": "ALLOWED"} for name in _ACTIONS])


def tax_deductions(call: Call) -> Response:
    """Answer GET /Organisation/{OrganisationID}/CISSettings: a British scheme, not for this one."""
    if guid(call.keys[0]) != call.endpoint.facts["tenant_id"]:
        raise not_found()
    off = {"CISContractorEnabled": False, "CISSubContractorEnabled": False}
    return _answer(call, "CISSettings", [off])


def contact_tax_deductions(call: Call) -> Response:
    """Answer GET /Contacts/{ContactID}/CISSettings; without the scheme it names no rate."""
    contact_id = guid(call.keys[0])
    with call.endpoint.database.read() as tx:
        if contact_id is None or store.by_id(tx, contact_id) is None:
            raise not_found()
    return _answer(call, "CISSettings", [{"CISEnabled": False}])


def _answer(call: Call, resource: str, elements: Sequence[Mapping[str, object]]) -> Response:
    return envelope.answer(call.endpoint, resource, [envelope.text_of(one) for one in elements])


def public_form(endpoint: Endpoint) -> dict[str, object]:
    """Return the Organisation element; tenantId and OrganisationID are the same."""
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
        "CreatedDateUTC": ms_date(created(endpoint), offset=False),
        "Timezone": "EASTERNSTANDARDTIME",
        "ShortCode": f"!{tenant_id[:5]}",
        "Class": "PREMIUM",
        "Edition": "BUSINESS",
        "Addresses": [],
        "Phones": [],
        "ExternalLinks": [],
        "PaymentTerms": {},
    }
