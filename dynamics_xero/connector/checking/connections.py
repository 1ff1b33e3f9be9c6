"""One connection: are both sides there, do they let us in, and what do they let us do?"""

from __future__ import annotations

from collections.abc import Iterator

from dynamics_xero.connector import budgets
from dynamics_xero.connector.checking.clocks import check_clock
from dynamics_xero.connector.checking.environment import check_environment
from dynamics_xero.connector.checking.lines import (
    FAIL,
    OK,
    WARN,
    About,
    CheckLine,
    attempt,
    passed_over,
)
from dynamics_xero.connector.connection import Connection
from dynamics_xero.connector.desk import Desk
from dynamics_xero.errors import WrongEndpointError
from dynamics_xero.model import EndpointFacts, SideName
from dynamics_xero.settings import CODE_FLOW
from dynamics_xero.xero.auth_consent import NEEDED
from dynamics_xero.xero.side import XeroSide

_NOT_IN = "the sign-in to xero fails"
LEAST_SHARE = 0.1
"""Of the day's calls; with fewer left, whoever looks should know."""


def check_connection(desk: Desk, one: Connection, *, remembers: bool = True) -> Iterator[CheckLine]:
    """Look at one connection, from its clocks to its quota.

    remembers: False where a database stands in for one that does not open: consents are unknown.
    """
    for side in SideName:
        yield check_clock(desk.shop.clock, one, side)
    there, facts = _sign_in(desk, one, SideName.DYNAMICS)
    yield there
    yield from check_environment(desk, one, reached=facts is not None)
    if not remembers and one.settings.xero.flow == CODE_FLOW:
        yield passed_over(_name(one, SideName.XERO), "its consent is in the database")
        return
    xero, facts = _sign_in(desk, one, SideName.XERO)
    yield xero
    yield _scopes(one, reached=facts is not None)
    yield _quota(desk, one, facts)


def _name(one: Connection, side: SideName) -> str:
    return f"{one.name}: sign-in to {side.value}"


def _sign_in(desk: Desk, one: Connection, side: SideName) -> tuple[CheckLine, EndpointFacts | None]:
    """Sign in, and compare whom we met with whom the connection belongs to (R33)."""
    name = _name(one, side)
    met: list[EndpointFacts] = []

    def look() -> CheckLine:
        facts = one.sides[side].identify()
        met.append(facts)
        _same(desk, one, facts)
        return CheckLine(name, OK, f"signed in to {facts.name}")

    line = attempt(name, look, fix=_sign_in_again(one, side))
    return line, met[0] if met else None


def _sign_in_again(one: Connection, side: SideName) -> str:
    """Return the command that mends a sign-in; most need a setting corrected before."""
    command = f"dynamics-xero auth {side.value} --connection {one.name}"
    by_person = side is SideName.XERO and one.settings.xero.flow == CODE_FLOW
    return command if by_person else f"do as it says there, then: {command}"


def _same(desk: Desk, one: Connection, facts: EndpointFacts) -> None:
    with desk.shop.store.read() as tx:
        row = tx.endpoints.pinned(one.name)
    known = row.xero_key if facts.side is SideName.XERO else row.dynamics_key
    if known not in ("", facts.key):
        raise WrongEndpointError(
            f"The connection was made for another than {facts.name}. Point the settings back at "
            "it, or give the new one a connection and a database of its own."
        )


def _scopes(one: Connection, *, reached: bool) -> CheckLine:
    """Compare the scopes that the stored token holds with those that every sync needs."""
    name = f"{one.name}: scopes"
    if not reached:
        return passed_over(name, _NOT_IN)

    def look() -> CheckLine:
        side = one.sides[SideName.XERO]
        held = side.sign_in.flight.load().scopes if isinstance(side, XeroSide) else ()
        if not held:
            return passed_over(name, "Xero has not said which scopes the token has")
        missing = [scope for scope in NEEDED if not _covers(held, scope)]
        if missing:
            text = f"the token lacks {', '.join(missing)}"
            return CheckLine(name, FAIL, text, _renew(one), About.REACH)
        return CheckLine(name, OK, f"{', '.join(NEEDED)} are there")

    return attempt(name, look)


def _covers(held: tuple[str, ...], scope: str) -> bool:
    """Settings are only read, so the right to read them is enough."""
    return scope in held or (scope == "accounting.settings" and f"{scope}.read" in held)


def _renew(one: Connection) -> str:
    if one.settings.xero.flow == CODE_FLOW:
        return f"dynamics-xero auth xero --connection {one.name}"
    return "give the custom connection the scopes at developer.xero.com, and authorise it again"


def _quota(desk: Desk, one: Connection, facts: EndpointFacts | None) -> CheckLine:
    """Tell what is left of the limits; signing in has just asked Xero."""
    name = f"{one.name}: calls left"
    if facts is None:
        return passed_over(name, _NOT_IN)

    def look() -> CheckLine:
        found = budgets.standing(one, facts.key, now=desk.shop.clock.now())
        xero, waits = found["xero"], found["waits"]
        if not isinstance(xero, dict) or not isinstance(waits, list):
            return passed_over(name, "this Xero side counts no calls")
        left, limit = xero["left_today"]["ordinary"], xero["calls_a_day"]
        text = " ".join((f"{left} of {limit} calls to Xero for ordinary work today.", *waits))
        short = left < LEAST_SHARE * limit or bool(waits)
        fix = "it goes on by itself; dynamics-xero status tells who waits" if short else ""
        return CheckLine(name, WARN if short else OK, text, fix)

    return attempt(name, look)
