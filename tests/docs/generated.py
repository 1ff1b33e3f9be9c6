"""The generated parts of the docs: `python -m tests.docs.generated` writes them anew."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from dynamics_xero.entities import BUILT_IN
from dynamics_xero.mapping.merge import Verdict
from dynamics_xero.mapping.rule import FieldRule
from dynamics_xero.sandbox.dynamics import switch_list
from dynamics_xero.sandbox.switches import Switch
from dynamics_xero.sandbox.xero import switches
from tests.docs.judges import JUDGES
from tests.unit import field_rows, record_rows
from tests.unit.first_match import told

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
TEST_NAME = re.compile(r"^def test_((?:r\d+_)+)", re.MULTILINE)


def pages() -> dict[Path, str]:
    """Return every page that has generated blocks, as it should read."""
    found = {}
    for page in sorted((ROOT / "docs").rglob("*.md")):
        text = page.read_text("utf-8")
        fresh = BLOCK.sub(lambda block: f"{block[1]}\n{_MAKERS[block[2]]()}\n\n{block[3]}", text)
        if BLOCK.search(text):
            found[page] = fresh
    return found


def main() -> int:
    """Write the pages that are not fresh."""
    for page, text in pages().items():
        if page.read_text("utf-8") != text:
            page.write_text(text, "utf-8")
            print(f"wrote {page.relative_to(ROOT)}")
    return 0


def proofs() -> dict[int, list[str]]:
    """Return rule number -> the test files that have a test of that number."""
    found: dict[int, list[str]] = defaultdict(list)
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        named = " ".join(TEST_NAME.findall(file.read_text("utf-8")))
        for number in {int(digits) for digits in re.findall(r"\d+", named)}:
            found[number].append(str(file.relative_to(ROOT)))
    return found


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _rules() -> str:
    rows = [
        (f"R{number}", ", ".join(f"`{file}`" for file in files))
        for number, files in sorted(proofs().items())
    ]
    return _table(("rule", "proven in"), rows)


def _switches() -> str:
    heads = ("switch", "what could not be settled", "default", "other positions")
    return "\n\n".join(
        f"### {side}\n\n{_table(heads, rows)}"
        for side, rows in (
            ("Dynamics", map(_switch, switch_list.SWITCHES)),
            ("Xero", map(_switch, switches.SWITCHES)),
        )
    )


def _switch(switch: Switch) -> tuple[str, ...]:
    others = [_code(position) for position in switch.positions if position != switch.default]
    return _code(switch.name), switch.source, _code(switch.default), ", ".join(others)


def _code(text: str) -> str:
    return f"`{text}`" if text else "(empty)"


def _judges() -> str:
    heads = ("judge", "what it judges", "at least", "test")
    return _table(heads, (judge.row() for judge in JUDGES))


def _fields() -> str:
    heads = ("field", "label", "Dynamics", "Xero", "way", "both changed")
    return "\n\n".join(
        f"## {mapping.name}: {(mapping.__doc__ or '').splitlines()[0]}\n\n"
        f"{_table(heads, (_field(rule) for rule in mapping.fields.values()))}"
        for mapping in BUILT_IN
    )


def _field(rule: FieldRule) -> tuple[str, ...]:
    ways = {"both": "two-way", "to_xero": "to Xero", "to_dynamics": "to Dynamics"}
    xero = re.sub(r"^(Phones\.\w+)\..*", r"\1", rule.columns_xero[0])
    owner = "-" if rule.one_way else rule.owner.value
    columns = ", ".join(_code(column) for column in rule.columns_dynamics)
    return _code(rule.name), rule.label, columns, _code(xero), ways[rule.direction.value], owner


def _record_decisions() -> str:
    names = ("link", "dynamics", "xero")
    rows = (
        (*told(line, names), line.then.says, _stands(line.then), line.rule)
        for line in record_rows.ROWS
    )
    return _table((*names, "and", "then", "link afterwards", "rule"), rows)


def _stands(then: record_rows.Expected) -> str:
    status = "as it was" if then.status is None else then.status.value
    return "" if then.kind is None else f"{then.life.value}, {status}"


def _field_decisions() -> str:
    names = ("situation", "way", "owner")
    says = {
        Verdict.NOTHING: "nothing",
        Verdict.SETTLE: "settled as it stands",
        Verdict.TO_XERO: "to Xero",
        Verdict.TO_DYNAMICS: "to Dynamics",
        Verdict.CONFLICT: "ask",
        Verdict.KEEP: "left different, and listed",
    }
    rows = ((*told(line, names), says[line.then], line.rule) for line in field_rows.ROWS)
    return _table((*names, "and", "then", "rule"), rows)


_MAKERS = {
    "rules": _rules,
    "switches": _switches,
    "judges": _judges,
    "fields": _fields,
    "record_decisions": _record_decisions,
    "field_decisions": _field_decisions,
}

if __name__ == "__main__":
    sys.exit(main())
