"""How news leave: signed as Standard Webhooks says, to public addresses, within bounded time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from argosy.contracts.integrations import WebhookAnswered
from argosy.domains.integrations.application.deliveries import WebhookRequest
from argosy.domains.integrations.application.ports import Addresses
from argosy.domains.integrations.domain.webhook import (
    BOTH_SECRETS_FOR,
    DELIVERED,
    DISABLED,
    FAILED,
    GONE,
    HELD,
    REMOVED,
    signature,
)
from argosy.platform.outbound import Bounds, NotFetched, Outbound
from argosy.shared_kernel.codec import encode

SECONDS = 15
PLAIN_SETTING = "ARGOSY_WEBHOOKS_PLAIN"
"""`yes` lets webhooks have http addresses."""
_GONE = 410

Parcels = Callable[[str], tuple[Any, Any] | None]
"""Where a delivery goes and what it tells, a webhook and an event; None where nobody wants it any more."""


class Answer(NamedTuple):
    """What was answered; `status` 0 is no answer, and `detail` then the code of why not."""

    status: int
    detail: str


class Network(Addresses, Protocol):
    """Brings one try to an address."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer: ...


class Opener(Protocol):
    """Opens what was sealed."""

    def open(self, sealed: str) -> bytes | None: ...


class Times(NamedTuple):
    """What time it is, and a clock of seconds that never goes back."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    seconds: Callable[[], float] = time.monotonic


REAL_TIMES = Times()


class PublicNetwork:
    """The public internet, and what the operator lets be reached beside it."""

    def __init__(self, outbound: Outbound, schemes: tuple[str, ...]) -> None:
        self._outbound = outbound
        self._bounds = Bounds(seconds=SECONDS, bytes_max=10_000, schemes=schemes, cuts_answer=True)

    def fault(self, url: str) -> str:
        """The code of why nothing is delivered there; empty where it may be tried. Names are looked up at each try."""
        return self._outbound.fault(url, self._bounds.schemes)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        try:
            fetched = self._outbound.fetch(url, self._bounds, method="POST", headers=headers, body=body)
        except NotFetched as failure:
            return Answer(0, failure.code)
        return Answer(fetched.status, fetched.body[:300].decode("utf-8", "replace").replace("\x00", ""))


class Sender:
    """Sends one try, and says what became of it."""

    def __init__(self, network: Network, seals: Opener, parcel_of: Parcels, times: Times = REAL_TIMES) -> None:
        self._network = network
        self._seals = seals
        self._parcel_of = parcel_of
        self._times = times

    def send(self, request: WebhookRequest, attempt: int, call_id: str) -> WebhookAnswered:
        parcel = self._parcel_of(request.delivery_id)
        if parcel is None:
            return WebhookAnswered(delivery_id=request.delivery_id, outcome=REMOVED)
        webhook, event = parcel
        if webhook.status == DISABLED:
            return WebhookAnswered(delivery_id=request.delivery_id, outcome=HELD, detail=webhook.reason)
        body = encode(
            {
                "id": event.id,
                "type": event.type,
                "timestamp": event.occurred_at,
                "seller_id": event.seller_id,
                "data": event.data,
            }
        )
        now = self._times.now()
        sealed = [webhook.secret]
        if webhook.secret_changed_at is not None and now - webhook.secret_changed_at < BOTH_SECRETS_FOR:
            sealed.append(webhook.secret_before)
        secrets = [opened.decode() for opened in map(self._seals.open, sealed) if opened is not None]
        at = int(now.timestamp())
        headers = {
            "Content-Type": "application/json",
            "webhook-id": str(event.id),
            "webhook-timestamp": str(at),
            "webhook-signature": " ".join(signature(secret, str(event.id), at, body) for secret in secrets),
        }
        began = self._times.seconds()
        status, detail = self._network.post(webhook.url, headers, body)
        return WebhookAnswered(
            delivery_id=request.delivery_id,
            outcome=DELIVERED if 200 <= status < 300 else GONE if status == _GONE else FAILED,
            status=status,
            detail=detail,
            milliseconds=int((self._times.seconds() - began) * 1_000),
        )
