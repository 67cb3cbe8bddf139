"""Every table that was asked for exists, belongs to one context, and keeps what it must keep for ever."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connections, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import RunPython, RunSQL

from argosy.platform.context import Context
from argosy.platform.databases import NAMES
from argosy.platform.operations import AppendOnly
from argosy.platform.router import alias_of
from tests.architecture.sources import PROJECT
from tests.marketplace import Marketplace

BLUEPRINT: dict[str, dict[str, list[str]]] = json.loads(
    (PROJECT / "tests" / "fixtures" / "blueprint_tables.json").read_text(encoding="utf-8")
)
ALIAS_OF = {database: alias for alias, database in NAMES.items()}
ASKED_FOR = [(database, table) for database, tables in BLUEPRINT.items() for table in tables]
KEPT_FOR_EVER = [
    ("payments", "ledgers"),
    ("payments", "payment_transactions"),
    ("inventory", "stock_movements"),
    ("orders", "order_status_history"),
]


def contexts() -> list[Context]:
    return [config for config in apps.get_app_configs() if isinstance(config, Context)]


def missing_columns(alias: str, table: str, asked: list[str]) -> list[str]:
    """The columns that were asked for and that the real database does not have; "no table" where all are missing."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        if table not in connection.introspection.table_names(cursor):
            return ["no table"]
        found = {column.name for column in connection.introspection.get_table_description(cursor, table)}
    return [column for column in asked if column not in found]


@pytest.mark.parametrize(("database", "table"), ASKED_FOR, ids=[".".join(names) for names in ASKED_FOR])
def test_every_table_and_column_that_was_asked_for_exists(migrated: Path, database: str, table: str) -> None:
    assert missing_columns(ALIAS_OF[database], table, BLUEPRINT[database][table]) == []


def test_a_missing_table_and_a_missing_column_are_found(migrated: Path) -> None:
    assert missing_columns("orders", "wishes", ["id"]) == ["no table"]
    assert missing_columns("orders", "orders", ["id", "colour", "status"]) == ["colour"]


def test_every_context_has_a_database_of_its_own_name() -> None:
    assert {context.alias: context.database for context in contexts()} == NAMES


# The database itself refuses.


def a_row(model: type[models.Model]) -> dict[str, Any]:
    """Some value for each column that must have one: enough for a database without its checks."""
    samples: dict[str, Any] = {
        "IdField": "00000000-0000-7000-8000-000000000001",
        "DateTimeField": "2026-01-01 00:00:00+00:00",
        "JSONField": "{}",
        "BooleanField": False,
        "CharField": "x",
        "TextField": "x",
    }
    return {
        column.column: samples.get(column.get_internal_type(), 1)
        for column in model._meta.concrete_fields
        if not column.null and not column.get_internal_type().startswith("BigAuto")
    }


def insert_one(context: Context, table: str) -> None:
    """A row, past the checks of its columns' values, which are not what is asked here."""
    (model,) = [model for model in context.get_models() if model._meta.db_table == table]
    row = a_row(model)
    connection = connections[context.alias]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = ON")
        else:
            for constraint in model._meta.constraints:
                cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {constraint.name}")
        marks = ", ".join(["%s"] * len(row))
        cursor.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))


@pytest.mark.parametrize(("label", "table"), KEPT_FOR_EVER)
@pytest.mark.parametrize("statement", ["UPDATE {} SET created = created", "DELETE FROM {}"], ids=["update", "delete"])
def test_the_database_refuses_to_change_what_is_kept_for_ever(
    marketplace: Marketplace, label: str, table: str, statement: str
) -> None:
    context = marketplace.runtime.contexts[label]
    connection = connections[context.alias]
    connection.set_autocommit(False)
    try:
        insert_one(context, table)
        key = next(column.column for column in _model(context, table)._meta.concrete_fields if column.primary_key)
        with connection.cursor() as cursor, pytest.raises(DatabaseError, match="append-only"):
            cursor.execute(statement.format(table).replace("created", key))
    finally:
        connection.rollback()
        connection.set_autocommit(True)


def _model(context: Context, table: str) -> type[models.Model]:
    return next(model for model in context.get_models() if model._meta.db_table == table)


# Databases stay apart.


def crossing_relations(models_of: list[type[models.Model]]) -> Iterator[str]:
    for model in models_of:
        for field in model._meta.get_fields():
            target = getattr(field, "related_model", None)
            if isinstance(target, type) and alias_of(target._meta.app_label) != alias_of(model._meta.app_label):
                yield f"{model.__name__}.{field.name} points at {target.__name__} in another database"
            elif isinstance(field, models.ForeignKey) and model.__module__.startswith("argosy."):
                yield f"{model.__name__}.{field.name} is a foreign key: ids are kept as values"


def test_no_foreign_key_crosses_contexts_and_ours_has_none_at_all() -> None:
    assert list(crossing_relations([model for context in contexts() for model in context.get_models()])) == []


def test_a_crossing_foreign_key_is_found() -> None:
    from django.contrib.contenttypes.models import ContentType

    class Crossing(models.Model):
        kind = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")

        class Meta:
            app_label = "orders"

    try:
        assert list(crossing_relations([Crossing])) == ["Crossing.kind points at ContentType in another database"]
    finally:
        del apps.all_models["orders"]["crossing"]
        apps.clear_cache()


def test_no_migration_depends_on_another_context_or_runs_code_that_could_read_one() -> None:
    ours = {context.label for context in contexts()}
    found = []
    for (label, name), migration in MigrationLoader(None).disk_migrations.items():
        if label not in ours:
            continue
        found += [
            f"{label}.{name} depends on {other}"
            for other, _ in migration.dependencies
            if alias_of(other) != alias_of(label)
        ]
        found += [
            f"{label}.{name} runs {type(step).__name__}"
            for step in migration.operations
            if isinstance(step, RunPython | RunSQL)
        ]
    assert found == []


def test_what_is_kept_for_ever_is_declared_in_migrations() -> None:
    declared = {
        (label, step.table)
        for (label, _), migration in MigrationLoader(None).disk_migrations.items()
        for step in migration.operations
        if isinstance(step, AppendOnly)
    }
    assert declared >= set(KEPT_FOR_EVER)
