"""What integrations accepts and announces: keys under which programs use the API, and where they are told of news."""

from __future__ import annotations

from datetime import datetime

from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Event, Personal, Value


class CreateApiKey(Command):
    """Make a key under which a program of one's own uses the API; answers ApiKeyMade.

    `scopes` are an area and what may be done there, `orders:read` or `products:write`; writing includes reading. The
    key acts as the asker's store, or as staff where `acts_as` says `staff`. It never does more than its maker may at
    that moment, and nothing that belongs to an account. Its answer holds the key: it takes no Idempotency-Key.
    """

    name: Personal[str]
    scopes: tuple[str, ...]
    acts_as: str = ""
    expires_at: datetime | None = None


class ApiKeyMade(Value):
    """The only time that the key is told; `prefix` is what of it can be seen later."""

    key_id: Id
    key: Personal[str]
    prefix: str
    scopes: tuple[str, ...]
    acts_as: str
    expires_at: datetime | None


class RevokeApiKey(Command):
    """From the next request on the key is nobody's. Doing it twice changes nothing."""

    key_id: Id


class NoteApiKeyUse(Command):
    """A key was used at this time. Asked by the web itself, now and then and not at each use."""

    key_id: Id
    used_at: datetime


class ApiKeyCreated(Event, key="key_id"):
    """A program may use the API under a key of this person; `seller_id` is null where it acts as staff."""

    key_id: Id
    user_id: Id
    seller_id: Id | None
    scopes: tuple[str, ...]
    expires_at: datetime | None


class ApiKeyRevoked(Event, key="key_id"):
    """The key is nobody's any more."""

    key_id: Id
    user_id: Id
    revoked_by: str
