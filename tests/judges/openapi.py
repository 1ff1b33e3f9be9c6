"""Xero's OpenAPI file, its defects mended in a temporary copy.

Only what bears on the calls judged here is mended; every mend says why (xero.md section 9). The
file's other resources are left out, as Prism takes half a minute to read them all: a call to one
of them is then a violation, until somebody adds it to RESOURCES.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]

RESOURCES = ("Contacts", "Organisation")


class _TextLoader(yaml.CSafeLoader):
    """Read text as text.

    YAML 1.1 makes datetimes of the DateString examples and False of Norway's country code NO;
    the schema's own words are the plain ones of JSON.
    """


_WORDS = {
    "bool": (r"true|false", "tf"),
    "null": (r"null|~", "n~"),
    "int": (r"-?(0|[1-9][0-9]*)", "-0123456789"),
    "float": (r"-?(0|[1-9][0-9]*)\.[0-9]+([eE][-+]?[0-9]+)?", "-0123456789"),
}
_TextLoader.yaml_implicit_resolvers = {}
for _tag, (_pattern, _first) in _WORDS.items():
    _TextLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^({_pattern})$"), list(_first)
    )


def mended(source: Path, folder: Path) -> Path:
    """Write the judged part of the file, mended, into the folder as JSON; returns its path."""
    with source.open(encoding="utf-8") as file:
        document: Document = yaml.load(file, Loader=_TextLoader)
    paths = document["paths"]
    document["paths"] = {path: paths[path] for path in paths if path.split("/")[1] in RESOURCES}
    for mend in MENDS:
        mend(document)
    target = folder / "xero_accounting.json"
    target.write_text(json.dumps(document), encoding="utf-8")
    return target


def allow_delivery_addresses(document: Document) -> None:
    """Live contacts come back with DELIVERY, which the file gives to organisations only."""
    kinds = document["components"]["schemas"]["Address"]["properties"]["AddressType"]["enum"]
    _expect(sorted(kinds) == ["POBOX", "STREET"], "Address.AddressType")
    kinds.append("DELIVERY")


def default_to_summarized_errors(document: Document) -> None:
    """Without the parameter Xero answers 400 on any error; the file says it would not."""
    schema = document["components"]["parameters"]["summarizeErrors"]["schema"]
    _expect(schema["default"] is False, "summarizeErrors")
    schema["default"] = True


def judge_refused_reads(document: Document) -> None:
    """A bad `where` or page is answered 400 (xero.md section 3); the file knows only 200.

    Without an entry Prism lets such an answer pass unread.
    """
    responses = document["paths"]["/Contacts"]["get"]["responses"]
    _expect(set(responses) == {"200"}, "GET /Contacts")
    responses["400"] = {"$ref": "#/components/responses/400Error"}


MENDS: tuple[Callable[[Document], None], ...] = (
    allow_delivery_addresses,
    default_to_summarized_errors,
    judge_refused_reads,
)


def _expect(still: object, where: str) -> None:
    """A mend whose defect is gone must go too."""
    if not still:
        raise AssertionError(f"{where}: the file is not as this mend expects; look at it again.")
