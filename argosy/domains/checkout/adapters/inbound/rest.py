"""Checkout over HTTP: quote, start, watch, pay by other means, abort; for buyers, and for guests by the token of their
cart. Quotes and checkouts can be waited for."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from argosy.contracts.checkout import AbortCheckout, RequestQuote, RetryPayment, StartCheckout
from argosy.domains.checkout.adapters.inbound.guest_limits import guests_limited
from argosy.domains.checkout.adapters.outbound.queries import Progress, checkout_of_buyer
from argosy.domains.checkout.adapters.outbound.quotes import QuoteShown, quote_of_buyer
from argosy.domains.checkout.domain.quotation import QuoteStanding
from argosy.domains.checkout.domain.session import CheckoutStanding, NoSuchCheckout
from argosy.platform.auth import shopper
from argosy.platform.owned import Owned, buyer_asking
from argosy.platform.rest import Asked, Document, get, post
from argosy.shared_kernel.ids import named_id

NEWS = "document:checkout_progress:{checkout_id}"
QUOTE_NEWS = "document:quote:{quote_id}"


def server_fields(asked: Asked) -> Mapping[str, Any]:
    """Whose purchase it is is not for a client to say."""
    return {"checkout_id": asked.new_id(), "buyer_id": asked.actor.id, "cart_id": named_id("cart", asked.actor.id)}


def _buying(asked: Asked, command: StartCheckout) -> AbstractContextManager[None]:
    return guests_limited(asked.request, asked.actor)


def checkout(asked: Asked) -> Document | None:
    """How one of your checkouts stands.

    Send `Prefer: wait=N` (N at most 30) to be answered when it has changed from `If-None-Match`, or without that when
    it is settled: `Preference-Applied` tells that it was waited. The `wait` link of an answer names the address that
    is made for waiting, and that serves `text/event-stream` as well.
    """
    found = checkout_of_buyer(asked["checkout_id"], asked.actor.id)
    return (
        None
        if found is None
        else Document(found.body, found.etag, is_settled=found.is_settled, is_final=found.is_final)
    )


def quote(asked: Asked) -> Document | None:
    """What one of your purchases would cost.

    It can be waited for as a checkout can. A quote that is READY may be bought by naming it in StartCheckout, until it
    expires.
    """
    found = quote_of_buyer(asked["quote_id"], asked.actor.id)
    return (
        None if found is None else Document(found.body, found.etag, is_settled=found.is_final, is_final=found.is_final)
    )


OWN = (Owned("checkout_sessions", "checkout_id", {"user_id": buyer_asking}, NoSuchCheckout, is_for_staff=False),)

endpoints = [
    post(
        "quotes",
        RequestQuote,
        allow=shopper,
        status=202,
        fill=lambda asked: {"quote_id": asked.new_id(), "buyer_id": asked.actor.id},
        filled=("quote_id", "buyer_id"),
        answers=QuoteStanding,
        location="quotes/{quote_id}",
        watches=QUOTE_NEWS,
    ),
    get("quotes/{quote_id}", quote, allow=shopper, answers=QuoteShown, watches=QUOTE_NEWS),
    post(
        "checkouts",
        StartCheckout,
        allow=shopper,
        status=202,
        fill=server_fields,
        filled=("checkout_id", "buyer_id", "cart_id"),
        answers=CheckoutStanding,
        location="checkouts/{checkout_id}",
        guard=_buying,
        watches=NEWS,
    ),
    get("checkouts/{checkout_id}", checkout, allow=shopper, answers=Progress, watches=NEWS),
    post(
        "checkouts/{checkout_id}/payment",
        RetryPayment,
        allow=shopper,
        status=202,
        answers=CheckoutStanding,
        fill=lambda asked: {"buyer_id": asked.actor.id},
        filled=("buyer_id",),
        owned=OWN,
        watches=NEWS,
    ),
    post(
        "checkouts/{checkout_id}/abort",
        AbortCheckout,
        allow=shopper,
        answers=CheckoutStanding,
        fill=lambda asked: {"buyer_id": asked.actor.id},
        filled=("buyer_id",),
        owned=OWN,
    ),
]
