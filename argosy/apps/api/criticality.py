"""What hangs on a request: as much as on the context that it is about (docs/owners.md). What is only read from views
is theirs: whoever looks around can do so later, whoever buys cannot."""

from __future__ import annotations

from django.apps import apps

from argosy.apps.api import documents
from argosy.apps.api.short_way import short_way
from argosy.platform.context import Context

LEVELS = ("low", "medium", "high", "critical")
"""The least first."""
VIEWS = "search"
_LOOKING_AROUND = ("", "products", "p", "stores", "s")
"""Pages of the shop that show goods; all others are for somebody who buys."""


def criticality_of(method: str, path: str) -> str:
    """One of the levels. What there is not hangs on nothing."""
    found = short_way().find(method, path)
    if found is not None:
        operation = found[0]
        is_view = getattr(operation.endpoint.query, "__module__", "") == documents.__name__
        return _declared(VIEWS if is_view else operation.label)
    if path.startswith("/api/"):
        return LEVELS[0]
    return _declared(VIEWS if path.lstrip("/").partition("/")[0] in _LOOKING_AROUND else "carts")


def _declared(label: str) -> str:
    context = apps.get_app_config(label)
    assert isinstance(context, Context)
    return context.criticality
