"""What an environment holds for us: privileges of our user, our columns, change tracking."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from dynamics_xero.connector.checking.lines import (
    FAIL,
    OK,
    WARN,
    About,
    CheckLine,
    attempt,
    passed_over,
)
from dynamics_xero.connector.connection import Connection
from dynamics_xero.connector.desk import Desk
from dynamics_xero.dynamics import privileges, provisioning
from dynamics_xero.dynamics.side import DynamicsSide
from dynamics_xero.errors import SignInError
from dynamics_xero.mapping.columns.xero_details import LINK_TABLE
from dynamics_xero.model import SideName

PROVISION = "dynamics-xero provision apply"
_ROLE = "add them to the application user's security role in the Power Platform admin center"
_LINK_ROLE = f"{_ROLE}; {LINK_TABLE} is there after {PROVISION}"
_NAMED = 6


def check_environment(desk: Desk, one: Connection, *, reached: bool) -> Iterator[CheckLine]:
    """Compare the environment with what the mappings need; reached: whether it lets us in."""
    side = one.sides[SideName.DYNAMICS]
    looks: dict[str, Callable[[str, DynamicsSide], CheckLine]] = {
        "privileges": lambda name, there: _privileges(name, there, desk, one),
        "columns": lambda name, there: _columns(name, there, one),
        "change tracking": _tracking,
    }
    for what, look in looks.items():
        name = f"{one.name}: {what}"
        if not reached or not isinstance(side, DynamicsSide):
            yield passed_over(name, "the sign-in to dynamics fails")
        else:
            yield attempt(name, _bound(look, name, side))


def _bound(
    look: Callable[[str, DynamicsSide], CheckLine], name: str, side: DynamicsSide
) -> Callable[[], CheckLine]:
    return lambda: look(name, side)


def _privileges(name: str, side: DynamicsSide, desk: Desk, one: Connection) -> CheckLine:
    held = _held(side)
    if not held:
        why = "our user may not read its own privileges (prvReadUser)"
        return replace(passed_over(name, why), fix=_ROLE)
    needed = privileges.needed(
        one.dynamics_feeds(), creates=_created(desk), shared=one.shares_environment
    )
    missing = [right.name for right in needed if right.name not in held]
    narrow = [
        right.name for right in needed if right.whole and held.get(right.name) != privileges.WHOLE
    ]
    if missing:
        fix = _LINK_ROLE if any(right.endswith(LINK_TABLE) for right in missing) else _ROLE
        return CheckLine(name, FAIL, f"missing: {_listed(missing)}", fix, About.REACH)
    unread = [found for found in narrow if found.startswith("prvRead")]
    if unread:
        text = f"not for the whole organisation, as change tracking needs: {_listed(unread)}"
        return CheckLine(name, FAIL, text, _ROLE, About.REACH)
    if narrow:
        text = f"not for records of other owners: {_listed(narrow)}"
        return CheckLine(name, WARN, text, _ROLE)
    return CheckLine(name, OK, f"all {len(needed)} there")


def _held(side: DynamicsSide) -> Mapping[str, str]:
    """Return the privileges, none where we may not ask: no sync needs to."""
    try:
        return privileges.held(side)
    except SignInError as error:
        if error.status == 403:
            return {}
        raise


def _created(desk: Desk) -> frozenset[str]:
    """Return the tables in which the settings let us make rows."""
    by_entity = {mapping.name: mapping.dynamics for mapping in desk.shop.mappings}
    return frozenset(by_entity[name] for name in desk.shop.adopting if name in by_entity)


def _columns(name: str, side: DynamicsSide, one: Connection) -> CheckLine:
    shared = one.shares_environment
    steps = provisioning.plan(side, shared=shared)
    missing = [str(step) for step in steps if step.column is not None]
    if missing:
        text = f"{len(missing)} missing, first: {missing[0]}"
        return CheckLine(name, FAIL, text, PROVISION)
    unknown = provisioning.unknown_columns(side, one.dynamics_feeds())
    if unknown:
        text = f"a mapping reads columns that are not there: {_listed(unknown)}"
        return CheckLine(name, FAIL, text, "add them in Dynamics, or correct the mapping")
    return CheckLine(name, OK, f"all there, also in {LINK_TABLE}" if shared else "all there")


def _tracking(name: str, side: DynamicsSide) -> CheckLine:
    off = [step.table for step in provisioning.plan(side) if step.column is None]
    if off:
        return CheckLine(name, FAIL, f"off for {_listed(off)}", PROVISION)
    return CheckLine(name, OK, "on")


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
