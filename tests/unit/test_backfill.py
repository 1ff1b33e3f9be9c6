"""How far a first load has come, in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dynamics_xero.connector.backfill import Progress
from tests.unit.store_cases import NOON


@pytest.mark.parametrize(
    ("seconds", "left", "text"),
    [
        (0, 4000, "0 of 4,000 records done"),
        (10, 4000, "0 of 4,000 records done"),
        (10, 2000, "2,000 of 4,000 records done, about 10 s left"),
        (60, 3000, "1,000 of 4,000 records done, about 3 min left"),
        (3600, 3000, "1,000 of 4,000 records done, about 3.0 h left"),
        (10, 4100, "0 of 4,000 records done"),
    ],
)
def test_the_time_left_follows_the_pace_so_far(seconds: int, left: int, text: str) -> None:
    progress = Progress(NOON, 4000)

    assert progress.told(NOON + timedelta(seconds=seconds), left) == text
