"""How the twins' switches stand at the start of a test: as declared, save one that is flipped.

DYNAMICS_XERO_SWITCH=name=position flips one for a whole run of the trip tests; run as a script,
this file prints every such pair of the switches that must not matter.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from dynamics_xero.sandbox.dynamics.switch_list import SWITCHES as DYNAMICS
from dynamics_xero.sandbox.xero.switches import SWITCHES as XERO
from tests.sandbox import Control

VARIABLE = "DYNAMICS_XERO_SWITCH"

NAMED = (
    "name_fold",
    "post_match_order",
    "put_existing_name",
    "summarised_400_keeps_siblings",
    "result_order",
    "empty_persons_list",
    "unarchive_allowed",
    "idempotency_ttl_s",
    "idempotency_scope",
    "window",
    "concurrent_retry_after",
    "delta_expired_code",
    "delta_token_minted",
    "bulk_messages",
    "key_index_delay_s",
)
"""The switches that must not matter (issue 3, "It must show" 6)."""

POSITIONS = {one.name: (one.default, *one.positions) for one in (*XERO, *DYNAMICS)}
"""Switch -> its default, and every position it has."""


def set_back(control: Control) -> None:
    """Put a twin's switches as every test finds them."""
    positions = {name: default for name, default, _ in listed(control)}
    flipped, _, position = os.environ.get(VARIABLE, "").partition("=")
    assert flipped in ("", *POSITIONS), f"{VARIABLE} names no switch"
    if flipped in positions:
        positions[flipped] = position
    control.post("switches", positions)


def flip(name: str, position: str, *, controls: tuple[Control, ...]) -> None:
    """Move one switch of the twin that has it."""
    (owner,) = [one for one in controls if name in {known for known, _, _ in listed(one)}]
    owner.post("switches", {name: position})


@contextmanager
def held(control: Control, name: str, position: str) -> Iterator[None]:
    """Keep one switch of a twin in a position, for tools that the tests need it for."""
    rows = control.get("switches")
    assert isinstance(rows, list)
    (before,) = [row["position"] for row in rows if row["name"] == name]
    control.post("switches", {name: position})
    try:
        yield
    finally:
        control.post("switches", {name: before})


def listed(control: Control) -> list[tuple[str, str, list[str]]]:
    """Return name, default and positions of a twin's switches."""
    rows = control.get("switches")
    assert isinstance(rows, list)
    return [(row["name"], row["default"], row["positions"]) for row in rows]


def other_positions(names: Iterable[str] = POSITIONS) -> Iterator[tuple[str, str]]:
    """Yield each switch with each position that is not its default."""
    for name in names:
        default, *positions = POSITIONS[name]
        yield from ((name, position) for position in positions if position != default)


if __name__ == "__main__":
    for name, position in other_positions(NAMED):
        print(f"{name}={position}")
