"""The dataclass of values that are made by the thousand: mypy alone keeps them from being changed.

To refuse it at run time as well costs as much as all else that making one takes, field by field.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    Made = TypeVar("Made")

    def dataclass(*, frozen: bool, slots: bool = False) -> Callable[[type[Made]], type[Made]]:
        """Do as `dataclasses.dataclass` does, but let nothing check each assignment."""
        return dataclasses.dataclass(slots=slots, unsafe_hash=frozen)
