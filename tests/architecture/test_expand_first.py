"""A migration adds, and takes nothing away from programs of the version before (docs/upgrading.md)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import migrations, models
from django.db.migrations import operations
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED

from argosy.platform.router import alias_of
from tests.deploy.test_manifests import project_version

BEFORE_THE_FIRST_RELEASE = {("accounts", "0003_erasure")}
"""Nobody has a program that these could break; none is added to these after 0.1.0."""
TAKES_AWAY = (
    operations.RemoveField,
    operations.DeleteModel,
    operations.RenameField,
    operations.RenameModel,
    operations.AlterField,
    operations.AlterModelTable,
)


def refused(migration: migrations.Migration, version: str) -> Iterator[str]:
    """What a program of the version before could not live with."""
    unused_since = getattr(migration, "unused_since", "")
    may_contract = bool(unused_since) and numbers(unused_since) < numbers(version)
    made = {one.name_lower for one in migration.operations if isinstance(one, operations.CreateModel)}
    loosened = {one.name for one in migration.operations if isinstance(one, operations.RemoveConstraint)}
    added = {
        (one.model_name_lower, one.name_lower) for one in migration.operations if isinstance(one, operations.AddField)
    }
    for one in migration.operations:
        if isinstance(one, TAKES_AWAY) and not may_contract:
            yield f"{one.describe()}: say since which earlier release nobody uses it"
        elif isinstance(one, operations.AddField) and one.model_name_lower not in made:
            if not one.field.null and one.field.db_default is NOT_PROVIDED:
                yield f"{one.describe()}: programs that do not know it cannot insert; null, or db_default"
        elif isinstance(one, operations.AddConstraint) and one.model_name_lower not in made:
            fields = {(one.model_name_lower, name) for name in constrained(one.constraint)}
            if one.constraint.name not in loosened and not fields <= added:
                yield f"{one.describe()}: what was allowed before is refused"


def constrained(constraint: models.BaseConstraint) -> set[str]:
    """The columns that a constraint is about."""
    if isinstance(constraint, models.UniqueConstraint):
        return set(constraint.fields)
    assert isinstance(constraint, models.CheckConstraint) and isinstance(constraint.condition, models.Q)
    return set(named_in(constraint.condition))


def named_in(condition: models.Q) -> Iterator[str]:
    for child in condition.children:
        if isinstance(child, models.Q):
            yield from named_in(child)
        else:
            yield str(child[0]).partition("__")[0]  # type: ignore[index]


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def of_ours() -> list[tuple[str, str]]:
    loader = MigrationLoader(None)
    ours = [
        key
        for key, migration in loader.disk_migrations.items()
        if migration.__module__.startswith("argosy.") and alias_of(key[0])
    ]
    return sorted(ours)


@pytest.mark.parametrize("key", of_ours(), ids=".".join)
def test_a_migration_only_adds(key: tuple[str, str]) -> None:
    if key in BEFORE_THE_FIRST_RELEASE or key[1].startswith("0001"):
        return
    migration = MigrationLoader(None).disk_migrations[key]
    assert list(refused(migration, project_version())) == []


def made_of(*steps: operations.base.Operation) -> migrations.Migration:
    migration = migrations.Migration("9999_next", "orders")
    migration.operations = list(steps)
    return migration


@pytest.mark.parametrize(
    "step",
    [
        operations.RemoveField("orderrow", "status"),
        operations.DeleteModel("orderrow"),
        operations.RenameField("orderrow", "status", "state"),
        operations.AlterField("orderrow", "status", models.CharField(max_length=3)),
        operations.AddField("orderrow", "colour", models.CharField(max_length=8, default="")),
        operations.AddConstraint("orderrow", models.UniqueConstraint(fields=["buyer_id"], name="one_order")),
        operations.AddConstraint("orderrow", models.CheckConstraint(condition=models.Q(total_amount=1), name="one")),
    ],
    ids=lambda step: type(step).__name__,
)
def test_a_step_that_breaks_the_version_before_is_refused(step: operations.base.Operation) -> None:
    assert list(refused(made_of(step), "0.2.0"))


def test_steps_that_add_are_taken() -> None:
    steps = (
        operations.CreateModel("GiftRow", [("id", models.AutoField(primary_key=True))]),
        operations.AddField("giftrow", "colour", models.CharField(max_length=8)),
        operations.AddField("orderrow", "colour", models.CharField(max_length=8, db_default="")),
        operations.AddField("orderrow", "size", models.BigIntegerField(null=True)),
        operations.AddConstraint("orderrow", models.CheckConstraint(condition=models.Q(size__gt=0), name="has_size")),
        operations.RemoveConstraint("orderrow", "known"),
        operations.AddConstraint("orderrow", models.CheckConstraint(condition=models.Q(status="X"), name="known")),
    )
    assert list(refused(made_of(*steps), "0.2.0")) == []


def test_what_nobody_uses_since_an_earlier_release_may_go_and_not_before() -> None:
    migration = made_of(operations.RemoveField("orderrow", "status"))
    migration.unused_since = "0.2.0"  # type: ignore[attr-defined]
    assert list(refused(migration, "0.2.0"))
    assert list(refused(migration, "0.3.0")) == []
