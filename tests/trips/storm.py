"""Sixteen processes that all find their Xero token expired at once, some of which die on the way.

Run as a program of its own, `python -m tests.trips.storm PLAN`: it has no threads, so it may fork.
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dynamics_xero.errors import DynamicsXeroError, UnavailableError
from dynamics_xero.settings import CODE_FLOW, Secret, XeroSettings
from dynamics_xero.store.engine import open_engine
from dynamics_xero.store.keyring import Keyring
from dynamics_xero.store.store import Store
from dynamics_xero.store.tokens import Tokens
from dynamics_xero.xero.auth import XeroSignIn
from dynamics_xero.xero.auth_grant import unpack

DIED = 9
GIVES_UP_AFTER = 6
AGAIN = "again"


@dataclass(frozen=True)
class Plan:
    """What to play. deaths: one entry a round, where its first process dies; "" = by chance only.

    speed: how much faster than the machine's the clock of the processes runs.
    """

    database: str
    key: str
    client_id: str
    client_secret: str
    identity_url: str
    ca_file: str
    folder: str
    deaths: tuple[str, ...]
    processes: int = 16
    speed: float = 20.0
    chance: float = 0.05
    seed: int = 1


class FastClock:
    """A clock that runs faster, and that every round moves past the token's end."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._began = time.monotonic()
        self._base = datetime.now(UTC)
        self.offset = timedelta()

    def now(self) -> datetime:
        passed = (time.monotonic() - self._began) * self._speed
        return self._base + timedelta(seconds=passed) + self.offset

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self._speed)


class MortalTokens:
    """A token store around whose saves its process may die."""

    def __init__(self, inner: Tokens, chance: float, source: random.Random, death: Path) -> None:
        self._inner = inner
        self._chance = chance
        self._source = source
        self._death = death

    def load(self, name: str) -> tuple[str, int] | None:
        return self._inner.load(name)

    def save(self, name: str, secret: str, *, generation: int) -> bool:
        where = "take" if unpack(secret).flight else "land"
        self._perhaps(f"before {where}")
        done = self._inner.save(name, secret, generation=generation)
        if done:
            self._perhaps(f"after {where}")
            if where == "take" and self._is_ours("in the call"):
                threading.Timer(0.1, os._exit, (DIED,)).start()
        return done

    def forget(self, name: str) -> None:
        raise AssertionError(f"Every key of the storm opens {name}.")

    def _perhaps(self, edge: str) -> None:
        if self._is_ours(edge) or self._source.random() < self._chance:
            os._exit(DIED)

    def _is_ours(self, edge: str) -> bool:
        """Say whether this process is the one that the round wants dead here."""
        try:
            os.rename(self._death / edge, self._death / "spent")
        except FileNotFoundError:
            return False
        return True


def settings_of(plan: Plan) -> XeroSettings:
    return XeroSettings(
        client_id=plan.client_id,
        client_secret=Secret(plan.client_secret),
        flow=CODE_FLOW,
        api_url=f"{plan.identity_url}/api.xro/2.0",
        identity_url=plan.identity_url,
        ca_file=Path(plan.ca_file),
    )


def round_of(plan: Plan, number: int, clock: FastClock) -> dict[str, object]:
    """Let all processes ask at once; return how each of them ended."""
    place = Path(plan.folder) / str(number)
    place.mkdir()
    if plan.deaths[number]:
        (place / plan.deaths[number]).touch()
    clock.offset += timedelta(minutes=31)
    gate_read, gate_write = os.pipe()
    told_read, told_write = os.pipe()
    children = []
    for index in range(plan.processes):
        child = os.fork()
        if child == 0:
            os.close(gate_write)
            os.read(gate_read, 1)
            os._exit(_one(plan, f"{number}/{index}", clock, place, told_write))
        children.append(child)
    os.close(gate_read)
    os.close(told_write)
    os.close(gate_write)  # all of them start now
    with os.fdopen(told_read, encoding="ascii") as told:
        words = told.read().split("\n")
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    said = sorted(word for word in words if word not in ("", AGAIN))
    return {"codes": codes, "told": said, "again": words.count(AGAIN)}


def _one(plan: Plan, name: str, clock: FastClock, place: Path, told: int) -> int:
    """Be one process: sign in as a worker does, again after a while if need be."""
    source = random.Random(f"{plan.seed}/{name}")
    tokens = Tokens(Store(open_engine(plan.database)), Keyring([plan.key]), clock)
    mortal = MortalTokens(tokens, plan.chance, source, place)
    sign_in = XeroSignIn(settings_of(plan), clock, mortal, connection="storm")
    for _ in range(GIVES_UP_AFTER):
        try:
            token = sign_in.access_token()
        except UnavailableError:
            os.write(told, f"{AGAIN}\n".encode("ascii"))
            continue
        except DynamicsXeroError as error:
            os.write(told, f"{type(error).__name__}: {error}\n".encode("ascii", "replace"))
            return 3
        os.write(told, f"token {hash(token)}\n".encode("ascii"))
        return 0
    os.write(told, b"never answered\n")
    return 3


def main() -> int:
    document = json.loads(sys.argv[1])
    plan = Plan(**{**document, "deaths": tuple(document["deaths"])})
    clock = FastClock(plan.speed)
    rounds = [round_of(plan, number, clock) for number in range(len(plan.deaths))]
    sys.stdout.write(json.dumps(rounds) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
