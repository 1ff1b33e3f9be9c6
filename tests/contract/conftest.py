"""Fixtures of the contract tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.dynamics_server import Dynamics
from tests.contract.dynamics_server import served as dynamics_served
from tests.contract.xero_server import Xero, served


@pytest.fixture(scope="session")
def running_xero() -> Iterator[Xero]:
    """Serve one Xero twin of two organisations for all tests of a process."""
    with served(organisations=2) as running:
        yield running


@pytest.fixture
def xero(running_xero: Xero) -> Xero:
    """Return the twin with an empty first organisation, switches and limits at rest."""
    return running_xero.fresh()


@pytest.fixture(scope="session")
def running_dynamics() -> Iterator[Dynamics]:
    """Serve one environment for all tests of a process."""
    with dynamics_served() as running:
        yield running


@pytest.fixture
def dynamics(running_dynamics: Dynamics) -> Dynamics:
    """Return the environment empty, its switches at rest, signed in."""
    return running_dynamics.fresh()
