"""The keys that seal what the store holds: the first one seals, every one opens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class Keyring:
    """Keys that may be exchanged while the process lives.

    reread: returns the keys as they are now; asked once for each text that no key opens, so that
    a worker goes on when somebody rotates the key beside it.
    """

    def __init__(
        self, keys: Sequence[str], *, reread: Callable[[], Sequence[str]] | None = None
    ) -> None:
        self._lock = threading.Lock()
        self._reread = reread
        self._keys = tuple(keys)
        self._fernet = _fernet(self._keys)

    def seal(self, text: str) -> str:
        """Return the sealed text; always by the first key there is now, or a rotation missed it."""
        self._renewed()
        return self._fernet.encrypt(text.encode("utf-8")).decode("ascii")

    def open(self, sealed: str) -> str:
        """Return the text inside. Raises cryptography's InvalidToken when no key opens it."""
        try:
            return self._fernet.decrypt(sealed).decode("utf-8")
        except InvalidToken:
            if not self._renewed():
                raise
            return self._fernet.decrypt(sealed).decode("utf-8")

    def _renewed(self) -> bool:
        """Take the keys that stand in the file by now; False when they are the same."""
        if self._reread is None:
            return False
        with self._lock:
            keys = tuple(self._reread())
            if keys != self._keys:
                self._keys, self._fernet = keys, _fernet(keys)
            return True


def _fernet(keys: Sequence[str]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
