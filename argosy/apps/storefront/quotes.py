"""The total before anything is bought: the form's purchase quoted, shown, and then bought at exactly that price."""

from __future__ import annotations

from argosy.apps.storefront.pages import Visit
from argosy.contracts.checkout import RequestQuote, StartCheckout
from argosy.domains.checkout.adapters.outbound.quotes import QuoteRead, QuoteShown, quote_of_buyer
from argosy.platform import waiting
from argosy.platform.runtime import runtime
from argosy.shared_kernel.ids import Id

WAIT_SECONDS = 2.0


def quoted(visit: Visit, purchase: StartCheckout) -> QuoteShown | None:
    """What this purchase would cost, once it is known: within a moment, or when asked again."""
    standing = (
        runtime()
        .outside("checkout")
        .run(
            RequestQuote(
                quote_id=runtime().ids.new(),
                buyer_id=purchase.buyer_id,
                country=purchase.address.country,
                region=purchase.address.region,
                postal_code=purchase.address.postal_code,
                lines=purchase.lines,
                coupons=purchase.coupons,
            ),
            visit.actor,
        )
    )
    found = _read(standing.quote_id, visit.actor.id)
    if found is not None and not found.is_final:
        found = waiting.poll(
            WAIT_SECONDS,
            lambda: _read(standing.quote_id, visit.actor.id),
            lambda now: now is None or now.is_final,
        )
    return found.shown if found is not None else None


def _read(quote_id: Id, buyer_id: str) -> QuoteRead | None:
    return quote_of_buyer(quote_id, buyer_id)
