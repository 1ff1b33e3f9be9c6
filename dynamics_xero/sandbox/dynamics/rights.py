"""What a caller may do: the privileges of their roles, and of whom they act for (section 1.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dynamics_xero.sandbox.dynamics import errors, fresh_platform, privilege_store
from dynamics_xero.sandbox.dynamics.privilege_rows import VERBS, privilege_id, privilege_name
from dynamics_xero.sandbox.dynamics.schema import TableSchema
from dynamics_xero.sandbox.dynamics.session import Session

_DEPTHS = ("Basic", "Local", "Deep", "Global")


@dataclass(frozen=True)
class Rights:
    """One user's privileges: their ids with how far they reach; `whole` stands for all of them."""

    whole: bool
    depths: Mapping[str, str]

    def depth(self, name: str) -> str | None:
        """Return how far a privilege reaches, None without it."""
        return "Global" if self.whole else self.depths.get(privilege_id(name))

    def shared_with(self, other: Rights) -> Rights:
        """Return what both may do, as far as both may."""
        if self.whole or other.whole:
            return other if self.whole else self
        both = self.depths.keys() & other.depths.keys()
        lesser = {id: min(self.depths[id], other.depths[id], key=_DEPTHS.index) for id in both}
        return Rights(whole=False, depths=lesser)


def of_user(session: Session, user_id: str) -> Rights:
    """Return what a user's roles allow, the widest reach of each privilege."""
    roles = privilege_store.roles_of(session.tx, user_id)
    administrator = fresh_platform.administrator_role(session.endpoint.facts["organization_id"])
    if administrator in roles:
        return Rights(whole=True, depths={})
    depths: dict[str, str] = {}
    for role in roles:
        for id, depth in privilege_store.of_role(session.tx, role).items():
            depths[id] = max(depths.get(id, depth), depth, key=_DEPTHS.index)
    return Rights(whole=False, depths=depths)


def of_caller(session: Session) -> Rights:
    """Return what the call may do: an impersonated user's rights cut by the real caller's."""
    caller = session.caller
    found = session.rights_seen.get(caller)
    if not isinstance(found, Rights):
        found = of_user(session, caller.user_id)
        if caller.behind is not None:
            found = found.shared_with(of_user(session, caller.behind))
        session.rights_seen[caller] = found
    return found


def demand(session: Session, verb: str, table: TableSchema) -> str:
    """Return how far the caller's privilege on a table reaches. Raises ODataError without it."""
    return demand_named(session, privilege_name(verb, table.facts), table)


def demand_named(session: Session, name: str, table: TableSchema | None = None) -> str:
    """Return how far a privilege of the caller reaches. Raises ODataError without it."""
    depth = of_caller(session).depth(name)
    if depth is None:
        raise missing(session, name, table)
    return depth


def demand_everywhere(session: Session, table: TableSchema) -> None:
    """Refuse change tracking to who may not read the whole table (section 4)."""
    if demand(session, "Read", table) != "Global":
        raise missing(session, privilege_name("Read", table.facts), table)


def demand_row(session: Session, verb: str, table: TableSchema, row: Mapping[str, object]) -> None:
    """Refuse a row of somebody else to a caller whose privilege reaches to their own ones."""
    if demand(session, verb, table) == "Basic" and "ownerid" in table.columns:
        caller = session.caller.user_id
        if row["ownerid"] != caller:
            raise errors.no_access(caller, verb, table.name, str(row[table.primary_id]))


def missing(session: Session, name: str, table: TableSchema | None) -> errors.ODataError:
    """Return the refusal for want of a privilege."""
    code, entity = (table.facts.object_type_code, table.name) if table else (0, "none")
    return errors.missing_privilege(
        session.caller.user_id, f"{name} privilege (Id={privilege_id(name)})", code, entity
    )


def access(session: Session, user_id: str, table: TableSchema, row: Mapping[str, object]) -> str:
    """Return a user's AccessRights to a row, as RetrievePrincipalAccess words them."""
    held = of_user(session, user_id)
    names = []
    for verb in VERBS:
        depth = held.depth(privilege_name(verb, table.facts))
        owns = row.get("ownerid") in (None, user_id)
        if depth is not None and (depth != "Basic" or owns):
            names.append(f"{verb}Access")
    return ", ".join(names) or "None"
