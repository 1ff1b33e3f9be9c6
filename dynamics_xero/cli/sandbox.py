"""`sandbox`: local twins of both systems, and data for them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from dynamics_xero.cli.common import Globals, global_options
from dynamics_xero.cli.outcomes import Exit

PORT = click.IntRange(0, 65_535)
MANY = click.IntRange(1, 1_000)


@click.group()
@global_options
def sandbox() -> None:
    """Run local twins of both systems, and fill them."""


@contextmanager
def extra_installed() -> Iterator[None]:
    """Say in plain words that the optional extra is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        text = f"{error.name} is not installed: pip install 'dynamics_xero[sandbox]'"
        raise click.ClickException(text) from error


@sandbox.command()
@click.option("--dynamics-port", type=PORT, default=0, help="0 picks one.")
@click.option("--xero-port", type=PORT, default=0, help="0 picks one.")
@click.option("--organisations", type=MANY, default=1, show_default=True)
@click.option("--environments", type=MANY, default=1, show_default=True)
@click.option("--home", type=click.Path(path_type=Path), help="Where the twins live on.")
@click.option("--seed", type=int, help="Makes ids and tokens repeatable.")
@click.option("--plain-http", is_flag=True, help="Plain loopback ports as well.")
@global_options
@click.pass_obj
def serve(
    given: Globals,  # noqa: ARG001 - click hands it to every command
    *,
    dynamics_port: int,
    xero_port: int,
    organisations: int,
    environments: int,
    home: Path | None,
    seed: int | None,
    plain_http: bool,
) -> int:
    """Run both twins until SIGTERM or Ctrl-C; print one JSON line with their addresses."""
    with extra_installed():
        from dynamics_xero.sandbox import assembly
        from dynamics_xero.sandbox import serve as serving
    options = assembly.ServeOptions(
        dynamics_port=dynamics_port,
        xero_port=xero_port,
        organisations=organisations,
        environments=environments,
        home=home,
        seed=seed,
        plain_http=plain_http,
    )
    try:
        serving.serve(options, sys.stdout)
    except OSError as error:
        raise click.ClickException(f"The sandbox cannot start: {error}") from error
    return Exit.FINE


@sandbox.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--primary", is_flag=True, help="Make each contact its account's primary one.")
@global_options
@click.pass_obj
def load(given: Globals, *, folder: Path, primary: bool) -> int:
    """Write Northwind's CSV files of a folder into the running Dynamics twin."""
    with extra_installed():
        from dynamics_xero.sandbox import load as loading
    options = loading.LoadOptions(folder, given.config, given.connection or "main", primary)
    written = loading.load(options, sys.stderr)
    given.show(
        {"written": written},
        lambda: ", ".join(f"{count} {name}" for name, count in written.items()),
    )
    return Exit.FINE


@sandbox.command()
@click.option("--accounts", type=click.IntRange(0), required=True)
@click.option("--contacts-per-account", type=click.IntRange(0), default=1, show_default=True)
@click.option("--xero-contacts", type=click.IntRange(0), default=0, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--dirt", is_flag=True, help="What real books hold: accents, bad e-mails, ...")
@global_options
@click.pass_obj
def seed(
    given: Globals,
    *,
    accounts: int,
    contacts_per_account: int,
    xero_contacts: int,
    seed: int,
    dirt: bool,
) -> int:
    """Write made-up companies into the running twins."""
    with extra_installed():
        from dynamics_xero.sandbox import seed as seeding
    options = seeding.SeedOptions(
        accounts=accounts,
        settings_file=given.config,
        contacts_per_account=contacts_per_account,
        xero_contacts=xero_contacts,
        seed=seed,
        dirt=dirt,
        connection=given.connection or "main",
    )
    seeded = seeding.seed(options)
    given.show(seeded.as_json(), lambda: f"{seeded.accounts} accounts, {seeded.contacts} contacts")
    return Exit.FINE
