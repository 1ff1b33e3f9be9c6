"""A sandbox served from a thread of this process, for tests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from dynamics_xero.sandbox.assembly import Sandbox, ServeOptions, Twins, assembled
from dynamics_xero.sandbox.ports import serve_ports
from dynamics_xero.sandbox.serving import Serving

_START_LIMIT_S = 30.0


@contextmanager
def running(options: ServeOptions, twins: Twins) -> Iterator[Serving]:
    """Serve while the block runs."""
    with assembled(options, twins) as sandbox:
        thread = _ServingThread(sandbox)
        thread.start()
        try:
            thread.wait_until_ready()
            yield sandbox.serving
        finally:
            thread.stop()


class _ServingThread:
    """An event loop in a thread of its own; its error comes out where the block ends."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._error: BaseException | None = None

    def start(self) -> None:
        self._thread.start()

    def wait_until_ready(self) -> None:
        if not self._ready.wait(_START_LIMIT_S) or self._error is not None:
            raise RuntimeError("the sandbox did not start") from self._error

    def stop(self) -> None:
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._error = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        ready = asyncio.Event()
        serving = asyncio.create_task(serve_ports(self._sandbox.ports, self._stop, ready=ready))
        await ready.wait()
        self._ready.set()
        await serving
