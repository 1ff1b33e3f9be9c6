"""One unit of reading and writing; its methods are reached by subject."""

from __future__ import annotations

from sqlalchemy import Connection

from dynamics_xero.store.choices import Choices
from dynamics_xero.store.cursors import Cursors
from dynamics_xero.store.endpoints import Endpoints
from dynamics_xero.store.fingerprints import Fingerprints
from dynamics_xero.store.guards import Guards
from dynamics_xero.store.history import History
from dynamics_xero.store.leases import Leases
from dynamics_xero.store.links import Links
from dynamics_xero.store.pruning import Pruning
from dynamics_xero.store.records import Records
from dynamics_xero.store.rejections import Rejections
from dynamics_xero.store.requests import Requests
from dynamics_xero.store.reviews import Reviews
from dynamics_xero.store.runs import Runs
from dynamics_xero.store.unlinked import Unlinked


class Transaction:
    """What may be read and written until the block ends."""

    def __init__(self, connection: Connection) -> None:
        self.records = Records(connection)
        self.cursors = Cursors(connection)
        self.links = Links(connection)
        self.requests = Requests(connection)
        self.history = History(connection)
        self.runs = Runs(connection)
        self.leases = Leases(connection)
        self.endpoints = Endpoints(connection)
        self.choices = Choices(connection)
        self.fingerprints = Fingerprints(connection)
        self.reviews = Reviews(connection)
        self.rejections = Rejections(connection)
        self.unlinked = Unlinked(connection)
        self.guards = Guards(connection)
        self.pruning = Pruning(connection)
