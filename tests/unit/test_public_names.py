"""The public names: sorted, reachable, and cheap to import."""

from __future__ import annotations

import subprocess
import sys

import pytest

import dynamics_xero

HEAVY = ("sqlalchemy", "celery", "sentry_sdk", "xero_python", "msal", "marshmallow")


def test_the_public_names_are_sorted_and_complete() -> None:
    assert dynamics_xero.__all__ == sorted(dynamics_xero.__all__)
    assert dir(dynamics_xero) == dynamics_xero.__all__
    wanted = {"Connector", "Constant", "EntityMapping", "Field", "computed", "convert"}
    assert wanted <= set(dynamics_xero.__all__)


@pytest.mark.parametrize("name", dynamics_xero.__all__)
def test_every_public_name_can_be_reached(name: str) -> None:
    found = getattr(dynamics_xero, name)

    assert found.__name__.rpartition(".")[2] == name


def test_a_name_that_is_not_public_cannot_be_reached() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'merge_everything'"):
        _ = dynamics_xero.merge_everything


@pytest.mark.parametrize(
    "statement",
    ["import dynamics_xero", "from dynamics_xero import Constant, EntityMapping, Field, convert"],
)
def test_importing_the_package_loads_none_of_the_large_libraries(statement: str) -> None:
    program = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )

    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "dynamics_xero" in loaded
    assert loaded.isdisjoint(HEAVY)
