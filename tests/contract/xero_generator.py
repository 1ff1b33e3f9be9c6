"""Calls made up from the schemas of Xero's file, some of them with anything at all in them."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

Schema = Mapping[str, Any]

_DEEPEST, _MOST_FIELDS, _LONGEST = 4, 6, 600
_TEXTS = (
    "",
    "A",
    "Åse & Sønn",
    "a@example.org",
    "x" * 300,
    " \t ",
    "\x00\x07",
    '"; DROP TABLE contact; --',
    "日本語\U0001f600",
    "null",
    "/Date(1)/",
    "2024-01-02",
    "-1",
    "%",
    "..",
)
_ANYTHING: tuple[object, ...] = (
    *_TEXTS,
    None,
    True,
    0,
    -1,
    2**63,
    10**400,
    1e308,
    0.1,
    [],
    [[]],
    [None],
    ["A"],
    {},
    {"a": {"a": None}},
)
_RAW = (b"", b"{", b"[]", b"null", b"\xff", b'{"Contacts":[{"Name":"\\ud800"}]}', b"[" * 5000)
_KINDS = ("text/plain", "application/xml", "multipart/form-data; boundary=x", "json", "")
_FIELDS = ("Name", "ContactID", "Status", "Code", "IsSubscriber", "UpdatedDateUTC", "hi")
_CONSTANTS = ('"A"', "1", "-2.5", "true", "null", 'Guid("x")', "DateTime(2024,1,2)", "DateTime()")
_SIGNS = ("==", "!=", ">", "<=", "=", ".Contains", ".StartsWith(", "", ".")
_INSTANTS = ("2024-01-02T03:04:05Z", "2024-01-02", "/Date(1)/", "0001-01-01T00:00:00+14:00", "soon")


@dataclass(frozen=True)
class Made:
    """One made-up call, from the accounting API's root on; wild = it may break the file.

    kind: the content type, empty without a body.
    """

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: object
    kind: str
    wild: bool


class Generator:
    """Make up calls of the operations of one document.

    known: ids of what is there, by the name of the parameter or field that takes them.
    """

    def __init__(self, document: Schema, known: Mapping[str, str], seed: object) -> None:
        self._document = document
        self._known = known
        self._random = random.Random(str(seed))
        self._wild = False

    def call(self, path: str, method: str) -> Made:
        """Return a call of one operation: what the file allows, or with anything in places."""
        self._wild = self._often(0.35)
        whole = self._document["paths"][path]
        operation = whole[method.lower()]
        query: dict[str, str] = {}
        headers: dict[str, str] = {}
        filled = path
        for listed in (*whole.get("parameters", ()), *operation.get("parameters", ())):
            one = self._resolved(listed)
            name, place = one["name"], one["in"]
            if place == "path":
                filled = filled.replace("{" + name + "}", quote(self._key(name), safe=""))
            elif name != "xero-tenant-id" and self._often(0.3):
                (headers if place == "header" else query)[name] = self._parameter(one)
        body = operation.get("requestBody")
        made = None if body is None else self._body(body)
        return Made(filled, query, headers, made, self._kind(body), self._wild)

    def _often(self, share: float) -> bool:
        return self._random.random() < share

    def _one(self, choices: Any) -> Any:
        return self._random.choice(choices)

    def _guid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def _key(self, name: str) -> str:
        if self._wild and self._often(0.5):
            return str(self._one([text for text in _TEXTS if text.strip(". ")]))
        return self._known.get(name, "") if self._often(0.9) else self._guid()

    def _parameter(self, parameter: Schema) -> str:
        makers: Mapping[str, Callable[[], str]] = {
            "where": self._where,
            "order": lambda: f"{self._one(_FIELDS)}{self._one(('', ' DESC', ' ASC', ' UP', ','))}",
            "If-Modified-Since": lambda: str(self._one(_INSTANTS)),
            "Idempotency-Key": lambda: "k" * self._random.randint(1, 130),
            "contentType": lambda: "application/pdf",
            "IDs": lambda: ",".join((self._known["ContactID"], self._one(("", "x", self._guid())))),
        }
        if parameter["name"] in makers:
            return makers[parameter["name"]]()
        kind = parameter["schema"]["type"]
        if kind == "boolean":
            return str(self._one(("true", "false", "True", "False", "perhaps")))
        return str(self._one((1, 2, 100, -1, 0, 2**40)) if kind == "integer" else self._one(_TEXTS))

    def _where(self) -> str:
        if self._often(0.2):
            return str(self._one(_TEXTS))
        if self._often(0.3):
            joint = self._one((" AND ", "||", " OR", "&&", " NOT "))
            return f"({self._where()}{joint}{self._where()})"
        return "".join(self._one(choices) for choices in (_FIELDS, _SIGNS, _CONSTANTS))

    def _body(self, body: Schema) -> object:
        content = self._resolved(body)["content"]
        if self._wild and self._often(0.2):
            return self._one(_RAW)
        if "application/json" not in content:
            return self._random.randbytes(self._random.randint(1, 20))
        return self._value(content["application/json"]["schema"], depth=0)

    def _kind(self, body: Schema | None) -> str:
        if body is None:
            return ""
        if self._wild and self._often(0.1):
            return str(self._one(_KINDS))
        return str(next(iter(self._resolved(body)["content"])))

    def _value(self, schema: Schema, *, depth: int, name: str = "") -> object:
        schema = self._resolved(schema)
        if self._wild and depth > 1 and self._often(0.15):
            return self._one(_ANYTHING)
        if "properties" in schema:
            return self._object(schema["properties"], depth=depth)
        if "enum" in schema:
            return self._one(schema["enum"])
        if schema.get("format") == "uuid":
            known = self._known.get(name)
            return known if known and self._often(0.8) else self._guid()
        match schema.get("type"):
            case "array":
                count = self._random.randint(1, 2) if depth < _DEEPEST else 0
                return [self._value(schema["items"], depth=depth + 1) for _ in range(count)]
            case "boolean":
                return self._often(0.5)
            case "integer":
                return self._one((0, 1, 31, -1, 2**31))
            case "number":
                return self._one((0, 12.5, -1, 1e9))
        longest = min(int(schema.get("maxLength", 40)), _LONGEST)
        usual = (self._guid()[:longest], "y" * longest, "Norway")
        return self._one(usual) if self._often(0.7) else str(self._one(_TEXTS))[:longest]

    def _object(self, properties: Schema, *, depth: int) -> dict[str, object]:
        names = sorted(properties)
        # The list that a body is about must be there, or every call would be refused alike.
        wanted = [name for name in names if depth == 0 and name in self._lists()]
        if "ContactID" in names and self._often(0.5):
            wanted.append("ContactID")
        most = _MOST_FIELDS if depth < _DEEPEST else 0
        wanted += self._random.sample(names, min(len(names), self._random.randint(0, most)))
        wanted += [name for name in ("Name", "Details", "Code") if name in names]
        return {
            name: self._value(properties[name], depth=depth + 1, name=name)
            for name in dict.fromkeys(wanted)
        }

    def _lists(self) -> frozenset[str]:
        schemas = self._document["components"]["schemas"]
        return frozenset(name for name in schemas if name in schemas[name].get("properties", {}))

    def _resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            found: Any = self._document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema
