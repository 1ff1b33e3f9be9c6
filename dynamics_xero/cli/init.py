"""`init`: write a commented settings file and a key."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

import click

from dynamics_xero.cli.common import Globals, global_options
from dynamics_xero.cli.outcomes import Exit, StoppedError
from dynamics_xero.errors import SettingsError

TEMPLATE = """\
# Settings of dynamics-xero. Every line can be overridden by the environment:
# DYNAMICS_XERO_CONNECTIONS__MAIN__XERO__CLIENT_ID=... ; a secret may stand in a file of its own:
# client_secret_file = "..." or DYNAMICS_XERO_CONNECTIONS__MAIN__XERO__CLIENT_SECRET_FILE=...
# Relative paths start from this file's folder.

state = "sqlite:///state.db"            # or postgresql+psycopg://user:password@host/database
broker = "embedded"                     # or redis://... or amqp://...
key_file = "{key}"                        # mode 0600; seals the tokens that the state holds
first_run = "plan"                      # the first sync writes nothing; "apply" goes straight on
from_date = {from_date}                  # go-live line for documents
# sentry_dsn = "https://...@sentry.example/1"

[connections.main.dynamics]
url = "https://contoso.crm.dynamics.com"
authority = "https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000"
client_id = "00000000-0000-0000-0000-000000000000"
client_secret = "paste the secret here"
# certificate_file = "app.pem"          # instead of a secret: its key and itself, mode 0600
# managed_identity = true               # instead of both, on a machine in Azure
# poll_s = 10                           # seconds between two looks
# proxy = "http://proxy.example:3128"   # none unless named here, whatever the system says
# ca_file = "ca.pem"                    # for a proxy or a sandbox with a certificate of its own

[connections.main.xero]
flow = "custom_connection"              # or "code": `dynamics-xero auth xero` lets the app in
client_id = "paste the client id here"
client_secret = "paste the secret here"
# tenant_id = "..."                     # needed when the app may use several organisations
# poll_s = 300
# calls_a_day = 1000                    # on Xero's Starter tier; left out, it is learned

[entities.account]                      # Dynamics accounts and their people: Xero contacts
enabled = true
"""


@click.command()
@global_options
@click.pass_obj
def init(given: Globals) -> int:
    """Write a commented settings file and a key that only you can read.

    Beside a settings file that has lost its key, only the key is made. Nothing is overwritten.
    """
    file = given.config.absolute()
    key = file.parent / "key"
    new = not file.exists()
    if key.exists():
        found = key if new else file
        raise SettingsError(f"{found} is there already and is left as it is.")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_first(file, key)
    except OSError as error:
        raise StoppedError(
            Exit.USAGE, f"{error.filename} cannot be written: {error.strerror}."
        ) from None
    wrote = f"{file} and {key}. Fill in the connection, then" if new else f"{key}. Now"
    given.show(
        {"settings_file": str(file), "key_file": str(key)},
        lambda: f"Wrote {wrote} run: dynamics-xero check",
    )
    return Exit.FINE


def write_first(file: Path, key: Path) -> None:
    """Write the key, and the file if it is missing; others cannot read them, not for a moment."""
    _write(key, base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii") + "\n")
    if not file.exists():
        _write(file, TEMPLATE.format(key=key.name, from_date="2026-01-01"))


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
