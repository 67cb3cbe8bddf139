"""How PostgreSQL lays out tables whose rows change often. On SQLite there is nothing to do."""

from __future__ import annotations

from typing import Any

from django.db import router
from django.db.migrations.operations.base import Operation

HALF_FULL = 50


class _Layout(Operation):
    """Changes how tables are kept and not what they hold."""

    reduces_to_sql = True
    reversible = True

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass


class RoomForChanges(_Layout):
    """Pages are filled so far only: a row's next version finds its place beside it, and no index learns of it."""

    def __init__(self, *tables: str, percent: int = HALF_FULL) -> None:
        self.tables = tables
        self.percent = percent

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._alter(app_label, schema_editor, f"SET (fillfactor = {self.percent})")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._alter(app_label, schema_editor, "RESET (fillfactor)")

    def describe(self) -> str:
        return f"Leave room in the pages of {', '.join(self.tables)}"

    def _alter(self, app_label: str, editor: Any, how: str) -> None:
        """In the context's own database, and in no other one that is migrated beside it."""
        if editor.connection.vendor == "postgresql" and router.allow_migrate(editor.connection.alias, app_label):
            for table in self.tables:
                editor.execute(f"ALTER TABLE {editor.quote_name(table)} {how}")


class NoIndexesForLike(_Layout):
    """Django gives each text that is a key a second index, for LIKE, which nobody asks of a key: none of a context's
    tables keeps one."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        tables = [model._meta.db_table for model in from_state.apps.get_app_config(app_label).get_models()]
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(
                "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() AND tablename = ANY(%s) "
                "AND indexname LIKE '%%\\_like' AND indexdef LIKE '%%\\_pattern\\_ops)'",
                [tables],
            )
            names = [name for (name,) in cursor.fetchall()]
        for name in names:
            schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """They are not missed."""

    def describe(self) -> str:
        return "Drop the indexes for LIKE"
