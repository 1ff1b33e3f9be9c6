"""What an outcome makes of a link; pure, the statements are in `links`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dynamics_xero.model import Link, LinkOutcome, Status
from dynamics_xero.store import codec


@dataclass(frozen=True, slots=True)
class Settling:
    """What all outcomes of one save have in common.

    loaded: link id -> how often it was marked when it was read; xero_ids: ids given now.
    """

    run_id: str
    now: datetime
    loaded: Mapping[int, int]
    xero_ids: Mapping[int, str]


def settled(link: Link, outcome: LinkOutcome, settling: Settling) -> dict[str, Any]:
    """Return the parameters of the update of one link.

    Last Synced On moves only when something was carried or first verified, and shows whole seconds
    as Dynamics does (R26). A write-back is due when what a person sees has changed.
    """
    verified = outcome.verified and link.last_synced_at is None
    moved = outcome.carried or verified
    last_synced_at = settling.now.replace(microsecond=0) if moved else link.last_synced_at
    xero_id = settling.xero_ids.get(link.id, link.xero_id)
    shown = (outcome.status, outcome.remark, xero_id, last_synced_at)
    before = (link.status, link.remark, link.xero_id, link.last_synced_at)
    acted = outcome.carried or outcome.status is not link.status
    return {
        "b_id": link.id,
        "b_xero_id": xero_id,
        "b_parent_id": link.parent_id if outcome.parent_id is None else outcome.parent_id,
        "b_base": codec.encode_base({**({} if outcome.fresh else link.base), **outcome.base}),
        "b_status": outcome.status.value,
        "b_remark": outcome.remark,
        "b_attempts": 0 if outcome.status is Status.SYNCED else link.attempts,
        "b_last_synced_at": last_synced_at,
        "b_loaded": -1 if outcome.again else settling.loaded.get(link.id, -1),
        "b_write_back_at": settling.now if shown != before else None,
        "b_acted_run": settling.run_id if acted else None,
        "b_life": outcome.life.value,
        "b_winner_id": outcome.winner_id,
        "b_hold": None if outcome.hold is None else outcome.hold.value,
    }
