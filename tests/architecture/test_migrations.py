"""A release only widens databases, so that the program of the release before goes on over them while it is replaced.
What is no more used leaves in a later release, and says since when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from argosy.platform.router import alias_of
from tests.architecture.sources import PROJECT
from tests.architecture.test_expand_first import constrained

TAKES_AWAY = (
    migrations.RemoveField,
    migrations.DeleteModel,
    migrations.RenameField,
    migrations.RenameModel,
    migrations.AlterModelTable,
)
FORBIDS = (migrations.AddConstraint, migrations.AlterUniqueTogether)
OPAQUE = (migrations.RunSQL, migrations.RunPython, migrations.SeparateDatabaseAndState)


BEFORE_THE_FIRST_RELEASE = {("accounts", "0003_erasure")}
"""Taken while no program was out that would have had to go on. None may be added."""


def released() -> list[str]:
    """Versions that the changelog tells of, newest first."""
    return re.findall(r"^## (\d+\.\d+\.\d+)", (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)


def narrowing(operation: Operation, state: ProjectState, app: str) -> str:
    """Why the program of the release before could not go on over this step; empty where it can."""
    if isinstance(operation, TAKES_AWAY):
        return "takes away what it still uses"
    if isinstance(operation, FORBIDS):
        return "forbids what it may still write"
    if isinstance(operation, OPAQUE):
        return "does what cannot be judged: make it an operation of argosy.platform that says what it promises"
    if isinstance(operation, migrations.AddField):
        return _of_new_field(operation.name, operation.field)
    if isinstance(operation, migrations.AlterField):
        model = state.models[app, operation.model_name_lower]
        return _of_changed_field(model.fields[operation.name], operation.field)
    return ""


def _of_new_field(name: str, field: Any) -> str:
    is_left_out = field.null or field.has_db_default() or field.many_to_many
    return "" if is_left_out else f"wants {name}, which it does not write: null=True or db_default"


def _of_changed_field(old: Any, new: Any) -> str:
    if old.get_internal_type() != new.get_internal_type():
        return "changes the type of what it reads and writes"
    if old.null and not new.null:
        return "forbids the NULL that it may still write"
    if (new.max_length or 0) < (old.max_length or 0):
        return f"has room for {new.max_length} of {old.max_length} characters"
    if new.unique and not old.unique:
        return "forbids what it may still write twice"
    return ""


def _is_about_what_is_new(operation: Operation, migration: migrations.Migration) -> bool:
    """A constraint of a new table, in the place of a stricter one, or of columns that the program of the release before
    does not write."""
    if not isinstance(operation, migrations.AddConstraint):
        return False
    before = migration.operations[: migration.operations.index(operation)]
    gone = {one.name for one in before if isinstance(one, migrations.RemoveConstraint)}
    added = {
        (one.model_name_lower, one.name_lower)
        for one in before
        if isinstance(one, migrations.AddField) and not _of_new_field(one.name, one.field)
    }
    about = {(operation.model_name_lower, name) for name in constrained(operation.constraint)}
    made = {one.name_lower for one in before if isinstance(one, migrations.CreateModel)}
    return operation.model_name_lower in made or operation.constraint.name in gone or about <= added


def refused(loader: MigrationLoader, versions: list[str]) -> Iterator[str]:
    """Steps that one release may not take. A migration that contracts names the release since which nobody uses what
    it takes away (`unused_since`), which has to be out already."""
    for key in sorted(loader.disk_migrations):
        app, name = key
        migration = loader.disk_migrations[key]
        is_ours = migration.__module__.startswith("argosy.")
        if not is_ours or name.startswith("0001") or key in BEFORE_THE_FIRST_RELEASE:
            continue
        since = getattr(migration, "unused_since", "")
        state = loader.project_state([parent for parent in migration.dependencies if parent[0] == app])
        for operation in migration.operations:
            why = "" if _is_about_what_is_new(operation, migration) else narrowing(operation, state, app)
            if why and since not in versions:
                yield f"{app}.{name}: {operation.describe()}: {why}"
            operation.state_forwards(app, state)


@pytest.fixture
def loader() -> MigrationLoader:
    return MigrationLoader(None)


def test_no_release_narrows_what_the_one_before_it_uses(loader: MigrationLoader) -> None:
    assert list(refused(loader, released())) == []


def test_every_context_has_migrations(loader: MigrationLoader) -> None:
    apps = {app for app, _ in loader.disk_migrations}
    assert {"orders", "payments", "inventory", "checkout", "search", "accounts"} <= apps
    assert alias_of("orders") == "orders"


def planted(loader: MigrationLoader, *operations: Operation, unused_since: str = "") -> list[str]:
    """What is said of a migration of orders that does this."""
    last = max(name for app, name in loader.disk_migrations if app == "orders")
    kind = type(
        "Migration",
        (migrations.Migration,),
        {
            "dependencies": [("orders", last)],
            "operations": list(operations),
            "__module__": "argosy.planted",
            "unused_since": unused_since,
        },
    )
    loader.disk_migrations = {("orders", "9999_planted"): kind("9999_planted", "orders")}
    return list(refused(loader, ["0.2.0"]))


CHAR = {"max_length": 20}
DESTRUCTIVE = {
    "a column goes": migrations.RemoveField("orderrow", "currency"),
    "a table goes": migrations.DeleteModel("OrderPaymentRow"),
    "a column is renamed": migrations.RenameField("orderrow", "currency", "money"),
    "a table is renamed": migrations.AlterModelTable("orderrow", "sales"),
    "a column gets shorter": migrations.AlterField("orderrow", "currency", models.CharField(max_length=2)),
    "a column changes its type": migrations.AlterField("orderrow", "total_amount", models.TextField()),
    "NULL is forbidden": migrations.AlterField("orderrow", "payment_id", models.CharField(max_length=36)),
    "a value that nobody gives is wanted": migrations.AddField("orderrow", "note", models.CharField(**CHAR)),
    "a default that only the program knows": migrations.AddField("orderrow", "n", models.IntegerField(default=1)),
    "something new is forbidden": migrations.AddConstraint(
        "orderrow", models.CheckConstraint(condition=models.Q(total_amount__lte=5), name="cheap")
    ),
    "SQL that nobody can judge": migrations.RunSQL("DROP TABLE orders"),
}


@pytest.mark.parametrize("operation", DESTRUCTIVE.values(), ids=DESTRUCTIVE.keys())
def test_a_narrowing_step_is_refused(loader: MigrationLoader, operation: Operation) -> None:
    [line] = planted(loader, operation)
    assert line.startswith("orders.9999_planted: ")


WIDENING = {
    "a column that may be empty": migrations.AddField("orderrow", "note", models.CharField(null=True, **CHAR)),
    "a column that the database fills": migrations.AddField("orderrow", "n", models.IntegerField(db_default=0)),
    "more room": migrations.AlterField("orderrow", "currency", models.CharField(max_length=30)),
    "an index": migrations.AddIndex("orderrow", models.Index(fields=["status"], name="by_status")),
    "a table": migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True))]),
}


@pytest.mark.parametrize("operation", WIDENING.values(), ids=WIDENING.keys())
def test_a_widening_step_is_taken(loader: MigrationLoader, operation: Operation) -> None:
    assert planted(loader, operation) == []


def test_what_nobody_uses_since_an_earlier_release_may_go(loader: MigrationLoader) -> None:
    assert planted(loader, DESTRUCTIVE["a column goes"], unused_since="0.2.0") == []


def test_a_release_that_is_not_out_yet_does_not_count(loader: MigrationLoader) -> None:
    assert len(planted(loader, DESTRUCTIVE["a column goes"], unused_since="0.3.0")) == 1
