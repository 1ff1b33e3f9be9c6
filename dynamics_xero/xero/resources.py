"""One row per Xero endpoint: how it is read and written (xero.md sections 3 to 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dynamics_xero.ports import Use


@dataclass(frozen=True, slots=True)
class XeroResource:
    """What the side needs to know of one kind of record; operations are AccountingApi's methods.

    typed_lists: list column -> the column that names a row's slot (Addresses -> AddressType).
    list_columns: list column -> the resource that describes its rows, read as parts.
    own_keys: columns, strongest first, by which an answer is told from its siblings.
    order: a column that never changes, so that rows cannot move between pages while they are
    read; UpdatedDateUTC would let a row slip past a page boundary. use: what its calls are for.
    """

    name: str
    envelope: str
    id_column: str
    list_operation: str
    one_operation: str
    one_argument: str
    create_operation: str
    update_operation: str
    body_argument: str
    status_column: str
    gone_statuses: frozenset[str]
    archive_status: str
    live_status: str
    own_keys: tuple[str, ...]
    typed_lists: tuple[tuple[str, str], ...]
    list_columns: Mapping[str, str]
    order: str
    use: Use = Use.CONTACT
    page_size: int = 1000
    ids_per_read: int = 40
    batch_bytes: int = 3_000_000


CONTACT = XeroResource(
    name="Contact",
    envelope="Contacts",
    id_column="ContactID",
    list_operation="get_contacts",
    one_operation="get_contact",
    one_argument="contact_id",
    create_operation="create_contacts",
    update_operation="update_or_create_contacts",
    body_argument="contacts",
    status_column="ContactStatus",
    gone_statuses=frozenset({"ARCHIVED", "GDPRREQUEST"}),
    archive_status="ARCHIVED",
    live_status="ACTIVE",
    own_keys=("ContactNumber", "Name"),
    typed_lists=(("Addresses", "AddressType"), ("Phones", "PhoneType")),
    list_columns={"ContactPersons": "ContactPerson"},
    order="ContactID",
)

RESOURCES: Mapping[str, XeroResource] = {CONTACT.name: CONTACT}
