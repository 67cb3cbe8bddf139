"""Products as the shop window shows them: pages, listings, counts by category, and what is left of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from argosy.contracts.inventory import AvailabilityChanged
from argosy.contracts.products import (
    CurrencyPriceChanged,
    PriceChanged,
    ProductArchived,
    ProductPublished,
    ProductSoldAgain,
    ProductUnpublished,
    ProductUpdated,
    ProductWithheld,
)
from argosy.engine.reads import reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.read_models.catalogue.page import Card, ProductPage, read_page, values_by_attribute
from argosy.read_models.documents import Document, told_at
from argosy.read_models.editions import kept
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.codec import encode_sorted
from argosy.shared_kernel.ids import Id, named_id


@dataclass(kw_only=True, eq=False)
class ProductDetail(Document):
    """The page of one product; `editions` is the same in other languages."""

    is_published: bool = True
    editions: str = ""


@dataclass(kw_only=True, eq=False)
class ProductListing(Aggregate):
    """One product in listings: the columns that filter and sort, and the `card` that is shown, in its own language and
    (`editions`) in others."""

    seller_id: Id
    title: str
    category: str
    variant_attributes: dict[str, list[str]]
    currency: str
    price_from: int
    price_to: int
    in_stock: bool
    is_published: bool
    listed_at: datetime
    card: str
    editions: str = ""


@dataclass(kw_only=True, eq=False)
class PriceBeside(Aggregate):
    """From how much a product is sold in a currency beside its own: what listings in that currency find and sort."""

    product_id: Id
    currency: str
    price_from: int
    was_from: int | None


@dataclass(kw_only=True, eq=False)
class StockUnitLevel(Aggregate):
    """What was last told of one stock unit, by stock item, and the products whose variants draw on it."""

    by_item: dict[str, int] = field(default_factory=dict)
    product_ids: tuple[Id, ...] = ()

    @property
    def available(self) -> int:
        return sum(self.by_item.values())


@dataclass(kw_only=True, eq=False)
class CategoryCount(Aggregate):
    """How many products are on sale in a category."""

    category: str
    products: int = 0


def category_id(category: str) -> Id:
    return named_id("category", category)


def beside_id(product_id: str, currency: str) -> Id:
    return named_id("price", product_id, currency)


def _currencies_told(event: ProductPublished) -> set[str]:
    return {one.currency for variant in event.variants for one in variant.prices}


class CatalogueProjector:
    """What a page shows depends on the last event of each kind about a product and its stock units, and not on the
    order in which the logs of products and of stock were read."""

    def __init__(
        self,
        work: UnitOfWork,
        products: Repository[ProductDetail],
        listings: Repository[ProductListing],
        units: Repository[StockUnitLevel],
        categories: Repository[CategoryCount],
        prices: Repository[PriceBeside],
    ) -> None:
        self.prices = prices
        self.work = work
        self.products = products
        self.listings = listings
        self.units = units
        self.categories = categories

    @reads(
        products=lambda event: [event.product_id],
        listings=lambda event: [event.product_id],
        units=lambda event: [variant.stock_unit_id for variant in event.variants],
        categories=lambda event: [category_id(event.category)],
        prices=lambda event: [beside_id(event.product_id, currency) for currency in _currencies_told(event)],
    )
    @then_reads(
        units=lambda self, event: self._units_before(event.product_id),
        categories=lambda self, event: self._category_before(event.product_id),
        prices=lambda self, event: self._prices_before(event.product_id),
    )
    def publish(self, event: ProductPublished) -> None:
        row = self.products.find(event.product_id)
        before = read_page(row.body) if row is not None else None
        page = ProductPage.of(event, before.listed_at if before else told_at(self.work))
        for unit_id in dict.fromkeys(page.stock_unit_ids):
            page.take_stock(unit_id, self._draw_on(unit_id, page.product_id))
        if before is not None:
            self._let_go(set(before.stock_unit_ids) - set(page.stock_unit_ids), page.product_id)
        self._show(page)
        told_before = before.currencies[1:] if before is not None else []
        for currency in sorted({*told_before, *_currencies_told(event)}):
            self._list_in(page, currency)

    @reads(
        products=lambda event: [event.product_id],
        listings=lambda event: [event.product_id],
        categories=lambda event: [category_id(event.category)],
    )
    @then_reads(categories=lambda self, event: self._category_before(event.product_id))
    def describe(self, event: ProductUpdated) -> None:
        page = self._page(event.product_id)
        if page is not None:
            page.describe(event)
            self._show(page)

    @reads(products=lambda event: [event.product_id], listings=lambda event: [event.product_id])
    def price(self, event: PriceChanged) -> None:
        page = self._page(event.product_id)
        if page is not None:
            page.price(event)
            self._show(page)

    @reads(
        products=lambda event: [event.product_id],
        listings=lambda event: [event.product_id],
        prices=lambda event: [beside_id(event.product_id, event.currency)],
    )
    def price_beside(self, event: CurrencyPriceChanged) -> None:
        page = self._page(event.product_id)
        if page is not None:
            page.price_beside(event)
            self._show(page)
            self._list_in(page, event.currency)

    @reads(products=lambda event: [event.product_id], listings=lambda event: [event.product_id])
    @then_reads(categories=lambda self, event: self._category_before(event.product_id))
    def take_off_sale(self, event: ProductUnpublished | ProductArchived) -> None:
        page = self._page(event.product_id)
        if page is not None:
            page.is_published = False
            self._show(page)

    @reads(products=lambda event: [event.product_id], listings=lambda event: [event.product_id])
    @then_reads(categories=lambda self, event: self._category_before(event.product_id))
    def withhold(self, event: ProductWithheld | ProductSoldAgain) -> None:
        """Listings leave out what its seller does not sell at present; its page says so."""
        page = self._page(event.product_id)
        if page is not None:
            page.withheld = event.reason if isinstance(event, ProductWithheld) else ""
            self._show(page)

    @reads(units=lambda event: [event.stock_unit_id])
    @then_reads(
        products=lambda self, event: self._products_of(event.stock_unit_id),
        listings=lambda self, event: self._products_of(event.stock_unit_id),
    )
    def take_stock(self, event: AvailabilityChanged) -> None:
        unit = self._unit(event.stock_unit_id)
        unit.by_item = {**unit.by_item, event.stock_item_id: event.available}
        for product_id in unit.product_ids:
            page = self._page(product_id)
            assert page is not None, f"{product_id} draws on {unit.id} and has no page"
            page.take_stock(unit.id, unit.available)
            self._show(page)

    # What belongs to a product.

    def _page(self, product_id: str) -> ProductPage | None:
        """None for a product that was never published: its page comes with everything once it is."""
        row = self.products.find(product_id)
        return None if row is None else read_page(row.body)

    def _unit(self, unit_id: Id) -> StockUnitLevel:
        unit = self.units.find(unit_id)
        if unit is None:
            unit = StockUnitLevel(id=unit_id)
            self.units.add(unit)
        return unit

    def _draw_on(self, unit_id: Id, product_id: Id) -> int:
        """The product is to be told of this stock unit from now on; how much of it there is."""
        unit = self._unit(unit_id)
        if product_id not in unit.product_ids:
            unit.product_ids = tuple(sorted((*unit.product_ids, product_id)))
        return unit.available

    def _let_go(self, unit_ids: Iterable[Id], product_id: Id) -> None:
        for unit_id in sorted(unit_ids):
            unit = self._unit(unit_id)
            unit.product_ids = tuple(id for id in unit.product_ids if id != product_id)

    def _show(self, page: ProductPage) -> None:
        """Write the page and its listing, where they changed."""
        row = self.products.find(page.product_id)
        if row is None:
            row = ProductDetail(id=page.product_id)
            self.products.add(row)
        row.is_published = page.is_published
        row.show(page)
        translated = page.in_languages()
        row.editions = kept(page.locale, translated)
        card = Card.of(page)
        listing = self.listings.find(page.product_id)
        if listing is None:
            listing = ProductListing(
                id=page.product_id,
                seller_id=page.seller_id,
                title="",
                category="",
                variant_attributes={},
                currency="",
                price_from=0,
                price_to=0,
                in_stock=False,
                is_published=False,
                listed_at=datetime.fromisoformat(page.listed_at),
                card="",
            )
            self.listings.add(listing)
        self._count(listing, page)
        listing.title, listing.category, listing.currency = card.title, card.category, card.currency
        listing.price_from, listing.price_to, listing.in_stock = card.price_from, card.price_to, card.in_stock
        listing.is_published = page.is_sold and page.is_listed
        listing.variant_attributes = values_by_attribute(page.variants)
        listing.card = encode_sorted(card).decode()
        listing.editions = kept(page.locale, {locale: Card.of(one) for locale, one in translated.items()})

    def _list_in(self, page: ProductPage, currency: str) -> None:
        """Be found in listings in a currency beside its own, at the price of its card; or no more."""
        id = beside_id(page.product_id, currency)
        row = self.prices.find(id)
        now = next((one for one in Card.of(page).prices or () if one.currency == currency), None)
        if now is None:
            if row is not None:
                self.prices.remove(row)
        elif row is None:
            self.prices.add(
                PriceBeside(
                    id=id,
                    product_id=page.product_id,
                    currency=currency,
                    price_from=now.price_from,
                    was_from=now.was_from,
                )
            )
        else:
            row.price_from, row.was_from = now.price_from, now.was_from

    def _count(self, listing: ProductListing, page: ProductPage) -> None:
        """Move the product from the category where it was counted to the one where it now is."""
        was = listing.category if listing.is_published else None
        now = page.category if page.is_sold and page.is_listed else None
        for category, change in ((was, -1), (now, 1)):
            if category is not None and was != now:
                count = self.categories.find(category_id(category))
                if count is None:
                    count = CategoryCount(id=category_id(category), category=category)
                    self.categories.add(count)
                count.products += change

    # Declared reads that need the first round's rows.

    def _units_before(self, product_id: str) -> list[Id]:
        page = self._page(product_id)
        return page.stock_unit_ids if page is not None else []

    def _prices_before(self, product_id: str) -> list[Id]:
        page = self._page(product_id)
        return [beside_id(product_id, currency) for currency in page.currencies[1:]] if page is not None else []

    def _category_before(self, product_id: str) -> list[Id]:
        listing = self.listings.find(product_id)
        return [category_id(listing.category)] if listing is not None else []

    def _products_of(self, unit_id: str) -> tuple[Id, ...]:
        unit = self.units.find(unit_id)
        return unit.product_ids if unit is not None else ()
