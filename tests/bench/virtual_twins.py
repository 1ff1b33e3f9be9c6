"""Serve both twins on a clock that is shared with another process, until stdin is closed.

Run by `tests.bench.virtual`. Answers to the connector take virtual time; people's are immediate.
"""

from __future__ import annotations

import sys
from pathlib import Path

from dynamics_xero.sandbox.assembly import ServeOptions, Twins
from dynamics_xero.sandbox.background import running
from dynamics_xero.sandbox.dynamics.twin import DynamicsTwin
from dynamics_xero.sandbox.endpoint import Endpoint
from dynamics_xero.sandbox.people import CONNECTOR
from dynamics_xero.sandbox.web import Request, Response
from dynamics_xero.sandbox.xero.twin import XeroTwin
from tests.bench.virtual import Latency, SharedClock


def main(folder: str, seed: str, *told: str) -> None:
    """Serve, and say where."""
    home = Path(folder)
    clock = SharedClock(home)
    latency = Latency(*map(float, told))

    class SlowDynamics(DynamicsTwin):
        def handle(self, request: Request, endpoint: Endpoint | None) -> Response:
            response = super().handle(request, endpoint)
            _wait(clock, request, endpoint, latency.dynamics_s)
            return response

    class SlowXero(XeroTwin):
        def handle(self, request: Request, endpoint: Endpoint | None) -> Response:
            response = super().handle(request, endpoint)
            _wait(clock, request, endpoint, latency.call_s(response.rows_written))
            return response

    twins = Twins(SlowDynamics, SlowXero, DynamicsTwin.switches, XeroTwin.switches)
    options = ServeOptions(home=home / "twins", seed=int(seed), real=clock.now)
    with running(options, twins) as serving:
        print(serving.line(), flush=True)
        sys.stdin.read()


def _wait(clock: SharedClock, request: Request, endpoint: Endpoint | None, seconds: float) -> None:
    if endpoint is None:
        return
    if (endpoint.people.actor_of(request.bearer()) or CONNECTOR) == CONNECTOR:
        clock.sleep(seconds)


if __name__ == "__main__":
    main(*sys.argv[1:])
