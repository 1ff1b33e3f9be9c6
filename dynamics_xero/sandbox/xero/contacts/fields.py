"""Fields of a contact with their limits and closed sets (xero.md 5, Contacts; OAS)."""

from __future__ import annotations

NAME_LENGTH = 255

# None = the specification names no limit.
TEXTS: dict[str, int | None] = {
    "ContactNumber": 50,
    "AccountNumber": 50,
    "Name": NAME_LENGTH,
    "FirstName": NAME_LENGTH,
    "LastName": NAME_LENGTH,
    "CompanyNumber": 50,
    "EmailAddress": 255,
    "BankAccountDetails": None,
    "TaxNumber": 50,
    "AccountsReceivableTaxType": None,
    "AccountsPayableTaxType": None,
    "XeroNetworkKey": None,
    "SalesDefaultAccountCode": None,
    "PurchasesDefaultAccountCode": None,
    "TrackingCategoryName": None,
    "TrackingCategoryOption": None,
}
_LINE_AMOUNTS = ("INCLUSIVE", "EXCLUSIVE", "NONE")
CHOICES: dict[str, tuple[str, ...]] = {
    "ContactStatus": ("ACTIVE", "ARCHIVED", "GDPRREQUEST"),
    "TaxNumberType": ("SSN", "EIN", "ITIN", "ATIN"),
    "SalesDefaultLineAmountType": _LINE_AMOUNTS,
    "PurchasesDefaultLineAmountType": _LINE_AMOUNTS,
}
ADDRESS_TYPES = ("STREET", "POBOX")
ADDRESS_TEXTS = {
    "AddressLine1": 500,
    "AddressLine2": 500,
    "AddressLine3": 500,
    "AddressLine4": 500,
    "City": 255,
    "Region": 255,
    "PostalCode": 50,
    "Country": 50,
    "AttentionTo": 255,
}
ADDRESS_SLOTS = ("City", "Region", "PostalCode", "Country")
PHONE_TYPES = ("DDI", "DEFAULT", "FAX", "MOBILE", "OFFICE")
PHONE_SLOTS = ("DDI", "DEFAULT", "FAX", "MOBILE")
PHONE_TEXTS = {"PhoneNumber": 50, "PhoneAreaCode": 10, "PhoneCountryCode": 20}
PERSON_TEXTS = {"FirstName": NAME_LENGTH, "LastName": NAME_LENGTH, "EmailAddress": 255}
MOST_PERSONS = 5
TERM_TYPES = ("DAYSAFTERBILLDATE", "DAYSAFTERBILLMONTH", "OFCURRENTMONTH", "OFFOLLOWINGMONTH")
BATCH_TEXTS: dict[str, int | None] = {
    "BankAccountNumber": None,
    "BankAccountName": None,
    "Details": 18,
    "Code": 12,
    "Reference": 12,
}
TRACKING_TEXTS: dict[str, int | None] = {"TrackingCategoryName": None, "TrackingOptionName": None}

# Always there, blank when unset (xero.md 3, Envelope; OAS examples).
ALWAYS_TEXTS = ("EmailAddress", "BankAccountDetails")
# The order of the specification; a document keeps it whatever the order of its edits.
ORDER = (
    "ContactID",
    "MergedToContactID",
    "ContactNumber",
    "AccountNumber",
    "ContactStatus",
    "Name",
    "FirstName",
    "LastName",
    "CompanyNumber",
    "EmailAddress",
    "BankAccountDetails",
    "TaxNumber",
    "TaxNumberType",
    "AccountsReceivableTaxType",
    "AccountsPayableTaxType",
    "Addresses",
    "Phones",
    "UpdatedDateUTC",
    "ContactGroups",
    "IsSupplier",
    "IsCustomer",
    "SalesDefaultLineAmountType",
    "PurchasesDefaultLineAmountType",
    "DefaultCurrency",
    "Discount",
    "Website",
    "XeroNetworkKey",
    "SalesDefaultAccountCode",
    "PurchasesDefaultAccountCode",
    "SalesTrackingCategories",
    "PurchasesTrackingCategories",
    "TrackingCategoryName",
    "TrackingCategoryOption",
    "PaymentTerms",
    "BatchPayments",
    "ContactPersons",
    "HasAttachments",
    "HasValidationErrors",
)
# Left out of lists that are neither paged nor by id (xero.md 3, Unpaged list calls).
WHOLE_ONLY = frozenset(
    {
        "MergedToContactID",
        "SalesDefaultLineAmountType",
        "PurchasesDefaultLineAmountType",
        "Discount",
        "Website",
        "XeroNetworkKey",
        "SalesDefaultAccountCode",
        "PurchasesDefaultAccountCode",
        "SalesTrackingCategories",
        "PurchasesTrackingCategories",
        "TrackingCategoryName",
        "TrackingCategoryOption",
        "PaymentTerms",
        "BatchPayments",
        "ContactPersons",
    }
)
# What summaryOnly and what paging give beyond that (OAS, descriptions of these fields).
SUMMARY_TOO = frozenset({"SalesDefaultLineAmountType", "PurchasesDefaultLineAmountType"})
PAGED_TOO = SUMMARY_TOO | {"MergedToContactID"}
