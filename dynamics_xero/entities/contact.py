"""A Dynamics contact of an account is a person of its Xero contact (mapping.md C.5)."""

from __future__ import annotations

from dynamics_xero.entities.account import AccountToContact
from dynamics_xero.mapping import convert
from dynamics_xero.mapping.entity import EntityMapping
from dynamics_xero.mapping.fields import Field


class ContactToPerson(EntityMapping):
    """A Dynamics contact of an account is a person of its Xero contact.

    Xero keeps five people beside the primary person, who stands on the contact itself
    (xero.md section 5, Contacts).
    """

    dynamics = "contact"
    xero = "ContactPerson"
    part_of = AccountToContact
    parts = "ContactPersons"
    capacity = 5
    require_any = ("first_name", "last_name", "email")

    first_name = Field("firstname", "FirstName")
    last_name = Field("lastname", "LastName")
    email = Field("emailaddress1", "EmailAddress", convert=convert.email)
    include_in_emails = Field("xero_includeinemails", "IncludeInEmails", owner="xero")
