"""Carts as their buyers see them: each line with the product's title and price as they were when the cart changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from argosy.contracts.carts import CartChanged, CartLine
from argosy.contracts.products import Attribute
from argosy.engine.reads import reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.read_models.catalogue.page import ProductPage, read_page
from argosy.read_models.catalogue.projector import ProductDetail
from argosy.read_models.documents import Document
from argosy.shared_kernel.codec import encode_sorted
from argosy.shared_kernel.ids import Id


class LineShown(msgspec.Struct, omit_defaults=True):
    """A line of a cart; of a product that this view does not know (any more), only what the cart says."""

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


@dataclass(kw_only=True, eq=False)
class CartSummary(Document):
    """One per cart. `facts` is what the cart itself told: only that must be equal after a rebuild, because the titles
    and prices beside it are copies of their day."""

    buyer_id: Id
    facts: str = ""


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
        row.show(
            CartDocument(
                cart_id=event.cart_id,
                buyer_id=event.buyer_id,
                lines=self._lines(event.lines),
                coupons=event.coupons,
                saved=self._lines(event.saved),
            )
        )

    def _lines(self, lines: Sequence[CartLine]) -> list[LineShown]:
        pages: dict[str, ProductPage | None] = {}
        for line in lines:
            if line.product_id not in pages:
                product = self.products.find(line.product_id)
                pages[line.product_id] = None if product is None else read_page(product.body)
        return [_shown(line, pages[line.product_id]) for line in lines]


def _shown(line: CartLine, page: ProductPage | None) -> LineShown:
    shown = LineShown(product_id=line.product_id, variant_id=line.variant_id, quantity=line.quantity)
    variant = page.variant(line.variant_id) if page is not None else None
    if page is not None and variant is not None:
        shown.title, shown.seller_id, shown.image = page.title, page.seller_id, page.images[0] if page.images else ""
        shown.sku, shown.attributes = variant.sku, variant.attributes
        shown.unit_amount, shown.currency = variant.amount, variant.currency
    return shown
