"""`worker`: hand this process over to Celery."""

from __future__ import annotations

import os
import sys

import click

from dynamics_xero.cli.check import DRIVER_FIX, lacks_driver
from dynamics_xero.cli.common import CONFIG_VARIABLE, Globals, global_options
from dynamics_xero.cli.heap import ARENAS
from dynamics_xero.cli.opening import opened
from dynamics_xero.errors import SettingsError


def arguments(given: Globals, more: tuple[str, ...] = ()) -> list[str]:
    """Return the command line of a worker; it ticks by itself (worker/ticker.py)."""
    level = {-1: "ERROR", 0: "WARNING", 1: "INFO"}.get(max(given.verbosity, -1), "DEBUG")
    start = [sys.executable, "-m", "celery", "-q", "-A", "worker", "worker"]
    return [*start, f"--loglevel={level}", "--without-gossip", "--without-mingle", *more]


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("celery_options", nargs=-1, type=click.UNPROCESSED)
@global_options
@click.pass_obj
def worker(given: Globals, *, celery_options: tuple[str, ...]) -> None:
    """Work until stopped, by Celery. Options that are not ours go to `celery worker`."""
    if given.connection:
        raise click.UsageError("A worker serves every connection of its settings file.")
    # Faults of settings, driver or database are told here, in plain words, not by Celery.
    if lacks_driver(given.settings()):
        raise SettingsError(f"The broker's Python driver is not installed: {DRIVER_FIX}.")
    with opened(given):
        pass
    os.environ[CONFIG_VARIABLE] = str(given.config.absolute())
    os.environ.setdefault(ARENAS, "1")  # as heap.py does for a process of ours
    # Replaced, not started: signals reach Celery, and this process never imports it.
    os.execv(sys.executable, arguments(given, celery_options))  # noqa: S606 - no shell
