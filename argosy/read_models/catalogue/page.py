"""The document of a product page, and how each event about the product changes it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from argosy.contracts.products import (
    Attribute,
    ListedVariant,
    LocalTexts,
    OptionAxis,
    PriceChanged,
    ProductPublished,
    ProductUpdated,
)
from argosy.shared_kernel.codec import decoder
from argosy.shared_kernel.ids import Id

SHOWN_MAX = 10
"""Of more pieces than this we only know that there are more: the warehouse stays silent above it."""


class VariantShown(msgspec.Struct):
    """One thing to buy; `left` is set where few are left. Prices are in minor units of `currency`. During a sale,
    `was_amount` is the lowest price of the 30 days before it, where that was higher."""

    variant_id: Id
    sku: str
    amount: int
    currency: str
    attributes: tuple[Attribute, ...]
    stock_unit_id: Id
    units_each: int
    in_stock: bool = False
    left: int | None = None
    was_amount: int | None = None
    sale_ends_at: datetime | None = None

    def take_stock(self, units: int) -> None:
        """So many pieces of its stock unit were last told of."""
        self.in_stock = units >= self.units_each
        self.left = units // self.units_each if units <= SHOWN_MAX else None


class ProductPage(msgspec.Struct):
    """All that the page of one product shows. A page that `is_published` no more is kept, for whoever has bought; one
    that is `withheld` goes on to be shown, and nothing of it is sold."""

    product_id: Id
    seller_id: Id
    sku: str
    title: str
    description: str
    category: str
    images: tuple[str, ...]
    attributes: tuple[Attribute, ...]
    variants: list[VariantShown]
    listed_at: str
    is_published: bool = True
    options: tuple[OptionAxis, ...] = ()
    slug: str = ""
    is_listed: bool = True
    texts: tuple[LocalTexts, ...] = ()
    story: str = ""
    withheld: str = ""
    """Why it is not sold at present although it is published: "suspended" or "holiday", its seller's."""

    @classmethod
    def of(cls, event: ProductPublished, listed_at: str) -> ProductPage:
        return cls(
            product_id=event.product_id,
            seller_id=event.seller_id,
            sku=event.sku,
            title=event.title,
            description=event.description,
            category=event.category,
            images=event.images,
            attributes=event.attributes,
            variants=[_shown(variant) for variant in event.variants],
            listed_at=listed_at,
            options=event.options,
            slug=event.slug,
            is_listed=event.visibility == "listed",
            texts=event.texts,
            story=event.story,
            withheld=event.withheld,
        )

    @property
    def is_sold(self) -> bool:
        return self.is_published and not self.withheld

    @property
    def stock_unit_ids(self) -> list[Id]:
        return [variant.stock_unit_id for variant in self.variants]

    @property
    def in_stock(self) -> bool:
        return any(variant.in_stock for variant in self.variants)

    def variant(self, variant_id: str) -> VariantShown | None:
        return next((variant for variant in self.variants if variant.variant_id == variant_id), None)

    def describe(self, event: ProductUpdated) -> None:
        self.title, self.description, self.category = event.title, event.description, event.category

    def price(self, event: PriceChanged) -> None:
        for variant in self.variants:
            if variant.variant_id == event.variant_id:
                variant.amount, variant.currency = event.amount, event.currency
                variant.was_amount, variant.sale_ends_at = event.was_amount, event.sale_ends_at

    def take_stock(self, stock_unit_id: str, units: int) -> None:
        for variant in self.variants:
            if variant.stock_unit_id == stock_unit_id:
                variant.take_stock(units)


class Card(msgspec.Struct):
    """What a listing shows of a product. Prices from - to are of its variants in `currency`; `was_from` is the former
    price of the one at `price_from`, during a sale."""

    product_id: Id
    seller_id: Id
    title: str
    category: str
    image: str
    currency: str
    price_from: int
    price_to: int
    in_stock: bool
    was_from: int | None = None
    slug: str = ""

    @classmethod
    def of(cls, page: ProductPage) -> Card:
        """A product that is sold in several currencies is listed in that of its first variant."""
        currency = page.variants[0].currency if page.variants else ""
        sold = [variant for variant in page.variants if variant.currency == currency]
        amounts = [variant.amount for variant in sold] or [0]
        cheapest = min(sold, key=lambda variant: variant.amount, default=None)
        return cls(
            product_id=page.product_id,
            seller_id=page.seller_id,
            title=page.title,
            category=page.category,
            image=page.images[0] if page.images else "",
            currency=currency,
            price_from=min(amounts),
            price_to=max(amounts),
            in_stock=page.in_stock,
            was_from=cheapest.was_amount if cheapest is not None else None,
            slug=page.slug,
        )


def values_by_attribute(variants: Iterable[VariantShown]) -> dict[str, list[str]]:
    """Each attribute of the variants with the values that can be chosen, in the variants' order."""
    found: dict[str, list[str]] = {}
    for variant in variants:
        for attribute in variant.attributes:
            values = found.setdefault(attribute.name, [])
            if attribute.value not in values:
                values.append(attribute.value)
    return found


def _shown(variant: ListedVariant) -> VariantShown:
    return VariantShown(
        variant_id=variant.variant_id,
        sku=variant.sku,
        amount=variant.amount,
        currency=variant.currency,
        attributes=variant.attributes,
        stock_unit_id=variant.stock_unit_id,
        units_each=variant.units_each,
        was_amount=variant.was_amount,
        sale_ends_at=variant.sale_ends_at,
    )


read_page = decoder(ProductPage).decode
