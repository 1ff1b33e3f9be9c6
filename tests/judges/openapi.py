"""Xero's OpenAPI file, its defects mended in a temporary copy.

Only what bears on the calls judged here is mended; every mend says why (xero.md section 9). The
file's other resources are left out, as Prism takes half a minute to read them all: a call to one
of them is then a violation, until somebody adds it to RESOURCES.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]

RESOURCES = ("Contacts", "ContactGroups", "Currencies", "Organisation", "Users")
ENVELOPE = ("Id", "Status", "ProviderName", "DateTimeUTC")
EXEMPLARY = (
    ("ContactGroup", "HasValidationErrors"),
    ("HistoryRecord", "DateUTCString"),
    ("HistoryRecord", "ValidationErrors"),
)
"""Fields that the file's examples show and its schemas leave out."""
METHODS = ("get", "put", "post", "delete")


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


@cache
def judged(source: Path) -> Document:
    """Return the judged part of the file, mended; nobody may change it."""
    with source.open(encoding="utf-8") as file:
        document: Document = yaml.load(file, Loader=_TextLoader)
    paths = document["paths"]
    document["paths"] = {path: paths[path] for path in paths if path.split("/")[1] in RESOURCES}
    for mend in MENDS:
        mend(document)
    return _reached(document)


def operations(source: Path) -> dict[tuple[str, str], Document]:
    """Return the judged operations of the file by method and path."""
    return {
        (method.upper(), path): operation
        for path, methods in judged(source)["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    }


@cache
def closed(source: Path) -> Document:
    """Return the judged part of the file for answers: nothing that it does not name.

    The envelope of whole answers and some fields stand in the file's examples only (section 9).
    """
    document: Document = copy.deepcopy(judged(source))
    schemas = document["components"]["schemas"]
    for name, field in EXEMPLARY:
        _expect(field not in schemas[name]["properties"], f"{name}.{field}")
        schemas[name]["properties"][field] = {}
    whole = _references([one["responses"] for one in operations(source).values()])
    whole |= _references(document["components"]["responses"])
    for name, schema in schemas.items():
        # A refused element shows what was sent, whatever that was.
        if "properties" in schema and name != "Element":
            schema["additionalProperties"] = False
            if f"schemas/{name}" in whole:
                schema["properties"] |= {field: {"type": "string"} for field in ENVELOPE}
    return document


def mended(source: Path, folder: Path) -> Path:
    """Write the judged part of the file, mended, into the folder as JSON; returns its path."""
    document = judged(source)
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


def take_names_where_ids_stand(document: Document) -> None:
    """Contacts/{ContactNumber} and Contacts/{ContactID} are one path, and so are attachments'.

    Prism takes a call for the wrong one of the two and misses a GUID in it.
    """
    for name in ("ContactID", "AttachmentID"):
        schema = document["components"]["parameters"][name]["schema"]
        _expect(schema.pop("format") == "uuid", name)


def take_files_as_they_are(document: Document) -> None:
    """The official client sends raw bytes; the file calls for base64, as `byte` is (section 5)."""
    path = document["paths"]["/Contacts/{ContactID}/Attachments/{FileName}"]
    for method in ("put", "post"):
        schema = path[method]["requestBody"]["content"]["application/octet-stream"]["schema"]
        _expect(schema["format"] == "byte", method)
        schema["format"] = "binary"


MENDS: tuple[Callable[[Document], None], ...] = (
    allow_delivery_addresses,
    default_to_summarized_errors,
    judge_refused_reads,
    take_names_where_ids_stand,
    take_files_as_they_are,
)


def _reached(document: Document) -> Document:
    """Leave out what no judged path refers to, and examples: Prism reads twice as fast then."""
    lean: Document = _without_examples(document)
    reached: set[str] = set()
    ahead = _references(lean["paths"])
    while ahead:
        reached |= ahead
        found = (_component(lean, reference) for reference in ahead)
        ahead = set().union(*(_references(one) for one in found)) - reached
    for kind, components in lean["components"].items():
        if kind != "securitySchemes":
            lean["components"][kind] = {
                name: one for name, one in components.items() if f"{kind}/{name}" in reached
            }
    return lean


def _references(part: object) -> set[str]:
    return set(re.findall(r'"#/components/(\w+/\w+)"', json.dumps(part)))


def _component(document: Document, reference: str) -> Document:
    kind, name = reference.split("/")
    component: Document = document["components"][kind][name]
    return component


def _without_examples(part: Any) -> Any:
    if isinstance(part, dict):
        return {
            name: _without_examples(one)
            for name, one in part.items()
            if name != "example" and not name.startswith("x-")
        }
    return [_without_examples(one) for one in part] if isinstance(part, list) else part


def _expect(still: object, where: str) -> None:
    """A mend whose defect is gone must go too."""
    if not still:
        raise AssertionError(f"{where}: the file is not as this mend expects; look at it again.")
