"""A Dynamics account is a Xero contact (mapping.md C.4)."""

from __future__ import annotations

from typing import ClassVar

from dynamics_xero.mapping import convert
from dynamics_xero.mapping.check import ORGANIZATION
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.mapping.fields import Field, computed
from dynamics_xero.mapping.keys import Key, together


class AccountToContact(EntityMapping):
    """A Dynamics account is a Xero contact."""

    dynamics = "account"
    xero = "Contact"
    match_on: ClassVar[tuple[str | Key, ...]] = (
        "contact_number",
        "account_number",
        together("tax_number", compact=True, shared=True),
        together("email", shared=True, telling=False),
        together(
            "name", ("billing_postal_code", "delivery_postal_code"), compact=True, telling=False
        ),
    )
    unique_in_xero = ("name",)
    own_key = "contact_number"
    lookups: ClassVar = {
        "primarycontactid": "contact",
        "transactioncurrencyid": "transactioncurrency",
    }

    name = Field("name", "Name", required=True)
    account_number = Field("accountnumber", "AccountNumber")

    @computed(reads=(ORGANIZATION, "accountid"), writes="ContactNumber", only_if_empty=True)
    def contact_number(self, organization: str | None, account: str | None) -> str | None:
        """Return the key that tells this account from every other application's (R33)."""
        return f"{organization[:8]}-{account}" if organization and account else None

    email = Field(
        "emailaddress1",
        "EmailAddress",
        fallback="primarycontactid.emailaddress1",
        convert=convert.email,
    )

    first_name = Field("primarycontactid.firstname", "FirstName", direction="to_xero")
    last_name = Field("primarycontactid.lastname", "LastName", direction="to_xero")

    phone = Field("telephone1", "Phones.DEFAULT", convert=convert.phone)
    other_phone = Field("telephone2", "Phones.DDI", convert=convert.phone)
    fax = Field("fax", "Phones.FAX", convert=convert.phone)
    mobile = Field("address1_telephone1", "Phones.MOBILE", convert=convert.phone)

    billing_line1 = Field("address1_line1", "Addresses.POBOX.AddressLine1")
    billing_line2 = Field("address1_line2", "Addresses.POBOX.AddressLine2")
    billing_line3 = Field("address1_line3", "Addresses.POBOX.AddressLine3")
    billing_city = Field("address1_city", "Addresses.POBOX.City")
    billing_region = Field("address1_stateorprovince", "Addresses.POBOX.Region")
    billing_postal_code = Field("address1_postalcode", "Addresses.POBOX.PostalCode")
    billing_country = Field("address1_country", "Addresses.POBOX.Country", convert=convert.country)
    billing_attention = Field("address1_primarycontactname", "Addresses.POBOX.AttentionTo")

    delivery_line1 = Field("address2_line1", "Addresses.STREET.AddressLine1")
    delivery_line2 = Field("address2_line2", "Addresses.STREET.AddressLine2")
    delivery_line3 = Field("address2_line3", "Addresses.STREET.AddressLine3")
    delivery_city = Field("address2_city", "Addresses.STREET.City")
    delivery_region = Field("address2_stateorprovince", "Addresses.STREET.Region")
    delivery_postal_code = Field("address2_postalcode", "Addresses.STREET.PostalCode")
    delivery_country = Field(
        "address2_country", "Addresses.STREET.Country", convert=convert.country
    )
    delivery_attention = Field("address2_primarycontactname", "Addresses.STREET.AttentionTo")

    website = Field("websiteurl", "Website", direction="to_dynamics", owner="xero")
    tax_number = Field("xero_taxnumber", "TaxNumber", owner="ask")
    company_number = Field("xero_companynumber", "CompanyNumber", owner="ask")
    currency = Field(
        "transactioncurrencyid.isocurrencycode",
        "DefaultCurrency",
        direction="to_xero",
        label="Currency",
    )
