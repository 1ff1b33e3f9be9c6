"""What is never a field: states and figures that follow from something else."""

from __future__ import annotations

import pytest

from dynamics_xero.entities import BUILT_IN
from dynamics_xero.mapping.columns import dynamics, xero
from dynamics_xero.mapping.entity import EntityMapping

EACH = pytest.mark.parametrize("mapping", BUILT_IN)
STATES = {"statecode", "statuscode", "ContactStatus", "merged", "masterid", "MergedToContactID"}
DERIVED = ("balance", "outstanding", "overdue", "openrevenue", "opendeals", "aging")


@EACH
def test_r20_a_state_is_no_field_of_a_mapping(mapping: type[EntityMapping]) -> None:
    touched = {
        column
        for rule in mapping.fields.values()
        for column in (*rule.columns_dynamics, *rule.columns_xero)
    }

    assert touched & STATES == set()


@EACH
def test_r36_figures_that_follow_from_documents_are_neither_read_nor_written(
    mapping: type[EntityMapping],
) -> None:
    touched = [*mapping.dynamics_columns(), *mapping.xero_columns()]

    assert [name for name in touched if name.lower().startswith(DERIVED)] == []


def test_r36_nor_can_a_mapping_name_them() -> None:
    tables = [*dynamics.TABLES.values(), *xero.RESOURCES.values()]

    assert [n for columns in tables for n in columns if n.lower().startswith(DERIVED)] == []
