"""The document of a product page, and how each event about the product changes it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from argosy.contracts.products import (
    Attribute,
    CurrencyPriceChanged,
    ListedVariant,
    LocalTexts,
    OptionAxis,
    PriceChanged,
    PriceInCurrency,
    ProductPublished,
    ProductUpdated,
)
from argosy.shared_kernel.codec import decoder
from argosy.shared_kernel.ids import Id

SHOWN_MAX = 10
"""Of more pieces than this we only know that there are more: the warehouse stays silent above it."""


class VariantShown(msgspec.Struct):
    """One thing to buy; `left` is set where few are left. Prices are in minor units of `currency`, `prices` are those
    in other currencies. During a sale, `was_amount` is the lowest price of the 30 days before it, where that was
    higher."""

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
    prices: tuple[PriceInCurrency, ...] = ()

    @property
    def currencies(self) -> list[str]:
        return [self.currency, *(one.currency for one in self.prices)]

    def in_currency(self, currency: str) -> VariantShown | None:
        """The same with its price in this currency; None where it has none."""
        if currency == self.currency:
            return self
        for one in self.prices:
            if one.currency == currency:
                return msgspec.structs.replace(
                    self,
                    amount=one.amount,
                    currency=one.currency,
                    was_amount=one.was_amount,
                    sale_ends_at=one.sale_ends_at,
                )
        return None

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
    locale: str = ""
    """The language of its texts; "": the marketplace's."""

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
            locale=event.locale,
        )

    @property
    def currencies(self) -> list[str]:
        """In which something of it is sold, that of the first variant first."""
        return list(dict.fromkeys(one for variant in self.variants for one in variant.currencies))

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

    def price_beside(self, event: CurrencyPriceChanged) -> None:
        """What a variant costs in a currency beside its own."""
        variant = self.variant(event.variant_id)
        if variant is None:
            return
        prices = [one for one in variant.prices if one.currency != event.currency]
        if event.amount is not None and event.price_id is not None:
            prices.append(
                PriceInCurrency(
                    currency=event.currency,
                    amount=event.amount,
                    price_id=event.price_id,
                    was_amount=event.was_amount,
                    sale_ends_at=event.sale_ends_at,
                )
            )
        variant.prices = tuple(sorted(prices, key=lambda one: one.currency))

    def in_languages(self) -> dict[str, ProductPage]:
        """The page in each language that its seller has described it in."""
        return {text.locale: self._in(text) for text in self.texts}

    def spoken(self, locale: str) -> ProductPage:
        """The page in this language, where its seller has described it so; or as it is."""
        return next((self._in(text) for text in self.texts if text.locale == locale), self)

    def _in(self, text: LocalTexts) -> ProductPage:
        """What the seller left out is as in the product's own language."""
        said = {one.word: one.said for one in text.words}
        return msgspec.structs.replace(
            self,
            locale=text.locale,
            title=text.title or self.title,
            description=text.description or self.description,
            story=text.story or self.story,
            attributes=_said(self.attributes, said),
            options=tuple(
                OptionAxis(
                    name=said.get(axis.name, axis.name), values=tuple(said.get(value, value) for value in axis.values)
                )
                for axis in self.options
            ),
            variants=[
                msgspec.structs.replace(variant, attributes=_said(variant.attributes, said))
                for variant in self.variants
            ],
        )

    def take_stock(self, stock_unit_id: str, units: int) -> None:
        for variant in self.variants:
            if variant.stock_unit_id == stock_unit_id:
                variant.take_stock(units)


class CardPrice(msgspec.Struct):
    """Prices from - to of the variants that are sold in `currency`; `was_from` as on the card itself."""

    currency: str
    price_from: int
    price_to: int
    was_from: int | None = None


class Card(msgspec.Struct):
    """What a listing shows of a product. Prices from - to are of its variants in `currency`; `was_from` is the former
    price of the one at `price_from`, during a sale. `prices` are the same in other currencies, where there are such:
    of most things there are none, and a listing sends twenty cards."""

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
    prices: tuple[CardPrice, ...] | UnsetType = UNSET

    @classmethod
    def of(cls, page: ProductPage) -> Card:
        """A product that is sold in several currencies is listed in that of its first variant, and in the others."""
        own, *others = [_range(page, currency) for currency in page.currencies] or [CardPrice("", 0, 0)]
        return cls(
            product_id=page.product_id,
            seller_id=page.seller_id,
            title=page.title,
            category=page.category,
            image=page.images[0] if page.images else "",
            currency=own.currency,
            price_from=own.price_from,
            price_to=own.price_to,
            in_stock=page.in_stock,
            was_from=own.was_from,
            slug=page.slug,
            prices=tuple(others) or UNSET,
        )

    def in_currency(self, currency: str) -> Card:
        """The same with its prices in this currency, where it has such; or as it is."""
        for one in self.prices or ():
            if one.currency == currency:
                return msgspec.structs.replace(
                    self,
                    currency=one.currency,
                    price_from=one.price_from,
                    price_to=one.price_to,
                    was_from=one.was_from,
                )
        return self


def _range(page: ProductPage, currency: str) -> CardPrice:
    sold = [found for variant in page.variants if (found := variant.in_currency(currency)) is not None]
    cheapest = min(sold, key=lambda variant: variant.amount)
    return CardPrice(currency, cheapest.amount, max(variant.amount for variant in sold), cheapest.was_amount)


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
        prices=variant.prices,
    )


def _said(attributes: Iterable[Attribute], said: dict[str, str]) -> tuple[Attribute, ...]:
    return tuple(
        Attribute(name=said.get(one.name, one.name), value=said.get(one.value, one.value)) for one in attributes
    )


read_page = decoder(ProductPage).decode
