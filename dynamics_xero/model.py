"""The frozen values that travel through the engine; no input or output here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from dynamics_xero.values import dataclass

Value: TypeAlias = str | int | bool | Decimal | datetime | None
"""One observed or canonical value. Empty is always None, never ""."""

Values: TypeAlias = Mapping[str, Value]
"""Column path -> value; nested columns are dotted ("Addresses.POBOX.City"). None = absent."""

Parts: TypeAlias = Mapping[str, tuple[Values, ...]]
"""List column -> its rows in the remote's order ("ContactPersons" -> persons)."""


class SideName(StrEnum):
    """The two sides."""

    DYNAMICS = "dynamics"
    XERO = "xero"


class Status(StrEnum):
    """What a Dynamics user sees in Xero Details."""

    NOT_SYNCED = "Not synced"
    QUEUED = "Queued"
    SYNCED = "Synced"
    FAILED = "Failed"
    CONFLICT = "Conflict"
    BLOCKED = "Blocked"
    SKIPPED = "Skipped"


class Life(StrEnum):
    """The life of a link (R15)."""

    LINKED = "linked"
    SEVERED = "severed"
    MERGED = "merged"
    FROZEN = "frozen"


class Hold(StrEnum):
    """What a link is stopped by until a person has looked (R19).

    removals, people: many records, or many people inside their companies, would go at once.
    loop: two programs write the same two values to and fro.
    """

    REMOVALS = "removals"
    PEOPLE = "people"
    LOOP = "loop"


class RecordState(StrEnum):
    """Whether a remote row is there."""

    LIVE = "live"
    ARCHIVED = "archived"
    DELETED = "deleted"


class ActionKind(StrEnum):
    """What decide asks for."""

    CREATE = "create"
    UPDATE = "update"
    ARCHIVE = "archive"
    RESTORE = "restore"
    RELINK = "relink"
    DELETE = "delete"
    REPAIR = "repair"
    SETTLE = "settle"
    SKIP = "skip"
    BLOCK = "block"
    CONFLICT = "conflict"
    FAIL = "fail"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class EndpointFacts:
    """One Dynamics environment or Xero organisation, pinned by its own id (R33).

    key: "dynamics:<OrganizationId>" or "xero:<tenantId>". short_code: Xero's, for deep links.
    """

    key: str
    side: SideName
    remote_id: str
    name: str
    url: str = ""
    short_code: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """The last observation of one remote row.

    version grows with every change of the row at its remote: versionnumber, or UpdatedDateUTC in
    milliseconds. A deleted row has no values. parent_id: of the row it is a part of. merged_into:
    the id of the row that stands for it since a merge. stamps: "entity.field" -> modified_at of
    the version in which the field's present value was first seen; kept for `newest` fields only,
    and no part of what the row shows (R13).
    """

    resource: str
    id: str
    version: int
    values: Values = field(default_factory=dict)
    parts: Parts = field(default_factory=dict)
    state: RecordState = RecordState.LIVE
    parent_id: str | None = None
    modified_at: datetime | None = None
    merged_into: str | None = None
    stamps: Mapping[str, datetime] = field(default_factory=dict, compare=False)


Base: TypeAlias = Mapping[str, tuple[Value, Value]]
"""Field name -> (canonical value Dynamics showed, the one Xero showed) when last settled."""


@dataclass(frozen=True, slots=True)
class Link:
    """Two ids that are the same thing. xero_id None: not there yet, or a part without an id.

    attempts: transient failures in a row. starts: how often work on it began and never came to an
    end, because its process died (R32). parent_id: the link of the parent (parts only). marked
    counts how often the link was marked due; an outcome clears the mark only if it has not been
    marked again since. winner_id: the link that stands for this one since a merge (R15). hold: what
    stopped it, None as a rule.
    """

    id: int
    connection: str
    entity: str
    dynamics_id: str
    xero_id: str | None = None
    parent_id: int | None = None
    base: Base = field(default_factory=dict)
    status: Status = Status.NOT_SYNCED
    remark: str | None = None
    life: Life = Life.LINKED
    attempts: int = 0
    starts: int = 0
    last_synced_at: datetime | None = None
    marked: int = 0
    winner_id: int | None = None
    hold: Hold | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """A Xero record that already holds a key of a record about to be created (R17)."""

    key: str
    xero_id: str
    linked: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """One link with what both sides last showed.

    dynamics is the row with its lookups joined in under dotted names
    ("primarycontactid.firstname"); parts are the child rows on the Dynamics side with their links;
    gone_parts are links that hung on this parent, with what became of their rows. The Xero side's
    parts travel inside `xero`. overrides and refusal are what plug-ins said before the decision:
    canonical values by field, and the sentence of a rejection. choices: whose value a person took
    for a field in conflict, part_choices the same by the link of a part. part_loops: the Remarks of
    parts that go in a circle, by link. survivor: the Xero record at the end of a chain of merges;
    rival: the link that already has it. master: the link of the row ours was merged into. absorbed:
    names of live Xero records left behind by rows that were merged into ours.
    """

    link: Link
    dynamics: Record | None
    xero: Record | None
    parts: tuple[tuple[Record, Link | None], ...] = ()
    gone_parts: tuple[tuple[Link, Record | None], ...] = ()
    holders: tuple[Holder, ...] = ()
    overrides: Values = field(default_factory=dict)
    refusal: str | None = None
    choices: Mapping[str, SideName] = field(default_factory=dict)
    part_choices: Mapping[int, Mapping[str, SideName]] = field(default_factory=dict)
    part_loops: Mapping[int, str] = field(default_factory=dict)
    survivor: Record | None = None
    rival: Link | None = None
    master: Link | None = None
    absorbed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkOutcome:
    """How one link stands after an action, or after a decision that needs no call.

    base: the fields that were settled, merged into the stored base; with `fresh` they replace it.
    carried: something moved, so Last Synced On moves (R26). verified: both sides were found in
    step. parent_id: the parent's link (parts only). gone: the link itself is forgotten. again:
    there is more to carry, so the link stays due.
    """

    link_id: int | None
    entity: str
    dynamics_id: str
    status: Status
    remark: str | None = None
    base: Base = field(default_factory=dict)
    carried: bool = False
    verified: bool = False
    parent_id: int | None = None
    gone: bool = False
    life: Life = Life.LINKED
    winner_id: int | None = None
    fresh: bool = False
    again: bool = False
    hold: Hold | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One field about to be written: before and after on the target, and the rule that chose it.

    base: what each side showed when it was last settled, as history keeps it (R40).
    """

    before: Value
    after: Value
    rule: str
    base: tuple[Value, Value] | None = None


@dataclass(frozen=True, slots=True)
class PartDecision:
    """How one part without an id of its own (a contact person) stands in its parent's list.

    kind: CREATE, UPDATE or DELETE where the parent's write carries something of the part.
    row: as it stands in the list that is written, or stands there now; None = not in the list.
    decided: canonical Dynamics value per field; shown: what its row in Xero showed. fetched: what
    goes the other way, from Xero onto the row in Dynamics. removed: someone took it out in Xero.
    gone: its row in Dynamics is no more, and so is its link.
    """

    entity: str
    dynamics_id: str
    link_id: int | None
    status: Status
    remark: str | None = None
    decided: Values = field(default_factory=dict)
    fetched: Values = field(default_factory=dict)
    shown: Values = field(default_factory=dict)
    row: Values | None = None
    kind: ActionKind = ActionKind.NOTHING
    removed: bool = False
    gone: bool = False
    chosen: tuple[str, ...] = ()
    hold: Hold | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """What decide asks for, for one link and the parts inside it.

    side: where it is carried out. values / lists: what is to be written, under the target's
    names, whole write groups. rows: the list of parts as Xero shows it now. shown: what the
    Dynamics row shows, lookups joined in (writes to Dynamics only).
    decided: the canonical source value per carried field, as decide read it (R8).
    settled: fields found equal, or left as they stand, with both halves (R7, R10).
    status, remark and hold: how the link stands once the action is done. life, winner_id: the same
    for its life. again: the other direction waits, so the link stays due. also: writes onto the
    rows of parts, each for its own link; the action's own link waits for them. chosen: the
    conflicts a person's choice decided.
    """

    kind: ActionKind
    link: Link
    side: SideName = SideName.XERO
    resource: str = ""
    remote_id: str | None = None
    values: Values = field(default_factory=dict)
    lists: Parts = field(default_factory=dict)
    rows: tuple[Values, ...] = ()
    shown: Values = field(default_factory=dict)
    changes: Mapping[str, Change] = field(default_factory=dict)
    decided: Values = field(default_factory=dict)
    settled: Base = field(default_factory=dict)
    status: Status = Status.SYNCED
    remark: str | None = None
    parts: tuple[PartDecision, ...] = ()
    life: Life = Life.LINKED
    winner_id: int | None = None
    again: bool = False
    also: tuple[Action, ...] = ()
    chosen: tuple[str, ...] = ()
    hold: Hold | None = None
    dynamics_version: int | None = None
    xero_version: int | None = None


class Purpose(StrEnum):
    """Why a call is made; calls are counted, and budgeted, by it."""

    DATA = "data"
    WRITE_BACK = "write_back"


@dataclass(frozen=True, slots=True)
class Write:
    """One element of a remote write call.

    id None: a create under an id that the remote gives. if_match: the version that may be
    overwritten, None for any (Dynamics only).
    """

    kind: ActionKind
    resource: str
    id: str | None
    values: Values
    parts: Parts = field(default_factory=dict)
    if_match: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one element: the row as the remote now shows it, or its refusal.

    record None without error: done, and the remote sent nothing back.
    """

    record: Record | None = None
    error: Exception | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a change feed.

    cursor goes back into the next call as it is. more: another page is waiting now.
    complete: with this page the resource has been read whole at least once since the cursor
    began at None. started_at: when the request left (R2); began_at: when that of the first page
    did. What earlier pages showed is no younger than that (R22, R23).
    """

    records: tuple[Record, ...]
    cursor: str
    more: bool
    complete: bool
    started_at: datetime
    began_at: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """What to read of one resource: the columns the mappings need, and its list columns."""

    resource: str
    columns: tuple[str, ...]
    parts: tuple[str, ...] = ()
