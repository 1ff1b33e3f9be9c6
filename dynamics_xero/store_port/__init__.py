"""The engine's own store as the steps see it: one transaction, its methods reached by subject.

Every method is set-based: a list may hold thousands and costs a few statements. Mappings that come
back hold only what was found. No transaction may be open while a remote is spoken to.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from dynamics_xero.store_port.guarding import Guards, Pruning
from dynamics_xero.store_port.links import Choices, Links
from dynamics_xero.store_port.mirror import Cursors, Records
from dynamics_xero.store_port.partners import Rejections, Unlinked
from dynamics_xero.store_port.people import Fingerprints, Reviews
from dynamics_xero.store_port.work import Endpoints, History, Leases, Requests, Runs

__all__ = [
    "Choices",
    "Cursors",
    "Endpoints",
    "Fingerprints",
    "Guards",
    "History",
    "Leases",
    "Links",
    "Pruning",
    "Records",
    "Rejections",
    "Requests",
    "Reviews",
    "Runs",
    "Store",
    "Transaction",
    "Unlinked",
]


class Transaction(Protocol):
    """One unit of reading and writing: all of it is stored, or none."""

    @property
    def records(self) -> Records:
        """The mirror."""
        ...

    @property
    def cursors(self) -> Cursors:
        """Where feeds stand."""
        ...

    @property
    def links(self) -> Links:
        """Links and what is due."""
        ...

    @property
    def requests(self) -> Requests:
        """Calls without an answer."""
        ...

    @property
    def history(self) -> History:
        """What was done."""
        ...

    @property
    def runs(self) -> Runs:
        """Runs and counts."""
        ...

    @property
    def leases(self) -> Leases:
        """Rights held."""
        ...

    @property
    def endpoints(self) -> Endpoints:
        """Endpoints and connections."""
        ...

    @property
    def choices(self) -> Choices:
        """What people chose in conflicts."""
        ...

    @property
    def fingerprints(self) -> Fingerprints:
        """By which mappings a connection works."""
        ...

    @property
    def reviews(self) -> Reviews:
        """What people look through."""
        ...

    @property
    def rejections(self) -> Rejections:
        """Pairs that a person refused."""
        ...

    @property
    def unlinked(self) -> Unlinked:
        """Links without a Xero record."""
        ...

    @property
    def guards(self) -> Guards:
        """What the guards count."""
        ...

    @property
    def pruning(self) -> Pruning:
        """What has been kept long enough."""
        ...


class Store(Protocol):
    """The engine's own database."""

    def begin(self) -> AbstractContextManager[Transaction]:
        """Open a transaction: committed at the end of the block, rolled back by an exception."""
        ...

    def read(self) -> AbstractContextManager[Transaction]:
        """Open a transaction that only reads: it waits for no writer and no writer for it."""
        ...
