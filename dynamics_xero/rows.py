"""The frozen rows that the store takes and returns, beside the values of `model`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum

from dynamics_xero.model import Change, Record, Status, Values
from dynamics_xero.values import dataclass


@dataclass(frozen=True, slots=True)
class Stored:
    """One record as the mirror holds it.

    keyed_by: digest of the keys it was indexed by. answered_at: when the answer that was stored
    last had come; generation: the full read that last showed the row (R2, R3).
    """

    record: Record
    keyed_by: str
    answered_at: datetime | None
    generation: int


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One record about to be stored.

    keyed_by: digest of the keys it is indexed by. keys: (key name, normalised value) under which it
    can be found; they replace the keys it had (R16), None leaves those as they stand.
    """

    record: Record
    keyed_by: str
    keys: tuple[tuple[str, str], ...] | None = ()


@dataclass(frozen=True, slots=True)
class CursorRow:
    """Where one feed stands.

    cursor None: read from the beginning. columns_digest: of the select list it was made for (R4).
    read_at: when its last read began; started_at: when the first one of this generation did.
    """

    cursor: str | None
    columns_digest: str
    complete: bool
    generation: int
    read_at: datetime | None = None
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One remote call, written down before it is sent (R21).

    members: one per element of the call, with what is needed to find it again (link id, natural
    key). sent_at None: it never left. fence: the lease it was made under.
    """

    id: str
    connection: str
    endpoint: str
    resource: str
    action: str
    key: str
    deadline: datetime
    members: tuple[Values, ...] = ()
    fence: int = 0
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One outcome, explained: what was done to which link, from which versions and why (R40)."""

    connection: str
    entity: str
    dynamics_id: str
    at: datetime
    run_id: str
    action: str
    status: Status
    link_id: int | None = None
    xero_id: str | None = None
    remark: str | None = None
    changes: Mapping[str, Change] = field(default_factory=dict)
    dynamics_version: int | None = None
    xero_version: int | None = None
    request_id: str | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class TroubleRow:
    """One link that a person should know about."""

    connection: str
    entity: str
    link_id: int
    dynamics_id: str
    xero_id: str | None
    status: Status
    remark: str | None
    parent_id: int | None = None


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """Which two endpoints a connection was made for (R33)."""

    name: str
    dynamics_key: str
    xero_key: str


class GuardKind(StrEnum):
    """What is watched over (R19)."""

    MASS_DELETE = "mass_delete"
    BREAKER_XERO = "breaker_xero"
    BREAKER_DYNAMICS = "breaker_dynamics"


@dataclass(frozen=True, slots=True)
class GuardRow:
    """What a guard has counted for one entity of a connection, since when.

    mass_delete: removals carried out in this cycle; approved_at: when a person let those pass
    that were held. breaker_xero, breaker_dynamics: calls in a row that the remote did not take;
    until: nothing is sent before.
    """

    connection: str
    entity: str
    kind: GuardKind
    count: int
    since: datetime
    until: datetime | None = None
    approved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WrittenRow:
    """One write that was carried out, as history tells it. action: named as in `HistoryRow`."""

    link_id: int
    action: str
    at: datetime
    changes: Mapping[str, Change]
