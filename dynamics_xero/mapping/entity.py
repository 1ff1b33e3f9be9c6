"""EntityMapping: a declared pair of tables, and the engine's view of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar, Self

from dynamics_xero.errors import MappingError, SettingsError
from dynamics_xero.mapping.build import build_rule
from dynamics_xero.mapping.check import ColumnCheck, nearest
from dynamics_xero.mapping.fields import Declaration, Direction
from dynamics_xero.mapping.keys import Key, together
from dynamics_xero.mapping.rule import FieldRule
from dynamics_xero.model import Value, Values

__all__ = ["EntityMapping", "FieldRule"]


class EntityMapping:
    """Map a Dynamics table to a Xero resource; a subclass declares its fields as attributes.

    A subclass of a mapping inherits its fields, replaces those it declares again and drops those
    it sets to None. A column that does not exist fails when the class is created.

    dynamics, xero: table and resource. entity: the entity's name if it is not the table's.
    match_on: what an existing partner is found by, best first: fields, or keys of several (R16).
    unique_in_xero: fields two live Xero records cannot share. own_key: the field that holds our
    own key (R33).
    require_any: fields of which one has to be filled. lookups: column -> table it points at.
    part_of, parts, capacity: the parent's mapping, its Xero list column, and how many rows that
    list holds. scope_reads: further Dynamics columns that `scope` looks at.
    """

    dynamics: ClassVar[str] = ""
    xero: ClassVar[str] = ""
    entity: ClassVar[str] = ""
    match_on: ClassVar[tuple[str | Key, ...]] = ()
    unique_in_xero: ClassVar[tuple[str, ...]] = ()
    own_key: ClassVar[str | None] = None
    require_any: ClassVar[tuple[str, ...]] = ()
    lookups: ClassVar[Mapping[str, str]] = {}
    part_of: ClassVar[type[EntityMapping] | None] = None
    parts: ClassVar[str] = ""
    capacity: ClassVar[int] = 0
    scope_reads: ClassVar[tuple[str, ...]] = ()
    settings: ClassVar[Mapping[str, Value]] = {}

    # Made when the class is: the entity's name, and its fields under theirs.
    name: ClassVar[str] = ""
    fields: ClassVar[Mapping[str, FieldRule]] = {}
    _declared: ClassVar[Mapping[str, Declaration | None]] = {}
    _match_keys: ClassVar[tuple[Key, ...]] = ()
    _index_keys: ClassVar[tuple[Key, ...]] = ()
    _xero_columns: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        """Collect the fields, check every column, and report all faults at once."""
        super().__init_subclass__()
        faults = _take_declarations(cls)
        cls.name = cls.entity or cls.dynamics
        check = ColumnCheck(cls.dynamics, cls.xero, cls.lookups, faults)
        mapping = cls()
        cls.fields = {
            name: build_rule(name, declaration, mapping, check)
            for name, declaration in inherited(cls).items()
        }
        faults.extend((*_unknown_names(cls), *_shared_targets(cls)))
        if faults:
            raise SettingsError([f"{cls.__name__}: {fault}" for fault in faults])
        trimmed = (key.limited_to(cls.fields) for key in _declared_keys(cls))
        cls._match_keys = tuple(key for key in trimmed if key is not None)
        alone = (together(name) for name in cls.unique_in_xero)
        cls._index_keys = tuple({k.name: k for k in (*alone, *cls._match_keys)}.values())
        written = (column for rule in cls.fields.values() for column in rule.columns_xero)
        cls._xero_columns = tuple(dict.fromkeys(written))

    @classmethod
    def scope(cls, values: Values) -> bool:  # noqa: ARG003  # for subclasses to look at
        """Say whether a record takes part, from its Dynamics columns (R12); by default all do."""
        return True

    @classmethod
    def configured(cls, settings: Mapping[str, Value]) -> type[Self]:
        """Return the same mapping with the entity's settings, which its constants may name.

        Raises SettingsError naming the settings that are missing.
        """
        wanted = {d.setting for d in inherited(cls).values() if d.setting is not None}
        missing = sorted(name for name in wanted if settings.get(name) is None)
        if missing:
            raise SettingsError([f"entities.{cls.name}.{name} is not set." for name in missing])
        return type(cls.__name__, (cls,), {"settings": settings, "__doc__": cls.__doc__})

    @classmethod
    def match_keys(cls) -> tuple[Key, ...]:
        """Return what a partner is found by, best first; a dropped field takes its keys along."""
        return cls._match_keys

    @classmethod
    def index_keys(cls) -> tuple[Key, ...]:
        """Return every key under which a record has to be found."""
        return cls._index_keys

    @classmethod
    def sole_fields(cls) -> tuple[str, ...]:
        """Return the fields whose value no second record should bring to Xero."""
        keys = (k.first for k in cls.match_keys() if len(k.fields) == 1 and not k.shared)
        return tuple(dict.fromkeys((*keys, *cls.unique_in_xero)))

    @classmethod
    def matched_first_by(cls, first: str) -> type[Self]:
        """Return the same mapping with one of its keys in front; our own key stays before it.

        Raises SettingsError when there is no such key.
        """
        keys = {key.first: key for key in cls.match_keys()}
        if first not in keys:
            known = ", ".join(keys)
            raise SettingsError(
                [f"entities.{cls.name}.match_first: “{first}” is no key to match by: {known}."]
            )
        front = [keys[name] for name in (cls.own_key, first) if name in keys]
        match_on = tuple(dict.fromkeys((*front, *keys.values())))
        return type(cls.__name__, (cls,), {"match_on": match_on, "__doc__": cls.__doc__})

    @classmethod
    def deaf_to_xero(cls) -> type[Self]:
        """Return the same mapping without the way back: what is edited in Xero stays there."""
        changed = {
            name: replace(declared, direction=Direction.TO_XERO)
            if declared.direction is Direction.BOTH
            else None
            for name, declared in inherited(cls).items()
            if declared.direction is not Direction.TO_XERO
        }
        return type(cls.__name__, (cls,), {**changed, "__doc__": cls.__doc__})

    @classmethod
    def dynamics_columns(cls) -> tuple[str, ...]:
        """Return the Dynamics columns to select and watch; joined ones are dotted."""
        read = (column for rule in cls.fields.values() for column in rule.columns_dynamics)
        return tuple(dict.fromkeys((*read, *cls.scope_reads)))

    @classmethod
    def xero_columns(cls) -> tuple[str, ...]:
        """Return the Xero columns to keep and watch."""
        return cls._xero_columns

    @classmethod
    def read_dynamics(cls, values: Values) -> tuple[dict[str, Value], list[str]]:
        """Return the canonical values by field, and every problem as a sentence.

        A field with a problem has no value.
        """
        read: dict[str, Value] = {}
        problems: list[str] = []
        for name, rule in cls.fields.items():
            try:
                read[name] = rule.from_dynamics(values)
            except MappingError as error:
                problems.extend(error.problems)
        if cls.require_any and all(read.get(name, ...) is None for name in cls.require_any):
            labels = ", ".join(cls.fields[name].label for name in cls.require_any)
            problems.append(f"{labels} are all empty, Xero needs one of them.")
        return read, problems

    @classmethod
    def read_xero(cls, values: Values) -> dict[str, Value]:
        """Return the canonical values by field, as Xero shows them."""
        return {name: rule.from_xero(values) for name, rule in cls.fields.items()}


def _take_declarations(cls: type[EntityMapping]) -> list[str]:
    """Move the declarations out of the class body; returns what is wrong with their names.

    They must not stay attributes: a field may be called `name`, as the entity's own name is.
    """
    known = inherited(cls)
    declared: dict[str, Declaration | None] = {}
    faults: list[str] = []
    for name, value in list(vars(cls).items()):
        if isinstance(value, Declaration):
            declared[name] = value
            if name != "name" and hasattr(EntityMapping, name):
                faults.append(f"“{name}” is a word of EntityMapping, call the field otherwise.")
        elif value is None and name in known:
            declared[name] = None
        elif value is None and not hasattr(EntityMapping, name):
            faults.append(f"“{name}” is not a field to drop.{nearest(name, known)}")
    for name in declared:
        delattr(cls, name)
    cls._declared = declared
    return faults


def _declared_keys(cls: type[EntityMapping]) -> Iterator[Key]:
    return (together(key) if isinstance(key, str) else key for key in cls.match_on)


def _key_fields(cls: type[EntityMapping]) -> tuple[str, ...]:
    """Return the fields of all keys, without those that a subclass dropped."""
    dropped = {n for c in cls.__mro__ for n, v in vars(c).get("_declared", {}).items() if v is None}
    keys = _declared_keys(cls)
    return tuple(n for key in keys for place in key.fields for n in place if n not in dropped)


def _unknown_names(cls: type[EntityMapping]) -> list[str]:
    """Return a fault for each field that is referred to and not declared."""
    named = {
        "match_on": _key_fields(cls),
        "unique_in_xero": cls.unique_in_xero,
        "own_key": (cls.own_key,) if cls.own_key else (),
        "require_any": cls.require_any,
    }
    return [
        f"{attribute}: “{name}” is not a field.{nearest(name, cls.fields)}"
        for attribute, names in named.items()
        for name in names
        if name not in cls.fields
    ]


def _shared_targets(cls: type[EntityMapping]) -> list[str]:
    """Return a fault for each Xero column that two fields fill: they would overwrite each other."""
    filled_by: dict[str, str] = {}
    faults = []
    for name, rule in cls.fields.items():
        if rule.direction is Direction.TO_DYNAMICS:
            continue
        other = filled_by.setdefault(rule.columns_xero[0], name)
        if other != name:
            faults.append(f"{other} and {name} both fill {rule.columns_xero[0]}, drop one of them.")
    return faults


def inherited(cls: type[EntityMapping]) -> dict[str, Declaration]:
    """Return the fields of a class and its bases; a replaced one keeps its place."""
    found: dict[str, Declaration | None] = {}
    for base in reversed(cls.__mro__):
        found.update(vars(base).get("_declared", {}))
    return {name: value for name, value in found.items() if value is not None}
