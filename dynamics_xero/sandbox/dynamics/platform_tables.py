"""Tables of the platform itself: solutions, roles, webhook steps, duplicate rules.

Only the columns that dataverse.md names (sections 6 and 9) or a call here needs.
"""

from __future__ import annotations

from dynamics_xero.sandbox.dynamics.columns import (
    Column,
    Kind,
    Option,
    choice,
    create_only,
    flag,
    lookup,
    memo,
    moment,
    read_only,
    text,
    whole,
)
from dynamics_xero.sandbox.dynamics.tables import STANDARD, Table, bookkeeping, states

_FIRST_PREFIX, _LAST_PREFIX = 10_000, 99_999


def _platform(
    name: str,
    columns: tuple[Column, ...],
    *,
    code: int,
    schema_name: str,
    primary_name: str = "name",
    entity_set: str = "",
    writable: bool = True,
) -> Table:
    return Table(
        name,
        entity_set or f"{name}s",
        primary_name,
        (*columns, *bookkeeping()),
        code,
        schema_name,
        schema_name,
        writable=writable,
        trackable=False,
        organization_owned=True,
    )


_PUBLICATION = (
    Column(
        "statecode", Kind.STATE, options=(Option(0, "Inactive"), Option(1, "Active")), default=0
    ),
    Column(
        "statuscode",
        Kind.STATUS,
        options=(Option(0, "Unpublished", 0), Option(2, "Published", 1)),
        default=0,
    ),
)
BUSINESSUNIT = _platform(
    "businessunit",
    (text("name", 160), lookup("parentbusinessunitid", "businessunit")),
    code=10,
    schema_name="BusinessUnit",
    writable=False,
)
PUBLISHER = _platform(
    "publisher",
    (
        text("friendlyname", 256),
        create_only(text("uniquename", 256, indexed=True)),
        text("customizationprefix", 8),
        whole("customizationoptionvalueprefix", minimum=_FIRST_PREFIX, maximum=_LAST_PREFIX),
        memo("description"),
        text("emailaddress", 100),
        text("supportingwebsiteurl", 500),
        read_only(flag("isreadonly")),
    ),
    code=7101,
    schema_name="Publisher",
    primary_name="friendlyname",
)
SOLUTION = _platform(
    "solution",
    (
        text("friendlyname", 256),
        create_only(text("uniquename", 65, indexed=True)),
        text("version", 256),
        lookup("publisherid", "publisher", indexed=True),
        memo("description"),
        read_only(flag("ismanaged")),
        read_only(flag("isvisible", default=True)),
        read_only(moment("installedon")),
    ),
    code=7100,
    schema_name="Solution",
    primary_name="friendlyname",
)
SOLUTIONCOMPONENT = _platform(
    "solutioncomponent",
    (
        choice(
            "componenttype",
            (1, "Entity"),
            (2, "Attribute"),
            (9, "Option Set"),
            (10, "Entity Relationship"),
            (14, "Entity Key"),
            (20, "Role"),
            (60, "System Form"),
            (61, "Web Resource"),
            (91, "Plugin Assembly"),
            (92, "SDK Message Processing Step"),
            (95, "Service Endpoint"),
        ),
        Column("objectid", Kind.ID, indexed=True),
        lookup("solutionid", "solution", indexed=True),
        choice(
            "rootcomponentbehavior",
            (0, "Include Subcomponents"),
            (1, "Do not include subcomponents"),
            (2, "Include As Shell Only"),
        ),
    ),
    code=7103,
    schema_name="SolutionComponent",
    primary_name="solutioncomponentid",
    writable=False,
)
ROLE = _platform(
    "role",
    (text("name", 100, indexed=True), lookup("businessunitid", "businessunit")),
    code=1036,
    schema_name="Role",
)
PRIVILEGE = _platform(
    "privilege",
    (text("name", 100, indexed=True), whole("accessright"), flag("canbeglobal")),
    code=1023,
    schema_name="Privilege",
    writable=False,
)
SERVICEENDPOINT = _platform(
    "serviceendpoint",
    (
        text("name", 160),
        memo("description"),
        choice(
            "contract",
            (1, "OneWay"),
            (2, "Queue"),
            (3, "Rest"),
            (4, "TwoWay"),
            (5, "Topic"),
            (6, "Queue (Persistent)"),
            (7, "Event Hub"),
            (8, "Webhook"),
            (9, "Event Grid"),
            (10, "Managed Data Lake"),
        ),
        text("url", 2000),
        choice("authtype", (4, "WebhookKey"), (5, "HttpHeader"), (6, "HttpQueryString")),
        Column("authvalue", Kind.MEMO, max_length=2048, secret=True),
        # Required by the service's metadata, of no meaning to a webhook (section 6, Registration).
        choice("connectionmode", (1, "Normal"), (2, "Federated")),
        choice("userclaim", (1, "None"), (2, "UserId"), (3, "UserInfo")),
        text("path", 160),
        text("solutionnamespace", 160),
        read_only(flag("isauthvalueset")),
    ),
    code=4618,
    schema_name="ServiceEndpoint",
)
SDKMESSAGE = _platform(
    "sdkmessage",
    (text("name", 256, indexed=True),),
    code=4606,
    schema_name="SdkMessage",
    writable=False,
)
SDKMESSAGEFILTER = _platform(
    "sdkmessagefilter",
    (
        text("name", 256),
        # In the service a table's type code, which reads as its logical name (section 3).
        text("primaryobjecttypecode", 100, indexed=True),
        lookup("sdkmessageid", "sdkmessage", indexed=True),
    ),
    code=4607,
    schema_name="SdkMessageFilter",
    writable=False,
)
SDKMESSAGEPROCESSINGSTEP = _platform(
    "sdkmessageprocessingstep",
    (
        text("name", 256),
        memo("description", 256),
        choice("mode", (0, "Synchronous"), (1, "Asynchronous"), default=0),
        choice("stage", (10, "Pre-validation"), (20, "Pre-operation"), (40, "Post-operation")),
        whole("rank"),
        memo("filteringattributes", 100_000),
        flag("asyncautodelete"),
        flag("canbebypassed"),
        choice("supporteddeployment", (0, "Server Only"), (1, "Client Only"), (2, "Both")),
        choice("invocationsource", (-1, "Internal"), (0, "Parent"), (1, "Child")),
        lookup("sdkmessageid", "sdkmessage", indexed=True),
        lookup("sdkmessagefilterid", "sdkmessagefilter", indexed=True),
        Column(
            "eventhandler",
            Kind.LOOKUP,
            targets=("serviceendpoint",),
            indexed=True,
            splits=True,
        ),
        *states("Enabled", "Disabled"),
    ),
    code=4608,
    schema_name="SdkMessageProcessingStep",
)
ASYNCOPERATION = _platform(
    "asyncoperation",
    (
        text("name", 256),
        text("messagename", 160),
        text("primaryentitytype", 128),
        memo("message"),
        Column(
            "statecode", Kind.STATE, options=(Option(0, "Ready"), Option(3, "Completed")), default=0
        ),
        Column(
            "statuscode",
            Kind.STATUS,
            options=(Option(0, "Waiting For Resources", 0), Option(31, "Failed", 3)),
            default=0,
        ),
        lookup("owningextensionid", "sdkmessageprocessingstep", indexed=True),
    ),
    code=4700,
    schema_name="AsyncOperation",
    writable=False,
)
DUPLICATERULE = _platform(
    "duplicaterule",
    (
        text("name", 160),
        text("baseentityname", 100),
        text("matchingentityname", 100),
        flag("excludeinactiverecords"),
        *(read_only(column) for column in _PUBLICATION),
    ),
    code=4414,
    schema_name="DuplicateRule",
)
DUPLICATERULECONDITION = _platform(
    "duplicaterulecondition",
    (
        text("baseattributename", 50),
        text("matchingattributename", 50),
        choice("operatorcode", (0, "Exact Match")),
        lookup("regardingobjectid", "duplicaterule", indexed=True),
    ),
    code=4416,
    schema_name="DuplicateRuleCondition",
    primary_name="baseattributename",
)

PLATFORM = (
    BUSINESSUNIT,
    PUBLISHER,
    SOLUTION,
    SOLUTIONCOMPONENT,
    ROLE,
    PRIVILEGE,
    SERVICEENDPOINT,
    SDKMESSAGE,
    SDKMESSAGEFILTER,
    SDKMESSAGEPROCESSINGSTEP,
    ASYNCOPERATION,
    DUPLICATERULE,
    DUPLICATERULECONDITION,
)
SHIPPED = (*STANDARD, *PLATFORM)
