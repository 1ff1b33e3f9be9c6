"""An environment that each test finds provisioned and without a row."""

from __future__ import annotations

import requests

from dynamics_xero.dynamics import provisioning
from dynamics_xero.dynamics.side import DynamicsSide
from dynamics_xero.sandbox.serving import Serving
from dynamics_xero.settings import load
from tests.memory import SteppedClock
from tests.sandbox import Control
from tests.snapshot import Snapshot

CUSTOMISING = ("/EntityDefinitions", "/RelationshipDefinitions", "/GlobalOptionSetDefinitions")


class Provisioned:
    """The first environment of a sandbox in this process, put back before each test.

    One that was customised meanwhile, as the twin's counters tell, is emptied and provisioned anew.
    """

    def __init__(self, serving: Serving, session: requests.Session) -> None:
        self._serving = serving
        self._control = Control(session, serving.dynamics_url)
        self._endpoint = next(end for end in serving.endpoints if "organization_id" in end.facts)
        self._kept: Snapshot | None = None

    def begin(self) -> None:
        """Have it provisioned and empty, with nothing counted, no faults and no subscribers."""
        if self._kept is None or self._is_customised():
            self.bare()
            (connection, *_) = load(self._serving.settings_file).connections.values()
            provisioning.apply(DynamicsSide(connection.dynamics, SteppedClock()))
            self._kept = Snapshot([self._endpoint.database.path])
        else:
            self._kept.put_back()
        self._endpoint.at_rest()

    def bare(self) -> None:
        """Have it as on its first day."""
        self._control.post("reset")
        self._kept = None

    def _is_customised(self) -> bool:
        stats = self._control.get("stats")
        assert isinstance(stats, dict)
        calls = [str(label).split(" ", 1) for label in stats["by_endpoint"]]
        return any(method != "GET" and path.startswith(CUSTOMISING) for method, path in calls)
