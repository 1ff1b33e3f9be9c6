"""The grammar of $filter and $orderby: text in, a small tree out (dataverse.md section 2)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from dynamics_xero.sandbox.dynamics import errors

COMPARISONS = ("eq", "ne", "gt", "ge", "lt", "le")
_MAX_CONDITIONS, _MAX_DEPTH = 500, 50
QUANTIFIERS = ("any", "all")
TEXT_FUNCTIONS = ("contains", "startswith", "endswith")

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<text>(?:Microsoft\.Dynamics\.CRM\.\w+)?'(?:[^']|'')*')
    |(?P<json>"(?:[^"\\]|\\.)*")
    |(?P<guid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![\w-]))
    |(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)
    |(?P<day>\d{4}-\d\d-\d\d)
    |(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.]))
    |(?P<name>@?[A-Za-z_][\w.]*)
    |(?P<mark>[()\[\],/=:])""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Property:
    """A column, or a path to one through navigation properties."""

    path: tuple[str, ...]


@dataclass(frozen=True)
class Literal:
    """A value; `kind` is text, guid, moment, day, number, boolean or null."""

    kind: str
    value: str | int | float | bool | None


@dataclass(frozen=True)
class Compare:
    """left `operator` right."""

    operator: str
    left: Property | Literal
    right: Property | Literal


@dataclass(frozen=True)
class TextTest:
    """contains, startswith or endswith."""

    function: str
    property: Property
    text: Literal


@dataclass(frozen=True)
class AnyOf:
    """Microsoft.Dynamics.CRM.In."""

    property: Property
    values: tuple[Literal, ...]


@dataclass(frozen=True)
class Truth:
    """A yes-or-no column standing alone."""

    property: Property


@dataclass(frozen=True)
class Lambda:
    """any or all over a collection; the condition's paths start below the variable."""

    quantifier: str
    path: tuple[str, ...]
    condition: Condition


@dataclass(frozen=True)
class Not:
    """The contrary."""

    condition: Condition


@dataclass(frozen=True)
class Both:
    """`operator` is and, or."""

    operator: str
    parts: tuple[Condition, ...]


Condition = Compare | TextTest | AnyOf | Truth | Not | Both | Lambda


@dataclass(frozen=True)
class Order:
    """One key of $orderby."""

    property: Property
    descending: bool


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    position: int


def parse_filter(text: str, aliases: Mapping[str, str] | None = None) -> Condition:
    """Return the tree of a $filter. Raises ODataError where the text is no filter."""
    parser = _Parser(text, aliases or {})
    condition = parser.either()
    parser.finish()
    if parser.conditions > _MAX_CONDITIONS:
        raise errors.bad_request(
            f"Number of conditions in query exceeded maximum limit of {_MAX_CONDITIONS}.",
            "0x8004430d",
        )
    return condition


def parse_orderby(text: str, aliases: Mapping[str, str] | None = None) -> tuple[Order, ...]:
    """Return the keys of an $orderby."""
    parser = _Parser(text, aliases or {})
    keys = [parser.order()]
    while parser.take(","):
        keys.append(parser.order())
    parser.finish()
    return tuple(keys)


def parse_literal(text: str) -> Literal:
    """Return the value of a parameter alias or key."""
    parser = _Parser(text, {})
    value = parser.operand()
    parser.finish()
    if isinstance(value, Property):
        raise errors.bad_request(f"The value '{text}' is not a literal.")
    return value


def _tokens(text: str) -> list[_Token]:
    tokens, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _unreadable(text, position)
        kind = match.lastgroup or ""
        if kind != "space":
            tokens.append(_Token(kind, match.group(), position))
        position = match.end()
    tokens.append(_Token("end", "", len(text)))
    return tokens


def _unreadable(text: str, position: int) -> errors.ODataError:
    if text[position] == "'":
        return errors.bad_request(
            f"There is an unterminated literal at position {len(text)} in '{text}'."
        )
    return errors.bad_request(
        f"Syntax error: character '{text[position]}' is not valid at position {position} in "
        f"'{text}'."
    )


class _Parser:
    """Recursive descent; `or` binds weaker than `and`, `not` strongest."""

    def __init__(self, text: str, aliases: Mapping[str, str]) -> None:
        self._text = text
        self._aliases = aliases
        self._tokens = _tokens(text)
        self._next = 0
        self._variables: list[str] = []
        self._depth = 0
        self.conditions = 0

    def either(self) -> Condition:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise errors.bad_request("The filter is nested too deeply.")
        parts = [self._all()]
        while self._word("or"):
            parts.append(self._all())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else Both("or", tuple(parts))

    def order(self) -> Order:
        name = Property(self._path())
        if self._word("desc"):
            return Order(name, descending=True)
        self._word("asc")
        return Order(name, descending=False)

    def operand(self) -> Property | Literal:
        token = self._advance()
        if token.kind == "name":
            return self._named(token)
        if token.kind == "text":
            # A member of an enumeration has its type before the quotes; metadata alone has such.
            quoted = token.text.partition("'")[2]
            return Literal("text", quoted[:-1].replace("''", "'"))
        if token.kind == "number":
            return Literal("number", _number(token.text))
        if token.kind == "guid":
            return Literal("guid", token.text.lower())
        if token.kind in ("moment", "day"):
            return Literal(token.kind, token.text)
        raise self._unexpected(token)

    def take(self, mark: str) -> bool:
        if self._peek().kind == "mark" and self._peek().text == mark:
            self._next += 1
            return True
        return False

    def finish(self) -> None:
        if self._peek().kind != "end":
            raise self._unexpected(self._peek())

    def _all(self) -> Condition:
        parts = [self._single()]
        while self._word("and"):
            parts.append(self._single())
        return parts[0] if len(parts) == 1 else Both("and", tuple(parts))

    def _single(self) -> Condition:
        negated = False
        while self._word("not"):
            negated = not negated
        condition = self._positive()
        return Not(condition) if negated else condition

    def _positive(self) -> Condition:
        self.conditions += 1
        if self.take("("):
            condition = self.either()
            self._expect(")")
            return condition
        token = self._peek()
        if token.text in TEXT_FUNCTIONS:
            return self._text_test()
        if token.text == "Microsoft.Dynamics.CRM.In":
            return self._any_of()
        if token.text == "Microsoft.Dynamics.CRM.NotIn":
            return Not(self._any_of())
        if token.text.startswith("Microsoft.Dynamics.CRM.") and token.kind == "name":
            raise errors.unsupported(f"The query function '{token.text}' is not offered here.")
        return self._comparison()

    def _lambda(self, path: tuple[str, ...]) -> Condition:
        """Read what stands in the parentheses of any(variable:condition)."""
        variable = self._advance().text
        self._expect(":")
        self._variables.append(variable)
        condition = self.either()
        self._variables.pop()
        self._expect(")")
        return Lambda(path[-1], path[:-1], condition)

    def _comparison(self) -> Condition:
        left = self.operand()
        if isinstance(left, Property) and left.path[-1] in QUANTIFIERS and self.take("("):
            return self._lambda(left.path)
        token = self._peek()
        if token.text in COMPARISONS and token.kind == "name":
            self._next += 1
            return Compare(token.text, left, self.operand())
        if isinstance(left, Property):
            return Truth(left)
        raise self._unexpected(token)

    def _text_test(self) -> Condition:
        function = self._advance().text
        self._expect("(")
        name = Property(self._path())
        self._expect(",")
        value = self.operand()
        self._expect(")")
        if not isinstance(value, Literal) or value.kind != "text":
            raise errors.bad_request(
                f"No function signature for the function with name '{function}' matches the "
                f"specified arguments."
            )
        test: Condition = TextTest(function, name, value)
        if self._peek().text == "eq":
            self._next += 1
            wanted = self._advance()
            if wanted.text not in ("true", "false"):
                raise self._unexpected(wanted)
            test = test if wanted.text == "true" else Not(test)
        return test

    def _any_of(self) -> Condition:
        self._advance()
        self._expect("(")
        arguments: dict[str, object] = {}
        while not self.take(")"):
            name = self._advance().text
            self._expect("=")
            arguments[name] = self._list() if name == "PropertyValues" else self.operand()
            self.take(",")
        name_literal, values = arguments.get("PropertyName"), arguments.get("PropertyValues")
        if not isinstance(name_literal, Literal) or not isinstance(values, tuple):
            raise errors.bad_request("In needs PropertyName and PropertyValues.")
        return AnyOf(Property(tuple(str(name_literal.value).split("/"))), values)

    def _list(self) -> tuple[Literal, ...]:
        self._expect("[")
        values = []
        while not self.take("]"):
            # The official client writes these lists as JSON, with double quotes.
            quoted = self._peek().kind == "json"
            value = self._json_text() if quoted else self.operand()
            if isinstance(value, Literal):
                values.append(value)
            self.take(",")
        return tuple(values)

    def _json_text(self) -> Literal:
        token = self._advance()
        try:
            return Literal("text", str(json.loads(token.text)))
        except ValueError as fault:
            raise self._unexpected(token) from fault

    def _named(self, token: _Token) -> Property | Literal:
        if token.text == "null":
            return Literal("null", None)
        if token.text in ("true", "false"):
            return Literal("boolean", token.text == "true")
        if token.text.startswith("@"):
            if token.text not in self._aliases:
                raise errors.bad_request(f"The parameter alias '{token.text}' has no value.")
            return parse_literal(self._aliases[token.text])
        self._next -= 1
        return Property(self._path())

    def _path(self) -> tuple[str, ...]:
        names = [self._advance()]
        while self.take("/"):
            names.append(self._advance())
        for token in names:
            if token.kind != "name":
                raise self._unexpected(token)
        path = tuple(token.text for token in names)
        # Inside any and all a path starts with the variable.
        return path[1:] if self._variables and path[0] == self._variables[-1] else path

    def _word(self, word: str) -> bool:
        if self._peek().kind == "name" and self._peek().text == word:
            self._next += 1
            return True
        return False

    def _expect(self, mark: str) -> None:
        if not self.take(mark):
            raise self._unexpected(self._peek())

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _advance(self) -> _Token:
        token = self._tokens[self._next]
        if token.kind == "end":
            raise self._unexpected(token)
        self._next += 1
        return token

    def _unexpected(self, token: _Token) -> errors.ODataError:
        return errors.bad_request(f"Syntax error at position {token.position} in '{self._text}'.")


def _number(text: str) -> int | float:
    return float(text) if any(mark in text for mark in ".eE") else int(text)
