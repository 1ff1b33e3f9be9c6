"""Statements that SQLAlchemy puts together once, and the driver carries out many times.

Every page and every answer asks the same few things. To compile a statement, to spread a list over
as many parameters and to look at the types of each row costs several times what the database
takes; so that is done once for each dialect, and a list travels as one parameter.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import ClauseElement, Connection, CursorResult, Dialect, Select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ColumnElement, bindparam
from sqlalchemy.types import ARRAY, NullType, Text, TypeDecorator, TypeEngine

Row = Sequence[Any]
Processors = list[tuple[int, Callable[[Any], Any]]]
"""Places of a row, and what makes the one form of their values into the other."""


class Prepared:
    """One statement; parameters are given by name, rows come back as the columns' types say."""

    def __init__(
        self, make: Callable[[str], ClauseElement], *, columns: Sequence[str] | None = None
    ) -> None:
        """make: the statement for a dialect's name. columns: what an insert fills, None for all."""
        self._make = make
        self._columns = columns
        self._forms: dict[str, _Form] = {}

    def rows(self, connection: Connection, asked: Mapping[str, Any]) -> list[Row]:
        """Return the rows found."""
        form = self._form(connection)
        return form.read(form.run(connection, form.bound(asked)))

    def run(self, connection: Connection, asked: Mapping[str, Any]) -> int:
        """Change what is asked for; return how many rows that were."""
        form = self._form(connection)
        return form.run(connection, form.bound(asked)).rowcount

    def run_many(self, connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Do the same with each row; nothing without rows."""
        form = self._form(connection)
        if bound := [form.bound(row) for row in rows]:
            form.run(connection, bound)

    def _form(self, connection: Connection) -> _Form:
        dialect = connection.dialect
        if dialect.name not in self._forms:
            self._forms[dialect.name] = _Form(self._make(dialect.name), dialect, self._columns)
        return self._forms[dialect.name]


def prepared(statement: ClauseElement) -> Prepared:
    """Return a statement that is the same for every dialect."""
    return Prepared(lambda _dialect: statement)


class _Form:
    """A statement in the words of one dialect."""

    def __init__(
        self, statement: ClauseElement, dialect: Dialect, columns: Sequence[str] | None
    ) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=columns)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101  # only tables are made otherwise
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        names = compiled.positiontup or list(binds)
        shown = statement.selected_columns if isinstance(statement, Select) else ()
        self._text = str(compiled)
        self._names = None if compiled.positional else names
        self._fixed = {name: binds[name].value for name in names if not binds[name].required}
        self._get = itemgetter(*names) if len(names) > 1 else lambda asked: (asked[names[0]],)
        given = [binds[name].type for name in names]
        self._given = _processors(given, dialect, lambda one: one.bind_processor(dialect))
        read = [column.type for column in shown]
        self._read = _processors(read, dialect, lambda one: one.result_processor(dialect, None))

    def bound(self, asked: Mapping[str, Any]) -> Any:
        """Return parameters as the driver takes them."""
        values = self._get({**self._fixed, **asked} if self._fixed else asked)
        if self._given:
            values = _processed(values, self._given)
        return values if self._names is None else dict(zip(self._names, values, strict=True))

    def run(self, connection: Connection, bound: Any) -> CursorResult[Any]:
        return connection.exec_driver_sql(self._text, bound)

    def read(self, result: CursorResult[Any]) -> list[Row]:
        """Return the rows in the columns' types."""
        if not self._read:
            return list(result.all())
        return [_processed(row, self._read) for row in result.all()]


def _processors(
    types: Iterable[TypeEngine[Any]],
    dialect: Dialect,
    choose: Callable[[TypeEngine[Any]], Callable[[Any], Any] | None],
) -> Processors:
    chosen = ((place, choose(one.dialect_impl(dialect))) for place, one in enumerate(types))
    return [(place, process) for place, process in chosen if process is not None]


def _processed(values: Row, processors: Processors) -> Row:
    changed = list(values)
    for place, process in processors:
        changed[place] = process(changed[place])
    return tuple(changed)


class OneOf(ColumnElement[Any]):
    """A column IN a list that travels as one parameter: the same text for a list of any length."""

    inherit_cache = False
    type = NullType()
    """Of a Boolean, SQLAlchemy would ask SQLite whether it is 1."""

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column = column
        self.listed = bindparam(name, type_=_Listed(column.type), required=True)


@compiles(OneOf, "sqlite")
def _one_of_sqlite(element: OneOf, compiler: SQLCompiler, **kw: Any) -> str:
    column, listed = compiler.process(element.column, **kw), compiler.process(element.listed, **kw)
    return f"{column} IN (SELECT value FROM json_each({listed}))"  # noqa: S608  # both are SQL


@compiles(OneOf, "postgresql")
def _one_of_postgresql(element: OneOf, compiler: SQLCompiler, **kw: Any) -> str:
    column, listed = compiler.process(element.column, **kw), compiler.process(element.listed, **kw)
    return f"{column} = ANY ({listed})"


class _Listed(TypeDecorator[Sequence[Any]]):
    """A list of a column's values: JSON for SQLite, an array elsewhere."""

    impl = Text
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type of the parameter."""
        is_array = dialect.name == "postgresql"
        return dialect.type_descriptor(ARRAY(self.item) if is_array else Text())

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        """Return the list as the parameter holds it."""
        return value if dialect.name == "postgresql" else json.dumps(value)
