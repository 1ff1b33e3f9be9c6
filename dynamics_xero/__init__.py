"""Keep Microsoft Dynamics 365 Sales and Xero in step.

The public names load on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dynamics_xero.connector import Connector
    from dynamics_xero.errors import (
        ConflictError,
        DynamicsXeroError,
        FatalError,
        MappingError,
        RecordError,
        RejectedError,
        RetryableError,
        SettingsError,
        SignInError,
    )
    from dynamics_xero.mapping import convert
    from dynamics_xero.mapping.entity import EntityMapping
    from dynamics_xero.mapping.fields import Constant, Field, computed

__all__ = [
    "ConflictError",
    "Connector",
    "Constant",
    "DynamicsXeroError",
    "EntityMapping",
    "FatalError",
    "Field",
    "MappingError",
    "RecordError",
    "RejectedError",
    "RetryableError",
    "SettingsError",
    "SignInError",
    "computed",
    "convert",
]

_HOMES = {
    "Connector": "connector",
    "Constant": "mapping.fields",
    "EntityMapping": "mapping.entity",
    "Field": "mapping.fields",
    "computed": "mapping.fields",
}


def __getattr__(name: str) -> object:
    """Load a public name (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "convert":
        return import_module("dynamics_xero.mapping.convert")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'errors')}"), name)


def __dir__() -> list[str]:
    return __all__
