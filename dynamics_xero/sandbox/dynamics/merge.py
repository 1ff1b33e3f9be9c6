"""The action Merge: one account or contact takes the place of another (Microsoft: Merge Action).

The row left over is inactive and names its winner; the rows that pointed at it point at the winner.
What the winner lacks is taken from it, alternate keys excepted, which two rows cannot share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dynamics_xero.sandbox.dynamics import errors, payload, rights, rows, writing
from dynamics_xero.sandbox.dynamics.answers import nothing
from dynamics_xero.sandbox.dynamics.bulk import NAMESPACE
from dynamics_xero.sandbox.dynamics.call import Call
from dynamics_xero.sandbox.dynamics.schema import TableSchema
from dynamics_xero.sandbox.dynamics.session import Session
from dynamics_xero.sandbox.dynamics.values import is_guid
from dynamics_xero.sandbox.dynamics.writing import Stored
from dynamics_xero.sandbox.web import Response

_PARENTS = {"account": "parentaccountid", "contact": "parentcustomerid"}
_MASTER = "masterid"


@dataclass(frozen=True)
class _Merge:
    table: TableSchema
    winner: Stored
    loser: Stored
    content: Mapping[str, object]
    checks_parents: bool

    @property
    def parent(self) -> str:
        return _PARENTS[self.table.name]

    @property
    def winner_id(self) -> str:
        return str(self.winner[self.table.primary_id])

    @property
    def loser_id(self) -> str:
        return str(self.loser[self.table.primary_id])


def answer(session: Session, call: Call) -> Response:
    """POST Merge: Target wins, Subordinate is merged into it; 204."""
    merge = _read(session, call.document())
    rights.demand_row(session, "Write", merge.table, merge.winner)
    rights.demand_row(session, "Write", merge.table, merge.loser)
    _check(session, merge)
    _move_children(session, merge)
    # The children's move may have touched a row that points at its own kind.
    winner = rows.by_id(session.tx, merge.table, merge.winner_id) or merge.winner
    loser = rows.by_id(session.tx, merge.table, merge.loser_id) or merge.loser
    writing.change(session, merge.table, winner, _gains(session, merge))
    lost = {"statecode": 1, "merged": 1, _MASTER: merge.winner_id}
    writing.change(session, merge.table, loser, lost)
    return nothing()


def _read(session: Session, body: Mapping[str, object]) -> _Merge:
    table, winner_id = _reference(session, body.get("Target"), "Target")
    other, loser_id = _reference(session, body.get("Subordinate"), "Subordinate")
    checks_parents = body.get("PerformParentingChecks")
    if not isinstance(checks_parents, bool):
        raise errors.bad_request(
            "The parameter 'PerformParentingChecks' is missing or no Boolean.", errors.BAD_PAYLOAD
        )
    if other is not table:
        raise errors.bad_request("Target and Subordinate are of different types.")
    content = body.get("UpdateContent") or {}
    if content and _table(session, content, "UpdateContent") is not table:
        raise errors.bad_request("Target and UpdateContent are of different types.")
    values = payload.read(session, table, _object(content, "UpdateContent"), creating=False)
    winner, loser = _row(session, table, winner_id), _row(session, table, loser_id)
    return _Merge(table, winner, loser, values, checks_parents)


def _reference(session: Session, value: object, name: str) -> tuple[TableSchema, str]:
    table = _table(session, value, name)
    row_id = _object(value, name).get(table.primary_id)
    if not isinstance(row_id, str) or not is_guid(row_id):
        raise errors.bad_request(f"'{name}' needs its '{table.primary_id}'.", errors.BAD_PAYLOAD)
    return table, row_id.lower()


def _table(session: Session, value: object, name: str) -> TableSchema:
    kind = _object(value, name).get("@odata.type")
    if not isinstance(kind, str) or not kind.lstrip("#").startswith(NAMESPACE):
        raise errors.bad_request(
            f"'{name}' must name its type: '@odata.type': '{NAMESPACE}account'.",
            errors.BAD_PAYLOAD,
        )
    table = kind.lstrip("#").removeprefix(NAMESPACE)
    if table not in _PARENTS:
        raise errors.bad_request(f"This type: {table} is not supported with merge operation")
    return session.table(table)


def _object(value: object, name: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise errors.bad_request(f"The parameter '{name}' is missing.", errors.BAD_PAYLOAD)
    return value


def _row(session: Session, table: TableSchema, row_id: str) -> Stored:
    row = rows.by_id(session.tx, table, row_id)
    if row is None:
        raise errors.not_found(table.name, row_id, session.switch("not_found_wording"))
    return row


def _check(session: Session, merge: _Merge) -> None:
    if merge.winner_id == merge.loser_id:
        raise errors.merge_identical()
    if merge.winner["statecode"] or merge.loser["statecode"]:
        raise errors.merge_not_active()
    if merge.loser_id in _ancestors(session, merge, merge.winner):
        raise errors.merge_cyclical()
    if merge.checks_parents and merge.winner[merge.parent] != merge.loser[merge.parent]:
        raise errors.merge_parents_differ(lost=merge.winner[merge.parent] is None)


def _ancestors(session: Session, merge: _Merge, row: Mapping[str, object] | None) -> set[str]:
    """Return the ids above a row, as far as they lead through its own table."""
    found: set[str] = set()
    while row is not None and row[merge.parent] is not None:
        above = str(row[merge.parent])
        if above in found:
            break
        found.add(above)
        row = rows.by_id(session.tx, merge.table, above)
    return found


def _move_children(session: Session, merge: _Merge) -> None:
    for relationship in merge.table.collections.values():
        column = relationship.column
        if column.name == _MASTER or not column.updatable:
            continue
        owner = session.table(relationship.referencing)
        for child in rows.referring(session.tx, owner, column.name, merge.loser_id):
            pointing = payload.pointing(column, merge.winner_id, merge.table.name)
            writing.change(session, owner, child, pointing)


def _gains(session: Session, merge: _Merge) -> dict[str, object]:
    """Return what the winner gets: the caller's content, and the loser's values where it has none.

    The switch `merge_blanks` decides on the second.
    """
    if session.switch("merge_blanks") == "kept":
        return dict(merge.content)
    keys = {name for key in merge.table.keys for name in key.columns}
    gained: dict[str, object] = {}
    for column in merge.table.columns.values():
        name = column.name
        empty = merge.winner[name] is None and merge.loser[name] is not None
        if not empty or not column.updatable or name in keys or name in merge.content:
            continue
        if name == merge.parent and merge.winner_id in _ancestors(session, merge, merge.loser):
            continue
        gained[name] = merge.loser[name]
        if column.is_polymorphic:
            gained[f"{name}__target"] = merge.loser[f"{name}__target"]
    return gained | dict(merge.content)
