"""Read the settings: file, then environment, then every check at once."""

from __future__ import annotations

import difflib
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynamics_xero.errors import SettingsError
from dynamics_xero.settings.environment import PREFIX, Tree, overlay
from dynamics_xero.settings.keys import is_key, keys_in
from dynamics_xero.settings.values import (
    ConnectionSettings,
    DynamicsSettings,
    EntitySettings,
    FirstRun,
    LimitsSettings,
    Secret,
    Settings,
    XeroSettings,
    password_of,
)

if TYPE_CHECKING:
    from marshmallow import Schema

SECRET_NAMES = ("state", "broker", "sentry_dsn", "client_secret")
"""Settings that may stand in a file of their own, named by the same name and `_file`."""


def load(path: str | Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read and check the settings; environment None = the process's own.

    Raises SettingsError that lists every fault found, each with its field and what to do.
    """
    file = Path(path).absolute()
    reader = Reader(file, os.environ if environment is None else environment)
    return reader.settings()


class Reader:
    """One reading of one file: gathers faults on the way, so that all are told together."""

    def __init__(self, file: Path, environment: Mapping[str, str]) -> None:
        # Only here, so that importing the package or asking for help does not load marshmallow.
        from dynamics_xero.settings import schema

        self._schemas = schema
        self._file = file
        self._faults: list[str] = []
        self._tree = _toml(file)
        names = [*schema.FileSchema().fields, *(f"{name}_file" for name in SECRET_NAMES)]
        self._origins = overlay(self._tree, environment, known=names)

    def settings(self) -> Settings:
        """Return the settings. Raises SettingsError with all faults."""
        self._files_to_values(self._tree, "")
        top = self._section(self._schemas.FileSchema(), self._tree, "")
        connections = {
            name: self._connection(name, data)
            for name, data in self._named("connections", self._tree.get("connections", {}))
        }
        if not connections:
            self._fault("connections", "is missing. Write a section [connections.main.dynamics].")
        entities = {
            name: self._section(self._schemas.EntitySchema(), data, f"entities.{name}")
            for name, data in self._named("entities", self._tree.get("entities", {}))
        }
        limits = self._section(self._schemas.LimitsSchema(), self._tree.get("limits", {}), "limits")
        keys = self._keys()
        if self._faults:
            raise SettingsError(self._faults)
        whole = self._whole(top, connections, entities, keys)
        return replace(whole, limits=LimitsSettings(**limits))

    def _whole(
        self,
        top: dict[str, Any],
        connections: dict[str, ConnectionSettings],
        entities: dict[str, dict[str, Any]],
        keys: tuple[Secret, ...],
    ) -> Settings:
        return Settings(
            path=self._file,
            state=_guarded(self._state(top["state"])),
            broker=_guarded(top["broker"]),
            keys=keys,
            key_file=None if self._tree.get("key") else self._path(top["key_file"]),
            first_run=FirstRun(top["first_run"]),
            from_date=top["from_date"],
            clock_url=top["clock_url"],
            linger_s=top["linger_s"],
            keep_days=top["keep_days"],
            reconcile_days=top["reconcile_days"],
            sentry_dsn=Secret(top["sentry_dsn"]) if top["sentry_dsn"] else None,
            connections=connections,
            entities={name: EntitySettings(**values) for name, values in entities.items()},
        )

    def _connection(self, name: str, data: object) -> ConnectionSettings:
        where = f"connections.{name}"
        sides = self._section(self._schemas.ConnectionSchema(), data, where)
        found = {
            side: self._section(schema, sides[side], f"{where}.{side}")
            for side, schema in (
                ("dynamics", self._schemas.DynamicsSchema()),
                ("xero", self._schemas.XeroSchema()),
            )
            if side in sides
        }
        if not all(found.get(side) for side in ("dynamics", "xero")):
            # A fault is noted by now, so this never leaves the reader.
            return ConnectionSettings(name, *_NOWHERE)
        dynamics, xero = (
            self._side(found[side], f"{where}.{side}") for side in ("dynamics", "xero")
        )
        return ConnectionSettings(name, DynamicsSettings(**dynamics), XeroSettings(**xero))

    def _side(self, values: dict[str, Any], where: str) -> dict[str, Any]:
        return {
            **values,
            **{name: values[name] or "" for name in ("authority", "client_id") if name in values},
            "client_secret": Secret(values["client_secret"] or ""),
            "ca_file": self._certificates(values["ca_file"], f"{where}.ca_file"),
            **self._certificate(values, where),
            "proxy": values["proxy"] and _guarded(values["proxy"]),
        }

    def _section(self, schema: Schema, data: object, where: str) -> dict[str, Any]:
        """Return a section's checked values; empty where there was a fault."""
        from marshmallow import ValidationError

        if not isinstance(data, dict):
            self._fault(where, f"must be a section: [{where}]")
            return {}
        try:
            return dict(schema.load(data))
        except ValidationError as error:
            messages: Mapping[str, Any] = error.normalized_messages()  # type: ignore[no-untyped-call]  # marshmallow's gap
            for name in sorted(messages):
                said = "; ".join(messages[name])
                if name not in schema.fields:
                    said = self._unknown(name, sorted(schema.fields))
                self._fault(f"{where}.{name}" if where else name, said)
            return {}

    def _unknown(self, name: str, known: list[str]) -> str:
        later = self._schemas.LATER
        if name in later:
            return f"is not known yet: {later[name]}"
        near = difflib.get_close_matches(name, known, n=1)
        if near:
            return f'is not a setting. Did you mean "{near[0]}"?'
        return f"is not a setting. Known here: {', '.join(known)}."

    def _named(self, where: str, data: object) -> list[tuple[str, object]]:
        if not isinstance(data, dict):
            self._fault(where, f"must hold sections: [{where}.NAME]")
            return []
        for name in data:
            if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", name):
                self._fault(f"{where}.{name}", "must be named with a-z, 0-9, _ and -")
        return list(data.items())

    def _files_to_values(self, node: Tree, where: str) -> None:
        """Replace every `name_file` of a secret by what the file holds."""
        for name, value in list(node.items()):
            if isinstance(value, dict):
                self._files_to_values(value, f"{where}{name}.")
            plain = name.removesuffix("_file")
            if plain == name or plain not in SECRET_NAMES:
                continue
            del node[name]
            if plain in node:
                self._fault(f"{where}{plain}", f"is given twice: here and as {name}")
            try:
                node[plain] = (self._file.parent / str(value)).read_text("utf-8").strip()
            except (OSError, UnicodeError) as error:
                node[plain] = "unread"
                self._fault(f"{where}{name}", f"cannot be read: {_reason(error)}")

    def _keys(self) -> tuple[Secret, ...]:
        if "key" in self._tree and f"{PREFIX}KEY" not in self._origins.values():
            self._fault("key", f"must not stand in this file; use key_file, or {PREFIX}KEY")
            return ()
        held = self._tree.get("key") or self._key_file()
        keys = keys_in(str(held or ""))
        if held is not None and (not keys or not all(map(is_key, keys))):
            where = "key" if "key" in self._tree else "key_file"
            self._fault(where, "holds no key. `dynamics-xero init` makes one.")
        return keys

    def _key_file(self) -> str | None:
        """Return the key file's text; None where a fault says why not."""
        name = self._tree.get("key_file")
        if not name:
            said = f"is missing. `dynamics-xero init` makes one; or set {PREFIX}KEY"
            self._fault("key_file", said)
            return None
        file = self._file.parent / str(name)
        try:
            mode = stat.S_IMODE(file.stat().st_mode)
            if mode & 0o077:
                self._fault("key_file", f"can be read by others. Run: chmod 600 {file}")
                return None
            return file.read_text("ascii")
        except (OSError, UnicodeError) as error:
            makes = "`dynamics-xero init` makes a new one." if not file.exists() else ""
            self._fault("key_file", f"cannot be read: {_reason(error)}: {file}. {makes}".strip())
            return None

    def _certificate(self, values: dict[str, Any], where: str) -> dict[str, Path | None]:
        """Return the file we prove ourselves by, which only we may read: a key is in it."""
        if "certificate_file" not in values:
            return {}
        named = f"{where}.certificate_file"
        file = self._certificates(values["certificate_file"], named)
        try:
            if file is not None and stat.S_IMODE(file.stat().st_mode) & 0o077:
                self._fault(named, f"can be read by others. Run: chmod 600 {file}")
            elif file is not None and "PRIVATE KEY-----" not in file.read_text("ascii"):
                self._fault(named, f"holds no private key beside its certificate: {file}")
        except (OSError, UnicodeError):
            pass  # told above already
        return {"certificate_file": file}

    def _certificates(self, name: str | None, where: str) -> Path | None:
        """Return the file's path; a fault is told here, not by TLS in the middle of a run."""
        file = self._path(name)
        if file is None:
            return None
        try:
            if "-----BEGIN CERTIFICATE-----" not in file.read_text("ascii"):
                self._fault(where, f"holds no certificate in PEM form: {file}")
        except (OSError, UnicodeError) as error:
            self._fault(where, f"cannot be read: {_reason(error)}: {file}")
        return file

    def _path(self, name: str | None) -> Path | None:
        return self._file.parent / name if name else None

    def _state(self, url: str) -> str:
        """Return the state's URL with a SQLite file's path made absolute."""
        scheme = "sqlite:///"
        return (
            f"{scheme}{self._file.parent / url[len(scheme) :]}" if url.startswith(scheme) else url
        )

    def _fault(self, where: str, said: str) -> None:
        variable = self._origins.get(where)
        self._faults.append(f"{where} {said}" + (f" (from {variable})" if variable else ""))


_NOWHERE = (
    DynamicsSettings(url="", authority="", client_id="", client_secret=Secret()),
    XeroSettings(client_id="", client_secret=Secret()),
)


def _toml(file: Path) -> Tree:
    try:
        with file.open("rb") as stream:
            return tomllib.load(stream)
    except FileNotFoundError:
        raise SettingsError(
            f"There is no file {file}. `dynamics-xero init` writes one; --config names another."
        ) from None
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {_reason(error)}") from None
    except (tomllib.TOMLDecodeError, UnicodeError) as error:
        raise SettingsError(f"{file} is not TOML: {error}") from None


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else "it is not text"


def _guarded(url: str) -> str:
    return Secret(url) if password_of(url) else url
