"""One call being carried out: its transaction, its caller, and the numbers it takes."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from datetime import datetime

from dynamics_xero.sandbox.dynamics import schema_store
from dynamics_xero.sandbox.dynamics.schema import AlternateKey, Schema, TableSchema
from dynamics_xero.sandbox.dynamics.values import format_moment
from dynamics_xero.sandbox.endpoint import Endpoint

VERSION = "version"
FLOOR = "tracking_floor"
_FIRST_VERSION = 900000


@dataclass(frozen=True)
class Caller:
    """Who calls: the ledger's actor and the systemuser row the platform stamps.

    `behind` is the real caller's row where somebody is impersonated.
    """

    actor: str
    user_id: str
    behind: str | None = None


@dataclass(frozen=True)
class CallNote:
    """What a call says to the logic behind it: a tag, and what to pass over."""

    tag: str = ""
    bypass: tuple[str, ...] = ()


@dataclass
class Session:
    """What the steps of one call share; a $batch is one session with many calls.

    `method` and `path` are those of the call under way, so that every ledger entry names its own.
    `references` are the Content-IDs of a changeset's rows, each with the row's address.
    `caller` is the one a call acts for.
    """

    endpoint: Endpoint
    tx: sqlite3.Connection
    schema: Schema
    caller: Caller
    base_url: str
    request_id: str
    now: datetime
    method: str = ""
    path: str = ""
    rows_read: int = 0
    rows_written: int = 0
    schema_changed: bool = False
    steps_changed: bool = False
    is_part: bool = False
    references: dict[str, str] = field(default_factory=dict)
    deleting: set[str] = field(default_factory=set)
    handed_down: dict[str, str] = field(default_factory=dict)
    note: CallNote = CallNote()
    detects_duplicates: bool = False
    rights_seen: dict[Caller, object] = field(default_factory=dict)
    signed_in: Caller = field(init=False)
    _version: int | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Keep the one who signed in, whoever a call acts for."""
        self.signed_in = self.caller

    @property
    def stamp(self) -> str:
        """The present as stored in createdon and modifiedon."""
        return format_moment(self.now)

    @property
    def api_url(self) -> str:
        """The root links are made from."""
        return f"{self.base_url}/api/data/v9.2"

    def version(self) -> int:
        """Return the organisation's last row version."""
        if self._version is None:
            self._version = max(schema_store.number(self.tx, VERSION), _FIRST_VERSION)
        return self._version

    def next_version(self) -> int:
        """Take the next number of the organisation-wide sequence (section 2, ETag)."""
        self._version = self.version() + 1
        return self._version

    def finish(self) -> None:
        """Store the sequence; called once before the transaction is committed."""
        if self._version is not None:
            schema_store.set_number(self.tx, VERSION, self._version)

    def reload_schema(self) -> None:
        """Read the schema again after a metadata write or a rollback."""
        self.schema = schema_store.load(self.tx)
        self.schema_changed = True

    def switch(self, name: str) -> str:
        """Return a switch's position."""
        return self.endpoint.switches.get(name)

    def key_status(self, key: AlternateKey) -> str:
        """Return EntityKeyIndexStatus: Pending until the index is built, or could not be."""
        delay = float(self.switch("key_index_delay_s"))
        built = self.now.timestamp() >= key.created_at + delay
        if not built:
            return "Pending"
        return "Failed" if key.failed else "Active"

    def table(self, name: str) -> TableSchema:
        """Return a table by its logical name."""
        return self.schema.tables[name]
