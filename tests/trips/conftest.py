"""Fixtures of the trip tests: one sandbox per process, emptied for each test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dynamics_xero.connector import Connector
from tests.trips import dynamics_world
from tests.trips.world import World, served


@pytest.fixture(scope="session")
def running_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Serve both twins for all trip tests of a process."""
    with served(tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest.fixture
def world(running_world: World, tmp_path: Path) -> World:
    """Return both twins, empty, and a folder for this test's state."""
    running_world.reset()
    return replace(running_world, folder=tmp_path)


@pytest.fixture
def connector(world: World) -> Iterator[Connector]:
    """Return a provisioned connector with an empty state."""
    with world.connector() as connector:
        yield connector


@pytest.fixture(scope="session")
def running_dynamics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dynamics_world.World]:
    """Serve a twin for the tests of the Dynamics side alone."""
    with dynamics_world.world(tmp_path_factory.mktemp("dynamics")) as served:
        yield served


@pytest.fixture
def env(running_dynamics: dynamics_world.World) -> dynamics_world.World:
    """Return that twin with its faults lifted; `fresh` empties it."""
    running_dynamics.faults()
    return running_dynamics
