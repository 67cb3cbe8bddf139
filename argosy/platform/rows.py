"""How aggregates become rows: fields map to columns by name, child collections to tables of their own.

One mapper for all contexts, so that it is tested once. What it makes is plain: for each kind of aggregate the list of
columns, a function from an aggregate to its column values, and one back. Values are what both databases take: text,
integers, booleans, JSON as text; instants are turned by the store, which knows its database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from operator import attrgetter
from typing import Any, NamedTuple, get_type_hints

import msgspec
from django.db import models

from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.codec import encode


@dataclass(frozen=True)
class Part:
    """A list field of an aggregate, kept in a table of its own with the owner's id in the column `owner`.

    `is_log`: append-only; never loaded, what was appended is inserted. `copies` are columns written from a function
    of (aggregate, part) and never read. `about` is the aggregate's column that says whom its Personal texts are about:
    they are blanked when that person is erased.
    """

    kind: type
    row: type[models.Model]
    owner: str
    is_log: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    copies: Mapping[str, Callable[[Any, Any], Any]] = field(default_factory=dict)
    about: str = ""


@dataclass(frozen=True)
class Rows:
    """An aggregate and its table. `names` renames fields to columns; `copies` are columns written from a function of
    the aggregate and never read."""

    kind: type[Aggregate]
    row: type[models.Model]
    parts: Mapping[str, Part] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    copies: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)


class Column(NamedTuple):
    """One column: its name, the attribute it comes from (empty: a copy), and how its values are turned."""

    name: str
    attribute: str
    type: str
    is_json: bool
    is_instant: bool
    is_boolean: bool
    decode: Callable[[Any], Any] | None


class Table:
    """One table as the store reads and writes it."""

    def __init__(self, kind: type, row: type[models.Model], names: Mapping[str, str], skip: Sequence[str]) -> None:
        self.kind = kind
        self.row = row
        self.name = row._meta.db_table
        hints = get_type_hints(kind)
        by_column = {column.column: column for column in row._meta.concrete_fields}
        self.columns: list[Column] = []
        for attribute in _attributes(kind):
            if attribute in skip:
                continue
            name = names.get(attribute, attribute)
            assert name in by_column, f"{row.__name__} has no column {name} for {kind.__name__}.{attribute}"
            self.columns.append(_column(name, attribute, by_column[name], hints[attribute]))
        self.attributes = tuple(column.attribute for column in self.columns)
        self.values = attrgetter(*self.attributes)

    def make(self, state: dict[str, Any]) -> Any:
        """An object of this kind with exactly these attributes."""
        if issubclass(self.kind, msgspec.Struct):
            return self.kind(**state)
        made = object.__new__(self.kind)
        made.__dict__.update(state)
        return made


@dataclass(frozen=True)
class MappedPart:
    """A part's table, with the copies that come after its own columns and its owner's id."""

    attribute: str
    table: Table
    owner: str
    is_log: bool
    copies: tuple[tuple[Column, Callable[[Any, Any], Any]], ...]
    about: str


class Mapped:
    """An aggregate's tables."""

    def __init__(self, rows: Rows) -> None:
        self.kind = rows.kind
        self.table = Table(rows.kind, rows.row, rows.names, tuple(rows.parts))
        columns = {column.column: column for column in rows.row._meta.concrete_fields}
        self.copies = tuple(
            (_column(name, "", columns[name], None), function) for name, function in rows.copies.items()
        )
        self.parts = tuple(self._part(attribute, part) for attribute, part in rows.parts.items())
        self.column_of = {column.attribute: column.name for column in self.table.columns}

    @staticmethod
    def _part(attribute: str, part: Part) -> MappedPart:
        columns = {column.column: column for column in part.row._meta.concrete_fields}
        copies = tuple((_column(name, "", columns[name], None), function) for name, function in part.copies.items())
        table = Table(part.kind, part.row, part.names, ())
        return MappedPart(attribute, table, part.owner, part.is_log, copies, part.about)


def _attributes(kind: type) -> list[str]:
    if is_dataclass(kind):
        return [field.name for field in fields(kind)]
    assert issubclass(kind, msgspec.Struct), f"{kind.__name__} is neither a dataclass nor a struct"
    return list(kind.__struct_fields__)


def _column(name: str, attribute: str, column: models.Field[Any, Any], hint: Any) -> Column:
    is_json = isinstance(column, models.JSONField)
    is_instant = isinstance(column, models.DateTimeField)
    is_boolean = isinstance(column, models.BooleanField)
    decode = msgspec.json.Decoder(hint).decode if is_json and hint is not None else None
    return Column(name, attribute, _sql_type(column), is_json, is_instant, is_boolean, decode)


def _sql_type(column: models.Field[Any, Any]) -> str:
    """The PostgreSQL type that a JSON text value is cast to."""
    if isinstance(column, models.JSONField):
        return "jsonb"
    if isinstance(column, models.DateTimeField):
        return "timestamptz"
    if isinstance(column, models.BooleanField):
        return "boolean"
    if isinstance(column, models.IntegerField):
        return "bigint"
    return "uuid" if column.get_internal_type() == "IdField" else "text"


def json_text(value: Any) -> str:
    return encode(value).decode()
