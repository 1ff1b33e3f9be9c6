"""Write back while Xero is written to: calls to Xero wait for its quota, Dynamics takes its own.

One at a time, and never while Dynamics is read, or written by an action: what its rows and their
mirror show would then depend on which of the two came last.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import Self


class Aside:
    """Work in a thread beside the run's own; leaving the block waits for it."""

    def __init__(self) -> None:
        self._under_way: Future[None] | None = None

    def begin(self, work: Callable[[], None]) -> None:
        """Begin it, unless the last one is still at it. Raises what the last one raised."""
        if self._under_way is not None and not self._under_way.done():
            return
        self.wait()
        pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="aside")
        self._under_way = pool.submit(work)
        pool.shutdown(wait=False)

    def wait(self) -> None:
        """Return when nothing is under way. Raises what was raised there."""
        under_way, self._under_way = self._under_way, None
        if under_way is not None:
            under_way.result()

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait: whoever has the lane next must not meet a write of ours. The first error counts."""
        if error is None:
            self.wait()
            return
        with suppress(Exception):
            self.wait()
