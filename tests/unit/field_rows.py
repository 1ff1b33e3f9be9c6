"""What one field needs, written down from rules.md, R7, R9, R10, R13 and R33."""

from __future__ import annotations

from dynamics_xero.mapping.merge import Verdict
from dynamics_xero.model import Value
from tests.unit.first_match import Facts, Row, row

LONG, SHORT = "a long name", "a long"
"""A text that Xero has no room for, and what Xero keeps of it where a field is lossy."""

SITUATIONS: dict[str, tuple[Value, Value, tuple[Value, Value] | None]] = {
    "new: equal": ("a", "a", None),
    "new: both empty": (None, None, None),
    "new: equal but for the cut": (LONG, SHORT, None),
    "new: only Dynamics filled": ("a", None, None),
    "new: only Xero filled": (None, "a", None),
    "new: different": ("a", "b", None),
    "new: different, cut": (LONG, "b", None),
    "unchanged": ("a", "a", ("a", "a")),
    "unchanged, cut": (LONG, SHORT, (LONG, SHORT)),
    "unchanged, left different": ("a", "b", ("a", "b")),
    "Dynamics changed": ("c", "a", ("a", "a")),
    "Dynamics emptied": (None, "a", ("a", "a")),
    "Dynamics changed behind the cut": (LONG + "!", SHORT, (LONG, SHORT)),
    "Xero changed": ("a", "c", ("a", "a")),
    "Xero emptied": ("a", None, ("a", "a")),
    "Xero changed, cut": (LONG, "c", (LONG, SHORT)),
    "both changed, equal": ("c", "c", ("a", "a")),
    "both emptied": (None, None, ("a", "a")),
    "both changed": ("c", "d", ("a", "a")),
    "Dynamics emptied, Xero changed": (None, "d", ("a", "a")),
    "Dynamics changed, Xero emptied": ("c", None, ("a", "a")),
    "both changed, cut": (LONG + "!", "d", (LONG, SHORT)),
}
"""Facts in words -> what Dynamics shows, what Xero shows, the base. cut: shortened in Xero."""

DIMENSIONS: dict[str, tuple[str, ...]] = {
    "situation": tuple(SITUATIONS),
    "way": ("both", "to_xero", "to_dynamics"),
    "owner": ("dynamics", "xero", "ask", "newest"),
    "newer": ("dynamics", "xero", "unclear"),
    "first_contact": ("keep", "owner", "ask"),
    "enforced": ("no", "yes"),
    "only_if_empty": ("no", "yes"),
    "choice": ("none", "dynamics", "xero"),
}
"""newer: the later edit by the stamps. choice: whose value a person took."""


def possible(facts: Facts) -> bool:
    """Say whether a field can be so: only what goes to Xero can be for empty targets alone."""
    return facts["way"] == "to_xero" or facts["only_if_empty"] == "no"


NOTHING, SETTLE, KEEP = Verdict.NOTHING, Verdict.SETTLE, Verdict.KEEP
ASK, GO_XERO, GO_DYNAMICS = Verdict.CONFLICT, Verdict.TO_XERO, Verdict.TO_DYNAMICS

_EQUAL = (
    "new: equal | new: both empty | new: equal but for the cut | Dynamics changed behind the cut "
    "| both changed, equal | both emptied"
)
_HERE = "Dynamics changed | Dynamics emptied"
_THERE = "Xero changed | Xero emptied"
_EMPTY_THERE = "Xero emptied | Dynamics changed, Xero emptied"
_BOTH = "both changed | Dynamics emptied, Xero changed | Dynamics changed, Xero emptied"
_NEW = "new: different | new: different, cut"
_KEPT = "unchanged, left different"


def _rows() -> tuple[Row[Verdict], ...]:
    return (
        row("R7, R9, R10", SETTLE, situation=_EQUAL),
        row("R10", GO_XERO, situation=_KEPT, way="both", choice="dynamics"),
        row("R10", GO_DYNAMICS, situation=_KEPT, way="both", choice="xero"),
        row("R7, R9", NOTHING, situation=f"unchanged | unchanged, cut | {_KEPT}"),
        *_first_contact(),
        *_to_xero(),
        *_to_dynamics(),
        *_two_way(),
    )


def _first_contact() -> tuple[Row[Verdict], ...]:
    ask_owner = "ask | newest"
    return (
        row("R10", GO_XERO, situation="new: only Dynamics filled", way="both | to_xero"),
        row("R10", SETTLE, situation="new: only Dynamics filled"),
        row("R10", GO_DYNAMICS, situation="new: only Xero filled", way="both | to_dynamics"),
        row("R10", SETTLE, situation="new: only Xero filled"),
        row("R33", SETTLE, situation=_NEW, only_if_empty="yes"),
        row(
            *("R10", GO_XERO),
            situation=_NEW,
            way="both | to_xero",
            owner="dynamics",
            first_contact="owner",
        ),
        row(
            *("R10", GO_DYNAMICS),
            situation="new: different",
            way="both | to_dynamics",
            owner="xero",
            first_contact="owner",
        ),
        row("R10", GO_XERO, situation=_NEW, way="both | to_xero", choice="dynamics"),
        row("R10", GO_DYNAMICS, situation=_NEW, way="both | to_dynamics", choice="xero"),
        row("R9, R10", SETTLE, situation=_NEW, choice="dynamics | xero"),
        row("R10", KEEP, situation=_NEW, first_contact="keep"),
        row("R10", ASK, situation=_NEW, first_contact="ask"),
        row("R10, R13", ASK, situation=_NEW, owner=ask_owner),
        row("R9", ASK, situation="new: different, cut", way="both | to_dynamics", owner="xero"),
        row("R9, R10", KEEP, situation=_NEW),
    )


def _to_xero() -> tuple[Row[Verdict], ...]:
    way = "to_xero"
    cut = "Xero changed, cut | both changed, cut"
    filled = f"{_HERE} | Xero changed | both changed | Dynamics emptied, Xero changed | {cut}"
    return (
        row("R33", NOTHING, situation=filled, way=way, only_if_empty="yes"),
        row("R9", GO_XERO, situation=f"{_HERE} | {_BOTH} | both changed, cut", way=way),
        row(
            *("R9", GO_XERO),
            situation=f"{_THERE} | Xero changed, cut",
            way=way,
            enforced="yes",
        ),
        row("R9", NOTHING, situation=f"{_THERE} | Xero changed, cut", way=way),
    )


def _to_dynamics() -> tuple[Row[Verdict], ...]:
    way, cut = "to_dynamics", "Xero changed, cut | both changed, cut"
    return (
        row("R9", GO_DYNAMICS, situation=f"{_THERE} | {_BOTH}", way=way),
        row("R9", GO_DYNAMICS, situation=cut, way=way, choice="xero"),
        row("R9", SETTLE, situation=cut, way=way, choice="dynamics"),
        row("R9", ASK, situation=cut, way=way),
        row("R9", GO_DYNAMICS, situation=_HERE, way=way, enforced="yes"),
        row("R9", NOTHING, situation=_HERE, way=way),
    )


def _two_way() -> tuple[Row[Verdict], ...]:
    changed = f"{_BOTH} | both changed, cut"
    asked = f"{changed} | Xero changed, cut"
    return (
        row("R7", GO_XERO, situation=_HERE),
        row("R7", GO_DYNAMICS, situation=_THERE),
        row("R7", GO_XERO, situation=changed, owner="dynamics"),
        row("R7", GO_DYNAMICS, situation=_BOTH, owner="xero"),
        row("R13", GO_XERO, situation=changed, owner="newest", newer="dynamics"),
        row("R13", GO_DYNAMICS, situation=_BOTH, owner="newest", newer="xero"),
        row("R7", GO_XERO, situation=asked, choice="dynamics"),
        row("R7", GO_DYNAMICS, situation=asked, choice="xero"),
        row("R7, R9, R13", ASK, situation=asked),
    )


ROWS: tuple[Row[Verdict], ...] = _rows()
