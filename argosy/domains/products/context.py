"""Products: what is sold by whom, and what it costs when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from argosy.domains.products.application.catalogue import Catalogue
from argosy.domains.products.application.categories import Categories, Subtree
from argosy.domains.products.application.collections import Collections
from argosy.domains.products.application.describing import Describing, RichText
from argosy.domains.products.application.making import Making
from argosy.domains.products.application.pricing import Pricing
from argosy.domains.products.application.standing import Standings, WithheldOtherwise
from argosy.domains.products.domain.category import Category
from argosy.domains.products.domain.collection import Collection
from argosy.domains.products.domain.offer import Offer
from argosy.domains.products.domain.price import Price
from argosy.domains.products.domain.product import Product
from argosy.domains.products.domain.slug import Slug
from argosy.domains.products.domain.standing import SellerStanding
from argosy.engine.work import UnitOfWork
from argosy.platform.context import Context
from argosy.platform.rows import Rows

SERVICES = (Catalogue, Pricing, Describing, Categories, Collections, Standings)


def build(work: UnitOfWork, below: Subtree, clean: RichText, otherwise: WithheldOtherwise) -> tuple[Any, ...]:
    """The services for one unit of work."""
    categories, slugs, standings = work.repository(Category), work.repository(Slug), work.repository(SellerStanding)
    ports = (work, work.repository(Product), work.repository(Price), work.repository(Offer))
    making = Making(*ports, categories)
    return (
        Catalogue(making, slugs, standings),
        Pricing(*ports),
        Describing(making, slugs, clean),
        Categories(work, categories, below),
        Collections(work, making.products, work.repository(Collection)),
        Standings(work, standings, making.products, making.offers, otherwise),
    )


class ProductsContext(Context):
    """Quotes for checkout; its own timers bring planned prices into force, and its own messages go through what a
    seller has on sale."""

    name = "argosy.domains.products.adapters.outbound"
    label = "products"
    database = "products_db"
    criticality = "high"
    services = SERVICES
    hears = ("checkout", "products")

    def build(self, work: UnitOfWork) -> Sequence[Any]:
        from argosy.domains.products.adapters.outbound.rich_text import clean

        return build(work, self.below(work), clean, self.withheld_otherwise(work))

    def below(self, work: UnitOfWork) -> Subtree:
        """Where what is below a category is looked up; a simulation looks through its own store instead."""
        from argosy.domains.products.adapters.outbound.queries import below

        return below

    def withheld_otherwise(self, work: UnitOfWork) -> WithheldOtherwise:
        """Where products that do not follow their seller yet are looked for; a simulation looks through its own store
        instead."""
        from argosy.domains.products.adapters.outbound.queries import withheld_otherwise

        return withheld_otherwise

    def rows(self) -> Sequence[Rows]:
        from argosy.domains.products.adapters.outbound.repositories import ROWS

        return ROWS
