"""One environment's Web API: calls out, answers in, bounded in time and size, faults translated."""

from __future__ import annotations

import json
import ssl
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import requests
from urllib3.exceptions import NewConnectionError, ReadTimeoutError

from dynamics_xero.dynamics.auth import DynamicsSignIn
from dynamics_xero.dynamics.budget import LONGEST_WAIT_S, DynamicsBudget
from dynamics_xero.dynamics.errors import read_refusal, translate
from dynamics_xero.dynamics.pin import Pin
from dynamics_xero.dynamics.transport import CONNECT_TIMEOUT_S, READ_TIMEOUT_S, open_session
from dynamics_xero.errors import (
    DynamicsXeroError,
    LostAnswerError,
    SignInError,
    UnavailableError,
)
from dynamics_xero.ports import BudgetStore, Clock
from dynamics_xero.settings import DynamicsSettings

READ_DEADLINE_S = 120.0
MAX_ANSWER_BYTES = 64 * 1024 * 1024

_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "OData-MaxVersion": "4.0",
    "OData-Version": "4.0",
    # The literal word: it keeps caches from answering (dataverse.md section 0).
    "If-None-Match": "null",
    "User-Agent": "dynamics_xero",
}
_CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Call:
    """One request: a full URL, and what it is counted as."""

    method: str
    url: str
    counted_as: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    is_write: bool = False
    deadline_s: float = READ_DEADLINE_S


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, object]:
        """Return the body as an object. Raises UnavailableError for anything else."""
        try:
            content = read_json(self.body)
        except ValueError as fault:
            raise UnavailableError("Dynamics sent an answer that is cut off or no JSON.") from fault
        if not isinstance(content, dict):
            raise UnavailableError("Dynamics sent an answer of an unknown form.")
        return content


def read_json(body: bytes) -> object:
    """Return parsed JSON with exact numbers. Raises ValueError, for hostile nesting too."""
    try:
        return json.loads(body, parse_float=Decimal)
    except RecursionError as fault:
        raise ValueError("nested too deeply") from fault


class CallCount:
    """How many calls left, by kind; several threads count."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counter: Counter[str] = Counter(read=0, write=0, write_back=0)

    def add(self, kind: str) -> None:
        """Count one call."""
        with self._lock:
            self._counter[kind] += 1

    def counts(self) -> Mapping[str, int]:
        """Return the calls made so far in this process."""
        with self._lock:
            return dict(self._counter)


class DynamicsClient:
    """Speak HTTP to one environment. Threads may share it."""

    def __init__(
        self,
        settings: DynamicsSettings,
        clock: Clock,
        *,
        page_size: int,
        budgets: BudgetStore | None = None,
        turn_s: float = LONGEST_WAIT_S,
    ) -> None:
        """budgets None: nothing is counted. turn_s: how long a call that writes may wait to go."""
        self.pin = Pin(settings.url)
        self.calls = CallCount()
        self.clock = clock
        self.page_size = page_size
        self._sign_in = DynamicsSignIn(settings, clock)
        self._session = open_session(ca_file=settings.ca_file, proxy=settings.proxy)
        self._turn_s = turn_s
        self.budget: DynamicsBudget | None = None
        if budgets is not None:
            user = f"dynamics:{settings.url}:{settings.client_id}"
            self.budget = DynamicsBudget(budgets, clock, user=user)

    def url(self, path: str) -> str:
        """Return the full URL of a path below the service root."""
        return f"{self.pin.api_url}/{path}"

    def get(self, url: str, *, prefer: str = "", strong: bool = False) -> Reply:
        """Read one URL that is known to be ours; strong asks past Dataverse's metadata cache."""
        headers = {"Prefer": prefer} if prefer else {}
        if strong:
            headers["Consistency"] = "Strong"
        return self.send(Call("GET", url, "read", headers))

    def send(self, call: Call) -> Reply:
        """Carry out one call; a rejected token is replaced once.

        Raises the errors of dynamics/errors.py; LostAnswerError when a write left unanswered.
        """
        token = self._sign_in.token()
        reply = self._paid(call, token)
        if reply.status == 401:
            reply = self._paid(call, self._sign_in.token(rejected=token))
        if 200 <= reply.status < 300:
            return reply
        refusal = read_refusal(reply.status, reply.headers, reply.body, now=self.clock.now())
        raise translate(refusal, is_write=call.is_write)

    def _paid(self, call: Call, token: str) -> Reply:
        """Make one exchange within the limits; what asks to wait asks every process."""
        if self.budget is None:
            return self._exchange(call, token)
        within_s = self._turn_s if call.is_write else LONGEST_WAIT_S
        with self.budget.call(over_s=call.deadline_s, within_s=within_s) as paid:
            reply = self._exchange(call, token)
            if reply.status == 429:
                refused = read_refusal(
                    reply.status, reply.headers, reply.body, now=self.clock.now()
                )
                paid.pause_s = refused.retry_after_s or 0.0
            return reply

    def _exchange(self, call: Call, token: str) -> Reply:
        self.calls.add(call.counted_as)
        until = self.clock.now() + timedelta(seconds=call.deadline_s)
        headers = {**_HEADERS, **call.headers, "Authorization": f"Bearer {token}"}
        # A $batch answers when its last part is done: a write may be silent until its deadline.
        silence_s = call.deadline_s if call.is_write else min(READ_TIMEOUT_S, call.deadline_s)
        try:
            with self._session.request(
                call.method,
                call.url,
                data=call.body,
                headers=headers,
                timeout=(CONNECT_TIMEOUT_S, silence_s),
                allow_redirects=False,
                stream=True,
            ) as response:
                body = bytearray()
                for chunk in response.iter_content(_CHUNK_BYTES):
                    body += chunk
                    if len(body) > MAX_ANSWER_BYTES or self.clock.now() > until:
                        raise _lost("The answer of Dynamics is too long or too slow.", call)
                names = {name.lower(): value for name, value in response.headers.items()}
                return Reply(response.status_code, names, bytes(body))
        except requests.exceptions.RequestException as fault:
            raise _translate_transport(fault, call) from fault


def _lost(text: str, call: Call) -> DynamicsXeroError:
    return LostAnswerError(text) if call.is_write else UnavailableError(text)


def _translate_transport(
    fault: requests.exceptions.RequestException, call: Call
) -> DynamicsXeroError:
    """Tell a call that never left from one whose answer is missing."""
    if _has_cause(fault, ssl.SSLCertVerificationError):
        return SignInError("The certificate of Dynamics is not trusted. Check url and ca_file.")
    never_left = isinstance(
        fault, requests.exceptions.ConnectTimeout | requests.exceptions.InvalidURL
    ) or _has_cause(fault, NewConnectionError)
    if never_left:
        return UnavailableError("Dynamics cannot be reached.")
    if isinstance(fault, requests.exceptions.ReadTimeout) or _has_cause(fault, ReadTimeoutError):
        return _lost("Dynamics did not answer in time.", call)
    return _lost("The connection to Dynamics broke before its answer was complete.", call)


def _has_cause(fault: BaseException, kind: type[BaseException]) -> bool:
    """Look for a kind of error among what requests and urllib3 wrapped around each other."""
    waiting: list[object] = [fault]
    seen: set[int] = set()
    while waiting:
        error = waiting.pop()
        if not isinstance(error, BaseException) or id(error) in seen:
            continue
        if isinstance(error, kind):
            return True
        seen.add(id(error))
        reason = getattr(error, "reason", None)
        waiting += [error.__cause__, error.__context__, reason, *error.args]
    return False
