"""Carts as their buyers see them: each line with the product's title and price as they were when the cart changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from argosy.contracts.carts import CartChanged, CartLine
from argosy.contracts.products import Attribute
from argosy.engine.reads import reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.read_models.catalogue.page import ProductPage, read_page
from argosy.read_models.catalogue.projector import ProductDetail
from argosy.read_models.documents import Document
from argosy.read_models.editions import kept
from argosy.shared_kernel.codec import encode_sorted
from argosy.shared_kernel.ids import Id


class LineShown(msgspec.Struct, omit_defaults=True):
    """A line of a cart; of a product that this view does not know (any more), only what the cart says. Where the cart
    is in a currency in which a thing has no price, it has none here."""

    product_id: Id
    variant_id: Id
    quantity: int
    title: str = ""
    sku: str = ""
    image: str = ""
    seller_id: Id | None = None
    unit_amount: int | None = None
    currency: str = ""
    attributes: tuple[Attribute, ...] = ()


class CartDocument(msgspec.Struct):
    """A cart without any sum: prices are the catalogue's, and what a purchase costs is quoted by checkout."""

    cart_id: Id
    buyer_id: Id
    lines: list[LineShown]
    coupons: tuple[str, ...]
    saved: list[LineShown] = []
    currency: str = ""
    """In which the buyer means to buy; "": whatever the shop takes."""


@dataclass(kw_only=True, eq=False)
class CartSummary(Document):
    """One per cart, in its products' own languages and (`editions`) in those into which they were translated. `facts`
    is what the cart itself told: only that must be equal after a rebuild, because the titles and prices beside it are
    copies of their day."""

    buyer_id: Id
    facts: str = ""
    editions: str = ""


class CartSummaryProjector:
    """The last event about a cart decides."""

    def __init__(self, work: UnitOfWork, carts: Repository[CartSummary], products: Repository[ProductDetail]) -> None:
        self.carts = carts
        self.products = products

    @reads(
        carts=lambda event: [event.cart_id],
        products=lambda event: [line.product_id for line in (*event.lines, *event.saved)],
    )
    def change(self, event: CartChanged) -> None:
        row = self.carts.find(event.cart_id)
        if row is None:
            row = CartSummary(id=event.cart_id, buyer_id=event.buyer_id)
            self.carts.add(row)
        row.buyer_id = event.buyer_id
        row.facts = encode_sorted(event).decode()
        pages = self._pages((*event.lines, *event.saved))
        row.show(_document(event, pages))
        locales = {text.locale for page in pages.values() for text in page.texts}
        own = next((page.locale for page in pages.values()), "")
        row.editions = kept(
            own,
            {
                locale: _document(event, {id: page.spoken(locale) for id, page in pages.items()})
                for locale in sorted(locales)
            },
        )

    def _pages(self, lines: Iterable[CartLine]) -> dict[Id, ProductPage]:
        found = {line.product_id: self.products.find(line.product_id) for line in lines}
        return {id: read_page(product.body) for id, product in found.items() if product is not None}


def _document(event: CartChanged, pages: Mapping[Id, ProductPage]) -> CartDocument:
    def lines(of: Iterable[CartLine]) -> list[LineShown]:
        return [_shown(line, pages.get(line.product_id), event.currency) for line in of]

    return CartDocument(
        cart_id=event.cart_id,
        buyer_id=event.buyer_id,
        lines=lines(event.lines),
        coupons=event.coupons,
        saved=lines(event.saved),
        currency=event.currency,
    )


def _shown(line: CartLine, page: ProductPage | None, currency: str) -> LineShown:
    shown = LineShown(product_id=line.product_id, variant_id=line.variant_id, quantity=line.quantity)
    variant = page.variant(line.variant_id) if page is not None else None
    if page is not None and variant is not None:
        shown.title, shown.seller_id, shown.image = page.title, page.seller_id, page.images[0] if page.images else ""
        shown.sku, shown.attributes = variant.sku, variant.attributes
        priced = variant.in_currency(currency or variant.currency)
        if priced is not None:
            shown.unit_amount, shown.currency = priced.amount, priced.currency
    return shown
