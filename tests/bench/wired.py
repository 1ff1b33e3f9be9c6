"""A connector whose clock, and number of senders, come from the benchmark."""

from __future__ import annotations

from dataclasses import replace

from dynamics_xero import Connector
from dynamics_xero.connector.connection import Connection
from dynamics_xero.ports import Clock
from dynamics_xero.settings import Settings


class ClockedConnector(Connector):
    """The connector as it is, with every part of it on another clock.

    senders: calls that may be in flight, None = the usual ones; with one, everything is done by
    the calling thread.
    """

    def __init__(self, settings: Settings, clock: Clock, *, senders: int | None = None) -> None:
        """Open it; the settings name no clock of their own."""
        super().__init__(settings)
        self._clock = clock
        limits = self.desk.shop.limits
        if senders is not None:
            limits = replace(limits, senders=senders)
        shop = replace(self.desk.shop, clock=clock, limits=limits)
        everyone = tuple(settings.connections.values())
        self._connections = {
            one.name: Connection(one, shop, sides=self._sides(one), neighbours=everyone)
            for one in everyone
        }
        self.desk = replace(self.desk, shop=shop, connections=self._connections)
