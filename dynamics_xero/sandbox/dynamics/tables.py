"""Microsoft's own tables as data: logical names, types and lengths (dataverse.md section 8)."""

from __future__ import annotations

from dataclasses import dataclass

from dynamics_xero.sandbox.dynamics.columns import (
    Column,
    Kind,
    Option,
    choice,
    create_only,
    decimal,
    flag,
    lookup,
    memo,
    moment,
    money,
    read_only,
    text,
    whole,
)

_PRIVILEGE_NAMES = {"systemuser": "User", "transactioncurrency": "TransactionCurrency"}


@dataclass(frozen=True)
class Table:
    """One table as Microsoft ships it, or as a customiser made it."""

    name: str
    entity_set: str
    primary_name: str
    columns: tuple[Column, ...]
    object_type_code: int
    schema_name: str
    label: str
    writable: bool = True
    trackable: bool = True
    organization_owned: bool = False
    custom: bool = False
    plural_label: str = ""
    made_at: float = 0.0

    @property
    def primary_id(self) -> str:
        """The column of the row's id."""
        return f"{self.name}id"

    @property
    def privilege_name(self) -> str:
        """The table's name within its privileges, as in prvRead and this."""
        return _PRIVILEGE_NAMES.get(self.name, self.schema_name)


def states(first: str, second: str) -> tuple[Column, ...]:
    """Return statecode and statuscode with one status for each of two states."""
    state = Column(
        "statecode", Kind.STATE, options=(Option(0, first), Option(1, second)), default=0
    )
    status = Column(
        "statuscode", Kind.STATUS, options=(Option(1, first, 0), Option(2, second, 1)), default=1
    )
    return state, status


def bookkeeping() -> tuple[Column, ...]:
    """Return the columns in which the platform notes who wrote a row and when."""
    return (
        read_only(moment("createdon")),
        read_only(moment("modifiedon", indexed=True)),
        read_only(lookup("createdby", "systemuser")),
        read_only(lookup("modifiedby", "systemuser")),
        read_only(lookup("createdonbehalfby", "systemuser")),
        read_only(lookup("modifiedonbehalfby", "systemuser")),
        read_only(Column("versionnumber", Kind.BIGINT, indexed=True)),
        create_only(moment("overriddencreatedon")),
        create_only(whole("importsequencenumber")),
    )


def owned() -> tuple[Column, ...]:
    """Return the column of a row's owner."""
    return (Column("ownerid", Kind.OWNER, targets=("systemuser",)),)


def _address(number: int) -> tuple[Column, ...]:
    prefix = f"address{number}"
    lines = tuple(text(f"{prefix}_line{line}", 250) for line in (1, 2, 3))
    return (
        Column(
            f"{prefix}_addresstypecode",
            Kind.PICKLIST,
            options=(
                Option(1, "Bill To"),
                Option(2, "Ship To"),
                Option(3, "Primary"),
                Option(4, "Other"),
            ),
        ),
        text(f"{prefix}_name", 200),
        *lines,
        text(f"{prefix}_city", 80),
        text(f"{prefix}_stateorprovince", 50),
        text(f"{prefix}_postalcode", 20),
        text(f"{prefix}_country", 80),
        text(f"{prefix}_county", 50),
        text(f"{prefix}_postofficebox", 20),
        text(f"{prefix}_primarycontactname", 100),
        text(f"{prefix}_telephone1", 50),
        text(f"{prefix}_telephone2", 50),
        text(f"{prefix}_fax", 50),
        read_only(memo(f"{prefix}_composite", 1000)),
    )


def _reach() -> tuple[Column, ...]:
    return (
        text("emailaddress1", 100, indexed=True),
        text("emailaddress2", 100),
        text("emailaddress3", 100),
        text("telephone1", 50),
        text("telephone2", 50),
        text("telephone3", 50),
        text("fax", 50),
        text("websiteurl", 200),
        memo("description"),
        flag("donotbulkemail"),
        flag("donotemail"),
        flag("donotphone"),
    )


_PAYMENT_TERMS = choice(
    "paymenttermscode", (1, "Net 30"), (2, "2% 10, Net 30"), (3, "Net 45"), (4, "Net 60")
)


def _currency() -> tuple[Column, ...]:
    return (
        lookup("transactioncurrencyid", "transactioncurrency"),
        read_only(decimal("exchangerate", minimum=1e-12)),
        money("creditlimit", minimum=0),
        read_only(money("creditlimit_base")),
        flag("creditonhold"),
        _PAYMENT_TERMS,
        choice(
            "preferredcontactmethodcode",
            (1, "Any"),
            (2, "Email"),
            (3, "Phone"),
            (4, "Fax"),
            (5, "Mail"),
            default=1,
        ),
    )


def _merging(table: str) -> tuple[Column, ...]:
    return (read_only(flag("merged")), read_only(lookup("masterid", table)))


ACCOUNT = Table(
    "account",
    "accounts",
    "name",
    (
        text("name", 160, indexed=True),
        text("accountnumber", 20, indexed=True),
        choice(
            "customertypecode",
            (1, "Competitor"),
            (2, "Consultant"),
            (3, "Customer"),
            (4, "Investor"),
            (5, "Partner"),
            (6, "Influencer"),
            (7, "Press"),
            (8, "Prospect"),
            (9, "Reseller"),
            (10, "Supplier"),
            (11, "Vendor"),
            (12, "Other"),
        ),
        choice("accountcategorycode", (1, "Preferred Customer"), (2, "Standard")),
        choice(
            "industrycode",
            (1, "Accounting"),
            (3, "Agriculture and Non-petrol Natural Resources"),
            (7, "Business Services"),
            (8, "Consulting"),
            (12, "Distribution"),
            (33, "Wholesale"),
        ),
        money("revenue", minimum=0),
        whole("numberofemployees", minimum=0, maximum=1000000000),
        text("tickersymbol", 10),
        text("sic", 20),
        lookup("primarycontactid", "contact", indexed=True),
        lookup("parentaccountid", "account", indexed=True),
        *_reach(),
        *_currency(),
        *_address(1),
        *_address(2),
        *_merging("account"),
        *owned(),
        *states("Active", "Inactive"),
        *bookkeeping(),
    ),
    1,
    "Account",
    "Account",
)

CONTACT = Table(
    "contact",
    "contacts",
    "fullname",
    (
        text("firstname", 50),
        text("middlename", 50),
        text("lastname", 50),
        read_only(text("fullname", 160, indexed=True)),
        text("salutation", 100),
        text("suffix", 10),
        text("nickname", 100),
        text("jobtitle", 100),
        text("department", 100),
        text("mobilephone", 50),
        choice("gendercode", (1, "Male"), (2, "Female")),
        Column("birthdate", Kind.DATETIME, date_only=True),
        text("externaluseridentifier", 50),
        Column("parentcustomerid", Kind.CUSTOMER, targets=("account", "contact"), indexed=True),
        read_only(lookup("accountid", "account")),
        read_only(lookup("parentcontactid", "contact")),
        *_reach(),
        *_currency(),
        *_address(1),
        *_address(2),
        *_merging("contact"),
        *owned(),
        *states("Active", "Inactive"),
        *bookkeeping(),
    ),
    2,
    "Contact",
    "Contact",
)

SYSTEMUSER = Table(
    "systemuser",
    "systemusers",
    "fullname",
    (
        text("firstname", 256),
        text("middlename", 50),
        text("lastname", 256),
        read_only(text("fullname", 200)),
        text("internalemailaddress", 100, indexed=True),
        text("domainname", 1024),
        text("title", 128),
        text("jobtitle", 100),
        text("mobilephone", 64),
        text("homephone", 50),
        text("address1_line1", 1024),
        text("address1_city", 128),
        text("address1_stateorprovince", 128),
        text("address1_postalcode", 40),
        text("address1_country", 128),
        text("address1_telephone1", 64),
        create_only(Column("applicationid", Kind.ID)),
        read_only(Column("azureactivedirectoryobjectid", Kind.ID)),
        flag("isdisabled"),
        choice("accessmode", (0, "Read-Write"), (4, "Non-interactive"), default=0),
        read_only(lookup("businessunitid", "businessunit")),
        *bookkeeping(),
    ),
    8,
    "SystemUser",
    "User",
    organization_owned=True,
)

TRANSACTIONCURRENCY = Table(
    "transactioncurrency",
    "transactioncurrencies",
    "currencyname",
    (
        text("currencyname", 100),
        create_only(text("isocurrencycode", 5)),
        text("currencysymbol", 13),
        whole("currencyprecision", minimum=0, maximum=4),
        decimal("exchangerate", minimum=1e-12),
        *states("Active", "Inactive"),
        *bookkeeping(),
    ),
    9105,
    "TransactionCurrency",
    "Currency",
    organization_owned=True,
)

ORGANIZATION = Table(
    "organization",
    "organizations",
    "name",
    (
        text("name", 160),
        lookup("basecurrencyid", "transactioncurrency"),
        whole("localeid"),
        whole("languagecode"),
        whole("expirechangetrackingindays", minimum=0, maximum=365),
        text("basecurrencysymbol", 13),
        whole("basecurrencyprecision", minimum=0, maximum=4),
        *bookkeeping(),
    ),
    1019,
    "Organization",
    "Organization",
    writable=False,
    trackable=False,
    organization_owned=True,
)

STANDARD = (ACCOUNT, CONTACT, SYSTEMUSER, TRANSACTIONCURRENCY, ORGANIZATION)

COLLECTIONS = {
    ("contact", "parentcustomerid", "account"): "contact_customer_accounts",
    ("contact", "parentcustomerid", "contact"): "contact_customer_contacts",
    ("account", "primarycontactid", "contact"): "account_primary_contact",
    ("account", "parentaccountid", "account"): "account_parent_account",
    ("account", "masterid", "account"): "account_master_account",
    ("contact", "masterid", "contact"): "contact_master_contact",
    ("account", "transactioncurrencyid", "transactioncurrency"): "transactioncurrency_account",
    ("contact", "transactioncurrencyid", "transactioncurrency"): "transactioncurrency_contact",
    ("account", "ownerid", "systemuser"): "user_accounts",
    ("contact", "ownerid", "systemuser"): "contact_owning_user",
}
"""Names of the relationships seen from the referenced side; others follow a pattern."""
