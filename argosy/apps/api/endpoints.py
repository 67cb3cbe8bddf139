"""Every endpoint of the API, as the contexts and the views declare them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps

from argosy.apps.api import carts, documents, payments, stock
from argosy.platform.context import Context
from argosy.platform.rest import Endpoint

_BESIDE = {
    **documents.endpoints,
    "carts": [*carts.endpoints, *documents.endpoints["carts"]],
    "inventory": stock.endpoints,
    "orders": [*payments.endpoints, *documents.endpoints.get("orders", ())],
}
"""By context, what is made of its things and of views."""


@cache
def endpoints() -> dict[str, tuple[Endpoint, ...]]:
    """By the context whose things they are about. A context that nobody reaches over HTTP has no rest.py."""
    labels = [
        config.label
        for config in apps.get_app_configs()
        if isinstance(config, Context) and config.name.startswith("argosy.domains.")
    ]
    return {
        label: tuple(
            endpoint if endpoint.area else replace(endpoint, area=label)
            for endpoint in (*_declared(label), *_BESIDE.get(label, ()))
        )
        for label in labels
    }


def _declared(label: str) -> Sequence[Endpoint]:
    module = f"argosy.domains.{label}.adapters.inbound.rest"
    return import_module(module).endpoints if find_spec(module) is not None else ()
