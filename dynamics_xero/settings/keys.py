"""The key file: read again while a process lives, and written when the key is rotated."""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Sequence
from pathlib import Path

from dynamics_xero.settings.values import Secret, Settings


def keys_in(text: str) -> tuple[Secret, ...]:
    """Return the keys of a text, which blanks, ends of lines or commas keep apart."""
    return tuple(Secret(key) for key in re.split(r"[\s,]+", text) if key)


def is_key(key: str) -> bool:
    """Say whether the text is a Fernet key: 32 bytes in URL-safe base64."""
    try:
        return len(base64.urlsafe_b64decode(key.encode("ascii"))) == 32
    except (binascii.Error, UnicodeError):
        return False


def keys_now(settings: Settings) -> tuple[Secret, ...]:
    """Return the keys as the file has them now; those we began with where there is no better."""
    if settings.key_file is None:
        return settings.keys
    try:
        keys = keys_in(settings.key_file.read_text("ascii"))
    except (OSError, UnicodeError):
        return settings.keys
    return keys if keys and all(map(is_key, keys)) else settings.keys


def write_keys(file: Path, keys: Sequence[str]) -> None:
    """Replace the key file as a whole, readable by its owner alone; a crash leaves the old one."""
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write("".join(f"{key}\n" for key in keys))
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(fresh, file)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
