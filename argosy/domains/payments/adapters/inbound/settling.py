"""Payments as staff have them over HTTP: one whole, and what only a person can put right."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from argosy.contracts.payments_settling import (
    AssignWebhook,
    DismissWebhook,
    SettleDifference,
    Settlement,
    WebhookSettled,
)
from argosy.domains.payments.adapters.outbound.shown import (
    PaymentShown,
    buyer_of_payment,
    differences,
    payment_whole,
    webhooks_in,
)
from argosy.platform.auth import staff
from argosy.platform.bodies import IdText, MaybeIdText, matching
from argosy.platform.pages import Page, PageQuery, cursor, page
from argosy.platform.rest import PREFIX, Asked, get, post
from argosy.shared_kernel.ids import Id

_Instant = Annotated[datetime, msgspec.Meta(tz=True)]
_Name = Annotated[str, msgspec.Meta(max_length=50)]
_Currency = Annotated[str, matching("^([A-Z]{3})?$", max_length=3)]


class DifferencesQuery(PageQuery, kw_only=True, frozen=True):
    """Which differences: those that are open, or closed; by whose book alone has them or in what both differ, by what
    was moved, by currency, of one payment."""

    state: Literal["open", "closed"] = "open"
    side: Literal["", "gateway", "ours", "amount", "currency", "fee", "recovered"] = ""
    operation: Literal["", "capture", "refund", "return", "dispute", "reinstate"] = ""
    currency: _Currency = ""
    payment_id: MaybeIdText = ""


class WebhooksQuery(PageQuery, kw_only=True, frozen=True):
    """Which webhooks: those that wait for a person, those that still wait for what they are about, or those of which
    something came; of one gateway."""

    status: Literal["SUSPENDED", "RECEIVED", "RESOLVED"] = "SUSPENDED"
    gateway: _Name = ""


def payment(asked: Asked) -> PaymentShown | None:
    """A payment whole: attempts, shares, captures, refunds, what its gateway said, and its entries in the books."""
    return payment_whole(asked["payment_id"])


def payment_differences(asked: Asked) -> Page:
    """Differences between gateways' books and ours, the earliest first."""
    query: DifferencesQuery = asked.query
    only = _only(query, "side", "operation", "currency", "payment_id")
    place = query.position(tuple[_Instant, IdText])
    found = differences(place, query.limit + 1, is_open=query.state == "open", **only)
    last = found[: query.limit][-1] if found else None
    position = cursor(last.found_at, last.difference_id) if last is not None else ""
    return page(found, query, f"{PREFIX}payment-differences", position, state=query.state, **only)


def payment_webhooks(asked: Asked) -> Page:
    """What gateways said of their own accord, the earliest first; those that nobody could explain, unless asked
    otherwise."""
    query: WebhooksQuery = asked.query
    only = _only(query, "gateway")
    found = webhooks_in(query.status, query.position(tuple[_Instant, IdText]), query.limit + 1, **only)
    last = found[: query.limit][-1] if found else None
    position = cursor(last.received_at, last.webhook_id) if last is not None else ""
    return page(found, query, f"{PREFIX}payment-webhooks", position, status=query.status, **only)


def _only(query: Any, *names: str) -> dict[str, str]:
    return {name: value for name in names if (value := getattr(query, name))}


def _buyer(asked: Asked) -> Id | None:
    found = buyer_of_payment(asked.parameters.get("payment_id") or asked.sent.get("payment_id") or "")
    return Id(found) if found else None


endpoints = [
    get("payments/{payment_id}", payment, allow=staff, answers=PaymentShown),
    get("payment-differences", payment_differences, allow=staff, parameters=DifferencesQuery, answers=Page),
    post(
        "payments/{payment_id}/differences/{difference_id}/settle",
        SettleDifference,
        allow=staff,
        answers=Settlement,
        whom=_buyer,
    ),
    get("payment-webhooks", payment_webhooks, allow=staff, parameters=WebhooksQuery, answers=Page),
    post("payment-webhooks/{webhook_id}/assign", AssignWebhook, allow=staff, answers=WebhookSettled, whom=_buyer),
    post("payment-webhooks/{webhook_id}/dismiss", DismissWebhook, allow=staff, answers=WebhookSettled),
]
