"""The examples in `examples/` do what they say."""

from __future__ import annotations

import runpy
from pathlib import Path

from dynamics_xero.entities import with_overrides
from dynamics_xero.entities.account import AccountToContact

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_the_override_example_changes_one_field_drops_one_and_adds_one() -> None:
    example = runpy.run_path(str(EXAMPLES / "override_mapping.py"))
    ours, built_in = example["OurAccount"].fields, AccountToContact.fields

    changed = {
        name for name in ours.keys() & built_in.keys() if ours[name].owner != built_in[name].owner
    }
    assert changed == {"name"}
    assert built_in.keys() - ours.keys() == {"fax"}
    assert ours.keys() - built_in.keys() == {"bank_account"}


def test_the_override_example_carries_the_custom_column() -> None:
    ours = runpy.run_path(str(EXAMPLES / "override_mapping.py"))["OurAccount"]

    values, problems = ours.read_dynamics({"name": "Ada", "contoso_iban": "DE89 3704"})

    assert problems == []
    assert ours.fields["bank_account"].to_xero(values["bank_account"]) == {
        "BankAccountDetails": "DE89 3704"
    }
    assert ours in with_overrides([ours])
    assert AccountToContact not in with_overrides([ours])
