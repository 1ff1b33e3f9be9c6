"""What a pair of rows needs as a whole, written down from rules.md, R3, R12, R15 and R24."""

from __future__ import annotations

from dataclasses import dataclass

from dynamics_xero.model import ActionKind, Life, SideName, Status
from tests.unit.first_match import Row, row

DIMENSIONS: dict[str, tuple[str, ...]] = {
    "link": ("linked", "severed", "merged", "frozen"),
    "dynamics": ("never seen", "live", "inactive", "deleted", "merged"),
    "xero": (
        *("no partner", "not read yet", "live", "archived"),
        *("merged, survivor free", "merged, survivor taken", "merged, survivor unknown"),
    ),
    "scope": ("in", "out"),
    "choice": ("none", "dynamics", "xero"),
    "settled": ("never", "both live", "both gone"),
    "edited": ("no", "yes"),
    "our_key": ("yes", "no"),
}
"""The facts. settled: what the base says of the rows. edited: a field, in Xero, since then."""


@dataclass(frozen=True)
class Expected:
    """What happens; None stands for: wait until more is known. status None: it stays."""

    says: str
    kind: ActionKind | None
    side: SideName = SideName.XERO
    status: Status | None = Status.SYNCED
    life: Life = Life.LINKED


K, S, L = ActionKind, Status, Life
HERE = SideName.DYNAMICS
SETTLED = Expected("nothing: both are gone", K.NOTHING)
KEPT_APART = Expected("nothing", K.NOTHING, status=None, life=L.SEVERED)
WAIT = Expected("wait", None)
ASK = Expected("ask", K.CONFLICT, status=S.CONFLICT)
ASK_MERGED = Expected(
    "ask to merge the other side too", K.CONFLICT, status=S.CONFLICT, life=L.MERGED
)
ARCHIVE = Expected("archive in Xero", K.ARCHIVE)
RESTORE = Expected("restore in Xero", K.RESTORE)
GONE, DEAD = "never seen | deleted", "inactive | deleted"
MERGED_THERE = "merged, survivor free | merged, survivor taken | merged, survivor unknown"

ROWS: tuple[Row[Expected], ...] = (
    row("R15", KEPT_APART, link="severed"),
    row("R15", ASK_MERGED, dynamics="merged", xero="live"),
    row(
        "R15",
        Expected("rest", K.SKIP, status=S.SKIPPED, life=L.MERGED),
        dynamics="merged",
    ),
    row(
        "R15",
        Expected("nothing", K.NOTHING, status=None, life=L.FROZEN),
        link="frozen",
        dynamics=GONE,
    ),
    row(
        "R15",
        Expected("nothing", K.NOTHING, status=None, life=L.MERGED),
        link="merged",
        dynamics=GONE,
    ),
    row("R3", WAIT, dynamics="never seen", xero="no partner | not read yet"),
    row("R24", Expected("create in Dynamics", K.CREATE, HERE), dynamics="never seen", xero="live"),
    row("R24", Expected("rest", K.SKIP, status=S.SKIPPED), dynamics="never seen"),
    row(
        "R12, R15",
        Expected("rest", K.SKIP, status=S.SKIPPED, life=L.FROZEN),
        dynamics="live | inactive",
        scope="out",
    ),
    row(
        "R15",
        Expected("nothing: never sent", K.NOTHING, status=S.NOT_SYNCED),
        dynamics=DEAD,
        xero="no partner",
    ),
    row(
        "R3",
        Expected("nothing until it is read", K.NOTHING, status=None),
        dynamics=DEAD,
        xero="not read yet",
    ),
    row(
        "R15",
        Expected("nothing: both are gone", K.NOTHING, life=L.MERGED),
        dynamics=DEAD,
        xero=MERGED_THERE,
        link="merged",
    ),
    row("R15", SETTLED, dynamics=DEAD, xero=f"archived | {MERGED_THERE}"),
    row(
        "R15",
        Expected("activate in Dynamics", K.RESTORE, HERE),
        dynamics="inactive",
        xero="live",
        choice="xero",
    ),
    row(
        "R15",
        Expected("let both go", K.SKIP, status=S.SKIPPED, life=L.SEVERED),
        dynamics="deleted",
        xero="live",
        choice="xero",
    ),
    row("R15", ARCHIVE, dynamics=DEAD, xero="live", choice="dynamics"),
    row("R15", ASK, dynamics=DEAD, xero="live", settled="both gone"),
    row("R15", ASK, dynamics=DEAD, xero="live", settled="both live", edited="yes"),
    row("R10, R15", ASK, dynamics=DEAD, xero="live", settled="never", our_key="no"),
    row("R15", ARCHIVE, dynamics=DEAD, xero="live"),
    row("R17", Expected("create in Xero", K.CREATE), dynamics="live", xero="no partner"),
    row("R3", WAIT, dynamics="live", xero="merged, survivor unknown"),
    row(
        "R3",
        Expected("nothing until it is read", K.NOTHING, status=None),
        dynamics="live",
        xero="not read yet",
    ),
    row(
        "R15",
        Expected("link to the survivor", K.RELINK),
        dynamics="live",
        xero="merged, survivor free",
    ),
    row("R15", ASK_MERGED, dynamics="live", xero="merged, survivor taken"),
    row(
        "R15",
        Expected("deactivate in Dynamics", K.ARCHIVE, HERE),
        dynamics="live",
        xero="archived",
        choice="xero",
    ),
    row("R15", RESTORE, dynamics="live", xero="archived", choice="dynamics"),
    row("R15", RESTORE, dynamics="live", xero="archived", settled="both gone"),
    row(
        "R15",
        Expected("say so", K.BLOCK, status=S.BLOCKED),
        dynamics="live",
        xero="archived",
    ),
    row("R10", Expected("compare", K.SETTLE), dynamics="live", xero="live", settled="never"),
    row(
        "R7",
        Expected("carry to Dynamics", K.UPDATE, HERE),
        dynamics="live",
        xero="live",
        edited="yes",
    ),
    row("R7", Expected("nothing to carry", K.SETTLE), dynamics="live", xero="live"),
)
