"""Migration steps that say what they mean, with one form per database."""

from __future__ import annotations

from typing import Any

from django.db import router
from django.db.migrations.operations.base import Operation

_SQLITE_REFUSAL = "CREATE TRIGGER {table}_no_{verb} BEFORE {VERB} ON {table} BEGIN SELECT RAISE(ABORT, '{why}'); END"
_POSTGRES_FUNCTION = (
    "CREATE OR REPLACE FUNCTION argosy_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
)


class _Sql(Operation):
    """A step that changes the database and not the models."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, table: str) -> None:
        self.table = table

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.table], {}

    def state_forwards(self, app_label: str, state: Any) -> None:
        return

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if not router.allow_migrate(schema_editor.connection.alias, app_label):
            return
        for statement in self.statements(schema_editor.connection.vendor):
            schema_editor.execute(statement, params=None)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        return

    def statements(self, vendor: str) -> list[str]:
        raise NotImplementedError


class AppendOnly(_Sql):
    """The database itself refuses UPDATE and DELETE on a table."""

    def statements(self, vendor: str) -> list[str]:
        if vendor == "sqlite":
            return [
                _SQLITE_REFUSAL.format(
                    table=self.table, verb=verb, VERB=verb.upper(), why=f"{self.table} is append-only"
                )
                for verb in ("update", "delete")
            ]
        return [
            _POSTGRES_FUNCTION,
            f"CREATE TRIGGER {self.table}_append_only BEFORE UPDATE OR DELETE ON {self.table} "
            f"FOR EACH ROW EXECUTE FUNCTION argosy_append_only()",
        ]

    def describe(self) -> str:
        return f"Refuse UPDATE and DELETE on {self.table}"


class LogOrder(_Sql):
    """The index that a log is read by; SQLite reads by primary key and needs none."""

    def statements(self, vendor: str) -> list[str]:
        if vendor == "sqlite":
            return []
        return [f"CREATE INDEX {self.table}_position ON {self.table} (epoch, xid, id)"]

    def describe(self) -> str:
        return f"Index {self.table} by position"
