"""What a call said to the logic behind it, kept beside its ledger entry for the webhooks."""

from __future__ import annotations

import sqlite3

from dynamics_xero.sandbox.dynamics.session import CallNote, Session

_APART = ","


def keep(session: Session) -> None:
    """Keep the note of the call under way with the ledger entry written last, if it says any."""
    note = session.note
    if note.tag or note.bypass:
        session.tx.execute(
            "INSERT INTO dv_note VALUES (last_insert_rowid(), ?, ?)",
            (note.tag, _APART.join(note.bypass)),
        )


def of_entry(tx: sqlite3.Connection, seq: object) -> CallNote:
    """Return the note kept with a ledger entry."""
    row = tx.execute("SELECT tag, bypass FROM dv_note WHERE seq = ?", (seq,)).fetchone()
    if row is None:
        return CallNote()
    return CallNote(row["tag"], tuple(filter(None, row["bypass"].split(_APART))))
