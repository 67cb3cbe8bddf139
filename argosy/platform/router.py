"""Every model lives in its own context's database; Django's own and sign-in's tables live with accounts."""

from __future__ import annotations

from typing import Any

from django.apps import apps

from argosy.platform.context import Context


def alias_of(app_label: str) -> str:
    """The database of an app: its context's, or `default` for apps that are no context."""
    config = apps.app_configs.get(app_label)
    return config.alias if isinstance(config, Context) else "default"


class ContextRouter:
    """Sends each query to the context's database, and keeps each migration out of all others."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return alias_of(model._meta.app_label)

    db_for_write = db_for_read

    def allow_relation(self, first: Any, second: Any, **hints: Any) -> bool:
        return alias_of(first._meta.app_label) == alias_of(second._meta.app_label)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return alias_of(app_label) == db
