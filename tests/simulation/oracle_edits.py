"""Nobody's edit vanishes: what the engine wrote over is in its history, and it had the right to.

Both are judged from the ledgers: they tell what each side showed at the moment of each write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from tests.simulation.history import Ending
from tests.simulation.mapped import ACCOUNT, ALONE, PERSON, Same, in_dynamics, in_xero, persons
from tests.simulation.tale import Image, Tale, Written

BLIND_S = 31.0
"""The 30 seconds that the docs state, and what the call itself takes."""

Face = tuple[str | None, ...]
Reader = Callable[[Image, Same], str | None]


def findings(ending: Ending, tale: Tale) -> Iterator[str]:
    """Return what was overwritten without a word."""
    for resource, read, sames in (
        ("account", _here, ACCOUNT),
        ("contact", _here, ALONE),
        ("Contact", _there, ACCOUNT),
    ):
        for write in tale.by_connector(resource):
            if write.action == "update":
                yield from _overwrites(ending, tale, write, read, sames)
    for write in tale.by_connector("Contact"):
        yield from _rows_lost(ending, tale, write)


def _rows_lost(ending: Ending, tale: Tale, write: Written) -> Iterator[str]:
    """A person's row that the engine changed or took out of a list has to be told too."""
    typed = typed_rows(tale, write.row_id, until=write.at)
    for face in set(persons(write.before)) - set(persons(write.after)):
        if face not in typed or is_blind(ending, write, typed[face].at):
            continue
        if face in _ever_in_dynamics(tale):  # it arrived there, and went on from there
            continue
        lost = set(face) - {part for row in persons(write.after) for part in row}
        if lost and not any(_is_told(ending, tale, write, part) for part in lost):
            yield f"Contact {write.row_id} at {write.at}: the row {face} went without a word"


def _here(image: Image, same: Same) -> str | None:
    return in_dynamics(image, same.dynamics)


def _there(image: Image, same: Same) -> str | None:
    return in_xero(image, same.xero)


def _overwrites(
    ending: Ending, tale: Tale, write: Written, read: Reader, sames: Sequence[Same]
) -> Iterator[str]:
    for same in sames:
        before, after = read(write.before, same), read(write.after, same)
        if before == after:
            continue
        typed = _typed_by_a_person(tale, write, same, read)
        if (
            typed is None
            or _is_told(ending, tale, write, before)
            or is_blind(ending, write, typed.at)
        ):
            continue
        yield (
            f"{write.resource} {write.row_id} at {write.at}: {same.dynamics} {before!r} -> "
            f"{after!r}, a person's value went without a line of history"
        )


def _typed_by_a_person(tale: Tale, write: Written, same: Same, read: Reader) -> Written | None:
    """Return the person's write that gave the field the value that was overwritten, if any."""
    last = None
    for earlier in tale.row(write.resource, write.row_id).writes:
        if earlier.at >= write.at:
            break
        if read(earlier.before, same) != read(earlier.after, same):
            last = earlier
    return None if last is None or last.by_connector else last


def is_blind(ending: Ending, write: Written, typed_at: str) -> bool:
    """Xero has no If-Match: what is typed there in the seconds after the last read may be lost.

    The limit is stated in docs/explanation/the-trip.md; it ends after BLIND_S (R23).
    """
    if write.resource != "Contact":
        return False
    before = (at for at in ending.reads.get("xero", ()) if at < write.at)
    last_read = max(before, default="")
    return last_read < typed_at and _seconds(last_read, write.at) <= BLIND_S


def _seconds(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def _is_told(ending: Ending, tale: Tale, write: Written, before: str | None) -> bool:
    """Look for the engine's own line with what stood there before (R40)."""
    rows = (row for record in _concerned(tale, write) for row in ending.engine.history(record))
    return any(_text(change.before) == before for row in rows for change in row.changes.values())


def _ever_in_dynamics(tale: Tale) -> set[Face]:
    return {
        tuple(in_dynamics(write.after, column) for column in PERSON)
        for contact in tale.ids("contact")
        for write in tale.row("contact", contact).writes
    }


def _concerned(tale: Tale, write: Written) -> Iterator[str]:
    """Yield the ids under which a write may be told: the row's own, and those of people.

    Whose row it was in a list nobody but the engine knows, and people move.
    """
    yield write.row_id
    if write.resource == "Contact":
        yield from tale.ids("contact")


def typed_rows(tale: Tale, contact_id: str, *, until: str) -> dict[Face, Written]:
    """Return the rows persons typed into a list before a time, each with the write it came by."""
    found: dict[Face, Written] = {}
    for write in tale.row("Contact", contact_id).writes:
        if not write.by_connector and write.at < until:
            for face in set(persons(write.after)) - set(persons(write.before)):
                found[face] = write
    return found


def _text(value: object) -> str | None:
    return None if value is None else str(value)
