"""The server side every twin shares: counting, limits, faults, threads.

One kernel is the ASGI application of one port. The event loop does what must not wait (counting
calls in flight, sleeping for slow faults); the twin's own work runs in a pool of threads.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import re
from collections.abc import Sequence
from concurrent.futures import Executor

from dynamics_xero.sandbox.clock import SandboxClock
from dynamics_xero.sandbox.control import PREFIX, Control
from dynamics_xero.sandbox.endpoint import Endpoint, Twin
from dynamics_xero.sandbox.faults import CUTS, DELAYS, REFUSALS, Fault
from dynamics_xero.sandbox.people import CONNECTOR
from dynamics_xero.sandbox.stats import Call
from dynamics_xero.sandbox.web import Request, Response, json_response
from dynamics_xero.sandbox.wire import (
    BadBodyError,
    Exchange,
    Packed,
    Receive,
    Scope,
    Send,
    pack,
    read_request,
)

_PLAIN = ("/api", "/metadata/identity/")
"""What may be asked without TLS; a machine's metadata service is never asked otherwise."""

_READS = ("GET", "HEAD", "OPTIONS")
LOOPBACK = frozenset({"127.0.0.1", "::1"})
SLOW_S, TIMEOUT_S, UNAVAILABLE_S = 2.0, 30.0, 30
_GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_log = logging.getLogger(__name__)


class Kernel:
    """Serve one twin on one port."""

    def __init__(
        self,
        twin: Twin,
        endpoints: Sequence[Endpoint],
        *,
        clock: SandboxClock,
        pool: Executor,
    ) -> None:
        self._twin = twin
        self._default = endpoints[0]
        self._clock = clock
        self._pool = pool
        self._control = Control(twin, endpoints, clock=clock)
        self._numbers = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call (ASGI)."""
        exchange = Exchange(scope, receive, send)
        try:
            raw = await exchange.body()
            request = read_request(scope, raw, id=f"{self._default.name}-{next(self._numbers)}")
        except ConnectionResetError:
            return
        except BadBodyError as error:
            await exchange.answer(self._bad_body(scope, error))
            return
        if request.path.startswith(PREFIX):
            await exchange.answer(await self._controlled(exchange, request))
            return
        endpoint = self._twin.endpoint_for(request)
        if endpoint is None:
            await self._identify(exchange, request)
        else:
            await _CountedCall(self, exchange, request, endpoint, len(raw)).run()

    async def work(self, request: Request, endpoint: Endpoint | None) -> tuple[Response, Packed]:
        """Let the twin answer, and pack its answer, in a thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._work, request, endpoint)

    def _work(self, request: Request, endpoint: Endpoint | None) -> tuple[Response, Packed]:
        try:
            response = self._twin.handle(request, endpoint)
        except Exception:
            # A defect of the twin must be seen as one, never as an answer of the real service.
            _log.exception("defect in the twin: %s %s", request.method, request.path)
            response = json_response({"error": "defect in the twin, see its log"}, 500)
        if endpoint is not None and request.method not in _READS:
            endpoint.webhooks.wake()
        return response, self.packed(response, request, endpoint)

    def refusal(
        self, kind: str, request: Request, endpoint: Endpoint | None, *, retry_after_s: int
    ) -> tuple[Response, Packed]:
        """Turn a call away in the API's own words."""
        response = self._twin.refuse(kind, request, retry_after_s)
        return response, self.packed(response, request, endpoint)

    def packed(self, response: Response, request: Request, endpoint: Endpoint | None) -> Packed:
        """Return an answer's bytes with the headers every answer carries."""
        if endpoint is not None:
            self._twin.decorate(response, endpoint)
        return pack(response, request, self._clock)

    async def _identify(self, exchange: Exchange, request: Request) -> None:
        """Answer a call outside quota and counters; only faults that name its path strike it."""
        if exchange.scope["scheme"] == "http" and not request.path.lower().startswith(_PLAIN):
            await exchange.answer(pack(_no_plain_sign_in(), request, self._clock))
            return
        stats, label = self._default.stats, f"{request.method} {_generic(request.path)}"
        stats.enter_sign_in(label)
        try:
            faults, packed = await self._identified(request)
        finally:
            stats.leave_sign_in(label)
        await _deliver(exchange, packed, faults)

    async def _identified(self, request: Request) -> tuple[list[Fault], Packed]:
        faults = self._default.faults.draw(request.method, request.path, named_only=True)
        refused = next((fault for fault in faults if fault.kind in REFUSALS), None)
        await _delay(faults)
        if refused is None:
            _, packed = await self.work(request, None)
        else:
            seconds = _retry_after_s(refused, self._default)
            _, packed = self.refusal(refused.kind, request, None, retry_after_s=seconds)
        return faults, packed

    async def _controlled(self, exchange: Exchange, request: Request) -> Packed:
        if exchange.client_host not in LOOPBACK:
            return pack(json_response({"error": "loopback only"}, 403), request, self._clock)
        loop = asyncio.get_running_loop()
        # Not in the pool: the control calls must get through when every thread is busy.
        response = await loop.run_in_executor(None, self._control.handle, request)
        return pack(response, request, self._clock)

    def _bad_body(self, scope: Scope, error: BadBodyError) -> Packed:
        plain = {**scope, "headers": []}
        return pack(
            json_response({"error": str(error)}, 400), read_request(plain, b"", id=""), self._clock
        )


class _CountedCall:
    """One call of an environment or organisation, from the count in to the count out."""

    def __init__(
        self, kernel: Kernel, exchange: Exchange, request: Request, endpoint: Endpoint, sent: int
    ) -> None:
        self._kernel = kernel
        self._exchange = exchange
        self._request = request
        self._endpoint = endpoint
        self._bytes_in = sent
        self._actor = endpoint.people.actor_of(request.bearer()) or CONNECTOR

    async def run(self) -> None:
        """Answer it."""
        endpoint = self._endpoint
        endpoint.stats.enter()
        over = endpoint.quota.admit(self._actor)
        if over is not None:
            try:
                response, packed = self._refuse(over.kind, over.retry_after_s)
            finally:
                endpoint.stats.leave()
            self._count(response, packed)
            await self._exchange.answer(packed)
            return
        faults = endpoint.faults.draw(self._request.method, self._request.path)
        try:
            response, packed = await self._process(faults)
            held = next((fault for fault in faults if fault.kind == "timeout_after_commit"), None)
            if held is not None:
                await self._exchange.wait_for_the_end(_seconds(held, TIMEOUT_S))
        finally:
            # Before the answer leaves: who has it in hand may call again at once.
            endpoint.quota.leave(self._actor)
            endpoint.stats.leave()
        self._count(response, _as_delivered(packed, faults))
        await _deliver(self._exchange, packed, faults)

    async def _process(self, faults: list[Fault]) -> tuple[Response, Packed]:
        await _delay(faults)
        refused = next((fault for fault in faults if fault.kind in REFUSALS), None)
        if refused is not None:
            return self._refuse(refused.kind, _retry_after_s(refused, self._endpoint))
        return await self._kernel.work(self._request, self._endpoint)

    def _refuse(self, kind: str, retry_after_s: int) -> tuple[Response, Packed]:
        self._endpoint.stats.refuse(kind)
        return self._kernel.refusal(
            kind, self._request, self._endpoint, retry_after_s=retry_after_s
        )

    def _count(self, response: Response, packed: Packed) -> None:
        label = response.endpoint or f"{self._request.method} {_generic(self._request.path)}"
        read_only = self._request.method in _READS
        self._endpoint.stats.count(
            Call(
                label,
                write=response.write or (not response.endpoint and not read_only),
                rows_read=response.rows_read,
                rows_written=response.rows_written,
                bytes_in=self._bytes_in,
                bytes_out=len(packed.body),
                parts=response.parts,
            )
        )


async def _delay(faults: list[Fault]) -> None:
    for fault in faults:
        if fault.kind in DELAYS:
            await asyncio.sleep(_seconds(fault, SLOW_S))


async def _deliver(exchange: Exchange, packed: Packed, faults: list[Fault]) -> None:
    kinds = {fault.kind for fault in faults} & CUTS
    if kinds & {"drop_answer", "timeout_after_commit"}:
        await exchange.hang_up()
    elif kinds:
        await exchange.answer_half(packed)
    else:
        await exchange.answer(packed)


def _as_delivered(packed: Packed, faults: list[Fault]) -> Packed:
    kinds = {fault.kind for fault in faults} & CUTS
    if not kinds:
        return packed
    kept = len(packed.body) // 2 if kinds == {"truncate"} else 0
    return Packed(packed.status, packed.headers, packed.body[:kept])


def _seconds(fault: Fault, default: float) -> float:
    return default if fault.seconds is None else fault.seconds


def _retry_after_s(fault: Fault, endpoint: Endpoint) -> int:
    if fault.seconds is not None:
        return int(fault.seconds)
    return UNAVAILABLE_S if fault.kind == "503" else endpoint.quota.wait_s(fault.kind)


def _no_plain_sign_in() -> Response:
    return json_response({"error": "sign-in is served over TLS only"}, 404)


def _generic(path: str) -> str:
    return _GUID.sub("{id}", path)
