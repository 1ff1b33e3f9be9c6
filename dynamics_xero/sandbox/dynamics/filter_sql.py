"""Conditions and orders as SQL with bound parameters; no value is ever pasted into a statement."""

from __future__ import annotations

from dataclasses import dataclass, field

from dynamics_xero.sandbox.dynamics import errors, text_match
from dynamics_xero.sandbox.dynamics.columns import CHOICES, FRACTIONS, TEXTS, WHOLE, Column, Kind
from dynamics_xero.sandbox.dynamics.filter_syntax import (
    AnyOf,
    Both,
    Compare,
    Condition,
    Lambda,
    Literal,
    Not,
    Order,
    Property,
    TextTest,
    Truth,
)
from dynamics_xero.sandbox.dynamics.schema import Schema, TableSchema
from dynamics_xero.sandbox.dynamics.values import edm_type, parse_moment

_MAX_WHOLE = 2**63 - 1
_SQL_OPERATORS = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_LIKE = {"contains": "%{}%", "startswith": "{}%", "endswith": "%{}"}
_LITERAL_TYPES = {
    "text": "Edm.String",
    "guid": "Edm.Guid",
    "number": "Edm.Int32",
    "boolean": "Edm.Boolean",
    "moment": "Edm.DateTimeOffset",
    "day": "Edm.Date",
}


@dataclass
class Query:
    """A SELECT under construction over one table, with the joins its paths need.

    The table itself is `root`; parameters stand in the order of their marks.
    """

    schema: Schema
    table: TableSchema
    root: str = "t0"
    joins: dict[tuple[str, ...], str] = field(default_factory=dict)
    _aliases: dict[tuple[str, ...], tuple[str, TableSchema]] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """The FROM clause."""
        return " ".join([f"{self.table.storage} AS {self.root}", *self.joins.values()])

    def resolve(self, path: tuple[str, ...]) -> tuple[str, Column]:
        """Return the SQL expression and column of a path, joining what it passes through."""
        alias, table = self._walk(path[:-1])
        column = table.by_wire_name.get(path[-1])
        if column is None:
            raise errors.unknown_query_property(path[-1], table.name)
        return f'{alias}."{column.name}"', column

    def where(self, condition: Condition) -> tuple[str, list[object]]:
        """Return a condition as SQL and its parameters."""
        match condition:
            case Both(operator, parts):
                return self._both(operator, parts)
            case Not(inner):
                sql, parameters = self.where(inner)
                return f"NOT ({sql})", parameters
            case Compare():
                return self._compare(condition)
            case TextTest():
                return self._text_test(condition)
            case AnyOf():
                return self._any_of(condition)
            case Truth():
                return self._truth(condition)
            case Lambda():
                return self._lambda(condition)

    def order_terms(self, orders: tuple[Order, ...]) -> list[tuple[str, bool]]:
        """Return (expression, descending) for each key."""
        return [(self.resolve(order.property.path)[0], order.descending) for order in orders]

    def _walk(self, path: tuple[str, ...]) -> tuple[str, TableSchema]:
        if not path:
            return self.root, self.table
        if path not in self._aliases:
            left_alias, left = self._walk(path[:-1])
            relationship = left.navigations.get(path[-1])
            if relationship is None:
                raise errors.unknown_query_property(path[-1], left.name)
            target = self.schema.tables[relationship.referenced]
            alias = f"{self.root}_{len(self._aliases) + 1}"
            self.joins[path] = (
                f"LEFT JOIN {target.storage} AS {alias} ON "
                f'{alias}."{target.primary_id}" = {left_alias}."{relationship.column.name}"'
            )
            self._aliases[path] = (alias, target)
        return self._aliases[path]

    def _both(self, operator: str, parts: tuple[Condition, ...]) -> tuple[str, list[object]]:
        pieces, parameters = [], []
        for part in parts:
            sql, values = self.where(part)
            pieces.append(f"({sql})")
            parameters.extend(values)
        return f" {operator.upper()} ".join(pieces), parameters

    def _lambda(self, test: Lambda) -> tuple[str, list[object]]:
        alias, table = self._walk(test.path[:-1])
        relationship = table.collections.get(test.path[-1])
        if relationship is None:
            raise errors.unknown_query_property(test.path[-1], table.name)
        inner = Query(self.schema, self.schema.tables[relationship.referencing], f"{alias}x")
        condition, parameters = inner.where(test.condition)
        link = f'{inner.root}."{relationship.column.name}" = {alias}."{table.primary_id}"'
        negated = "NOT " if test.quantifier == "all" else ""
        # What is unknown counts as false, so that `all` refuses rows with empty columns.
        wanted = f"{negated}COALESCE({condition}, 0)"
        found = f"EXISTS (SELECT 1 FROM {inner.source} WHERE {link} AND {wanted})"  # noqa: S608 - names come from the schema
        return f"{negated}{found}", parameters

    def _compare(self, compare: Compare) -> tuple[str, list[object]]:
        left, right = compare.left, compare.right
        if isinstance(left, Literal) and isinstance(right, Literal):
            raise errors.bad_request("A comparison needs at least one property.")
        if isinstance(right, Literal) and right.kind == "null":
            return self._null_test(compare.operator, left)
        left_column = self._column_of(left) or self._column_of(right)
        if isinstance(left, Property) and isinstance(right, Property):
            self._check_comparable(left, right)
        left_sql, left_values = self._operand(left, left_column)
        right_sql, right_values = self._operand(right, left_column)
        values = [*left_values, *right_values]
        if any(isinstance(value, str) and text_match.needs_folding(value) for value in values):
            left_sql, right_sql = (
                f"{text_match.FOLD}({left_sql})",
                f"{text_match.FOLD}({right_sql})",
            )
        return f"{left_sql} {_SQL_OPERATORS[compare.operator]} {right_sql}", values

    def _check_comparable(self, left: Property, right: Property) -> None:
        first, second = self.resolve(left.path)[1], self.resolve(right.path)[1]
        if _accepted_kinds(first) != _accepted_kinds(second):
            raise _incompatible(edm_type(first), edm_type(second))

    def _null_test(self, operator: str, operand: Property | Literal) -> tuple[str, list[object]]:
        if not isinstance(operand, Property) or operator not in ("eq", "ne"):
            return "0", []
        expression, _ = self.resolve(operand.path)
        return f"{expression} IS {'NOT ' if operator == 'ne' else ''}NULL", []

    def _column_of(self, operand: Property | Literal) -> Column | None:
        return self.resolve(operand.path)[1] if isinstance(operand, Property) else None

    def _operand(
        self, operand: Property | Literal, column: Column | None
    ) -> tuple[str, list[object]]:
        if isinstance(operand, Property):
            return self.resolve(operand.path)[0], []
        if column is None:
            return "NULL", []
        return "?", [stored_literal(column, operand)]

    def _text_test(self, test: TextTest) -> tuple[str, list[object]]:
        expression, column = self.resolve(test.property.path)
        if column.kind not in TEXTS:
            raise errors.bad_request(
                f"No function signature for the function with name '{test.function}' matches the "
                f"specified arguments."
            )
        # %, _ and [] stay wildcards, as they are in Dataverse (section 2, Queries).
        pattern = _LIKE[test.function].format(test.text.value)
        if text_match.needs_matching(pattern):
            return f"{text_match.MATCHES}({expression}, ?)", [pattern]
        return f"{expression} LIKE ?", [pattern]

    def _any_of(self, test: AnyOf) -> tuple[str, list[object]]:
        path = test.property.path
        by_name = self.table.columns.get(path[0]) if len(path) == 1 else None
        expression, column = self.resolve((by_name.wire_name,) if by_name else path)
        values = [_list_literal(column, value) for value in test.values]
        marks = ", ".join("?" * len(values))
        if any(isinstance(value, str) and text_match.needs_folding(value) for value in values):
            marks = ", ".join([f"{text_match.FOLD}(?)"] * len(values))
            return f"{text_match.FOLD}({expression}) IN ({marks})", values
        return f"{expression} IN ({marks})", values

    def _truth(self, test: Truth) -> tuple[str, list[object]]:
        expression, column = self.resolve(test.property.path)
        if column.kind is not Kind.BOOLEAN:
            raise errors.bad_request("The filter expression must evaluate to a single boolean.")
        return f"{expression} = 1", []


def stored_literal(column: Column, literal: Literal) -> object:
    """Return a literal in the stored form. Raises ODataError where its type cannot match."""
    accepted = _accepted_kinds(column)
    if literal.kind not in accepted:
        raise _incompatible(edm_type(column), _LITERAL_TYPES.get(literal.kind, "null"))
    if literal.kind in ("moment", "day"):
        return _moment(column, str(literal.value))
    if literal.kind == "boolean":
        return int(bool(literal.value))
    if isinstance(literal.value, int) and abs(literal.value) > _MAX_WHOLE:
        return float(literal.value)
    return literal.value


def _incompatible(left: str, right: str) -> errors.ODataError:
    return errors.bad_request(
        f"A binary operator with incompatible types was detected. Found operand types '{left}' and "
        f"'{right}' for operator kind 'Equal'."
    )


def _moment(column: Column, text: str) -> str:
    try:
        return parse_moment(text, date_only=column.date_only)
    except ValueError as fault:
        raise errors.bad_request(f"The date or time '{text}' is not valid.") from fault


def _list_literal(column: Column, literal: Literal) -> object:
    # In() sends every value as text, whatever the column.
    if literal.kind != "text" or column.kind in TEXTS:
        return stored_literal(column, literal)
    text = str(literal.value)
    if column.kind in CHOICES | WHOLE:
        return int(text) if text.lstrip("-").isdigit() else text
    return text.lower()


def _accepted_kinds(column: Column) -> frozenset[str]:
    if column.kind in TEXTS:
        return frozenset({"text"})
    if column.kind in CHOICES | WHOLE | FRACTIONS:
        return frozenset({"number"})
    if column.kind is Kind.BOOLEAN:
        return frozenset({"boolean"})
    if column.kind is Kind.DATETIME:
        return frozenset({"moment", "day"})
    return frozenset({"guid"})
