"""Resource paths: segments, and the row a key in parentheses names (section 2, Alternate key)."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from dynamics_xero.sandbox.dynamics import errors, rows
from dynamics_xero.sandbox.dynamics.columns import TEXTS
from dynamics_xero.sandbox.dynamics.expand import split
from dynamics_xero.sandbox.dynamics.filter_sql import stored_literal
from dynamics_xero.sandbox.dynamics.filter_syntax import parse_literal
from dynamics_xero.sandbox.dynamics.schema import AlternateKey, TableSchema
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.dynamics.values import is_guid, to_storage

ROOTS = tuple(f"/api/data/v9.{minor}" for minor in (0, 1, 2))
_BREAKS_A_KEY = frozenset("/<>*%&:\\?+")


@dataclass(frozen=True)
class Segment:
    """One step of a path; `key` is the text in its parentheses, None without any."""

    name: str
    key: str | None = None


@dataclass(frozen=True)
class RowAddress:
    """A row named by id or by alternate key; `text` is the key as the caller wrote it."""

    table: TableSchema
    text: str
    row_id: str | None = None
    key: AlternateKey | None = None
    values: dict[str, object] = field(default_factory=dict)

    def find(self, session: Session) -> dict[str, object] | None:
        """Return the stored row, or None."""
        if self.row_id is not None:
            return rows.by_id(session.tx, self.table, self.row_id)
        return rows.by_values(session.tx, self.table, self.values)

    def missing(self, session: Session) -> errors.ODataError:
        """Return the refusal for a row that is not there."""
        if self.row_id is None:
            return errors.not_found_by_key(self.table.name)
        return errors.not_found(self.table.name, self.row_id, session.switch("not_found_wording"))


def resource_of(path: str) -> str | None:
    """Return what stands behind /api/data/v9.x/, or None for another path."""
    for root in ROOTS:
        if path == root or path.startswith(f"{root}/"):
            return path[len(root) + 1 :]
    return None


def relative(url: str, base_url: str) -> tuple[str, str]:
    """Return (resource, query) of an absolute, rooted or bare URL; another server's is refused."""
    try:
        split_url = urlsplit(url)
    except ValueError as fault:
        raise errors.bad_request(f"Invalid URI: '{url}'.") from fault
    if split_url.netloc and f"{split_url.scheme}://{split_url.netloc}" != base_url:
        raise errors.bad_request(f"The URI '{url}' does not belong to {base_url}.")
    resource = resource_of(split_url.path)
    return (split_url.path.lstrip("/") if resource is None else resource), split_url.query


def segments(resource: str) -> list[Segment]:
    """Cut a resource path into its steps."""
    return [_segment(unquote(part)) for part in split(resource, "/") if part]


def _segment(text: str) -> Segment:
    name, opening, rest = text.partition("(")
    if not opening:
        return Segment(name)
    if not rest.endswith(")"):
        raise errors.bad_request(f"Bad Request - Error in query syntax: '{text}'.")
    return Segment(name, rest[:-1])


def row_address(table: TableSchema, text: str, session: Session) -> RowAddress:
    """Return the row a key names. Raises ODataError for keys that are none or not yet built."""
    if is_guid(text):
        return RowAddress(table, text, row_id=text.lower())
    pairs = dict(_pair(part) for part in split(text, ","))
    if set(pairs) == {table.primary_id} and is_guid(pairs[table.primary_id]):
        return RowAddress(table, text, row_id=pairs[table.primary_id].lower())
    key = next((key for key in table.keys if set(key.columns) == set(pairs)), None)
    if key is None or session.key_status(key) != "Active":
        raise errors.bad_request(
            f"The specified key attributes are not a defined key for the {table.name} entity",
            "0x80060890",
        )
    values = {name: _key_value(table, name, value) for name, value in pairs.items()}
    return RowAddress(table, text, key=key, values=values)


def _pair(text: str) -> tuple[str, str]:
    name, mark, value = text.strip().partition("=")
    if not mark:
        raise errors.bad_request(
            f"Bad Request - Error in query syntax: '{text}' is neither a GUID nor a key."
        )
    name = name.strip()
    if name.startswith("_") and name.endswith("_value"):
        name = name.removeprefix("_").removesuffix("_value")
    return name, value.strip()


def _key_value(table: TableSchema, name: str, text: str) -> object:
    column = table.columns[name]
    value = stored_literal(column, parse_literal(text))
    if column.kind in TEXTS:
        value = to_storage(table.name, column, value)
    # dataverse.md section 2: such values keep their uniqueness but cannot be addressed.
    if isinstance(value, str) and _BREAKS_A_KEY & set(value):
        raise errors.bad_request(
            f"A potentially dangerous Request.Path value was detected from the client ({name})."
        )
    return value
