"""How often a field went to and fro, from what history tells (R19)."""

from __future__ import annotations

from dynamics_xero.model import Change
from dynamics_xero.rows import WrittenRow
from dynamics_xero.sync.guards import is_mass
from dynamics_xero.sync.loops import turns
from tests.unit.store_cases import NOON


def wrote(before: str | None, after: str | None, name: str = "phone") -> WrittenRow:
    return WrittenRow(1, "update", NOON, {name: Change(before, after, "rule")})


def count(*rows: WrittenRow, then: tuple[str | None, str | None]) -> int:
    return turns(rows, "phone", Change(*then, "rule"))


def test_r19_the_same_two_values_in_either_direction_count() -> None:
    assert count(wrote("1", "2"), wrote("2", "1"), then=("1", "2")) == 2
    assert count(wrote("1", "2"), wrote("1", "2"), then=("1", "2")) == 2
    assert count(wrote(None, "2"), wrote("2", None), then=(None, "2")) == 2


def test_r19_a_third_value_starts_anew() -> None:
    assert count(wrote("1", "2"), wrote("2", "3"), wrote("3", "1"), then=("1", "2")) == 0
    assert count(wrote("1", "3"), wrote("1", "2"), then=("2", "1")) == 1


def test_r19_writes_of_other_fields_neither_count_nor_interrupt() -> None:
    rows = (wrote("1", "2"), wrote("1", "2", "fax"), wrote("2", "1"))

    assert count(*rows, then=("1", "2")) == 2
    assert turns(rows, "name", Change("1", "2", "rule")) == 0


def test_r19_a_mass_is_more_than_twenty_and_more_than_two_in_a_hundred() -> None:
    assert not is_mass(20, 0)
    assert is_mass(21, 0)
    assert is_mass(21, 1049)
    assert not is_mass(21, 1050)
    assert not is_mass(200, 10_000)
    assert is_mass(201, 10_000)
