"""Who judges the twins: what each holds to what, and how little of it fails its test."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.docs.pages import ROOT

FOLDER = ROOT / "tests" / "contract"
_PLACE = re.compile(r"\{([^}]+)\}")


@dataclass(frozen=True)
class Judge:
    """One test file that asks somebody else.

    In braces: in who, packages, for their versions; in least, the file's own constants.
    """

    who: str
    holds: str
    file: str
    least: str = "each a test of its own"

    def row(self) -> tuple[str, ...]:
        """Return the row of the table."""
        known = constants((FOLDER / self.file).read_text("utf-8"))
        least = _PLACE.sub(lambda place: str(known[place[1]]), self.least)
        pins = versions()
        who = _PLACE.sub(lambda place: f"{place[1]} {pins[place[1]]}", self.who)
        return who, self.holds, least, f"`tests/contract/{self.file}`"

    @property
    def names(self) -> set[str]:
        """The constants that `least` tells."""
        return set(_PLACE.findall(self.least))


JUDGES = (
    Judge(
        "Xero's OpenAPI file, held by Prism ({@stoplight/prism-cli})",
        "the connector's calls and the twin's answers: the first load of Northwind, the trips of "
        "accounts and people and both ways, the whole demo, every rule for contacts, every "
        "refusal, every way to list, and what Xero's own library sends",
        "test_xero_prism.py",
        "{LEAST_EXCHANGES} exchanges, {LEAST_PAIRS} pairs of endpoint and status, "
        "{LEAST_RULES} rules for contacts",
    ),
    Judge(
        "{xero-python}, unmodified",
        "every operation of the file's judged part, each by what its answer says",
        "test_xero_python_operations.py",
        "{FLOOR} operations",
    ),
    Judge(
        "{xero-python}, unmodified",
        "pages, filters, errors, idempotency keys, limits, connections, refresh and revocation",
        "test_xero_python.py",
    ),
    Judge(
        "our own generator over the file's schemas",
        "calls made up from the file, some with anything at all in them: none breaks the twin, and "
        "every answer keeps to the file and names nothing that the file does not",
        "test_xero_generated.py",
        "{LEAST_CALLS} calls, {LEAST_OPERATIONS} operations that answer well, "
        "{LEAST_REFUSED} calls refused with 400",
    ),
    Judge(
        "the scopes in Xero's file",
        "which scope each operation asks for, with old scopes, granular ones and both",
        "test_xero_scopes.py",
        "{LEAST_OPERATIONS} operations each time",
    ),
    Judge(
        "Xero's file of webhooks",
        "the form of an event; signature, greeting, retries and disabling are assertions of ours",
        "test_xero_webhooks.py",
    ),
    Judge(
        "{PowerPlatform-Dataverse-Client}, signed in by {azure-identity}, both unmodified",
        "rows, pages, bulk, batches with change sets, columns, keys, tables, relationships and "
        "refusals: each chapter of its day by what comes of it",
        "test_dynamics_official_sdk.py",
        "{OPERATIONS} operations of the client, {CALLS} HTTP calls",
    ),
    Judge(
        "{msal}, unmodified",
        "sign-in by secret, by certificate and as a machine, discovery, and how refusals are read",
        "test_dynamics_sign_in.py",
    ),
)


def constants(text: str) -> dict[str, int]:
    """Return the whole numbers that a module gives names to, alone or several in one line."""
    found: dict[str, int] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            found |= dict(_named(node.targets[0], node.value))
    return found


def _named(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, int]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, part in zip(target.elts, value.elts, strict=True):
            yield from _named(one, part)
    if not isinstance(target, ast.Name) or not isinstance(value, ast.Constant):
        return
    if isinstance(value.value, int):
        yield target.id, value.value


def versions() -> dict[str, str]:
    """Return package -> the version that the tests run with."""
    pins = re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "constraints.txt").read_text("utf-8"), re.M)
    package = json.loads((ROOT / "tests/judges/package.json").read_text("utf-8"))
    return {**{name.replace("_", "-"): pin for name, pin in pins}, **package["dependencies"]}
