"""Products: what is sold by whom, and what it costs when."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from argosy.domains.products.application.catalogue import Catalogue
from argosy.domains.products.application.categories import Categories, Subtree
from argosy.domains.products.application.collections import Collections
from argosy.domains.products.application.describing import Describing, RichText
from argosy.domains.products.application.image_fetches import (
    IMAGE_FETCH,
    ImageFetches,
    ImageFetchRequest,
    PublicAddresses,
)
from argosy.domains.products.application.importing import Importing
from argosy.domains.products.application.making import Making
from argosy.domains.products.application.pricing import Pricing
from argosy.domains.products.application.standing import Standings, WithheldOtherwise
from argosy.domains.products.application.transfers import (
    EXPORT,
    FORGET,
    IMPORT,
    ForgetRequest,
    TransferRequest,
    Transfers,
)
from argosy.domains.products.domain.category import Category
from argosy.domains.products.domain.collection import Collection
from argosy.domains.products.domain.image_fetch import ImageFetch
from argosy.domains.products.domain.offer import Offer
from argosy.domains.products.domain.price import Price
from argosy.domains.products.domain.product import Product
from argosy.domains.products.domain.slug import Slug
from argosy.domains.products.domain.standing import SellerStanding
from argosy.domains.products.domain.transfer import ProductExport, ProductImport
from argosy.engine.due import CallTarget
from argosy.engine.work import UnitOfWork
from argosy.platform.context import Context
from argosy.platform.rows import Rows

SERVICES = (Catalogue, Pricing, Describing, Categories, Collections, Standings, ImageFetches, Importing, Transfers)


def build(
    work: UnitOfWork,
    below: Subtree,
    clean: RichText,
    otherwise: WithheldOtherwise,
    fault_of: PublicAddresses = lambda url: "",
) -> tuple[Any, ...]:
    """The services for one unit of work."""
    categories, slugs, standings = work.repository(Category), work.repository(Slug), work.repository(SellerStanding)
    ports = (work, work.repository(Product), work.repository(Price), work.repository(Offer))
    making = Making(*ports, categories)
    catalogue = Catalogue(making, slugs, standings)
    pricing = Pricing(*ports)
    describing = Describing(making, slugs, clean)
    fetching = ImageFetches(making, work.repository(ImageFetch), fault_of)
    return (
        catalogue,
        pricing,
        describing,
        Categories(work, categories, below),
        Collections(work, making.products, work.repository(Collection)),
        Standings(work, standings, making.products, making.offers, otherwise),
        fetching,
        Importing(catalogue, pricing, describing, fetching),
        Transfers(work, work.repository(ProductImport), work.repository(ProductExport)),
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
        from argosy.platform.rich_text import clean

        return build(work, self.below(work), clean, self.withheld_otherwise(work), self.fault_of)

    def below(self, work: UnitOfWork) -> Subtree:
        """Where what is below a category is looked up; a simulation looks through its own store instead."""
        from argosy.domains.products.adapters.outbound.queries import below

        return below

    def withheld_otherwise(self, work: UnitOfWork) -> WithheldOtherwise:
        """Where products that do not follow their seller yet are looked for; a simulation looks through its own store
        instead."""
        from argosy.domains.products.adapters.outbound.queries import withheld_otherwise

        return withheld_otherwise

    @staticmethod
    def fault_of(url: str) -> str:
        """What is wrong with a picture's address before anybody asks it."""
        from argosy.domains.products.adapters.outbound.fetching import BOUNDS
        from argosy.platform.outbound import Outbound

        return Outbound.of(os.environ).fault(url, BOUNDS.schemes)

    def calls(self) -> Mapping[str, CallTarget]:
        from argosy.domains.products.adapters.outbound import fetching, transferring
        from argosy.platform.media import media
        from argosy.platform.outbound import Outbound

        def fetch(request: ImageFetchRequest, attempt: int, call_id: str) -> Any:
            return fetching.PictureFetcher(Outbound.of(os.environ), media()).fetch(request, attempt, call_id)

        return {
            IMAGE_FETCH: CallTarget(ImageFetchRequest, fetch, seconds=fetching.CALL_SECONDS),
            IMPORT: CallTarget(TransferRequest, transferring.import_pieces, seconds=transferring.CALL_SECONDS),
            EXPORT: CallTarget(TransferRequest, transferring.export_part, seconds=transferring.CALL_SECONDS),
            FORGET: CallTarget(ForgetRequest, transferring.forget_files, seconds=transferring.CALL_SECONDS),
        }

    def pictures_shown(self, part: str) -> set[str]:
        from argosy.domains.products.adapters.outbound.queries import pictures_shown

        return pictures_shown(part)

    def rows(self) -> Sequence[Rows]:
        from argosy.domains.products.adapters.outbound.repositories import ROWS

        return ROWS
