"""Serve both twins until a signal: what `sandbox serve` does."""

from __future__ import annotations

import asyncio
import signal
from typing import TextIO

from dynamics_xero.sandbox.assembly import Sandbox, ServeOptions, Twins, assembled
from dynamics_xero.sandbox.dynamics.twin import DynamicsTwin
from dynamics_xero.sandbox.ports import serve_ports
from dynamics_xero.sandbox.xero.twin import XeroTwin

TWINS = Twins(DynamicsTwin, XeroTwin, DynamicsTwin.switches, XeroTwin.switches)


def serve(options: ServeOptions, out: TextIO) -> None:
    """Write the one JSON line to `out` and serve until SIGTERM or SIGINT.

    Raises OSError when a wanted port is taken.
    """
    with assembled(options, TWINS) as sandbox:
        asyncio.run(_serve_until_signal(sandbox, out))


async def _serve_until_signal(sandbox: Sandbox, out: TextIO) -> None:
    loop = asyncio.get_running_loop()
    stop, ready = asyncio.Event(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    serving = asyncio.create_task(serve_ports(sandbox.ports, stop, ready=ready))
    await ready.wait()
    if not stop.is_set():
        out.write(sandbox.serving.line() + "\n")
        out.flush()
    await serving
