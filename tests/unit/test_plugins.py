"""Plug-in steps: which run, what they see, how they refuse."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from dynamics_xero.errors import RejectedError
from dynamics_xero.plugins import Context, Plugin, Stage, load, run, step


class Journal(Plugin):
    """Write down which step ran."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    @step("account", message="Create", stage=Stage.PRE_OPERATION)
    def on_create(self, context: Context) -> None:
        self.ran.append(f"create {context.target['name']}")

    @step("account", stage=Stage.PRE_OPERATION)
    def on_any_message(self, context: Context) -> None:
        self.ran.append(f"any {context.message}")

    @step("*", message="*", stage=Stage.POST_OPERATION)
    def on_any_entity(self, context: Context) -> None:
        self.ran.append(f"after {context.entity}")


class CreditCheck(Plugin):
    """Refuse an account that is over its limit."""

    @step("account", message="Create", stage=Stage.PRE_VALIDATION)
    def refuse(self, context: Context) -> None:
        raise context.reject("Over the credit limit. Ask finance to raise it.")


def ran(entity: str, message: str, stage: Stage) -> list[str]:
    journal = Journal()
    run([journal], entity, message, stage=stage, context=Context(target={"name": "Ada"}))
    return journal.ran


def test_the_stages_are_numbered_as_dataverse_numbers_them() -> None:
    assert [int(stage) for stage in Stage] == [10, 20, 40]


def test_only_steps_for_this_entity_message_and_stage_run_in_the_order_written() -> None:
    assert ran("account", "Create", Stage.PRE_OPERATION) == ["create Ada", "any Create"]
    assert ran("account", "Update", Stage.PRE_OPERATION) == ["any Update"]
    assert ran("contact", "Create", Stage.PRE_OPERATION) == []
    assert ran("account", "Create", Stage.PRE_VALIDATION) == []
    assert ran("contact", "Archive", Stage.POST_OPERATION) == ["after contact"]


def test_a_rejection_carries_the_remark_and_stops_what_follows() -> None:
    journal = Journal()
    context = Context(target={"name": "Ada"})

    with pytest.raises(RejectedError, match=r"^Over the credit limit\. Ask finance to raise it\.$"):
        run(
            [CreditCheck(), journal],
            "account",
            "Create",
            stage=Stage.PRE_VALIDATION,
            context=context,
        )
    assert journal.ran == []


def test_what_a_step_changes_and_shares_reaches_the_next_stage() -> None:
    class Shout(Plugin):
        @step("account", stage=Stage.PRE_OPERATION)
        def shout(self, context: Context) -> None:
            context.shared_variables["was"] = context.target["name"]
            context.target["name"] = "ADA"

    context = Context(target={"name": "Ada"})
    run([Shout()], "account", "Create", stage=Stage.PRE_OPERATION, context=context)

    assert context.target == {"name": "ADA"}
    assert context.shared_variables == {"was": "Ada"}


def test_a_subclass_inherits_steps_and_may_define_one_again() -> None:
    class Quiet(Journal):
        def on_any_message(self, context: Context) -> None:
            """Not marked again, so it is no step any more."""

    assert [name for _registration, name in Quiet.steps] == ["on_create", "on_any_entity"]


def test_installed_plugins_are_made_in_the_order_of_their_names() -> None:
    group = "dynamics_xero.plugins"
    offered = [
        EntryPoint("second", "collections:OrderedDict", group),
        EntryPoint("first", "collections:Counter", group),
    ]

    assert [type(plugin).__name__ for plugin in load(offered)] == ["Counter", "OrderedDict"]
    assert list(load()) == []
