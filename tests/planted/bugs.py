"""The planted bugs: slips of a few lines, each of which breaks a rule that keeps the books right.

Each has a patch of its name beside this file. A seed is one by which the bug was caught; should
the simulation or the engine have changed since, another one is found among the first histories.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

PATCHES = Path(__file__).parent
"""Where the patches stand."""


class Check(Enum):
    """What catches a bug; a file of tests where no random history can come across it."""

    HISTORIES = "random histories"
    EDGES = "tests/edges/test_every_edge.py"
    LANES = "tests/trips/test_guards_lanes.py"
    FIELDS = "tests/trips/test_adversary_accounts.py"


@dataclass(frozen=True)
class Bug:
    """One slip. broken: what goes wrong. seed: of a history that shows it, None for other checks.

    only: the expression that chooses the tests which show it.
    """

    name: str
    rule: str
    broken: str
    seed: int | None = None
    check: Check = Check.HISTORIES
    only: str = ""

    @property
    def patch(self) -> Path:
        """The change that plants it."""
        return PATCHES / f"{self.name}.patch"


BUGS: tuple[Bug, ...] = (
    Bug(
        "strangers-dropped", "R27", "Persons that people added in Xero are left out of the list.", 1
    ),
    Bug(
        "whole-base-settled",
        "R8",
        "An update moves the base of every field, not only of those it carried.",
        5,
    ),
    Bug(
        "ask-takes-dynamics",
        "R7",
        "Where both sides changed a field that asks, Dynamics' value is taken in silence.",
        5,
    ),
    Bug("every-field-sent", "R8", "An update sends all fields, not only those decide chose.", 5),
    Bug(
        "part-does-not-mark-its-parent",
        "R6",
        "An edited contact does not make its company look again.",
        2,
    ),
    Bug(
        "base-moved-before-the-send",
        "R8",
        "The base moves when a call is written down, before anybody knows that it was taken.",
        check=Check.EDGES,
        only="update]",
    ),
    Bug(
        "page-and-cursor-apart",
        "R1",
        "The cursor is stored in a transaction of its own, before its page.",
        check=Check.EDGES,
        only="update]",
    ),
    Bug(
        "fence-not-checked",
        "R21",
        "Who was taken over goes on to send and to store.",
        check=Check.LANES,
        only="fence_is_checked",
    ),
    Bug(
        "records-and-marks-apart",
        "R1",
        "A page's records are stored before the links they concern are marked.",
        check=Check.EDGES,
        only="update]",
    ),
    Bug(
        "written-back-before-it-was",
        "R26",
        "A write-back counts as done before its call has left.",
        check=Check.EDGES,
        only="write and back",
    ),
    Bug("remark-never-cleared", "R26", "A remark stays on the record when its cause is gone.", 58),
    Bug(
        "synced-on-to-the-microsecond",
        "R26",
        "Last Synced On is kept more exactly than Dynamics shows it, and so is never right.",
        2,
    ),
    Bug(
        "old-parent-not-marked",
        "R6",
        "A contact that moved makes its new company look again, and not the old one.",
        19,
    ),
    Bug("leaver-keeps-the-row", "R27", "Who left a company stays in its list in Xero.", 2),
    Bug(
        "primary-person-listed",
        "R27",
        "The primary person stands in the list as well, beside the contact's own name.",
        36,
    ),
    Bug(
        "deleted-account-forgotten",
        "R15",
        "The contact of an account that was deleted is left active.",
        7,
    ),
    Bug(
        "call-closed-before-its-outcome",
        "R21",
        "A call is forgotten in a transaction of its own, before what came back is stored.",
        check=Check.EDGES,
        only="create]",
    ),
    Bug(
        "one-death-parks",
        "R32",
        "A record is given up because its process died once.",
        check=Check.EDGES,
        only="update]",
    ),
    Bug("the-dead-keep-the-lane", "R21", "The lease of a worker that died does not run out.", 3),
    Bug(
        "released-but-still-bound",
        "R22",
        "A record whose call was never answered is not decided again.",
        3,
    ),
    Bug(
        "history-without-before",
        "R40",
        "History does not say what stood in Xero before it was overwritten.",
        0,
    ),
    Bug(
        "if-match-dropped",
        "R23",
        "A write to Dynamics does not say which version of the row it means to replace.",
        1,
    ),
    Bug(
        "moved-row-parked",
        "R23",
        "A row that somebody changed at the same moment is given up, not read and decided again.",
        43,
    ),
    Bug(
        "mark-cleared-though-marked-again",
        "R6",
        "An outcome clears the mark of a record that was changed again meanwhile.",
        35,
    ),
    Bug(
        "unanswered-without-a-line",
        "R40",
        "What a call without an answer may have overwritten is not in the history.",
        27,
    ),
    Bug(
        "archived-not-read",
        "R15",
        "Once everything was read, contacts that are archived in Xero are not asked for.",
        8,
    ),
    Bug(
        "cleared-value-not-sent",
        "R7",
        "A value that was cleared in Dynamics is left as it is in Xero.",
        check=Check.FIELDS,
        only="fields_cleared",
    ),
)

QUICK = ("strangers-dropped", "synced-on-to-the-microsecond", "released-but-still-bound")
"""Those that `make test` plants."""


def chosen(names: Sequence[str]) -> list[Bug]:
    """Return the bugs of these names, all of them for none."""
    known = {bug.name: bug for bug in BUGS}
    return [known[name] for name in names] or list(BUGS)
