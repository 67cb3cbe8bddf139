"""One product of a file, by the same use cases that a seller calls one by one: all of it goes in, or nothing."""

from __future__ import annotations

from datetime import datetime

from argosy.contracts.products import (
    AddVariant,
    Attribute,
    CreateProduct,
    LinkStock,
    NewVariant,
    OptionAxis,
    PublishProduct,
    SetOptions,
    SetPrice,
    SetSale,
    SetStory,
    SetTexts,
    UnpublishProduct,
    UpdateProduct,
)
from argosy.contracts.products_media import FetchImage
from argosy.contracts.products_transfers import ImportedPrice, ImportedSale, ImportProduct
from argosy.domains.products.application.catalogue import Catalogue
from argosy.domains.products.application.describing import Describing, NoSuchImage
from argosy.domains.products.application.image_fetches import ImageFetches
from argosy.domains.products.application.making import category_ids, offers_meant
from argosy.domains.products.application.ownership import seller_for
from argosy.domains.products.application.pricing import NoSuchVariant, Pricing
from argosy.domains.products.domain.description import variant_id_of
from argosy.domains.products.domain.image_fetch import fetch_id_of
from argosy.domains.products.domain.price import Price, in_currency, price_at
from argosy.domains.products.domain.product import DRAFT, PUBLISHED, Product, Variant, sku_key
from argosy.engine.reads import By, by, then_reads
from argosy.shared_kernel.errors import Invalid, RuleBroken, refuse
from argosy.shared_kernel.ids import Id

MADE, CHANGED, UNCHANGED = "made", "changed", "unchanged"
WANTED = ("", "draft", "published")
_SIZES = ("weight_grams", "length_mm", "width_mm", "height_mm")
_ELSEWHERE = ("https://", "http://")


class NotAStatus(Invalid):
    """A product of a file is to be published, or a draft, or (empty) as it is."""


class FixedOnceMade(RuleBroken):
    """These cannot be changed any more: make another variant, or another product."""


class Importing:
    def __init__(self, catalogue: Catalogue, pricing: Pricing, describing: Describing, fetching: ImageFetches) -> None:
        self.catalogue = catalogue
        self.pricing = pricing
        self.describing = describing
        self.fetching = fetching
        self.work = catalogue.work
        self.products = catalogue.products
        self.prices = pricing.prices
        self.offers = catalogue.offers
        self.categories = catalogue.categories

    @then_reads(
        products=lambda self, command: [by("sku_key", self._key(command))],
        offers=lambda self, command: offers_meant(self._seller_id, command.variants),
        categories=lambda self, command: category_ids(command.category or ""),
    )
    @then_reads(
        prices=lambda self, command: self._histories(command),
        offers=lambda self, command: self._priced(command),
    )
    def import_product(self, command: ImportProduct) -> str:
        """Made, where the seller has nothing under this SKU; else changed where it differs."""
        if command.status not in WANTED:
            raise NotAStatus(field="status", known=list(WANTED))
        product = self.products.find_by("sku_key", self._key(command))
        is_new = product is None
        if product is None:
            product = self._made(command)
            changes = 1
        else:
            self._check_fixed(product, command)
            changes = self._described(product, command) + self._optioned(product, command)
            changes += self._variants(product, command)
        changes += self._optioned(product, command) if is_new else 0
        changes += self._told_at_length(product, command) + self._prices(product, command)
        changes += self._pictures(product, command)
        changes += self._moved(product, command)
        return MADE if is_new else CHANGED if changes else UNCHANGED

    @property
    def _seller_id(self) -> Id:
        return seller_for(self.work.actor, None)

    def _key(self, command: ImportProduct) -> Id:
        return sku_key(self._seller_id, command.sku.strip())

    def _made(self, command: ImportProduct) -> Product:
        product_id = self.catalogue.create_product(
            CreateProduct(
                sku=command.sku,
                title=command.title or "",
                description=command.description or "",
                category=command.category or "",
                tax_category=command.tax_category or "standard",
                locale=command.locale or "",
                attributes=command.attributes or (),
                variants=command.variants,
            )
        )
        return self.products.get(product_id)

    def _described(self, product: Product, command: ImportProduct) -> int:
        said = {
            "title": command.title,
            "description": command.description,
            "category": command.category,
            "locale": command.locale,
        }
        differs = {
            name: text for name, text in said.items() if text is not None and text.strip() != getattr(product, name)
        }
        if differs:
            self.catalogue.update_product(UpdateProduct(product_id=product.id, **differs))
        return len(differs)

    def _variants(self, product: Product, command: ImportProduct) -> int:
        there = {one.sku: one for one in product.variants}
        changes = 0
        for wanted in command.variants:
            variant = there.get(wanted.sku.strip())
            if variant is None:
                self.catalogue.add_variant(AddVariant(product_id=product.id, variant=wanted))
                changes += 1
                continue
            changes += self._priced_at(product, variant, wanted.currency, wanted.amount)
            unit = wanted.stock_unit_id or variant.stock_unit_id
            says_stock = wanted.stock_unit_id is not None or wanted.units_each != 1
            if says_stock and (unit, wanted.units_each) != (variant.stock_unit_id, variant.units_each):
                self.describing.link_stock(
                    LinkStock(
                        product_id=product.id,
                        variant_id=variant.id,
                        stock_unit_id=unit,
                        units_each=wanted.units_each,
                    )
                )
                changes += 1
        return changes

    def _priced_at(self, product: Product, variant: Variant, currency: str, amount: int) -> int:
        """At this price apart from sales; one that is what is charged, sale or not, stays."""
        charged = {one.currency: one.amount for one in variant.other_prices}
        charged[variant.currency] = variant.price
        if charged.get(currency) == amount:
            return 0
        there = price_at(in_currency(self._history(variant.id), currency), self.work.now) if amount else None
        if there is not None and there.discount and there.base_price == amount:
            return 0
        self.pricing.set_price(SetPrice(product_id=product.id, variant_id=variant.id, amount=amount, currency=currency))
        return 1

    def _prices(self, product: Product, command: ImportProduct) -> int:
        """In other currencies, and for a while."""
        changes = 0
        for wanted in command.prices:
            variant = next((one for one in product.variants if one.sku == wanted.sku.strip()), None)
            if variant is None:
                raise NoSuchVariant(field="prices", sku=wanted.sku)
            if wanted.amount:
                changes += self._priced_at(product, variant, wanted.currency, wanted.amount)
            for sale in wanted.sales:
                changes += self._on_sale(product, variant, wanted, sale)
        return changes

    def _on_sale(self, product: Product, variant: Variant, wanted: ImportedPrice, sale: ImportedSale) -> int:
        now = self.work.now
        starts_at = sale.starts_at if sale.starts_at is not None and sale.starts_at > now else None
        there = in_currency(self._history(variant.id), wanted.currency)
        if sale.ends_at <= now or any(_is_sale(one, sale, starts_at or now) for one in there):
            return 0
        self.pricing.set_sale(
            SetSale(
                product_id=product.id,
                variant_id=variant.id,
                amount=sale.amount,
                currency=wanted.currency,
                ends_at=sale.ends_at,
                starts_at=starts_at,
            )
        )
        return 1

    def _optioned(self, product: Product, command: ImportProduct) -> int:
        """Along these axes."""
        there = tuple(OptionAxis(name=one.name, values=one.values) for one in product.axes)
        if command.options is None or command.options == there:
            return 0
        self.describing.set_options(SetOptions(product_id=product.id, axes=command.options))
        return 1

    def _told_at_length(self, product: Product, command: ImportProduct) -> int:
        """The long text, and other languages."""
        changes = 0
        clean = self.describing.clean
        if command.story is not None and clean(command.story.strip()) != product.story:
            self.describing.set_story(SetStory(product_id=product.id, html=command.story))
            changes += 1
        there = {one.locale: (one.title, one.description, one.story, one.words) for one in product.texts}
        for text in command.texts:
            said = (text.title.strip(), text.description.strip(), clean(text.story.strip()), text.words)
            if there.get(text.locale) != said:
                self.describing.set_texts(
                    SetTexts(
                        product_id=product.id,
                        locale=text.locale,
                        title=text.title,
                        description=text.description,
                        story=text.story,
                        words=text.words,
                    )
                )
                changes += 1
        return changes

    def _history(self, variant_id: Id) -> list[Price]:
        return self.prices.all_by("variant_id", variant_id)

    def _histories(self, command: ImportProduct) -> list[By]:
        """Prices of variants whose versions are looked through: where sales are said, or one may go on."""
        return [by("variant_id", id) for id in self._meant(command)]

    def _priced(self, command: ImportProduct) -> list[Id]:
        return self._meant(command) if command.prices else []

    def _meant(self, command: ImportProduct) -> list[Id]:
        """The variants of a product whose prices are looked at."""
        product = self.products.find_by("sku_key", self._key(command))
        there = [] if product is None else product.variants
        found = [one.id for one in there if command.prices or one.sale_ends_at is not None]
        if command.prices:
            found += [variant_id_of(self._seller_id, one) for one in command.variants]
        return list(dict.fromkeys(found))

    def _pictures(self, product: Product, command: ImportProduct) -> int:
        """Pictures that it has stay; of others those elsewhere are fetched."""
        has = {one.url for one in product.images}
        pictures = {one.id for one in product.images}
        changes = 0
        for url in dict.fromkeys(command.images):
            if url in has:
                continue
            if not url.startswith(_ELSEWHERE):
                raise NoSuchImage(product_id=product.id, field="images")
            fetch = self.fetching.fetches.find(fetch_id_of(product.id, url))
            if fetch is None or not (fetch.is_open or fetch.image_id in pictures):
                self.fetching.fetch_image(FetchImage(product_id=product.id, url=url))
                changes += 1
        return changes

    def _moved(self, product: Product, command: ImportProduct) -> int:
        if command.status == "published" and product.status != PUBLISHED:
            self.catalogue.publish_product(PublishProduct(product_id=product.id))
        elif command.status == "draft" and product.status != DRAFT:
            self.catalogue.unpublish_product(UnpublishProduct(product_id=product.id))
        else:
            return 0
        return 1

    def _check_fixed(self, product: Product, command: ImportProduct) -> None:
        """What no use case changes, all of it at once."""
        there = {one.sku: one for one in product.variants}
        demands = self.catalogue.making.demands_of(product.category)
        attributes = self.catalogue.making.typed(demands, command.attributes or (), "attributes")
        fields = [
            name
            for name, is_other in (
                ("attributes", command.attributes is not None and _are_other(attributes, product.attributes_of(None))),
                ("tax_category", command.tax_category not in (None, product.tax_category)),
            )
            if is_other
        ]
        for wanted in command.variants:
            variant = there.get(wanted.sku.strip())
            if variant is not None:
                said = self.catalogue.making.typed(demands, wanted.attributes, f"variants.{variant.sku}.attributes")
                fields += [f"variants.{variant.sku}.{name}" for name in _fixed(product, variant, wanted, said)]
        refuse([FixedOnceMade(fields=fields) if fields else None])


def _is_sale(version: Price, sale: ImportedSale, starts_at: datetime) -> bool:
    """Whether a version of a price is this sale, whole or what is left of it."""
    return (
        bool(version.discount)
        and version.amount == sale.amount
        and version.effective_to == sale.ends_at
        and (version.effective_from == starts_at or version.is_in_force(starts_at))
    )


def _fixed(product: Product, variant: Variant, wanted: NewVariant, said: tuple[Attribute, ...]) -> list[str]:
    """What is said of a variant that is there, and differs; 0 and no attributes say nothing."""
    found = [name for name in _SIZES if getattr(wanted, name) not in (0, getattr(variant, name))]
    if said and _are_other(said, product.attributes_of(variant.id)):
        found.append("attributes")
    return found


def _are_other(wanted: tuple[Attribute, ...], there: tuple[Attribute, ...]) -> bool:
    """In whatever order."""
    return sorted((one.name.strip(), one.value.strip()) for one in wanted) != sorted(
        (one.name, one.value) for one in there
    )
