"""Where the shared data is, and what happens to tests that need it where it is absent."""

from __future__ import annotations

import logging
import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.folders import in_memory

# How long an example takes says more about the machine than about the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

ROOT = Path(__file__).resolve().parent.parent

TOGETHER = (
    "tests/contract/test_xero_prism.py",
    "tests/kills/test_kills.py",
    "tests/servers/test_store_on_postgresql.py",
    "tests/trips/test_northwind.py",
)
"""Files whose tests share something dear, so that one process runs them all."""

LONG = ("tests/kills/", "tests/trips/test_first_load.py", "tests/contract/test_xero_prism.py")
"""What begins first, or one process would wait for the other at the end."""


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Hands out tests one by one, and those of TOGETHER by the file.

    xdist's own groups do nothing under pytest 9.2, which made a node's id read-only.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file in TOGETHER else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """Use it in place of what --dist names."""
    return Scheduling(config, log)


def shared_folder() -> Path | None:
    """Return the folder with Northwind and Xero's OpenAPI files, None on a user's clone."""
    named = os.environ.get("DYNAMICS_XERO_SHARED")
    folder = Path(named) if named else ROOT.parent / "shared"
    return folder if (folder / "data").is_dir() else None


def pytest_configure() -> None:
    """Keep tests' folders in memory, and take Ctrl-C where a script started us in its background.

    There the shell has it ignored, and so would every program that a test starts and stops.
    """
    memory = in_memory()
    if memory is not None:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put long ones first; leave those out that lack the shared data, and say so by group."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))
    if shared_folder() is not None:
        return
    absent = [item for item in items if item.get_closest_marker("shared_data")]
    items[:] = [item for item in items if item not in absent]
    config.hook.pytest_deselected(items=absent)
    groups = Counter(item.nodeid.partition("::")[0] for item in absent)
    for group, count in sorted(groups.items()):
        print(f"\n{group}: {count} tests not run: no shared data")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Under CI a skipped test is a failed run: nothing may hide there."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter is not None else []
    if os.environ.get("DYNAMICS_XERO_NO_SKIPS") and skipped and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with Northwind and Xero's OpenAPI files."""
    folder = shared_folder()
    assert folder is not None, "mark the test with shared_data"
    return folder


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """Give the root logger back as it was: a command takes it over for the process."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
