"""A Dynamics contact of no account is a Xero contact of its own (mapping.md C.4).

One that joins an account becomes a person of the account's contact instead; its own contact in
Xero then rests until it stands alone again.
"""

from __future__ import annotations

from typing import ClassVar

from dynamics_xero.mapping import convert
from dynamics_xero.mapping.check import ORGANIZATION
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.mapping.fields import Field, computed
from dynamics_xero.mapping.keys import together
from dynamics_xero.model import Values


class PersonToContact(EntityMapping):
    """A Dynamics contact of no account is a Xero contact of its own."""

    entity = "person_contact"
    dynamics = "contact"
    xero = "Contact"
    match_on = ("contact_number", together("email", "first_name", "last_name"))
    unique_in_xero = ("name",)
    own_key = "contact_number"
    scope_reads = ("parentcustomerid",)
    lookups: ClassVar = {"transactioncurrencyid": "transactioncurrency"}

    @classmethod
    def scope(cls, values: Values) -> bool:
        """Say whether the contact stands alone: with a company it travels in the company's."""
        return values.get("parentcustomerid") is None

    @computed(reads=(ORGANIZATION, "contactid"), writes="ContactNumber", only_if_empty=True)
    def contact_number(self, organization: str | None, contact: str | None) -> str | None:
        """Return the key that tells this contact from every other application's (R33)."""
        return f"{organization[:8]}-{contact}" if organization and contact else None

    name = Field("fullname", "Name", direction="to_xero", required=True)
    first_name = Field("firstname", "FirstName")
    last_name = Field("lastname", "LastName")
    email = Field("emailaddress1", "EmailAddress", convert=convert.email)

    phone = Field("telephone1", "Phones.DEFAULT", convert=convert.phone)
    fax = Field("fax", "Phones.FAX", convert=convert.phone)
    mobile = Field("mobilephone", "Phones.MOBILE", convert=convert.phone)

    billing_line1 = Field("address1_line1", "Addresses.POBOX.AddressLine1")
    billing_line2 = Field("address1_line2", "Addresses.POBOX.AddressLine2")
    billing_line3 = Field("address1_line3", "Addresses.POBOX.AddressLine3")
    billing_city = Field("address1_city", "Addresses.POBOX.City")
    billing_region = Field("address1_stateorprovince", "Addresses.POBOX.Region")
    billing_postal_code = Field("address1_postalcode", "Addresses.POBOX.PostalCode")
    billing_country = Field("address1_country", "Addresses.POBOX.Country", convert=convert.country)

    currency = Field(
        "transactioncurrencyid.isocurrencycode",
        "DefaultCurrency",
        direction="to_xero",
        label="Currency",
    )
