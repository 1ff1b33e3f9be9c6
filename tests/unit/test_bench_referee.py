"""Virtual time: sleepers are woken in the order of their moments, time waits for work."""

from __future__ import annotations

import os
import threading
import time
from datetime import timedelta
from pathlib import Path

from tests.bench.virtual import DAWN, SharedClock, refereed


def test_time_goes_to_the_first_who_wakes_and_stands_while_somebody_works(tmp_path: Path) -> None:
    clock = SharedClock(tmp_path, begins=DAWN)
    woken: list[tuple[str, float]] = []

    def sleep(name: str, seconds: float, *, then_work_s: float = 0.0) -> None:
        clock.sleep(seconds)
        woken.append((name, _since_dawn(clock)))
        until = time.thread_time() + then_work_s
        while time.thread_time() < until:
            pass
        woken.append((f"{name} worked", _since_dawn(clock)))

    people = [
        threading.Thread(target=sleep, args=("long", 7200.0)),
        threading.Thread(target=sleep, args=("short", 1.5), kwargs={"then_work_s": 0.05}),
    ]
    with refereed(tmp_path, [os.getpid()]):
        for one in people:
            one.start()
        for one in people:
            one.join()
        clock.wait_for(DAWN)

    assert woken == [
        ("short", 1.5),
        ("short worked", 1.5),
        ("long", 7200.0),
        ("long worked", 7200.0),
    ]


def _since_dawn(clock: SharedClock) -> float:
    return (clock.now() - DAWN) / timedelta(seconds=1)
