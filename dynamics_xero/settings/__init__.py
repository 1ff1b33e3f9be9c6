"""The settings: one TOML file, overridden by the environment, checked whole at the start."""

from __future__ import annotations

from dynamics_xero.settings.reading import load
from dynamics_xero.settings.values import (
    ConnectionSettings,
    DynamicsSettings,
    EntitySettings,
    FirstRun,
    LimitsSettings,
    Secret,
    Settings,
    XeroSettings,
)

__all__ = [
    "ConnectionSettings",
    "DynamicsSettings",
    "EntitySettings",
    "FirstRun",
    "LimitsSettings",
    "Secret",
    "Settings",
    "XeroSettings",
    "load",
]
