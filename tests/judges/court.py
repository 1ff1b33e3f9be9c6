"""Both twins with Prism before the Xero twin, and a connector that talks through it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dynamics_xero.sandbox.serving import Serving
from tests.judges.exchanges import Exchange, recorded
from tests.judges.openapi import mended
from tests.judges.prism import prism
from tests.sandbox import caller, start
from tests.trips.world import World


@dataclass(frozen=True)
class Court:
    """A world whose settings name the judge as Xero's API, and all that was exchanged so far."""

    world: World
    api_url: str
    record: list[Exchange]

    def fresh(self) -> World:
        """Empty both twins and lift the limits: stories follow each other within a minute."""
        self.world.reset()
        self.world.xero.post("quota", {"enabled": False})
        return self.world

    def serving_to(self, name: str) -> dict[str, Any]:
        """Return what `sandbox serve` printed, with a settings file and database of that name."""
        file = self.world.serving.settings_file
        copy = _copied(file, f"{name}.toml", "sqlite:///state.db", f"sqlite:///{name}.db")
        served: dict[str, Any] = json.loads(self.world.serving.line())
        return {**served, "settings_file": str(copy)}


@contextmanager
def court(home: Path, openapi: Path) -> Iterator[Court]:
    """Serve everything while the block runs."""
    document = mended(openapi, home)
    with start(home, plain_http=True) as serving, caller(serving) as session:
        upstream = str(serving.xero_plain_api_url)
        with prism(document, upstream, home / "prism.log") as judge, recorded(judge) as seen:
            api_url, record = seen
            judged = replace(serving, settings_file=_through(serving, api_url))
            yield Court(World.on(judged, session, home), api_url, record)


def _through(serving: Serving, api_url: str) -> Path:
    """Copy the settings file, Xero's API moved to another address."""
    moved = (f'api_url = "{serving.xero_api_url}"', f'api_url = "{api_url}"')
    return _copied(serving.settings_file, "judged.toml", *moved)


def _copied(file: Path, name: str, old: str, new: str) -> Path:
    """Copy a settings file with one text replaced, which has to be there once."""
    text = file.read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise AssertionError(f"The settings file does not hold once: {old}")
    copy = file.with_name(name)
    copy.write_text(text.replace(old, new), encoding="utf-8")
    copy.chmod(0o600)
    return copy
