"""What a person works with at the command line: the connections, and what they share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dynamics_xero.connector.connection import Connection, Workshop
from dynamics_xero.connector.consent import Mappings
from dynamics_xero.errors import SettingsError
from dynamics_xero.model import EndpointFacts, SideName
from dynamics_xero.sync.trip import Trip


@dataclass(frozen=True)
class Desk:
    """The chosen connections of one settings file."""

    shop: Workshop
    connections: Mapping[str, Connection]
    mappings: Mappings

    def __iter__(self) -> Iterator[Connection]:
        """Return the connections in the order of the file."""
        return iter(self.connections.values())

    def known(self, entity: str | None) -> None:
        """Raise SettingsError unless there is such an entity; None means all of them."""
        names = [mapping.name for mapping in self.shop.mappings]
        if entity is not None and entity not in names:
            raise SettingsError(f"There is no entity {entity}, only {', '.join(names)}.")

    def still(self, one: Connection) -> Trip | None:
        """Return a trip that only looks at what is stored: no remote is asked, no lane taken.

        None when the connection has never met its endpoints.
        """
        with self.shop.store.read() as tx:
            row = tx.endpoints.connection(one.name)
        if row is None:
            return None
        keys = {SideName.DYNAMICS: row.dynamics_key, SideName.XERO: row.xero_key}
        facts = {side: _facts(side, key) for side, key in keys.items()}
        return one.trip(one.lane(), run_id="look", facts=facts)


def _facts(side: SideName, key: str) -> EndpointFacts:
    return EndpointFacts(key, side, key.partition(":")[2], name="")
