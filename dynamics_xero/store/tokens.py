"""Tokens, sealed: the database alone opens nothing (R38)."""

from __future__ import annotations

import json

from cryptography.fernet import InvalidToken
from sqlalchemy import select, update

from dynamics_xero.errors import SettingsError
from dynamics_xero.ports import Clock
from dynamics_xero.store.engine import upsert
from dynamics_xero.store.keyring import Keyring
from dynamics_xero.store.store import Store
from dynamics_xero.store.tables import token


class Tokens:
    """Implements ports.TokenStore; each call is a short transaction of its own.

    The first key seals, every key opens. The row's name is sealed in with the secret, so that a
    row copied under another name does not open.
    """

    def __init__(self, store: Store, keys: Keyring, clock: Clock) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock

    def load(self, name: str) -> tuple[str, int] | None:
        """Return (secret text, generation), or None. Raises SettingsError when no key opens it."""
        query = select(token.c.secret, token.c.generation).where(token.c.name == name)
        with self._store.look() as connection:
            row = connection.execute(query).first()
        return None if row is None else (self._open(name, row.secret), row.generation)

    def save(self, name: str, secret: str, *, generation: int) -> bool:
        """Store a secret as this generation; False when it, or a later one, is already there."""
        row = {
            "name": name,
            "secret": self._seal(name, secret),
            "generation": generation,
            "saved_at": self._clock.now(),
        }
        with self._store.connect() as connection:
            statement = upsert(connection, token, only_if=token.c.generation < generation)
            return connection.execute(statement, row).rowcount == 1

    def forget(self, name: str) -> None:
        """Put an empty text there, as the next generation: nobody stores what was read before."""
        changed = {"secret": self._seal(name, ""), "generation": token.c.generation + 1}
        with self._store.connect() as connection:
            connection.execute(update(token).where(token.c.name == name).values(changed))

    def reseal(self) -> int:
        """Seal every token anew by the first key, all or none; returns how many there are.

        Their generations go up, so that nobody who read one before stores it again as it was.
        """
        with self._store.connect() as connection:
            rows = connection.execute(select(token)).all()
            for row in rows:
                sealed = self._seal(row.name, self._open(row.name, row.secret))
                changed = {"secret": sealed, "generation": row.generation + 1}
                connection.execute(update(token).where(token.c.name == row.name), changed)
        return len(rows)

    def _seal(self, name: str, secret: str) -> str:
        return self._keys.seal(json.dumps([name, secret]))

    def _open(self, name: str, sealed: str) -> str:
        try:
            inside, secret = json.loads(self._keys.open(sealed))
        except InvalidToken:
            raise SettingsError(
                f"No key opens the stored token {name}. Put the key back that sealed it, or sign in"
                " again: dynamics-xero auth xero"
            ) from None
        if inside != name:
            raise SettingsError(
                f"The stored token {name} was sealed for {inside}: do not copy rows."
            )
        return str(secret)
