"""`auth`: sign in to both systems by hand, and give the stored tokens a new key."""

from __future__ import annotations

import sys
import threading
import webbrowser
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from dynamics_xero.cli.callback import Callback
from dynamics_xero.cli.common import Globals, global_options
from dynamics_xero.cli.opening import in_plain_words, opened
from dynamics_xero.cli.outcomes import Exit, StoppedError
from dynamics_xero.cli.tables import table
from dynamics_xero.errors import SettingsError
from dynamics_xero.model import SideName
from dynamics_xero.settings import CODE_FLOW, Settings

if TYPE_CHECKING:
    from dynamics_xero.connector import Connector
    from dynamics_xero.connector.connection import Connection
    from dynamics_xero.connector.sign_in import SignedIn
    from dynamics_xero.xero.auth_consent import Asking
    from dynamics_xero.xero.auth_grant import Tenant


@click.group()
@global_options
def auth() -> None:
    """Sign in to Dynamics and Xero, or change the key of the stored tokens."""


@auth.command()
@global_options
@click.pass_obj
def dynamics(given: Globals) -> int:
    """Sign in to Dynamics, and keep which environment the connection belongs to."""
    from dynamics_xero.connector.sign_in import check_in

    with opened(given) as connector:
        found = [check_in(connector.desk, one, SideName.DYNAMICS) for one in connector.desk]
    _tell(given, found)
    return Exit.FINE


@auth.command()
@click.option("--no-browser", is_flag=True, help="Print the address, and take the pasted answer.")
@click.option("--organisation", metavar="NAME", help="Which one, where a consent brings several.")
@click.option("--port", type=click.IntRange(1, 65535), help="Instead of redirect_port.")
@click.option("--older-scopes", is_flag=True, help="For an app older than March 2026.")
@global_options
@click.pass_obj
def xero(
    given: Globals,
    *,
    no_browser: bool,
    organisation: str | None,
    port: int | None,
    older_scopes: bool,
) -> int:
    """Let the app into a Xero organisation, and keep which one the connection belongs to."""
    from dynamics_xero.connector import sign_in

    with opened(given) as connector:
        one = _to_ask(connector)
        if one is None:
            found = [sign_in.check_in(connector.desk, c, SideName.XERO) for c in connector.desk]
        else:
            asking = sign_in.ask(one, port=port, older_scopes=older_scopes)
            answer = _pasted(asking) if no_browser else _visited(given, asking)
            choose = _chooser(organisation)
            found = [sign_in.finish(connector.desk, one, asking, answer, choose)]
    _tell(given, found)
    return Exit.FINE


@auth.command("rotate-key")
@click.option("--drop-old", is_flag=True, help="Throw the old keys away; make no new one.")
@global_options
@click.pass_obj
def rotate_key(given: Globals, *, drop_old: bool) -> int:
    """Make a new key, and seal every stored token with it."""
    from dynamics_xero.connector import sign_in

    settings = given.settings()
    with in_plain_words():
        resealed, keys = sign_in.rotate_key(settings, drop_old=drop_old)
    given.show(
        {"tokens": resealed, "keys": keys},
        lambda: f"{resealed} tokens are sealed by the first of {keys} keys.{_next(settings, keys)}",
    )
    return Exit.FINE


def _next(settings: Settings, keys: int) -> str:
    """Return how to get rid of the old keys."""
    if keys == 1:
        return ""
    if settings.key_file is None:
        return " Take the old ones out of DYNAMICS_XERO_KEY."
    return " Run it again with --drop-old to throw the old ones away."


def _to_ask(connector: Connector) -> Connection | None:
    """Return the one connection a person consents for; None where none needs a person."""
    asked = [one for one in connector.desk if one.settings.xero.flow == CODE_FLOW]
    if len(asked) > 1:
        names = ", ".join(one.name for one in asked)
        raise SettingsError(f"Say by --connection which one to sign in: {names}.")
    return asked[0] if asked else None


def _pasted(asking: Asking) -> str:
    click.echo(
        f"Open this address in a browser on any machine:\n\n{asking.url}\n\nIn the end the browser "
        "shows a page that cannot be found. Copy its whole address.",
        err=True,
    )
    return str(click.prompt("Address", err=True))


def _visited(given: Globals, asking: Asking) -> str:
    """Send the browser to Xero, and wait until it comes back."""
    port = int(asking.redirect_uri.rsplit(":", 1)[1].partition("/")[0])
    try:
        callback = Callback(port, state=asking.state)
    except OSError as error:
        raise StoppedError(
            Exit.USAGE,
            f"Port {port} cannot be used: {error.strerror}. Name another by --port, with a "
            "redirect URI of that port in Xero's developer portal, or use --no-browser.",
        ) from None
    try:
        given.tell(f"Opening a browser. If none comes up, open this address:\n\n{asking.url}\n")
        # Beside us: a browser in a terminal comes back only when its user leaves it.
        threading.Thread(target=webbrowser.open, args=(asking.url,), daemon=True).start()
        answer = callback.wait()
    finally:
        callback.close()
    if answer is None:
        raise StoppedError(Exit.NOT_REACHED, "Nobody came back from Xero in time. Try again.")
    return answer


def _chooser(named: str | None) -> Callable[[Sequence[Tenant]], Tenant]:
    def choose(found: Sequence[Tenant]) -> Tenant:
        by_name = {tenant.name: tenant for tenant in found}
        if named is None and sys.stdin is not None and sys.stdin.isatty():
            return by_name[click.prompt("Organisation", type=click.Choice(list(by_name)), err=True)]
        wanted = (named or "").strip().casefold()
        for tenant in found:
            if wanted in (tenant.name.casefold(), tenant.id):
                return tenant
        names = ", ".join(by_name)
        raise StoppedError(
            Exit.USAGE, f"Run it again and say by --organisation which one it is: {names}."
        )

    return choose


def _tell(given: Globals, found: Sequence[SignedIn]) -> None:
    heads = ("connection", "side", "way", "organisation", "id")
    given.show(
        {"signed_in": [asdict(one) for one in found]},
        lambda: table(heads, [[asdict(one)[head] for head in heads] for one in found]),
    )
