"""docs/tables.md: every database, table and column, read from the models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import models
from django.db.migrations.loader import MigrationLoader

from argosy.platform.context import Context
from argosy.platform.operations import AppendOnly

TOP = """\
# Tables

Every database with its tables and columns; made by `argosy contracts` and compared with the code by a test. A database
belongs to one context, and nobody else reads it. Columns in **bold** stand in the blueprint under these names. The
first type is PostgreSQL's, the second SQLite's where it differs. Amounts are integer minor units of the `currency`
beside them. `NULL` says that a column may be empty.
"""
ENGINE = """\
## The engine's own tables

The same in each database, under its prefix: `_outbox_events` is the log (shown with each context), `_due` holds timers
and calls, `_cursors` how far each subscription has read, `_parked` messages that failed alone, `_idempotency_keys` the
answers to keyed commands from outside, `_log_epochs` the lives of the log, `_log_segments` its archived part, `_leases`
who works, `_subscriptions` which messages each handles.
"""
_ENGINE_ENDS = (
    "_due",
    "_cursors",
    "_parked",
    "_idempotency_keys",
    "_log_epochs",
    "_log_segments",
    "_leases",
    "_subscriptions",
)


def page(blueprint: dict[str, dict[str, list[str]]]) -> str:
    lines = [TOP]
    for context in _contexts():
        lines += [f"## {context.database}\n", f"Of {context.label}.\n"]
        for model in _models(context):
            lines += _table(model, blueprint.get(context.database, {}).get(model._meta.db_table, []))
    lines.append(ENGINE)
    lines += _engine_tables()
    return "\n".join(lines).rstrip() + "\n"


def blueprint_of(project: Path) -> dict[str, dict[str, list[str]]]:
    """The tables and columns that were asked for, by database."""
    text = (project / "tests" / "fixtures" / "blueprint_tables.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, list[str]]] = json.loads(text)
    return found


@cache
def append_only() -> frozenset[str]:
    """Tables whose rows the database itself refuses to change or delete."""
    loaded = MigrationLoader(None).disk_migrations.values()
    return frozenset(
        step.table for migration in loaded for step in migration.operations if isinstance(step, AppendOnly)
    )


def _contexts() -> list[Context]:
    return [config for config in apps.get_app_configs() if isinstance(config, Context)]


def _models(context: Context) -> list[type[models.Model]]:
    return sorted(
        (model for model in context.get_models() if not _is_engines(model)),
        key=lambda model: (model._meta.db_table.endswith("_outbox_events"), model._meta.db_table),
    )


def _is_engines(model: type[models.Model]) -> bool:
    return model._meta.db_table.endswith(_ENGINE_ENDS)


def _engine_tables() -> Iterator[str]:
    context = _contexts()[0]
    for model in sorted(context.get_models(), key=lambda model: model._meta.db_table):
        if _is_engines(model):
            yield from _table(model, [], model._meta.db_table.removeprefix(context.table_prefix))


def _table(model: type[models.Model], blueprint: list[str], name: str = "") -> Iterator[str]:
    yield f"### {name or model._meta.db_table}\n"
    words = " ".join((model.__dict__.get("__doc__") or "").split())
    if words and not words.startswith(f"{model.__name__}("):
        yield f"{words}\n"
    if model._meta.db_table in append_only():
        yield "Append-only: the database refuses UPDATE and DELETE.\n"
    yield "| column | type | |"
    yield "|---|---|---|"
    for column in model._meta.concrete_fields:
        label = f"**{column.column}**" if column.column in blueprint else column.column
        yield f"| {label} | {_type(column)} | {_marks(column)} |"
    yield ""
    rules = [constraint.name for constraint in model._meta.constraints]
    if rules:
        yield f"Constraints: {', '.join(f'`{rule}`' for rule in rules)}.\n"


def _type(column: Any) -> str:
    postgres, sqlite = (_type_on(column, vendor) for vendor in ("postgresql", "sqlite3"))
    return postgres if postgres == sqlite else f"{postgres} / {sqlite}"


def _type_on(column: Any, vendor: str) -> str:
    declared = str(column.db_type(_connection(vendor)) or "").lower()
    return declared.replace("varchar(none)", "text")


@cache
def _connection(vendor: str) -> Any:
    """A connection that is never opened: it knows its type names."""
    from importlib import import_module

    from django.conf import settings

    described = {
        **settings.DATABASES["default"],
        "ENGINE": f"django.db.backends.{vendor}",
        "NAME": "unused",
        "OPTIONS": {},
        "TIME_ZONE": None,
    }
    return import_module(f"django.db.backends.{vendor}.base").DatabaseWrapper(described, "unused")


def _marks(column: Any) -> str:
    marks = []
    if column.primary_key:
        marks.append("key")
    elif column.unique:
        marks.append("unique")
    elif column.db_index:
        marks.append("indexed")
    if column.null:
        marks.append("NULL")
    return ", ".join(marks)
