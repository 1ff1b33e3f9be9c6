"""Turn a declaration into a rule: find its columns, its label and the way it is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from dynamics_xero.errors import SettingsError
from dynamics_xero.mapping.check import ColumnCheck
from dynamics_xero.mapping.columns.column import Column
from dynamics_xero.mapping.fields import Declaration, Direction
from dynamics_xero.mapping.rule import FieldRule
from dynamics_xero.model import Value, Values


class HasSettings(Protocol):
    """What a rule needs of its mapping."""

    @property
    def name(self) -> str:
        """The entity's name."""
        ...

    @property
    def settings(self) -> Values:
        """The settings of the entity."""
        ...


def build_rule(
    name: str, declaration: Declaration, mapping: HasSettings, check: ColumnCheck
) -> FieldRule:
    """Return the rule of one field; what is wrong with its columns goes to `check.faults`."""
    suffixes = [f".{column}" for column in declaration.convert.columns] or [""]
    paths = tuple(f"{declaration.writes}{suffix}" for suffix in suffixes)
    here = [check.in_dynamics(name, path) for path in declaration.reads]
    there = [check.in_xero(name, path) for path in paths]
    two_sided = declaration.compute is None and len(declaration.reads) > 0
    sole = declaration.reads[0] if two_sided else None
    source = here[0] if two_sided else None
    _check_writable(name, declaration, source, there[0], check)
    groups = (column.write_group for column in there if column and column.write_group)
    return FieldRule(
        name=name,
        label=declaration.label or _label(name, source, there[0]),
        direction=declaration.direction,
        owner=declaration.owner,
        first_contact=declaration.first_contact,
        required=declaration.required,
        lossy=declaration.lossy,
        enforce=declaration.enforce,
        only_if_empty=declaration.only_if_empty,
        columns_dynamics=declaration.reads,
        columns_xero=paths,
        groups_xero=tuple(dict.fromkeys(groups)),
        length_dynamics=source.max_length if source else None,
        length_xero=there[0].max_length if there[0] else None,
        convert=declaration.convert,
        read=_reader(declaration, mapping),
        computed=declaration.compute is not None,
        written_back=sole if two_sided and declaration.direction is not Direction.TO_XERO else None,
    )


def _label(name: str, here: Column | None, there: Column | None) -> str:
    column = here or there
    return column.label if column else name


def _check_writable(
    name: str,
    declaration: Declaration,
    here: Column | None,
    there: Column | None,
    check: ColumnCheck,
) -> None:
    """Refuse a direction whose target nobody but the remote may write."""
    if declaration.direction is not Direction.TO_DYNAMICS and there and there.read_only:
        check.faults.append(f"{name}: {there.name} cannot be written, say to_dynamics.")
    joined = "." in "".join(declaration.reads[:1])
    if declaration.direction is not Direction.TO_XERO and (joined or (here and here.read_only)):
        check.faults.append(f"{name}: {declaration.reads[0]} cannot be written, say to_xero.")


def _reader(declaration: Declaration, mapping: HasSettings) -> Callable[[Values], Value]:
    if declaration.compute is not None:
        compute = declaration.compute
        return lambda values: compute(mapping, *(values.get(path) for path in declaration.reads))
    if not declaration.reads:
        return lambda _values: _constant(declaration, mapping)
    if len(declaration.reads) > 1:
        return lambda values: _first_filled(values, declaration.reads)
    path = declaration.reads[0]
    return lambda values: values.get(path)


def _first_filled(values: Values, paths: tuple[str, ...]) -> Value:
    filled = (values[path] for path in paths if values.get(path) is not None)
    return next(filled, None)


def _constant(declaration: Declaration, mapping: HasSettings) -> Value:
    if declaration.setting is None:
        return declaration.value
    if mapping.settings.get(declaration.setting) is None:
        raise SettingsError(f"entities.{mapping.name}.{declaration.setting} is not set.")
    return mapping.settings[declaration.setting]
