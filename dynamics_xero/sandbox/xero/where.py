"""The `where` language of list calls, turned into SQL (xero.md 3, where)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from uuid import UUID

from dynamics_xero.sandbox.xero.dates import milliseconds
from dynamics_xero.sandbox.xero.errors import RefusedError, bad_query

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>[A-Za-z_]\w*)
    |(?P<sign>==|!=|>=|<=|>|<|&&|\|\||[().,]))""",
    re.VERBOSE,
)
_COMPARISONS = {"==": "=", "!=": "IS NOT", ">": ">", ">=": ">=", "<": "<", "<=": "<="}
_EQUALITIES = ("==", "!=")
_TESTS = {
    "contains": "instr({0}, ?) > 0",
    "startswith": "substr({0}, 1, length(?)) = ?",
    "endswith": "length({0}) >= length(?) AND substr({0}, length({0}) - length(?) + 1) = ?",
}


class Kind(Enum):
    """Types of fields and constants."""

    TEXT = "String"
    GUID = "Guid"
    TIME = "DateTime"
    TRUTH = "Boolean"
    NUMBER = "Decimal"


_UNORDERED = (Kind.GUID, Kind.TRUTH)


@dataclass(frozen=True)
class Field:
    """One field that can be asked for: its SQL and its type."""

    sql: str
    kind: Kind


@dataclass(frozen=True)
class Condition:
    """SQL with its arguments.

    unguarded: SQL of the texts that are tested without a null check before the test.
    """

    sql: str
    arguments: tuple[object, ...] = ()
    unguarded: tuple[str, ...] = ()


def joined(word: str, conditions: Sequence[Condition]) -> Condition:
    """Return all of them, joined by AND or OR as a balanced tree: SQLite takes 1,000 levels."""
    if len(conditions) == 1:
        return conditions[0]
    middle = len(conditions) // 2
    one, other = joined(word, conditions[:middle]), joined(word, conditions[middle:])
    return Condition(
        f"({one.sql} {word} {other.sql})",
        (*one.arguments, *other.arguments),
        (*one.unguarded, *other.unguarded),
    )


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


def parse(text: str, fields: Mapping[str, Field], type_name: str) -> Condition:
    """Return the condition for a `where`; `fields` has lower-case names.

    Raises RefusedError with QueryParseException for what Xero would not understand.
    """
    try:
        return _Parser(_tokens(text), fields, type_name).whole()
    except RecursionError:
        raise bad_query("The expression is nested too deeply (at index 0)") from None


def ordered(text: str, fields: Mapping[str, Field], type_name: str) -> tuple[str, ...]:
    """Return SQL terms for an `order`. Raises RefusedError for what Xero would not understand."""
    return tuple(_term(part, text, fields, type_name) for part in text.split(","))


def _term(part: str, text: str, fields: Mapping[str, Field], type_name: str) -> str:
    name, _, way = part.strip().partition(" ")
    field = fields.get(name.lower())
    if field is None:
        raise unknown_field(name, type_name, text.index(name))
    way = way.strip().lower()
    if way not in ("", "asc", "desc", "ascending", "descending"):
        raise bad_query(f"Syntax error (at index {text.lower().index(way)})")
    return f"{field.sql} {'DESC' if way.startswith('desc') else 'ASC'}"


def unknown_field(name: str, type_name: str, at: int) -> RefusedError:
    """Refuse a name that is no field, in Xero's words."""
    return bad_query(f"No property or field '{name}' exists in type '{type_name}' (at index {at})")


def _tokens(text: str) -> list[_Token]:
    tokens, at = [], 0
    stripped = text.rstrip()
    while at < len(stripped):
        found = _TOKEN.match(stripped, at)
        if found is None or found.lastgroup is None:
            raise bad_query(f"Syntax error (at index {at})")
        tokens.append(_Token(found.lastgroup, found[found.lastgroup], found.start(found.lastgroup)))
        at = found.end()
    return [*tokens, _Token("end", "", len(text))]


class _Parser:
    """Recursive descent: or, and, group, comparison."""

    def __init__(self, tokens: list[_Token], fields: Mapping[str, Field], type_name: str) -> None:
        self._tokens = tokens
        self._fields = fields
        self._type_name = type_name
        self._at = 0
        self._guarded: frozenset[str] = frozenset()
        self._null_check: tuple[str, str] = ("", "")

    def whole(self) -> Condition:
        """Read everything."""
        condition = self._any()
        if self._next.kind != "end":
            raise self._syntax_error()
        return condition

    @property
    def _next(self) -> _Token:
        # The end token is never used up: a text that breaks off must be told, not run over.
        return self._tokens[min(self._at, len(self._tokens) - 1)]

    def _take(self) -> _Token:
        token = self._next
        self._at += 1
        return token

    def _took(self, *texts: str) -> bool:
        if self._next.kind in ("sign", "word") and self._next.text.lower() in texts:
            self._at += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._took(text):
            raise self._syntax_error()

    def _syntax_error(self) -> RefusedError:
        return bad_query(f"Syntax error (at index {self._next.at})")

    def _any(self) -> Condition:
        return self._sequence(self._all, "OR", ("or", "||"), guard="==")

    def _all(self) -> Condition:
        return self._sequence(self._one, "AND", ("and", "&&"), guard="!=")

    def _sequence(
        self, part: Callable[[], Condition], word: str, words: tuple[str, str], *, guard: str
    ) -> Condition:
        """Read parts; a null check guards those behind it, in the words of C#: left to right."""
        outside = self._guarded
        conditions = [part()]
        while self._took(*words):
            sign, sql = self._null_check
            if sign == guard:
                self._guarded |= {sql}
            conditions.append(part())
        self._guarded = outside
        if len(conditions) > 1:
            self._null_check = ("", "")
        return joined(word, conditions)

    def _one(self) -> Condition:
        self._null_check = ("", "")
        if self._took("("):
            condition = self._any()
            self._expect(")")
            return condition
        field = self._field()
        if self._took("."):
            return self._test(field)
        sign = self._next.text
        if sign not in _COMPARISONS or self._next.kind != "sign":
            if field.kind is Kind.TRUTH:
                return Condition(f"{field.sql} = 1")
            raise self._syntax_error()
        self._take()
        return self._comparison(field, sign)

    def _field(self) -> Field:
        token = self._take()
        if token.kind != "word":
            raise bad_query(f"Syntax error (at index {token.at})")
        field = self._fields.get(token.text.lower())
        if field is None:
            raise unknown_field(token.text, self._type_name, token.at)
        return field

    def _test(self, field: Field) -> Condition:
        name = self._take()
        template = _TESTS.get(name.text.lower())
        if template is None or field.kind is not Kind.TEXT:
            raise unknown_field(name.text, field.kind.value, name.at)
        self._expect("(")
        if self._next.kind != "text":
            raise self._syntax_error()
        value = _unquoted(self._take().text)
        self._expect(")")
        sql = f"({template.format(field.sql)})"
        unguarded = () if field.sql in self._guarded else (field.sql,)
        condition = Condition(sql, (value,) * template.count("?"), unguarded)
        if self._took("=="):
            wanted = self._take()
            if wanted.kind != "word" or wanted.text.lower() not in ("true", "false"):
                raise bad_query(f"Syntax error (at index {wanted.at})")
            truth = int(wanted.text.lower() == "true")
            return replace(condition, sql=f"({sql} IS {truth})")
        return condition

    def _comparison(self, field: Field, sign: str) -> Condition:
        at = self._next.at
        kind, value = self._constant()
        if kind is None:
            if sign not in _EQUALITIES or field.kind is Kind.TRUTH:
                raise self._incompatible(field, sign, "null", at)
            self._null_check = (sign, field.sql)
            blank = f"COALESCE({field.sql}, '') {'=' if sign == '==' else '!='} ''"
            return Condition(f"({blank})")
        if kind is not field.kind or (kind in _UNORDERED and sign not in _EQUALITIES):
            raise self._incompatible(field, sign, kind.value, at)
        return Condition(f"{field.sql} {_COMPARISONS[sign]} ?", (value,))

    def _incompatible(self, field: Field, sign: str, other: str, at: int) -> RefusedError:
        return bad_query(
            f"Operator '{sign}' incompatible with operand types "
            f"'{field.kind.value}' and '{other}' (at index {at})"
        )

    def _constant(self) -> tuple[Kind | None, object]:
        token = self._take()
        word = token.text.lower()
        if token.kind == "text":
            return Kind.TEXT, _unquoted(token.text)
        if token.kind == "number":
            return Kind.NUMBER, float(token.text)
        if word in ("true", "false"):
            return Kind.TRUTH, int(word == "true")
        if word == "null":
            return None, None
        if word in ("guid", "datetime"):
            return self._called(word, token)
        raise bad_query(f"Syntax error (at index {token.at})")

    def _called(self, word: str, token: _Token) -> tuple[Kind, object]:
        self._expect("(")
        arguments = [self._take()]
        while self._took(","):
            arguments.append(self._take())
        self._expect(")")
        try:
            if word == "guid" and len(arguments) == 1:
                return Kind.GUID, str(UUID(_unquoted(arguments[0].text)))
            if word == "datetime" and 3 <= len(arguments) <= 6:
                numbers = [int(argument.text) for argument in arguments]
                instant = datetime(*numbers, tzinfo=UTC)  # type: ignore[arg-type,misc]  # 3 to 6
                return Kind.TIME, milliseconds(instant)
        except (ValueError, TypeError):
            pass
        raise bad_query(f"Syntax error (at index {token.at})")


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])
