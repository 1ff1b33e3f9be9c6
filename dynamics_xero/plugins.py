"""Plug-ins: steps of your own around a write, in Dataverse's own words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from importlib.metadata import EntryPoint, entry_points
from typing import Any, ClassVar, Literal, TypeAlias, TypeVar

from dynamics_xero.errors import RejectedError
from dynamics_xero.model import Value, Values

GROUP = "dynamics_xero.plugins"
"""The entry-point group under which installed packages offer plug-ins."""

Message: TypeAlias = Literal["Create", "Update", "Archive", "*"]


class Stage(IntEnum):
    """When a step runs; numbered as Dataverse numbers its pipeline.

    PRE_VALIDATION: before the record is decided upon. PRE_OPERATION: decided, about to be sent.
    POST_OPERATION: carried out; refusing it now changes nothing at the remote.
    """

    PRE_VALIDATION = 10
    PRE_OPERATION = 20
    POST_OPERATION = 40


@dataclass(frozen=True, slots=True)
class Context:
    """What a step sees.

    target: canonical values by field name, about to be written; a step may change them.
    pre_image and post_image: the record as it stood before, and after (POST_OPERATION only).
    shared_variables travel from stage to stage of one write. entity, message and stage say which
    write this is.
    """

    target: MutableMapping[str, Value]
    pre_image: Values = field(default_factory=dict)
    post_image: Values = field(default_factory=dict)
    shared_variables: dict[str, object] = field(default_factory=dict)
    entity: str = ""
    message: str = ""
    stage: Stage = Stage.PRE_VALIDATION

    def reject(self, text: str) -> RejectedError:
        """Return the error to raise; its text becomes the record's Remark."""
        return RejectedError(text)


@dataclass(frozen=True, slots=True)
class Registration:
    """What a step is for."""

    entity: str
    message: Message
    stage: Stage

    def concerns(self, context: Context) -> bool:
        """Say whether the step runs for this write."""
        return (
            self.entity in ("*", context.entity)
            and self.message in ("*", context.message)
            and self.stage is context.stage
        )


Step = TypeVar("Step", bound=Callable[[Any, Context], None])


def step(entity: str, *, message: Message = "*", stage: Stage) -> Callable[[Step], Step]:
    """Mark a method of a Plugin as a step; entity "*" means every one."""

    def mark(method: Step) -> Step:
        method.__dict__["registration"] = Registration(entity, message, stage)
        return method

    return mark


class Plugin:
    """A collection of steps. They run in the order they are written."""

    steps: ClassVar[Sequence[tuple[Registration, str]]] = ()

    def __init_subclass__(cls) -> None:
        """Collect the steps; one that a subclass defines again keeps its place."""
        super().__init_subclass__()
        names = {name: None for base in reversed(cls.__mro__) for name in vars(base)}
        marked = ((getattr(getattr(cls, name), "registration", None), name) for name in names)
        cls.steps = tuple((found, name) for found, name in marked if found is not None)


def load(offered: Iterable[EntryPoint] | None = None) -> Iterator[Plugin]:
    """Make the plug-ins that installed packages offer, sorted by name."""
    found = entry_points(group=GROUP) if offered is None else offered
    for entry_point in sorted(found, key=lambda point: point.name):
        yield entry_point.load()()


def run(
    plugins: Iterable[Plugin], entity: str, message: str, *, stage: Stage, context: Context
) -> None:
    """Run every step that is for this entity, message and stage.

    Raises RejectedError when a step refuses the record.
    """
    seen = replace(context, entity=entity, message=message, stage=stage)
    for plugin in plugins:
        for registration, name in plugin.steps:
            if registration.concerns(seen):
                getattr(plugin, name)(seen)
