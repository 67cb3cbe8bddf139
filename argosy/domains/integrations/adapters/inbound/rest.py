"""Integrations over HTTP: keys."""

from __future__ import annotations

from argosy.contracts.integrations import ApiKeyMade, CreateApiKey, RevokeApiKey
from argosy.domains.integrations.adapters.outbound.queries import KeyShown, key_of, keys_of
from argosy.platform.auth import merchant
from argosy.platform.pages import Page
from argosy.platform.rest import Asked, delete, get, post


def my_api_keys(asked: Asked) -> Page:
    """Your keys, the newest first."""
    return Page(items=keys_of(asked.actor.id), next=None)


def my_api_key(asked: Asked) -> KeyShown | None:
    """One of your keys."""
    return key_of(asked.actor.id, asked["key_id"])


endpoints = [
    # Its answer holds the key, which is never stored: so it takes no Idempotency-Key.
    post(
        "api-keys",
        CreateApiKey,
        allow=merchant,
        status=201,
        answers=ApiKeyMade,
        location="api-keys/{key_id}",
        takes_key=False,
    ),
    get("api-keys", my_api_keys, allow=merchant, answers=Page),
    get("api-keys/{key_id}", my_api_key, allow=merchant, answers=KeyShown),
    delete("api-keys/{key_id}", RevokeApiKey, allow=merchant, takes_key=False),
]
