"""One field of a mapping, checked and ready: how it is read, compared and written."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from dynamics_xero.errors import DynamicsXeroError, MappingError
from dynamics_xero.mapping.convert import Converter
from dynamics_xero.mapping.fields import Direction, FirstContact, Owner
from dynamics_xero.model import Value, Values

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """How one field behaves.

    read: its canonical value from the Dynamics columns `columns_dynamics`. columns_xero: the
    columns it fills; groups_xero: the write groups they belong to. The lengths are what each side
    holds, None where the remote states none. written_back: the Dynamics column it may fill.
    computed: its value comes from somebody's function.
    """

    name: str
    label: str
    direction: Direction
    owner: Owner
    first_contact: FirstContact
    required: bool
    lossy: bool
    enforce: bool
    only_if_empty: bool
    columns_dynamics: tuple[str, ...]
    columns_xero: tuple[str, ...]
    groups_xero: tuple[str, ...]
    length_dynamics: int | None
    length_xero: int | None
    convert: Converter
    read: Callable[[Values], Value]
    written_back: str | None
    computed: bool = False

    @property
    def one_way(self) -> bool:
        """Say whether only one side is ever looked at for changes (R9)."""
        return self.direction is not Direction.BOTH

    def from_dynamics(self, values: Values) -> Value:
        """Return the canonical value Dynamics shows.

        Raises MappingError with a sentence that names the field and what Xero wants, unless the
        field is never sent to Xero.
        """
        value = self._worked_out(values)
        if self.direction is Direction.TO_DYNAMICS:
            return value
        if value is None:
            if self.required:
                raise MappingError(f"{self.label} is empty, Xero needs it.")
            return None
        problem = self.convert.problem(value)
        if problem:
            raise MappingError(f"{self.label} {problem}")
        if not self.lossy:
            self._check_length(value, self.length_xero, "Xero")
        return value

    def _worked_out(self, values: Values) -> Value:
        """Read the value; a bug in an integrator's function costs its record, not the run (R32)."""
        try:
            return self.read(values)
        except DynamicsXeroError:
            raise
        except Exception as fault:
            log.warning("field %s cannot be worked out", self.name, exc_info=True)
            text = f"{self.label} cannot be worked out here. Please tell your administrator."
            raise MappingError(text) from fault

    def from_xero(self, values: Values) -> Value:
        """Return the canonical value Xero shows."""
        return self.convert.gather(tuple(map(values.get, self.columns_xero)))

    def fit(self, value: Value) -> Value:
        """Return what Xero would show for this value: the sides agree if `fit(d) == x`."""
        return self.convert.gather(self.convert.spread(self._shorten(value)))

    def to_xero(self, value: Value) -> dict[str, Value]:
        """Return the Xero columns to write; None clears one."""
        spread = self.convert.spread(self._shorten(value))
        return dict(zip(self.columns_xero, spread, strict=True))

    def to_dynamics(self, value: Value) -> dict[str, Value]:
        """Return the Dynamics column to write; nothing for a field that only goes to Xero.

        Raises MappingError when Dynamics cannot hold the value: it is never shortened there.
        """
        if self.written_back is None:
            return {}
        self._check_length(value, self.length_dynamics, "Dynamics")
        return {self.written_back: value}

    def _shorten(self, value: Value) -> Value:
        """Cut a lossy text to Xero's length; what remains has no space at its end (Xero trims)."""
        if self.lossy and isinstance(value, str) and self.length_xero is not None:
            return value[: self.length_xero].rstrip() or None
        return value

    def _check_length(self, value: Value, allowed: int | None, side: str) -> None:
        if isinstance(value, str) and allowed is not None and len(value) > allowed:
            text = f"{self.label} has {len(value)} characters, {side} allows {allowed}."
            raise MappingError(text)
