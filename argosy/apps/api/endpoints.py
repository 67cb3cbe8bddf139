"""Every endpoint of the API, as the contexts and the views declare them."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from django.apps import apps

from argosy.apps.api import documents
from argosy.platform.context import Context
from argosy.platform.rest import Endpoint


@cache
def endpoints() -> dict[str, tuple[Endpoint, ...]]:
    """By the context whose things they are about."""
    labels = [config.label for config in apps.get_app_configs()
              if isinstance(config, Context) and config.name.startswith("argosy.domains.")]
    return {label: (*import_module(f"argosy.domains.{label}.adapters.inbound.rest").endpoints,
                    *documents.endpoints.get(label, ())) for label in labels}
