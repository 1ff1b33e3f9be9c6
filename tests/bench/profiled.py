"""Where the CPU of a piece of work goes, told by samples of its stack.

A tracing profiler makes calls dear and loops cheap, which for code of many small calls says the
wrong thing; a timer that goes off each millisecond of CPU changes nothing it looks at.
"""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType

EVERY_S = 0.001
LISTED = 60
Place = tuple[str, str]
"""Module and function."""


class Samples:
    """Samples of the main thread; work that is to be seen has to be done there."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._count = 0
        self._own: Counter[Place] = Counter()
        self._with_callees: Counter[Place] = Counter()
        self._modules: dict[CodeType, Place] = {}

    def watch(self, work: Callable[[], object]) -> None:
        """Do the work, looking at the stack after every millisecond of CPU."""
        before = signal.signal(signal.SIGPROF, self._sample)
        began = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)
        try:
            work()
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)
            self.seconds = time.process_time() - began

    def told(self, units: int) -> str:
        """Return tables in microseconds a unit."""
        scale = self.seconds / max(self._count, 1) / units * 1e6
        packages, modules, shared = Counter[str](), Counter[str](), Counter[str]()
        for (module, _), count in self._own.items():
            packages[module.partition(".")[0]] += count
            modules[module] += count
            shared[".".join(module.split(".")[:2])] += count
        lines = [f"{self.seconds / units * 1e6:.0f} us a unit, {self._count} samples"]
        lines += _table("own time by package", packages, scale)
        lines += _table("own time by folder", shared, scale)
        lines += _table("own time by module", modules, scale)
        lines += _table("own time by function", _named(self._own), scale)
        mine = {p: n for p, n in self._with_callees.items() if p[0].startswith("dynamics_xero")}
        lines += _table("of ours, with callees", _named(mine), scale, 2 * LISTED)
        theirs = {p: n for p, n in self._with_callees.items() if p not in mine}
        lines += _table("of others, with callees", _named(theirs), scale)
        return "\n".join(lines)

    def _sample(self, _signal: int, frame: FrameType | None) -> None:
        self._count += 1
        seen: set[Place] = set()
        own = True
        while frame is not None:
            place = self._place(frame.f_code)
            if own:
                self._own[place] += 1
                own = False
            if place not in seen:
                seen.add(place)
                self._with_callees[place] += 1
            frame = frame.f_back

    def _place(self, code: CodeType) -> Place:
        known = self._modules.get(code)
        if known is None:
            name = f"{code.co_qualname}:{code.co_firstlineno}"
            known = self._modules[code] = (_module(code.co_filename), name)
        return known


def _named(counted: Counter[Place] | dict[Place, int]) -> Counter[str]:
    return Counter({f"{module} {name}": count for (module, name), count in counted.items()})


def _table(title: str, counted: Counter[str], scale: float, most: int = LISTED) -> list[str]:
    rows = [f"{count * scale:8.1f}  {name}" for name, count in counted.most_common(most)]
    return ["", f"{title}, us a unit", *rows]


def _module(file: str) -> str:
    """Return a file's dotted name from its package on."""
    parts = Path(file).with_suffix("").parts
    if "site-packages" in parts:
        return ".".join(parts[parts.index("site-packages") + 1 :])
    if "dynamics_xero" in parts:  # the last one: the project's folder may bear the name as well
        return ".".join(parts[len(parts) - 1 - parts[::-1].index("dynamics_xero") :])
    return f"(python).{'.'.join(parts[-2:])}"
