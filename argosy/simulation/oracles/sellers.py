"""Sellers at rest: what is on sale is sold exactly where its seller may sell."""

from __future__ import annotations

from collections.abc import Iterator

from argosy.domains.accounts.domain.seller_store import SUSPENDED as IS_SUSPENDED
from argosy.domains.accounts.domain.seller_store import Store
from argosy.domains.products.domain.offer import Offer
from argosy.domains.products.domain.standing import HOLIDAY, SUSPENDED
from argosy.read_models.catalogue.projector import ProductListing
from argosy.simulation.facts import Facts
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.oracles.violation import Violation


def sellers(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    meant = {
        store.id: SUSPENDED if store.status == IS_SUSPENDED else HOLIDAY if store.on_holiday else ""
        for store in place.store("accounts").all(Store)
    }
    on_sale: set[str] = set()
    for offer in place.store("products").all(Offer):
        if offer.is_on_sale:
            on_sale.add(offer.product_id)
            if offer.withheld != meant.get(offer.seller_id, ""):
                what = f"is withheld for {offer.withheld!r}; its seller stands for {meant.get(offer.seller_id, '')!r}"
                yield Violation("I48", f"offer {offer.id}", what)
    for listing in place.store("catalogue").all(ProductListing):
        is_meant = listing.id in on_sale and not meant.get(listing.seller_id, "")
        if listing.is_published != is_meant:
            yield Violation("I48", f"listing {listing.id}", f"is shown: {listing.is_published}, not {is_meant}")
