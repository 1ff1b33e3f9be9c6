"""The settings: one TOML file, overridden by the environment, checked whole at the start."""

from __future__ import annotations

from dynamics_xero.settings.keys import keys_now
from dynamics_xero.settings.reading import load
from dynamics_xero.settings.values import (
    CODE_FLOW,
    CUSTOM_CONNECTION,
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
    "CODE_FLOW",
    "CUSTOM_CONNECTION",
    "ConnectionSettings",
    "DynamicsSettings",
    "EntitySettings",
    "FirstRun",
    "LimitsSettings",
    "Secret",
    "Settings",
    "XeroSettings",
    "keys_now",
    "load",
]
