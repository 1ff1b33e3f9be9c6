"""Where the running twins are: read from the settings file of a sandbox."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from dynamics_xero.sandbox.tool_errors import InputError


@dataclass(frozen=True)
class Whereabouts:
    """One connection's twins."""

    dynamics_url: str
    xero_api_url: str
    xero_url: str
    xero_tenant_id: str
    ca_file: Path | None


def whereabouts(settings_file: Path, connection: str = "main") -> Whereabouts:
    """Return the addresses in a settings file. Raises InputError."""
    try:
        with settings_file.open("rb") as file:
            settings = tomllib.load(file)
        ends = settings["connections"][connection]
        dynamics, xero = ends["dynamics"], ends["xero"]
        ca_file = dynamics.get("ca_file")
        api_url = str(xero["api_url"])
        return Whereabouts(
            dynamics_url=str(dynamics["url"]).rstrip("/"),
            xero_api_url=api_url.rstrip("/"),
            xero_url=str(xero["identity_url"]).rstrip("/"),
            xero_tenant_id=str(xero["tenant_id"]),
            ca_file=None if ca_file is None else settings_file.parent / str(ca_file),
        )
    except OSError as error:
        raise InputError(f"{settings_file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{settings_file}: {error}") from error
    except (KeyError, TypeError) as error:
        raise InputError(
            f"{settings_file} is no sandbox's settings file: {error} is missing"
        ) from error
