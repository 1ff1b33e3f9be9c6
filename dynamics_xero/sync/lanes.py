"""First step of the trip: the leased right to push a connection.

One lane per connection: a second worker on the same organisation would buy nothing, since its
quota is the organisation's. The lease is renewed by a heartbeat and carries a fence, which is
checked right before each send.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from dynamics_xero.errors import LockedError
from dynamics_xero.ports import Clock
from dynamics_xero.store_port import Store, Transaction

LEASE_S = 15.0
HEARTBEAT_S = 5.0
TAKEN_OVER = "The lane {} was taken over by another worker."

log = logging.getLogger(__name__)


class Lane:
    """A lease held, or not yet."""

    def __init__(self, store: Store, clock: Clock, *, name: str, owner: str) -> None:
        self._store = store
        self._clock = clock
        self.name = name
        self.owner = owner
        self.fence: int | None = None

    def take(self) -> bool:
        """Take the lease; False when another owner has it."""
        now = self._clock.now()
        until = now + timedelta(seconds=LEASE_S)
        with self._store.begin() as tx:
            self.fence = tx.leases.take(
                self.name, self.owner, now=now, until=until, free_if=is_dead
            )
        return self.fence is not None

    def renew(self) -> bool:
        """Move the lease's end; False when it was lost."""
        if self.fence is None:
            return False
        until = self._clock.now() + timedelta(seconds=LEASE_S)
        with self._store.begin() as tx:
            return tx.leases.renew(self.name, self.owner, self.fence, until=until)

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Open a transaction that is only committed while the lease is ours.

        Whoever was taken over changes nothing any more: neither by what it decided, nor by an
        answer that comes late. Raises LockedError. The lease's row is written, so that on every
        database nobody can take the lane over before this transaction has ended.
        """
        with self._store.begin() as tx:
            until = self._clock.now() + timedelta(seconds=LEASE_S)
            fence = self.fence
            if fence is None or not tx.leases.renew(self.name, self.owner, fence, until=until):
                raise LockedError(TAKEN_OVER.format(self.name))
            yield tx

    def check(self) -> None:
        """Raise LockedError unless the lease is still held (R21: right before each send)."""
        if self._holds() or self.renew():  # a clock that jumped loses nothing to nobody
            return
        raise LockedError(TAKEN_OVER.format(self.name))

    def _holds(self) -> bool:
        if self.fence is None:
            return False
        with self._store.read() as tx:
            return tx.leases.holds(self.name, self.owner, self.fence, now=self._clock.now())

    def release(self) -> None:
        """Give the lease back."""
        if self.fence is not None:
            with self._store.begin() as tx:
                tx.leases.release(self.name, self.owner, self.fence)
            self.fence = None


@contextmanager
def held(lane: Lane) -> Iterator[Lane | None]:
    """Hold the lane with a heartbeat for the length of the block; None when it is taken."""
    if not lane.take():
        yield None
        return
    stop = threading.Event()
    heart = threading.Thread(target=beat, args=(lane, stop), name=lane.name, daemon=True)
    heart.start()
    try:
        yield lane
    finally:
        stop.set()
        heart.join()
        lane.release()


def owner_name() -> str:
    """Name this process so that another one on this host can tell when it is gone."""
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{_started(pid)}:{threading.get_ident()}"


def is_dead(owner: str) -> bool:
    """Say whether an owner on this host is gone: its lease is free at once."""
    host, pid, started, *_ = [*owner.split(":"), "", ""]
    if host != socket.gethostname() or not pid.isdigit():
        return False
    return _started(int(pid)) != started


def _started(pid: int) -> str:
    """Return when the kernel says the process began; a pid alone is used again sooner or later."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return text.rpartition(")")[2].split()[19]


def beat(lane: Lane, stop: threading.Event) -> None:
    """Renew the lease until told to stop, or until somebody else has it.

    A beat that fails is not the end: the next one may do, and if none does the fence tells.
    """
    while not stop.wait(HEARTBEAT_S):
        try:
            if not lane.renew():
                return
        except Exception as fault:  # of the database: who works with it meets and tells it
            log.info("the lease of %s cannot be renewed: %s", lane.name, fault)
