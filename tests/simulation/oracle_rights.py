"""Had the connector the right to write over that value? Judged by what each side showed when (R7).

Since both sides were last seen equal, either one of them changed, and its value goes across; or
both did, and Dynamics' value stands (mapping.md C.4, column Owner), unless the field asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.simulation.history import Ending
from tests.simulation.mapped import ACCOUNT, Same, in_dynamics, in_xero
from tests.simulation.oracle_edits import is_blind
from tests.simulation.tale import Tale, Written


@dataclass(frozen=True)
class Step:
    """One change of a field on one side."""

    at: str
    resource: str
    value: str | None
    by_connector: bool


def findings(ending: Ending, tale: Tale) -> Iterator[str]:
    """Return the writes for which there was no good reason."""
    for resource in ("account", "Contact"):
        for write in tale.by_connector(resource):
            pair = _pair(tale, write)
            if write.action == "update" and pair is not None:
                for same in ACCOUNT:
                    if _value(write, same, after=False) != _value(write, same, after=True):
                        yield from _judged(ending, _steps(tale, pair, same), write, same)


def _value(write: Written, same: Same, *, after: bool) -> str | None:
    image = write.after if after else write.before
    if write.resource == "account":
        return in_dynamics(image, same.dynamics)
    return in_xero(image, same.xero)


def _pair(tale: Tale, write: Written) -> tuple[str, str] | None:
    """Return the ids of the account and its contact at the time of a write."""
    if write.resource == "account":
        contact = write.before.get("xero_id")
        return (write.row_id, str(contact)) if contact else None
    for account in tale.ids("account"):
        image = tale.row("account", account).shown_at(write.at)
        if image is not None and image.get("xero_id") == write.row_id:
            return account, write.row_id
    return None


def _steps(tale: Tale, pair: tuple[str, str], same: Same) -> list[Step]:
    """Return every change of a field on both sides, in the order of time."""
    account, contact = pair
    there = [
        Step(write.at, write.resource, _value(write, same, after=True), write.by_connector)
        for write in tale.row("Contact", contact).writes
        if _value(write, same, after=False) != _value(write, same, after=True)
        or write.action == "create"
    ]
    return sorted([*_steps_here(tale, account, same), *there], key=lambda step: step.at)


def _steps_here(tale: Tale, account: str, same: Same) -> Iterator[Step]:
    """Yield the changes of an account's field; its primary person may change its e-mail, too."""
    writes = list(tale.row("account", account).writes)
    if same.dynamics == "emailaddress1":
        writes += [w for one in tale.ids("contact") for w in tale.row("contact", one).writes]
    before: str | None = None
    for write in sorted(writes, key=lambda write: write.at):
        value = in_dynamics(tale.account_at(account, write.at), same.dynamics)
        if value != before or (write.resource == "account" and write.action == "create"):
            yield Step(write.at, "account", value, write.by_connector)
        before = value


def _judged(ending: Ending, steps: Sequence[Step], write: Written, same: Same) -> Iterator[str]:
    earlier = [step for step in steps if step.at < write.at]
    departure = _since_seen_equal(ending, earlier)
    if departure is None:
        return
    equal, since = departure
    mine = [step for step in since if step.resource == write.resource]
    read = [step for step in mine if step.by_connector or not is_blind(ending, write, step.at)]
    shown = read[-1].value if read else equal
    before, after = _value(write, same, after=False), _value(write, same, after=True)
    if shown == after and len(read) < len(mine):
        # A write group goes complete (R8), with what was read a moment before. What somebody typed
        # after that look into another field of it is lost to the seconds that R23 leaves in Xero.
        return
    # What the engine wrote here settled the edits before it: that write was judged for itself.
    ours = [place for place, step in enumerate(read) if step.by_connector]
    settled, edits = (read[ours[-1]].value, read[ours[-1] + 1 :]) if ours else (equal, read)
    # A value that somebody typed and took back between two looks has not changed (R7).
    here = len(edits) > 0 and shown != settled
    there = any(step.resource != write.resource for step in since if not step.by_connector)
    what = f"{write.resource} {write.row_id} at {write.at}: {same.dynamics} {before!r} -> {after!r}"
    if here and not there:
        yield f"{what}: only this side had changed"
    elif here and (same.asks or write.resource == "account"):
        yield f"{what}: both sides had changed, and this one's value should have stood"


def _since_seen_equal(
    ending: Ending, steps: Sequence[Step]
) -> tuple[str | None, Sequence[Step]] | None:
    """Return the value when the engine can last have seen both sides equal, and what came since.

    None where nobody can tell: it never saw that, or wrote the value itself and may not have heard
    of it (an answer that was lost).
    """
    shown: dict[str, str | None] = {}
    equal_from: str | None = None
    equal: str | None = None
    found: tuple[str | None, Sequence[Step]] | None = None
    for place, step in enumerate(steps):
        was_equal = equal_from is not None
        shown[step.resource] = step.value
        is_equal = len(shown) > 1 and len(set(shown.values())) == 1
        if was_equal and not is_equal and equal_from is not None:
            seen = all(_read_between(ending, side, equal_from, step.at) for side in SIDES)
            found = (equal, steps[place:]) if seen else None
            equal_from = None
        elif is_equal and not was_equal:
            equal_from, equal = step.at, step.value
    return found


SIDES = ("dynamics", "xero")


def _read_between(ending: Ending, side: str, start: str, end: str) -> bool:
    return any(start < at < end for at in ending.reads.get(side, ()))
