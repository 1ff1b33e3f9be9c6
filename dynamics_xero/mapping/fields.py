"""What integrators write inside an EntityMapping: Field, Constant and @computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, TypeAlias

from dynamics_xero.mapping import convert as converters
from dynamics_xero.mapping.convert import Converter
from dynamics_xero.model import Value


class Direction(StrEnum):
    """Which way a field may go."""

    BOTH = "both"
    TO_XERO = "to_xero"
    TO_DYNAMICS = "to_dynamics"


class Owner(StrEnum):
    """Whose value stands when both sides changed (R7)."""

    DYNAMICS = "dynamics"
    XERO = "xero"
    ASK = "ask"
    NEWEST = "newest"


class FirstContact(StrEnum):
    """What happens when a new pair shows two different values (R10)."""

    KEEP = "keep"
    OWNER = "owner"
    ASK = "ask"


DirectionName: TypeAlias = Literal["both", "to_xero", "to_dynamics"]
OwnerName: TypeAlias = Literal["dynamics", "xero", "ask", "newest"]
FirstContactName: TypeAlias = Literal["keep", "owner", "ask"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """One field as it was written down, not yet checked against the remote columns.

    reads: the Dynamics columns its value comes from; of a plain field the first one that is filled
    counts, and edits go to the very first. writes: its Xero path. compute takes the mapping and
    the columns' values. A constant reads nothing: it has a value or names a setting.
    """

    reads: tuple[str, ...]
    writes: str
    compute: Callable[..., Value] | None = None
    value: Value = None
    setting: str | None = None
    convert: Converter = converters.plain
    direction: Direction = Direction.TO_XERO
    owner: Owner = Owner.DYNAMICS
    required: bool = False
    lossy: bool = False
    enforce: bool = False
    only_if_empty: bool = False
    label: str | None = None
    first_contact: FirstContact = FirstContact.KEEP


# The three below return Any, so that a subclass may replace a field by any other, or by None,
# and still pass a strict type check.


def Field(
    dynamics: str,
    xero: str,
    *,
    fallback: str | None = None,
    convert: Converter = converters.plain,
    direction: DirectionName = "both",
    owner: OwnerName = "dynamics",
    required: bool = False,
    lossy: bool = False,
    enforce: bool = False,
    label: str | None = None,
    first_contact: FirstContactName = "keep",
) -> Any:
    """Declare that a Dynamics column and a Xero column hold the same value.

    dynamics may follow a lookup ("primarycontactid.firstname"; then direction="to_xero").
    fallback: a column that stands in, towards Xero, while the first one is empty.
    required: a record without it is not sent. lossy: a value too long for Xero is shortened
    there, and never written back. enforce: a one-way field whose target was edited is set right.
    label: the words a salesperson knows, by default those of the form.
    """
    return Declaration(
        reads=(dynamics,) if fallback is None else (dynamics, fallback),
        writes=xero,
        convert=convert,
        direction=Direction(direction),
        owner=Owner(owner),
        required=required,
        lossy=lossy,
        enforce=enforce,
        label=label,
        first_contact=FirstContact(first_contact),
    )


def Constant(
    xero: str,
    *,
    value: Value = None,
    setting: str | None = None,
    enforce: bool = False,
    label: str | None = None,
    first_contact: FirstContactName = "keep",
) -> Any:
    """Declare a Xero column that always gets the same value, or that of a setting of the entity."""
    if (value is None) is (setting is None):
        raise ValueError("A Constant has either a value or the name of a setting.")
    return Declaration(
        reads=(),
        writes=xero,
        value=value,
        setting=setting,
        enforce=enforce,
        label=label,
        first_contact=FirstContact(first_contact),
    )


def computed(
    *,
    reads: tuple[str, ...],
    writes: str,
    convert: Converter = converters.plain,
    required: bool = False,
    lossy: bool = False,
    enforce: bool = False,
    only_if_empty: bool = False,
    label: str | None = None,
    first_contact: FirstContactName = "keep",
) -> Callable[[Callable[..., Value]], Any]:
    """Declare a Xero column computed from Dynamics columns, passed in the order of `reads`.

    The function sees None for an empty column, and may raise MappingError with a sentence for
    the salesperson. only_if_empty: a value that is already in Xero is never replaced.
    """

    def declare(compute: Callable[..., Value]) -> Any:
        return Declaration(
            reads=reads,
            writes=writes,
            compute=compute,
            convert=convert,
            required=required,
            lossy=lossy,
            enforce=enforce,
            only_if_empty=only_if_empty,
            label=label,
            first_contact=FirstContact(first_contact),
        )

    return declare
