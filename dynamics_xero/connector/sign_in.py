"""Signing in by hand: checks that pin the endpoint, a person's consent in Xero, a new key."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

from dynamics_xero.connector.clock import SystemClock
from dynamics_xero.connector.connection import Connection
from dynamics_xero.connector.desk import Desk
from dynamics_xero.errors import SettingsError, WrongEndpointError
from dynamics_xero.model import SideName
from dynamics_xero.settings import CODE_FLOW, Secret, Settings, keys_now
from dynamics_xero.settings.keys import write_keys
from dynamics_xero.store.keyring import Keyring
from dynamics_xero.store.store import Store
from dynamics_xero.store.tokens import Tokens
from dynamics_xero.xero import auth_consent
from dynamics_xero.xero.auth_consent import Asking
from dynamics_xero.xero.auth_grant import Tenant
from dynamics_xero.xero.side import XeroSide

Choose = Callable[[Sequence[Tenant]], Tenant]
"""Picks one of several organisations that came with a consent."""


@dataclass(frozen=True)
class SignedIn:
    """A sign-in that works. way: by what we prove ourselves; id: the endpoint's own."""

    connection: str
    side: str
    way: str
    organisation: str
    id: str


def check_in(desk: Desk, one: Connection, side: SideName) -> SignedIn:
    """Sign in to one side of a connection, and pin who it is (R33).

    Raises SignInError, or WrongEndpointError when the connection was made for another.
    """
    if side is SideName.XERO:
        _make_room(one)
    facts = one.sides[side].identify()
    one.pin((facts,), now=desk.shop.clock.now())
    return SignedIn(one.name, side.value, _way(one, side), facts.name, facts.remote_id)


def ask(one: Connection, *, port: int | None, older_scopes: bool) -> Asking:
    """Return a request for a person's consent; port None = the one in the settings."""
    settings = one.settings.xero
    return auth_consent.ask(
        settings,
        port=settings.redirect_port if port is None else port,
        older_scopes=older_scopes,
        random_bytes=secrets.token_bytes,
    )


def finish(desk: Desk, one: Connection, asking: Asking, answer: str, choose: Choose) -> SignedIn:
    """Take what the browser brought: trade it, choose the organisation, keep the tokens.

    Nothing is kept unless all of it succeeds, so a connection that worked goes on working.
    """
    sign_in, settings = _xero(one).sign_in, one.settings.xero
    code = auth_consent.code_in(asking, answer)
    grant = auth_consent.redeem(sign_in, asking, code, settings=settings)
    tenant = _chosen(desk, one, auth_consent.let_in(sign_in, grant), choose)
    _make_room(one)
    sign_in.adopt(grant, tenant)
    return check_in(desk, one, SideName.XERO)


def asks(one: Connection) -> list[str]:
    """Return what a person has to do before Xero lets this connection in; no remote is asked."""
    if one.settings.xero.flow != CODE_FLOW:
        return []
    told = _xero(one).sign_in.standing()
    return [f"{one.name}: {told}"] if told else []


def rotate_key(settings: Settings, *, drop_old: bool) -> tuple[int, int]:
    """Make a new first key, or with drop_old throw all but the first away; reseal every token.

    The new key stands in the file before anything is sealed by it, and an old one leaves the file
    only when nothing is sealed by it: whenever this is stopped, every token still opens. Where the
    database does not open or cannot be written, or a token opens by no key, the file is left
    alone. Returns how many tokens were resealed, and how many keys there are now.
    """
    file, keys = settings.key_file, keys_now(settings)
    if file is None and len(keys) < 2:
        raise SettingsError(
            "The key comes from the environment, where no new one can be written. Put a new one "
            "before it in DYNAMICS_XERO_KEY, with a comma between them, and run this again."
        )
    with Store.open(str(settings.state)) as store:
        resealed = Tokens(store, Keyring(keys), SystemClock()).reseal()
        if file is not None and not drop_old:
            keys = (Secret(Fernet.generate_key().decode("ascii")), *keys)
            _write(file, keys)
            resealed = Tokens(store, Keyring(keys), SystemClock()).reseal()
    if file is not None and drop_old:
        keys = keys[:1]
        _write(file, keys)
    return resealed, len(keys)


def _make_room(one: Connection) -> None:
    """Throw away a sign-in that no key opens: whoever signs in anew does not need it."""
    flight = _xero(one).sign_in.flight
    try:
        flight.load()
    except SettingsError:
        flight.forget()


def _write(file: Path, keys: Sequence[Secret]) -> None:
    try:
        write_keys(file, keys)
    except OSError as error:
        raise SettingsError(
            f"The key file cannot be written: {error.strerror}: {file}. It is as it was."
        ) from None


def _chosen(desk: Desk, one: Connection, found: Sequence[Tenant], choose: Choose) -> Tenant:
    """Return the organisation the connection belongs to, or let a person choose."""
    with desk.shop.store.read() as tx:
        pinned = tx.endpoints.pinned(one.name).xero_key.partition(":")[2]
    wanted = (one.settings.xero.tenant_id or pinned).lower()
    matching = [tenant for tenant in found if not wanted or tenant.id == wanted]
    if not matching:
        names = ", ".join(tenant.name for tenant in found) or "no organisation"
        raise WrongEndpointError(
            f"The consent is for {names}, but the connection {one.name} was made for another "
            "organisation. Run the command again and choose that one on Xero's page."
        )
    return matching[0] if len(matching) == 1 else choose(matching)


def _xero(one: Connection) -> XeroSide:
    side = one.sides[SideName.XERO]
    assert isinstance(side, XeroSide)  # noqa: S101  # the connector made it
    return side


def _way(one: Connection, side: SideName) -> str:
    if side is SideName.XERO:
        return one.settings.xero.flow
    dynamics = one.settings.dynamics
    if dynamics.managed_identity:
        return "managed_identity"
    return "certificate" if dynamics.certificate_file else "client_secret"
