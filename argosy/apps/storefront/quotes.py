"""The total before anything is bought, from the one quote: of the cart where it goes to is known, and of the checkout's
form, which buys at exactly that price."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from argosy.apps.storefront.basket import Line
from argosy.apps.storefront.delivery import STANDARD
from argosy.apps.storefront.place import Place
from argosy.apps.storefront.words import failure_text
from argosy.contracts.checkout import CheckoutLine, RequestQuote, StartCheckout
from argosy.domains.checkout.adapters.outbound.quotes import QuoteFailure, QuoteRead, QuoteShown, quote_of_buyer
from argosy.engine.store import StoreUnavailable
from argosy.engine.work import Actor
from argosy.platform import waiting
from argosy.platform.runtime import runtime
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.ids import Id

WAIT_SECONDS = 2.0
CART_WAIT_SECONDS = 1.0
"""The cart is shown without its total rather than late."""


class Total(NamedTuple):
    """What a cart would cost there; without a quote it is not known yet, or `failure` says why there is none."""

    place: Place
    quote: QuoteShown | None = None
    failure: str = ""


class Wanted(NamedTuple):
    """Where to, and in which currency ("": the shop's)."""

    place: Place
    currency: str = ""


def total_there(shopper: Actor, lines: Sequence[Line], coupons: Sequence[str], there: Wanted) -> Total:
    """By standard delivery. The cart is shown also where nothing can be priced at the moment."""
    place = there.place
    wanted = RequestQuote(
        quote_id=runtime().ids.new(),
        buyer_id=Id(shopper.id),
        country=place.country,
        region=place.region,
        postal_code=place.postal_code,
        lines=tuple(
            CheckoutLine(
                product_id=line.product_id,
                variant_id=line.variant_id,
                quantity=line.quantity,
                shipping_method=STANDARD,
            )
            for line in lines
        ),
        coupons=tuple(coupons),
        currency=there.currency,
    )
    try:
        quote = quoted(shopper, wanted, CART_WAIT_SECONDS)
    except (DomainError, StoreUnavailable):
        return Total(place)
    if quote is None or quote.status != "READY":
        return Total(place, failure=why(quote.failure) if quote is not None and quote.failure is not None else "")
    return Total(place, quote)


def request_of(purchase: StartCheckout) -> RequestQuote:
    """What this purchase would cost."""
    return RequestQuote(
        quote_id=runtime().ids.new(),
        buyer_id=purchase.buyer_id,
        country=purchase.address.country,
        region=purchase.address.region,
        postal_code=purchase.address.postal_code,
        lines=purchase.lines,
        coupons=purchase.coupons,
        currency=purchase.currency,
    )


def quoted(shopper: Actor, wanted: RequestQuote, seconds: float = WAIT_SECONDS) -> QuoteShown | None:
    """The price, once it is known: within a moment, or when asked again."""
    standing = runtime().outside("checkout").run(wanted, shopper)
    found = _read(standing.quote_id, shopper.id)
    if found is not None and not found.is_final:
        found = waiting.poll(
            seconds,
            lambda: _read(standing.quote_id, shopper.id),
            lambda now: now is None or now.is_final,
        )
    return found.shown if found is not None else None


def _read(quote_id: Id, buyer_id: str) -> QuoteRead | None:
    return quote_of_buyer(quote_id, buyer_id)


def why(failure: QuoteFailure) -> str:
    """Why there is no price, as it is told."""
    return failure_text(failure.code, msgspec.json.decode(failure.details))
