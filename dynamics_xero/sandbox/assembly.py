"""A sandbox put together: home, endpoints, twins, kernels, ports."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dynamics_xero.sandbox.endpoint import Endpoint, Twin
from dynamics_xero.sandbox.home import Home, alone_in
from dynamics_xero.sandbox.kernel import Kernel
from dynamics_xero.sandbox.ports import Port, listen
from dynamics_xero.sandbox.quota import Api, AppWindow
from dynamics_xero.sandbox.serving import App, Environment, Organisation, Serving
from dynamics_xero.sandbox.settings_file import (
    ConnectionEnds,
    DynamicsEnd,
    XeroEnd,
    write_settings,
)
from dynamics_xero.sandbox.switches import Switch
from dynamics_xero.sandbox.tls import Certificates, certificates

_THREADS = 16
_DYNAMICS_API, _XERO_API = "/api/data/v9.2", "/api.xro/2.0"


def _machine_time() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class ServeOptions:
    """The options of `sandbox serve`; port 0 picks one, no home means a temporary one.

    real: the time that the sandbox's clock goes by; a simulation brings its own.
    """

    dynamics_port: int = 0
    xero_port: int = 0
    organisations: int = 1
    environments: int = 1
    home: Path | None = None
    seed: int | None = None
    plain_http: bool = False
    real: Callable[[], datetime] = _machine_time


@dataclass(frozen=True)
class Twins:
    """How the twins are made, and what they leave open; the kernel's own tests use tiny ones."""

    dynamics: Callable[[Endpoint], Twin]
    xero: Callable[[Sequence[Endpoint]], Twin]
    dynamics_switches: tuple[Switch, ...]
    xero_switches: tuple[Switch, ...]


@dataclass(frozen=True)
class Sandbox:
    """What is ready to be served."""

    serving: Serving
    ports: tuple[Port, ...]


@dataclass(frozen=True)
class _Desk:
    """Where one twin's endpoints are reached."""

    endpoints: tuple[Endpoint, ...]
    url: str
    plain_url: str | None

    def api_url(self, path: str) -> str:
        return self.url + path

    def plain_api_url(self, path: str) -> str | None:
        return None if self.plain_url is None else self.plain_url + path

    def authority(self) -> str:
        return f"{self.url}/{self.endpoints[0].facts['tenant_id']}"


@contextmanager
def assembled(options: ServeOptions, twins: Twins) -> Iterator[Sandbox]:
    """Put a sandbox together; at the end its state is kept and its files are closed."""
    with ExitStack() as stack:
        folder = options.home
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sandbox-")))
        stack.enter_context(alone_in(folder.resolve()))
        home = Home(folder.resolve(), seed=options.seed, real=options.real)
        yield _Assembly(options, home, stack).sandbox(twins)


class _Assembly:
    def __init__(self, options: ServeOptions, home: Home, stack: ExitStack) -> None:
        self._options = options
        self._home = home
        self._stack = stack
        self._files: Certificates = certificates(home.path)
        self._pool = ThreadPoolExecutor(_THREADS, "twin")
        self._app = AppWindow()
        self._ports: list[Port] = []
        self._numbers: dict[str, int] = {}

    def sandbox(self, twins: Twins) -> Sandbox:
        """Return it, with its ports bound and its settings file written."""
        environments = [
            self._environment(f"env{number}", twins, first=number == 1)
            for number in range(1, self._options.environments + 1)
        ]
        xero = self._organisations(twins)
        self._home.keep_ports(self._numbers)
        # Last in, first out: the threads end before the databases are closed.
        self._stack.callback(self._pool.shutdown)
        return Sandbox(self._serving(environments, xero), tuple(self._ports))

    def _environment(self, name: str, twins: Twins, *, first: bool) -> _Desk:
        endpoint = self._endpoint(Api.DYNAMICS, name, twins.dynamics_switches)
        wanted = self._options.dynamics_port if first else 0
        return self._desk(name, wanted, (endpoint,), lambda: twins.dynamics(endpoint))

    def _organisations(self, twins: Twins) -> _Desk:
        endpoints = tuple(
            self._endpoint(Api.XERO, f"org{number}", twins.xero_switches)
            for number in range(1, self._options.organisations + 1)
        )
        return self._desk("xero", self._options.xero_port, endpoints, lambda: twins.xero(endpoints))

    def _endpoint(self, api: Api, name: str, switches: tuple[Switch, ...]) -> Endpoint:
        endpoint = self._home.endpoint(api, name, switches=switches, app=self._app)
        self._stack.callback(self._home.close, endpoint)
        return endpoint

    def _desk(
        self,
        name: str,
        wanted: int,
        endpoints: tuple[Endpoint, ...],
        make: Callable[[], Twin],
    ) -> _Desk:
        secure = self._listener(name, wanted)
        url = f"https://localhost:{self._numbers[name]}"
        for endpoint in endpoints:
            # Before the twin is made: its first rows may hold its own address.
            endpoint.facts["url"] = url
        kernel = Kernel(make(), endpoints, clock=self._home.clock, pool=self._pool)
        self._ports.append(Port(secure, kernel, self._files.server_file))
        plain_url = None
        if self._options.plain_http:
            plain = self._listener(f"{name}-plain", 0)
            self._ports.append(Port(plain, kernel, None))
            plain_url = f"http://localhost:{self._numbers[f'{name}-plain']}"
        return _Desk(endpoints, url, plain_url)

    def _listener(self, name: str, wanted: int) -> socket.socket:
        listener = listen(wanted, preferred=self._home.ports.get(name, 0))
        self._stack.callback(listener.close)
        self._numbers[name] = listener.getsockname()[1]
        return listener

    def _serving(self, environments: Sequence[_Desk], xero: _Desk) -> Serving:
        dynamics = environments[0]
        clock_url = f"{dynamics.url}/_sandbox/clock"
        settings_file = write_settings(
            self._home.path,
            connections(environments, xero),
            ca_file=self._files.ca_file,
            clock_url=clock_url,
        )
        return Serving(
            dynamics_url=dynamics.url,
            dynamics_api_url=dynamics.api_url(_DYNAMICS_API),
            dynamics_plain_api_url=dynamics.plain_api_url(_DYNAMICS_API),
            authority=dynamics.authority(),
            xero_url=xero.url,
            xero_api_url=xero.api_url(_XERO_API),
            xero_plain_api_url=xero.plain_api_url(_XERO_API),
            xero_identity_url=xero.url,
            xero_login_url=xero.url,
            ca_file=self._files.ca_file,
            settings_file=settings_file,
            clock_url=clock_url,
            environments=tuple(_environment_facts(desk) for desk in environments),
            organisations=tuple(_organisation_facts(one) for one in xero.endpoints),
            apps=_apps(xero.endpoints[0].facts),
            home=self._home.path,
            endpoints=tuple(
                endpoint for desk in (*environments, xero) for endpoint in desk.endpoints
            ),
        )


def connections(environments: Sequence[_Desk], xero: _Desk) -> list[ConnectionEnds]:
    """Pair the i-th organisation with environment min(i, M); the first pair is called main."""
    return [
        ConnectionEnds(
            "main" if index == 0 else organisation.name,
            _dynamics_end(environments[min(index, len(environments) - 1)]),
            _xero_end(organisation, xero),
        )
        for index, organisation in enumerate(xero.endpoints)
    ]


def _dynamics_end(desk: _Desk) -> DynamicsEnd:
    facts = desk.endpoints[0].facts
    return DynamicsEnd(desk.url, desk.authority(), facts["client_id"], facts["client_secret"])


def _xero_end(organisation: Endpoint, desk: _Desk) -> XeroEnd:
    facts = organisation.facts
    return XeroEnd(
        api_url=desk.api_url(_XERO_API),
        identity_url=desk.url,
        client_id=facts["client_id"],
        client_secret=facts["client_secret"],
        tenant_id=facts["tenant_id"],
    )


def _environment_facts(desk: _Desk) -> Environment:
    endpoint = desk.endpoints[0]
    facts = endpoint.facts
    return Environment(
        name=endpoint.name,
        url=desk.url,
        tenant=facts["tenant_id"],
        client_id=facts["client_id"],
        client_secret=facts["client_secret"],
    )


def _organisation_facts(endpoint: Endpoint) -> Organisation:
    facts = endpoint.facts
    return Organisation(
        name=endpoint.name,
        tenant_id=facts["tenant_id"],
        client_id=facts["client_id"],
        client_secret=facts["client_secret"],
        refresh_token=facts["refresh_token"],
    )


def _apps(facts: dict[str, str]) -> tuple[App, ...]:
    return (
        App("web", facts["web_client_id"], facts["web_client_secret"]),
        App("native", facts["native_client_id"], ""),
    )
