"""`demo`: the command around the story."""

from __future__ import annotations

import signal
import sys
import tempfile
from pathlib import Path

import click

from dynamics_xero.cli.common import Globals, global_options
from dynamics_xero.cli.demo.children import Children
from dynamics_xero.cli.demo.story import Story, Told
from dynamics_xero.cli.outcomes import Exit
from dynamics_xero.cli.sync import describe
from dynamics_xero.cli.tables import table


@click.command()
@click.option("--once", is_flag=True, help="Stop at the end, also on a terminal.")
@global_options
@click.pass_obj
def demo(given: Globals, *, once: bool) -> int:
    """Show the main job: local twins, 40 accounts, a real worker, a failure that heals."""
    stays = sys.stdout.isatty() and not once and not given.as_json
    # SIGTERM ends it as Ctrl-C does: through the blocks that stop the children.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with tempfile.TemporaryDirectory(prefix="dynamics-xero-demo-") as home:
            return _play(given, Path(home), stays=stays)
    finally:
        signal.signal(signal.SIGTERM, before)


def _play(given: Globals, home: Path, *, stays: bool) -> int:
    with Children(home) as children:
        story = Story(home, children, given.tell)
        told = story.play()
        if stays:
            given.show(told.as_json(), lambda: _described(told))
            given.tell("Both systems and the worker go on. Ctrl-C ends them and the demo.")
            _until_interrupted(children)
            return Exit.FINE
    given.show(told.as_json(), lambda: _described(told))
    return Exit.FINE


def _until_interrupted(children: Children) -> None:
    try:
        children.watch()
    except KeyboardInterrupt:
        return


def _described(told: Told) -> str:
    """Return the counts, what failed on purpose and healed, and where everything was served."""
    healed = [(one["dynamics_id"], one["remark_before"]) for one in told.healed]
    addresses = [(name, url) for name, url in told.urls.items() if url]
    tables = (
        table(("healed account", "its Remark before"), healed),
        table(("address", "where"), addresses),
    )
    return "\n\n".join([describe(told.as_json()), *tables])
