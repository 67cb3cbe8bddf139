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


class RegisterWebhook(Command):
    """Be told of news at this address; answers WebhookRegistered. `types` empty: of all. It is told of what happens
    from now on. Its answer holds the secret: it takes no Idempotency-Key."""

    url: Personal[str]
    types: tuple[str, ...] = ()


class WebhookRegistered(Value):
    """The only time that the secret is told."""

    webhook_id: Id
    secret: Personal[str]


class ChangeWebhook(Command):
    """Be told elsewhere, or of other types, from the next delivery on. One that was disabled is told again."""

    webhook_id: Id
    url: Personal[str]
    types: tuple[str, ...] = ()


class RotateWebhookSecret(Command):
    """Sign with another secret; answers WebhookRegistered. For a day deliveries are signed with both."""

    webhook_id: Id


class RemoveWebhook(Command):
    """Be told no more."""

    webhook_id: Id


class RedeliverEvent(Command):
    """Send what a delivery told once more, whatever became of it, beginning with its tries anew."""

    webhook_id: Id
    delivery_id: Id


class WebhookAnswered(Command, key="delivery_id"):
    """What became of one try: DELIVERED, FAILED, GONE (the other side wants no more), HELD (nothing was sent, the
    webhook is disabled) or REMOVED. `status` is what was answered, 0 where nothing was."""

    delivery_id: Id
    outcome: str
    status: int = 0
    detail: str = ""
    milliseconds: int = 0


class WebhookDisabled(Event, key="webhook_id"):
    """Nothing is delivered there any more until somebody changes it; `reason` is `failing`, `gone`, or `stopped`
    while its seller is suspended: then it goes on by itself."""

    webhook_id: Id
    owner: str
    reason: str


class EventTold(Event, key="about"):
    """The feed has one more event. For integrations itself, which delivers it; programs read the feed."""

    event_id: Id
    about: Id
    seller_id: Id
    type: str
    occurred_at: datetime


class SweepFeed(Command, key="job"):
    """Forget events and ended deliveries that are older than the operator keeps them. Sent by integrations' own
    schedule, and by itself to go on."""

    job: str = "sweep-feed"


class FeedSwept(Event, key="job"):
    """So many events and deliveries are kept no more; the feed now begins behind the position `up_to`."""

    job: str
    events: int
    deliveries: int
    up_to: int
