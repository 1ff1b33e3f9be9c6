"""The one who moves virtual time: to the earliest sleeper's moment, once nobody does anything else.

Run by `tests.bench.virtual`, in a process of its own, until stdin is closed. Whoever sleeps on a
`SharedClock` asks here to be woken. Time stands still while any thread of the watched processes
runs, may run, or waits for a disk; so calls that are in flight at once take as long as one, and no
CPU of ours is in the clock. Linux only: it reads /proc.
"""

from __future__ import annotations

import heapq
import itertools
import selectors
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from tests.bench.virtual import MOMENT, SharedClock

Standing = dict[str, str]
"""Thread -> how often it has stopped running."""

NAPS_S = (0.0002, 0.0005, 0.001, 0.002)
_STATE, _SWITCHES = "State:\t", "voluntary_ctxt_switches:\t"
_ASLEEP = "S"
_NANOSLEEPS = ("35 ", "230 ")
"""System calls on x86-64 of those who look again in a moment, as SQLite does at a lock."""


class Referee:
    """Wakes sleepers one by one, in the order of their moments."""

    def __init__(self, clock: SharedClock, watched: Iterable[int]) -> None:
        self._clock = clock
        self._watched = [Path(f"/proc/{pid}/task") for pid in watched]
        self._numbers = itertools.count()
        self._sleepers: list[tuple[int, int, socket.socket]] = []
        self._busy: Path | None = None

    def serve(self, door: socket.socket, end: int) -> None:
        """Work until `end` can be read."""
        selector = selectors.DefaultSelector()
        selector.register(door, selectors.EVENT_READ)
        selector.register(end, selectors.EVENT_READ)
        busy = 0
        while True:
            nap_s = NAPS_S[min(busy, len(NAPS_S) - 1)] if self._sleepers else None
            found = [key.fileobj for key, _ in selector.select(nap_s)]
            if end in found:
                return
            if door in found:
                self._admit(door)
                busy = 0
            elif self._all_still():
                self._wake_first()
                busy = 0
            else:
                busy += 1

    def _admit(self, door: socket.socket) -> None:
        guest, _ = door.accept()
        (moment,) = MOMENT.unpack(guest.recv(MOMENT.size, socket.MSG_WAITALL))
        heapq.heappush(self._sleepers, (moment, next(self._numbers), guest))

    def _wake_first(self) -> None:
        moment, _, guest = heapq.heappop(self._sleepers)
        self._clock.move_to(moment)
        guest.close()

    def _all_still(self) -> bool:
        """Say whether nobody has run between two looks, and nobody wants to.

        Who is blocked in both, and has not stopped once more in between, was so all the time.
        """
        before = self._standing()
        return before is not None and before == self._standing()

    def _standing(self) -> Standing | None:
        busy, self._busy = self._busy, None
        if busy is not None and _switches(busy) is None:
            return None  # most likely whoever was at work a moment ago still is
        found: Standing = {}
        for folder in self._watched:
            for thread in folder.iterdir():
                switches = _switches(thread)
                if switches is None:
                    self._busy = thread
                    return None
                found[thread.name] = switches
        return found


def _switches(thread: Path) -> str | None:
    """Return how often a thread has stopped running; None if it runs, wants to, or has ended."""
    try:
        text, call = (thread / "status").read_text(), _call(thread)
    except OSError:
        return None
    asleep = text[text.index(_STATE) + len(_STATE)] == _ASLEEP
    if not asleep or call.startswith(_NANOSLEEPS):
        return None
    return text[text.index(_SWITCHES) :]


def _call(thread: Path) -> str:
    """Return what it has asked of the kernel; some kernels tell that to nobody else."""
    with suppress(PermissionError):
        return (thread / "syscall").read_text()
    return ""


def main(folder: str, *watched: str) -> None:
    """Open the door, say so, and serve."""
    clock = SharedClock(Path(folder))
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(clock.door))
        door.listen(64)
        print("open", flush=True)
        Referee(clock, map(int, watched)).serve(door, sys.stdin.fileno())


if __name__ == "__main__":
    main(*sys.argv[1:])
