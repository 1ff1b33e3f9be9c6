"""Who the environments and organisations are: ids, secrets and people, made once per home."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass

from dynamics_xero.sandbox.people import NAMES, Person
from dynamics_xero.sandbox.quota import Api


@dataclass(frozen=True)
class Identity:
    """What one endpoint is known by, for good."""

    name: str
    api: Api
    facts: dict[str, str]
    people: tuple[Person, ...]

    def as_json(self) -> dict[str, object]:
        """Return what a home keeps of it."""
        return {"facts": self.facts, "people": {one.name: one.token for one in self.people}}


def identity(api: Api, name: str, seed: int) -> Identity:
    """Return an endpoint's identity: the same for the same seed and name."""
    source = random.Random(f"{seed}/{name}/identity")  # noqa: S311 - repeatable on purpose
    facts = _environment(source) if api is Api.DYNAMICS else _organisation(source, name)
    facts |= {} if api is Api.DYNAMICS else _apps(seed)
    return Identity(name, api, facts, _people(source, name))


def _environment(source: random.Random) -> dict[str, str]:
    return {
        "tenant_id": _guid(source),
        "client_id": _guid(source),
        "client_secret": _secret(source),
        "organization_id": _guid(source),
    }


def _organisation(source: random.Random, name: str) -> dict[str, str]:
    return {
        "tenant_id": _guid(source),
        "client_id": f"{source.getrandbits(128):032X}",
        "client_secret": _secret(source),
        "refresh_token": _secret(source),
        "organisation_name": f"Demo Company ({name})",
    }


def _apps(seed: int) -> dict[str, str]:
    """Return the apps that people consent to: the same ones for all organisations of a home."""
    source = random.Random(f"{seed}/apps/identity")  # noqa: S311 - repeatable on purpose
    return {
        "web_client_id": f"{source.getrandbits(128):032X}",
        "web_client_secret": _secret(source),
        "native_client_id": f"{source.getrandbits(128):032X}",
    }


def _people(source: random.Random, name: str) -> tuple[Person, ...]:
    return tuple(
        Person(person, f"{person}@{name}.example", f"person-{person}-{_secret(source)}")
        for person in NAMES
    )


def _guid(source: random.Random) -> str:
    return str(uuid.UUID(int=source.getrandbits(128), version=4))


def _secret(source: random.Random) -> str:
    return f"{source.getrandbits(192):048x}"
