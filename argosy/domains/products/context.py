"""Products: what is sold by whom, and what it costs when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from argosy.domains.products.application.catalogue import Catalogue
from argosy.domains.products.application.pricing import Pricing
from argosy.domains.products.domain.offer import Offer
from argosy.domains.products.domain.price import Price
from argosy.domains.products.domain.product import Product
from argosy.engine.work import UnitOfWork
from argosy.platform.context import Context
from argosy.platform.rows import Rows


class ProductsContext(Context):
    """Quotes for checkout; its own timers bring planned prices into force."""

    name = "argosy.domains.products.adapters.outbound"
    label = "products"
    database = "products_db"
    criticality = "high"
    services = (Catalogue, Pricing)
    hears = ("checkout", "products")

    def build(self, work: UnitOfWork) -> Sequence[Any]:
        ports = (work, work.repository(Product), work.repository(Price), work.repository(Offer))
        return Catalogue(*ports), Pricing(*ports)

    def rows(self) -> Sequence[Rows]:
        from argosy.domains.products.adapters.outbound.repositories import ROWS

        return ROWS
