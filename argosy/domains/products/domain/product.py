"""A product: what a seller describes, in variants that can be bought, and whether it is on sale."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from argosy.contracts.products import (
    Attribute,
    ListedVariant,
    LocalTexts,
    LocalWord,
    OptionAxis,
    PriceInCurrency,
    ProductArchived,
    ProductCreated,
    ProductPublished,
    ProductSoldAgain,
    ProductUnpublished,
    ProductUpdated,
    ProductWithheld,
    StockedVariant,
    VariantsAdded,
)
from argosy.domains.products.domain.category import Demands
from argosy.domains.products.domain.option import Option, OptionsDoNotFit, misfits
from argosy.domains.products.domain.publishing import LISTED, missing
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import RuleBroken
from argosy.shared_kernel.ids import Id, named_id

DRAFT, PUBLISHED, ARCHIVED = "DRAFT", "PUBLISHED", "ARCHIVED"
STATUSES = (DRAFT, PUBLISHED, ARCHIVED)
MOVES = frozenset(((DRAFT, PUBLISHED), (PUBLISHED, DRAFT), (DRAFT, ARCHIVED), (PUBLISHED, ARCHIVED)))
VARIANTS_MAX = 200
FREE = Demands()


class ProductIsArchived(RuleBroken):
    """An archived product is history: nothing changes it."""


class ProductNotReady(RuleBroken):
    """The product cannot be on sale as it is; all that is missing is listed."""


class TooManyVariants(RuleBroken):
    """A product has at most 200 variants."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One thing that can be bought. `price` copies the price version in force, 0 where there is none yet."""

    id: Id
    position: int
    sku: str
    price: int
    currency: str
    stock_unit_id: Id
    units_each: int
    weight_grams: int
    length_mm: int
    width_mm: int
    height_mm: int
    was_price: int | None = None
    """During a sale, the former price that may be shown."""
    sale_ends_at: datetime | None = None
    other_prices: tuple[PriceInCurrency, ...] = ()
    """Copies of the versions in force in currencies beside its own."""

    @property
    def currencies(self) -> set[str]:
        """In which it is priced."""
        own = {self.currency} if self.price else set()
        return own | {one.currency for one in self.other_prices}

    @property
    def volume_mm3(self) -> int:
        return self.length_mm * self.width_mm * self.height_mm


@dataclass(frozen=True, kw_only=True)
class Image:
    """A picture by its address, in the order in which it is shown."""

    id: Id
    url: str
    type: str
    position: int


@dataclass(frozen=True, kw_only=True)
class AttributeValue:
    """A name and its value; of the whole product, or of one variant."""

    id: Id
    variant_id: Id | None
    position: int
    name: str
    value: str
    searchable: bool = True


@dataclass(frozen=True, kw_only=True)
class Publication:
    """When a product came on sale or went off sale: a line of its history."""

    id: Id
    status: str
    published_at: datetime
    unlisted_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class LocalText:
    """The product in another language; what is empty is shown in its own."""

    id: Id
    locale: str
    title: str
    description: str
    story: str = ""
    words: tuple[LocalWord, ...] = ()

    @property
    def says_nothing(self) -> bool:
        return not (self.title or self.description or self.story or self.words)


def sku_key(seller_id: str, sku: str) -> Id:
    """The same for the same seller's same SKU, and for nothing else."""
    return named_id("sku", seller_id, sku)


def category_id(category: str) -> Id | None:
    return named_id("category", category) if category else None


@dataclass(kw_only=True, eq=False)
class Product(Aggregate):
    """A draft may lack anything but its SKU; what is on sale lacks nothing (`missing`)."""

    sku_key: Id
    seller_id: Id
    sku: str
    title: str
    description: str
    category: str
    tax_category: str
    status: str = DRAFT
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None = None
    """When it first came on sale."""
    visibility: str = LISTED
    slug: str = ""
    story: str = ""
    withheld: str = ""
    """Why what is on sale is not sold all the same; its seller's standing when it was last looked at."""
    locale: str = ""
    """The language of its own texts; "" is the marketplace's."""
    variants: list[Variant] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    attributes: list[AttributeValue] = field(default_factory=list)
    publications: list[Publication] = field(default_factory=list)
    options: list[Option] = field(default_factory=list)
    texts: list[LocalText] = field(default_factory=list)

    @property
    def sold(self) -> list[Variant]:
        return self.variants

    @property
    def axes(self) -> list[Option]:
        return sorted(self.options, key=lambda option: option.position)

    def describe(self) -> None:
        """Told once, when it is new."""
        self.record(
            ProductCreated(
                product_id=self.id,
                seller_id=self.seller_id,
                sku=self.sku,
                title=self.title,
                variants=_stocked(self.variants),
            )
        )

    def tell_added(self, variants: list[Variant]) -> None:
        """Told of drafts: what is on sale is told whole."""
        if self.status == DRAFT and variants:
            self.record(VariantsAdded(product_id=self.id, seller_id=self.seller_id, variants=_stocked(variants)))

    def variant(self, variant_id: Id) -> Variant | None:
        return next((variant for variant in self.variants if variant.id == variant_id), None)

    def attributes_of(self, variant_id: Id | None) -> tuple[Attribute, ...]:
        """The attributes of a variant, or those of the whole product (None), in the seller's order."""
        mine = sorted((one for one in self.attributes if one.variant_id == variant_id), key=lambda one: one.position)
        return tuple(Attribute(name=one.name, value=one.value) for one in mine)

    def add_variant(
        self, variant: Variant, attributes: Iterable[AttributeValue], now: datetime, demands: Demands = FREE
    ) -> None:
        """One more variant; a product that is on sale stays whole, and is described anew."""
        self.be_open()
        if len(self.variants) >= VARIANTS_MAX:
            raise TooManyVariants(most=VARIANTS_MAX)
        self.variants.append(variant)
        self.attributes.extend(attributes)
        self._lie_on_axes()
        self._described_anew(now, demands)

    def set_options(self, options: list[Option], now: datetime, demands: Demands) -> None:
        """The axes along which its variants differ; refused where one that is there does not lie on them."""
        self.be_open()
        if options == self.axes:
            return
        self.options = options
        self._lie_on_axes()
        self._described_anew(now, demands)

    def link_stock(self, variant_id: Id, stock_unit_id: Id, units_each: int, now: datetime, demands: Demands) -> None:
        """From which stock unit a variant draws from now on."""
        self.be_open()
        linked = [
            replace(one, stock_unit_id=stock_unit_id, units_each=units_each) if one.id == variant_id else one
            for one in self.variants
        ]
        if linked != self.variants:
            self.variants = linked
            self._described_anew(now, demands)

    def show_to(self, visibility: str, now: datetime, demands: Demands) -> None:
        """Who finds it."""
        self.be_open()
        if visibility != self.visibility:
            self.visibility = visibility
            self._described_anew(now, demands)

    def take_slug(self, slug: str, now: datetime, demands: Demands) -> None:
        """The last part of its address from now on."""
        self.be_open()
        if slug != self.slug:
            self.slug = slug
            self._described_anew(now, demands)

    def picture(self, images: list[Image], now: datetime, demands: Demands) -> None:
        """These pictures, in the order of their positions."""
        self.be_open()
        if images != self.images:
            self.images = images
            self._described_anew(now, demands)

    def tell_story(self, html: str, now: datetime, demands: Demands) -> None:
        """The long text, cleaned already."""
        self.be_open()
        if html != self.story:
            self.story = html
            self._described_anew(now, demands)

    def translate(self, text: LocalText, now: datetime, demands: Demands) -> None:
        """Say it in another language; without words, no more."""
        self.be_open()
        others = [one for one in self.texts if one.locale != text.locale]
        texts = others if text.says_nothing else [*others, text]
        if sorted(texts, key=_locale) != sorted(self.texts, key=_locale):
            self.texts = texts
            self._described_anew(now, demands)

    def speak(self, locale: str, now: datetime, demands: Demands) -> None:
        """Its own texts are in this language."""
        self.be_open()
        if locale != self.locale:
            self.locale = locale
            self._described_anew(now, demands)

    def rewrite(self, texts: tuple[str | None, str | None, str | None], now: datetime, demands: Demands = FREE) -> None:
        """Change title, description and category; None leaves one as it is."""
        self.be_open()
        title, description, category = texts
        said = (
            self.title if title is None else title,
            self.description if description is None else description,
            self.category if category is None else category,
        )
        if said == (self.title, self.description, self.category):
            return
        self.title, self.description, self.category = said
        self.updated_at = now
        if self.status == PUBLISHED:
            self._be_ready(demands)
        if self.published_at is not None:
            self.record(
                ProductUpdated(
                    product_id=self.id, title=self.title, description=self.description, category=self.category
                )
            )

    def copy_price(self, priced: Variant, now: datetime) -> None:
        """Note the price that a variant has now."""
        self.variants = [priced if one.id == priced.id else one for one in self.variants]
        self.updated_at = now

    def publish(self, publication_id: Id, now: datetime, demands: Demands = FREE) -> None:
        """On sale from now on; a product that is on sale stays so and nothing is told."""
        if self.status == PUBLISHED:
            return
        self.be_open()
        self._be_ready(demands)
        self._move(PUBLISHED, now)
        self.published_at = self.published_at or now
        self.publications.append(Publication(id=publication_id, status=PUBLISHED, published_at=now))
        self._tell_published()

    def stand(self, withheld: str, now: datetime) -> None:
        """Be sold while it is on sale, or be withheld for this reason."""
        if self.withheld == withheld:
            return
        self.withheld, self.updated_at = withheld, now
        if self.status == PUBLISHED:
            self.record(
                ProductWithheld(product_id=self.id, reason=withheld)
                if withheld
                else ProductSoldAgain(product_id=self.id)
            )

    def unpublish(self, publication_id: Id, now: datetime) -> None:
        """Off sale, and a draft again."""
        self.be_open()
        if self.status == DRAFT:
            return
        self._unlist(publication_id, DRAFT, now)
        self._move(DRAFT, now)
        self.record(ProductUnpublished(product_id=self.id))

    def archive(self, publication_id: Id, now: datetime) -> None:
        """Off sale for good."""
        if self.status == ARCHIVED:
            return
        if self.status == PUBLISHED:
            self._unlist(publication_id, ARCHIVED, now)
        self._move(ARCHIVED, now)
        self.record(ProductArchived(product_id=self.id))

    def _move(self, status: str, now: datetime) -> None:
        assert (self.status, status) in MOVES, f"{self.status} to {status}"
        self.status = status
        self.updated_at = now

    def _unlist(self, publication_id: Id, status: str, now: datetime) -> None:
        assert self.published_at is not None
        self.publications.append(
            Publication(id=publication_id, status=status, published_at=self.published_at, unlisted_at=now)
        )

    def be_open(self) -> None:
        if self.status == ARCHIVED:
            raise ProductIsArchived(product_id=self.id)

    def _be_ready(self, demands: Demands) -> None:
        found = missing(self, demands)
        if found:
            raise ProductNotReady(product_id=self.id, missing=found)

    def _lie_on_axes(self) -> None:
        skus = misfits(self.axes, [(one.sku, self.attributes_of(one.id)) for one in self.variants])
        if skus:
            raise OptionsDoNotFit(product_id=self.id, skus=skus)

    def _described_anew(self, now: datetime, demands: Demands) -> None:
        """What is on sale stays whole, and is told again."""
        self.updated_at = now
        if self.status == PUBLISHED:
            self._be_ready(demands)
            self._tell_published()

    def _tell_published(self) -> None:
        self.record(
            ProductPublished(
                product_id=self.id,
                seller_id=self.seller_id,
                sku=self.sku,
                title=self.title,
                description=self.description,
                category=self.category,
                attributes=self.attributes_of(None),
                images=tuple(image.url for image in sorted(self.images, key=lambda image: image.position)),
                variants=tuple(self._listed(one) for one in sorted(self.variants, key=lambda one: one.position)),
                options=tuple(OptionAxis(name=one.name, values=one.values) for one in self.axes),
                slug=self.slug,
                visibility=self.visibility,
                texts=tuple(
                    LocalTexts(
                        locale=one.locale,
                        title=one.title,
                        description=one.description,
                        story=one.story,
                        words=one.words,
                    )
                    for one in sorted(self.texts, key=_locale)
                ),
                story=self.story,
                withheld=self.withheld,
                locale=self.locale,
            )
        )

    def _listed(self, variant: Variant) -> ListedVariant:
        return ListedVariant(
            variant_id=variant.id,
            sku=variant.sku,
            amount=variant.price,
            currency=variant.currency,
            attributes=self.attributes_of(variant.id),
            stock_unit_id=variant.stock_unit_id,
            units_each=variant.units_each,
            weight_grams=variant.weight_grams,
            was_amount=variant.was_price,
            sale_ends_at=variant.sale_ends_at,
            prices=variant.other_prices,
        )


def _stocked(variants: Iterable[Variant]) -> tuple[StockedVariant, ...]:
    return tuple(
        StockedVariant(variant_id=one.id, stock_unit_id=one.stock_unit_id, sku=one.sku)
        for one in sorted(variants, key=lambda one: one.position)
    )


def _locale(text: LocalText) -> str:
    return text.locale
