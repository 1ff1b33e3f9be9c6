"""Asking for help is cheap: it loads none of the heavy libraries."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = (
    "alembic",
    "celery",
    "kombu",
    "marshmallow",
    "msal",
    "sentry_sdk",
    "sqlalchemy",
    "starlette",
    "uvicorn",
    "worker",
    "xero_python",
)
PROGRAM = """
import json, sys
from dynamics_xero.cli import main
code = main(sys.argv[1:])
print(json.dumps([code, sorted(sys.modules)]))
"""
IMPORT = "import dynamics_xero, json, sys; print(json.dumps([0, sorted(sys.modules)]))"
HELPS = [
    [],
    ["init"],
    ["check"],
    ["provision"],
    ["provision", "apply"],
    ["sync"],
    ["status"],
    ["links"],
    ["history"],
    ["worker"],
    ["sandbox", "serve"],
    ["demo"],
]


def loaded(program: str, *arguments: str) -> tuple[int, set[str], str]:
    """Run a program; return its code, the top names of its modules, and what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    *printed, last = done.stdout.splitlines()
    code, modules = json.loads(last)
    return code, {module.partition(".")[0] for module in modules}, "\n".join(printed)


def test_importing_the_package_loads_nothing_heavy() -> None:
    _, modules, _ = loaded(IMPORT)

    assert modules.isdisjoint(HEAVY)


def test_help_loads_nothing_heavy_and_names_every_command() -> None:
    code, modules, printed = loaded(PROGRAM, "--help")

    assert code == 0
    assert modules.isdisjoint(HEAVY)
    for command in ("init", "check", "provision", "sync", "worker", "sandbox", "demo"):
        assert f"\n  {command} " in printed


@pytest.mark.parametrize("command", HELPS[1:], ids=" ".join)
def test_the_help_of_a_command_loads_nothing_heavy(command: list[str]) -> None:
    code, modules, printed = loaded(PROGRAM, *command, "--help")

    assert code == 0
    assert printed.startswith(f"Usage: dynamics-xero {' '.join(command)}")
    assert modules.isdisjoint(HEAVY)


def test_a_connector_on_sqlite_loads_nothing_of_what_it_may_do_without() -> None:
    """Each costs it megabytes: tables made anew, PostgreSQL, a certificate to sign in with."""
    program = "import dynamics_xero.connector.connector, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )

    loaded = set(done.stdout.split())
    assert {"sqlalchemy.dialects.sqlite", "msal"} <= loaded
    assert loaded.isdisjoint({"alembic", "sqlalchemy.dialects.postgresql", "cryptography.x509"})
