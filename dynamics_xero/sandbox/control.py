"""The control calls of every twin port, as the contract words them.

They are for tests, benchmarks and judges: loopback only, never counted, never hit by faults.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime

from dynamics_xero.sandbox import control_input as given
from dynamics_xero.sandbox.clock import SandboxClock
from dynamics_xero.sandbox.control_schema import SCHEMA
from dynamics_xero.sandbox.control_screen import Edit, Merge, Unarchive
from dynamics_xero.sandbox.endpoint import Announcing, Endpoint, Screens, Twin
from dynamics_xero.sandbox.quota import WINDOW, changed_settings
from dynamics_xero.sandbox.web import Request, Response, json_response
from dynamics_xero.sandbox.webhook_terms import Subscription

PREFIX = "/_sandbox/"
_DEFAULT_LIMIT, _MAX_LIMIT = 1000, 10_000

Call = Callable[[Request, Endpoint, str], object]


class Control:
    """Answer the control calls of one port; `?organisation=NAME` picks among its endpoints."""

    def __init__(self, twin: Twin, endpoints: Sequence[Endpoint], *, clock: SandboxClock) -> None:
        self._twin = twin
        self._endpoints = {endpoint.name: endpoint for endpoint in endpoints}
        self._clock = clock
        self._calls: Mapping[str, Mapping[str, Call]] = {
            "ledger": {"GET": self._ledger},
            "stats": {"GET": self._stats},
            "clock": {"GET": self._read_clock, "POST": self._move_clock},
            "faults": {"POST": self._faults},
            "quota": {"GET": self._read_quota, "POST": self._quota},
            "switches": {"GET": self._read_switches, "POST": self._switches},
            "dump": {"GET": self._dump},
            "people": {"GET": self._people},
            "reset": {"POST": self._reset},
            "schema": {"GET": self._schema},
            "organisations": {"GET": self._organisations},
            "screen": {"POST": self._screen},
            "webhooks": {"GET": self._read_webhooks, "POST": self._webhooks},
        }
        if isinstance(twin, Announcing):
            for endpoint in endpoints:
                endpoint.webhooks.announcer = twin.announcer(endpoint)

    def handle(self, request: Request) -> Response:
        """Answer one call; what is wrong with it comes back as `{"error": ...}`."""
        name, _, rest = request.path.removeprefix(PREFIX).partition("/")
        methods = self._calls.get(name)
        if methods is None or (rest and name != "dump"):
            return json_response({"error": f"no control call {request.path}"}, 404)
        call = methods.get(request.method)
        if call is None:
            return json_response({"error": f"{name} takes {' and '.join(methods)}"}, 405)
        try:
            return json_response(call(request, self._endpoint(request), rest))
        except given.InputError as error:
            return json_response({"error": str(error)}, 400)
        except LookupError as error:
            return json_response({"error": str(error.args[0])}, 404)

    def _endpoint(self, request: Request) -> Endpoint:
        name = dict(request.params()).get("organisation")
        if name is None:
            return next(iter(self._endpoints.values()))
        if name not in self._endpoints:
            raise LookupError(f"nothing is called {name!r} here, only {list(self._endpoints)}")
        return self._endpoints[name]

    def _ledger(self, request: Request, endpoint: Endpoint, _: str) -> object:
        parameters = dict(request.params())
        entries, last = endpoint.ledger.entries(
            after=given.whole(parameters, "after", default=0),
            actor=parameters.get("actor"),
            limit=_limit(parameters),
        )
        return {"entries": entries, "next": last}

    def _stats(self, _request: Request, endpoint: Endpoint, _: str) -> object:
        return endpoint.stats.snapshot()

    def _read_clock(self, _request: Request, _endpoint: Endpoint, _: str) -> object:
        return self._time(self._clock.now())

    def _move_clock(self, request: Request, _endpoint: Endpoint, _: str) -> object:
        move = given.clock_move(request)
        with given.reported():
            if isinstance(move, datetime):
                return self._time(self._clock.set(move))
            return self._time(self._clock.advance(move))

    def _time(self, now: datetime) -> object:
        return {"now": now.isoformat(), "offset_s": self._clock.offset.total_seconds()}

    def _faults(self, request: Request, endpoint: Endpoint, _: str) -> object:
        seed, rules = given.faults(request)
        endpoint.faults.replace(rules, seed=seed)
        return {"seed": seed, "rules": [asdict(rule) for rule in rules]}

    def _read_quota(self, _request: Request, endpoint: Endpoint, _: str) -> object:
        return asdict(endpoint.quota.settings)

    def _quota(self, request: Request, endpoint: Endpoint, _: str) -> object:
        with given.reported():
            settings = changed_settings(endpoint.quota.settings, given.json_object(request))
        endpoint.quota.configure(settings)
        if endpoint.switches.has(WINDOW):
            endpoint.switches.set({WINDOW: settings.window})
        return asdict(settings)

    def _read_switches(self, _request: Request, endpoint: Endpoint, _: str) -> object:
        return endpoint.switches.listing()

    def _switches(self, request: Request, endpoint: Endpoint, _: str) -> object:
        with given.reported():
            endpoint.switches.set(given.texts(request))
        if endpoint.switches.has(WINDOW):
            window = endpoint.switches.get(WINDOW)
            endpoint.quota.configure(replace(endpoint.quota.settings, window=window))
        return endpoint.switches.listing()

    def _dump(self, request: Request, endpoint: Endpoint, resource: str) -> object:
        if resource not in self._twin.resources():
            raise LookupError(f"no resource {resource!r}, only {list(self._twin.resources())}")
        parameters = dict(request.params())
        rows, following = self._twin.dump(
            endpoint,
            resource,
            after=given.whole(parameters, "after", default=0),
            limit=_limit(parameters),
        )
        return {"rows": rows, "next": following}

    def _people(self, _request: Request, endpoint: Endpoint, _: str) -> object:
        return [
            {"name": person.name, "email": person.email, "token": person.token}
            for person in endpoint.people
        ]

    def _reset(self, _request: Request, endpoint: Endpoint, _: str) -> object:
        """Empty the twin; what was set (quota figures, switches, the clock) stays set."""
        self._twin.reset(endpoint)
        with endpoint.database.write() as tx:
            endpoint.ledger.clear(tx)
        endpoint.at_rest()
        return {"reset": endpoint.name}

    def _schema(self, _request: Request, _endpoint: Endpoint, _: str) -> object:
        return SCHEMA

    def _organisations(self, _request: Request, _endpoint: Endpoint, _: str) -> object:
        return [
            {"name": endpoint.name, "tenant_id": endpoint.facts["tenant_id"]}
            for endpoint in self._endpoints.values()
        ]

    def _screen(self, request: Request, endpoint: Endpoint, _: str) -> object:
        twin = self._twin
        if not isinstance(twin, Screens):
            raise LookupError("this twin's users have no screens")
        work = given.screen_work(request)
        actor = self._person(endpoint, work.person)
        with given.reported():
            match work:
                case Merge():
                    twin.merge(endpoint, work.loser, work.winner, actor)
                case Unarchive():
                    twin.unarchive(endpoint, work.contact, actor)
                case Edit():
                    twin.edit_on_screen(endpoint, work.contact, work.values, actor)
        endpoint.webhooks.wake()
        return {"done": True}

    def _read_webhooks(self, _request: Request, endpoint: Endpoint, _: str) -> object:
        return endpoint.webhooks.state()

    def _webhooks(self, request: Request, endpoint: Endpoint, _: str) -> object:
        asked = given.webhook(request)
        if isinstance(asked, Subscription):
            endpoint.webhooks.subscribe(asked)
        else:
            endpoint.webhooks.trigger(asked, at=self._clock.now().isoformat())
        return endpoint.webhooks.state()

    def _person(self, endpoint: Endpoint, name: str) -> str:
        if name not in (person.name for person in endpoint.people):
            raise given.InputError(f"nobody is called {name!r}")
        return name


def _limit(parameters: Mapping[str, str]) -> int:
    return given.whole(parameters, "limit", default=_DEFAULT_LIMIT, least=1, most=_MAX_LIMIT)
