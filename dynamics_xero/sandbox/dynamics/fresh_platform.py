"""What the platform's own tables hold from the start: roles, privileges, messages, rules."""

from __future__ import annotations

from collections.abc import Mapping

from dynamics_xero.sandbox.dynamics import privilege_rows, privilege_store, rows
from dynamics_xero.sandbox.dynamics.schema import metadata_id
from dynamics_xero.sandbox.dynamics.session import Session

ADMINISTRATOR = "System Administrator"
MESSAGES = ("Create", "Update", "Delete")
BULK_MESSAGES = ("CreateMultiple", "UpdateMultiple", "UpsertMultiple")
FILTERED = ("account", "contact")
_RULES = (
    ("Accounts with the same Account Name", "account", "name"),
    ("Contacts with the same e-mail address", "contact", "emailaddress1"),
)


def business_unit(session: Session) -> str:
    """Return the id of the environment's one business unit."""
    return metadata_id(session.endpoint.facts["organization_id"], "businessunit")


def administrator_role(organization: str) -> str:
    """Return the id of the role that may do everything, also to tables made later."""
    return metadata_id(organization, "role", ADMINISTRATOR)


def fill(session: Session, users: tuple[str, ...]) -> None:
    """Write the first rows and make every user an administrator."""
    unit = business_unit(session)
    insert(session, "businessunit", unit, {"name": session.endpoint.name})
    role = administrator_role(session.endpoint.facts["organization_id"])
    insert(session, "role", role, {"name": ADMINISTRATOR, "businessunitid": unit})
    for user in users:
        privilege_store.give(session.tx, user, role)
    session.tx.execute("UPDATE row_systemuser SET businessunitid = ?", (unit,))
    privilege_rows.add_all(session)
    _solutions(session)
    _messages(session)
    _rules(session)


def _solutions(session: Session) -> None:
    publisher, solution = _id(session, "publisher"), _id(session, "solution")
    names: dict[str, object] = {
        "friendlyname": "Default Publisher",
        "uniquename": "DefaultPublisher",
    }
    prefixes: dict[str, object] = {
        "customizationprefix": "new",
        "customizationoptionvalueprefix": 10_000,
    }
    insert(session, "publisher", publisher, names | prefixes)
    values = {
        "friendlyname": "Default Solution",
        "uniquename": "Default",
        "version": "1.0",
        "publisherid": publisher,
        "ismanaged": 0,
        "isvisible": 0,
        "installedon": session.stamp,
    }
    insert(session, "solution", solution, values)


def _messages(session: Session) -> None:
    for message in (*MESSAGES, *BULK_MESSAGES):
        message_id = _id(session, "message", message)
        insert(session, "sdkmessage", message_id, {"name": message})
    for table in FILTERED:
        add_filters(session, table)


def add_filters(session: Session, table: str) -> None:
    """Let steps be registered for the messages of a table."""
    for message in (*MESSAGES, *BULK_MESSAGES):
        message_id = _id(session, "message", message)
        values = {"primaryobjecttypecode": table, "sdkmessageid": message_id}
        insert(session, "sdkmessagefilter", _id(session, message, table), values)


def drop_filters(session: Session, table: str) -> None:
    """Remove what was registered for a deleted table."""
    session.tx.execute(
        "DELETE FROM row_sdkmessageprocessingstep WHERE sdkmessagefilterid IN "
        "(SELECT sdkmessagefilterid FROM row_sdkmessagefilter WHERE primaryobjecttypecode = ?)",
        (table,),
    )
    session.tx.execute("DELETE FROM row_sdkmessagefilter WHERE primaryobjecttypecode = ?", (table,))
    session.steps_changed = True


def _rules(session: Session) -> None:
    """Publish the rules that every environment comes with; the API heeds them on demand."""
    for name, table, column in _RULES:
        rule = _id(session, "rule", table)
        named: dict[str, object] = {
            "name": name,
            "baseentityname": table,
            "matchingentityname": table,
        }
        state: dict[str, object] = {"excludeinactiverecords": 0, "statecode": 1, "statuscode": 2}
        insert(session, "duplicaterule", rule, named | state)
        condition = {
            "baseattributename": column,
            "matchingattributename": column,
            "operatorcode": 0,
            "regardingobjectid": rule,
        }
        insert(session, "duplicaterulecondition", _id(session, "condition", table), condition)


def _id(session: Session, *names: str) -> str:
    return metadata_id(session.endpoint.facts["organization_id"], *names)


def insert(session: Session, table: str, row_id: str, values: Mapping[str, object]) -> None:
    """Write one of the first rows: the platform made it, now."""
    stamps = {
        "createdon": session.stamp,
        "modifiedon": session.stamp,
        "createdby": session.caller.user_id,
        "modifiedby": session.caller.user_id,
        "versionnumber": session.next_version(),
    }
    rows.insert(session.tx, session.table(table), {f"{table}id": row_id, **values, **stamps})
