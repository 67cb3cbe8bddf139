"""Column types of our tables, one Python type each on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

from django.db import models


class IdField(models.Field):
    """An id as text in Python; `uuid` on PostgreSQL, 36 characters of text on SQLite."""

    description = "id"

    def db_type(self, connection: Any) -> str:
        return "uuid" if connection.vendor == "postgresql" else "char(36)"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str | None:
        return None if value is None else str(value)

    def get_internal_type(self) -> str:
        return "IdField"

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else str(value)

    def to_python(self, value: Any) -> str | None:
        return None if value is None else str(value)


class InstantField(models.DateTimeField):
    """An instant: an aware datetime in UTC.

    Text on SQLite: a column declared `datetime` would have every value parsed by the driver, slowly, and then again.
    """

    def db_type(self, connection: Any) -> str:
        return "timestamp with time zone" if connection.vendor == "postgresql" else "text"


class XidField(models.Field):
    """The transaction that wrote the row: PostgreSQL fills it in; on SQLite it is always 0."""

    def db_type(self, connection: Any) -> str:
        if connection.vendor == "postgresql":
            return "xid8 DEFAULT pg_current_xact_id()"
        return "bigint DEFAULT 0"

    def get_internal_type(self) -> str:
        return "XidField"
