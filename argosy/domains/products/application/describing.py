"""What a seller says of a product beside its texts: options, stock, address, who finds it, other languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Protocol

from argosy.contracts.products import (
    AddImage,
    ArrangeImages,
    Attribute,
    CombineOptions,
    LinkStock,
    LocalWord,
    NewVariant,
    SetOptions,
    SetSlug,
    SetStory,
    SetTexts,
    SetVisibility,
)
from argosy.domains.products.application.making import Making, offers_meant
from argosy.domains.products.application.ownership import ids, owned
from argosy.domains.products.application.pricing import NoSuchVariant
from argosy.domains.products.domain.category import Demands
from argosy.domains.products.domain.description import (
    IMAGES_MAX,
    SKU_MAX,
    UNITS_EACH_MAX,
    TooManyOfThem,
    id_fault,
    text_faults,
    variant_faults,
    word_faults,
)
from argosy.domains.products.domain.option import (
    NoOptionsToCombine,
    all_choices,
    choice_of,
    new_options,
    option_faults,
    sku_of,
)
from argosy.domains.products.domain.product import Image, LocalText, Product
from argosy.domains.products.domain.publishing import VISIBILITIES, NotAVisibility
from argosy.domains.products.domain.slug import Slug, SlugTaken, check_slug, slug_id
from argosy.domains.products.domain.texts import (
    LOCALES_MAX,
    TooManyLanguages,
    locale_fault,
    number_fault,
    text_fault,
)
from argosy.engine.reads import By, reads, then_reads
from argosy.engine.work import Repository
from argosy.shared_kernel.errors import NotFound, refuse
from argosy.shared_kernel.ids import Id, named_id

STORY_MAX = 50_000


class NoSuchImage(NotFound):
    """The product has no such picture, or it is named twice."""


class RichText(Protocol):
    """Makes HTML safe to show."""

    def __call__(self, html: str) -> str:
        """The same without anything but plain elements; the same again for what is clean."""
        ...


class Describing:
    """Each use case leaves a product that is on sale whole, and tells it again where it changed."""

    def __init__(self, making: Making, slugs: Repository[Slug], clean: RichText) -> None:
        self.clean = clean
        self.making = making
        self.work = making.work
        self.products = making.products
        self.offers = making.offers
        self.categories = making.categories
        self.slugs = slugs

    @reads(products=lambda command: ids(command.product_id))
    @then_reads(categories=lambda self, command: self.making.categories_of(command.product_id))
    def set_options(self, command: SetOptions) -> None:
        """The axes along which variants differ. Each variant that is there has to lie on them."""
        product = owned(self.products, command.product_id, self.work.actor)
        refuse(option_faults(command.axes))
        product.set_options(new_options(product.id, command.axes), self.work.now, self._demands(product))

    @reads(products=lambda command: ids(command.product_id))
    @then_reads(
        categories=lambda self, command: self.making.categories_of(command.product_id),
        offers=lambda self, command: self._offers_of_combinations(command),
    )
    def combine_options(self, command: CombineOptions) -> None:
        """Every variant of the axes that is not there yet; those that are there stay as they are."""
        product = owned(self.products, command.product_id, self.work.actor)
        product.be_open()
        if not product.axes:
            raise NoOptionsToCombine(product_id=product.id)
        wanted = self._combinations(product, command)
        if wanted:
            refuse(variant_faults("variant", wanted[0]))
        demands = self._demands(product)
        made = self.making.made(product, wanted)
        for variant, attributes in made:
            product.add_variant(variant, attributes, self.work.now, demands)
        product.tell_added([variant for variant, _ in made])
        for variant, _ in made:
            self.making.offer(product, variant)

    @reads(
        products=lambda command: ids(command.product_id),
        offers=lambda command: ids(command.variant_id, command.stock_unit_id),
    )
    @then_reads(categories=lambda self, command: self.making.categories_of(command.product_id))
    def link_stock(self, command: LinkStock) -> None:
        """From which stock unit a variant draws. What is promised already stays promised from where it was."""
        product = owned(self.products, command.product_id, self.work.actor)
        if product.variant(command.variant_id) is None:
            raise NoSuchVariant(variant_id=command.variant_id)
        refuse(
            [
                id_fault("stock_unit_id", command.stock_unit_id),
                number_fault("units_each", command.units_each, least=1, most=UNITS_EACH_MAX),
            ]
        )
        self.making.draw_on(command.stock_unit_id, product)
        product.link_stock(
            command.variant_id, command.stock_unit_id, command.units_each, self.work.now, self._demands(product)
        )
        self.offers.get(command.variant_id).draw_on(command.stock_unit_id, command.units_each)

    @reads(products=lambda command: ids(command.product_id))
    @then_reads(categories=lambda self, command: self.making.categories_of(command.product_id))
    def set_visibility(self, command: SetVisibility) -> None:
        """Who finds it."""
        product = owned(self.products, command.product_id, self.work.actor)
        if command.visibility not in VISIBILITIES:
            raise NotAVisibility(field="visibility", known=list(VISIBILITIES))
        product.show_to(command.visibility, self.work.now, self._demands(product))

    @reads(products=lambda command: ids(command.product_id), slugs=lambda command: [slug_id(command.slug)])
    @then_reads(categories=lambda self, command: self.making.categories_of(command.product_id))
    def set_slug(self, command: SetSlug) -> None:
        """Its address from now on. One that it had before may be taken again; another product's may not."""
        product = owned(self.products, command.product_id, self.work.actor)
        check_slug(command.slug)
        there = self.slugs.find(slug_id(command.slug))
        if there is not None and there.product_id != product.id:
            raise SlugTaken(slug=command.slug)
        product.take_slug(command.slug, self.work.now, self._demands(product))
        if there is None:
            self.slugs.add(
                Slug(id=slug_id(command.slug), text=command.slug, product_id=product.id, created_at=self.work.now)
            )

    @reads(products=lambda command: ids(command.product_id))
    @then_reads(categories=lambda self, command: self.making.categories_of(command.product_id))
    def set_texts(self, command: SetTexts) -> None:
        """Texts in another language."""
        product = owned(self.products, command.product_id, self.work.actor)
        refuse(
            [
                locale_fault(command.locale),
                *text_faults(command.title, command.description, None),
                text_fault("story", command.story, most=STORY_MAX, has_lines=True),
                *word_faults(command.words),
            ]
        )
        if len(product.texts) >= LOCALES_MAX and all(one.locale != command.locale for one in product.texts):
            raise TooManyLanguages(most=LOCALES_MAX)
        text = LocalText(
            id=named_id("text", product.id, command.locale),
            locale=command.locale,
            title=command.title.strip(),
            description=command.description.strip(),
            story=self.clean(command.story.strip()),
            words=tuple(LocalWord(word=one.word.strip(), said=one.said.strip()) for one in command.words),
        )
        product.translate(text, self.work.now, self._demands(product))

    @reads(products=lambda command: ids(command.product_id))
    @then_reads(categories=lambda self, command: self.making.categories_of(command.product_id))
    def set_story(self, command: SetStory) -> None:
        """The long text, without what is not safe to show."""
        product = owned(self.products, command.product_id, self.work.actor)
        refuse([text_fault("html", command.html, most=STORY_MAX, has_lines=True)])
        product.tell_story(self.clean(command.html.strip()), self.work.now, self._demands(product))

    @reads(products=lambda command: ids(command.product_id))
    @then_reads(categories=lambda self, command: self.making.categories_of(command.product_id))
    def add_image(self, command: AddImage) -> Id:
        """One more picture, behind the others. One that it has already is not added again."""
        product = owned(self.products, command.product_id, self.work.actor)
        return add_picture(product, command.url, self.work.now, self._demands(product))

    @reads(products=lambda command: ids(command.product_id))
    @then_reads(categories=lambda self, command: self.making.categories_of(command.product_id))
    def arrange_images(self, command: ArrangeImages) -> None:
        """These pictures in this order, and no others."""
        product = owned(self.products, command.product_id, self.work.actor)
        there = {one.id: one for one in product.images}
        unknown = [id for id in command.image_ids if id not in there]
        if unknown or len(set(command.image_ids)) < len(command.image_ids):
            raise NoSuchImage(product_id=product.id, image_ids=unknown)
        arranged = [replace(there[id], position=position) for position, id in enumerate(command.image_ids)]
        product.picture(arranged, self.work.now, self._demands(product))

    def _demands(self, product: Product) -> Demands:
        return self.making.demands_of(product.category)

    def _combinations(self, product: Product, command: CombineOptions) -> list[NewVariant]:
        """The variants that are not there yet."""
        axes = product.axes
        there = {choice_of(axes, product.attributes_of(one.id)) for one in product.variants}
        return [
            NewVariant(
                sku=sku_of(product.sku, chosen, SKU_MAX),
                amount=command.amount,
                currency=command.currency,
                attributes=tuple(
                    Attribute(name=axis.name, value=value) for axis, value in zip(axes, chosen, strict=True)
                ),
                weight_grams=command.weight_grams,
                length_mm=command.length_mm,
                width_mm=command.width_mm,
                height_mm=command.height_mm,
            )
            for chosen in all_choices(axes)
            if chosen not in there
        ]

    def _offers_of_combinations(self, command: CombineOptions) -> list[By | Id]:
        product = self.products.get(command.product_id)
        return offers_meant(product.seller_id, self._combinations(product, command))


def add_picture(product: Product, url: str, now: datetime, demands: Demands) -> Id:
    """One that we keep joins a product, behind the others; the same again changes nothing."""
    id = named_id("image", product.id, url)
    product.be_open()
    if any(one.id == id for one in product.images):
        return id
    if len(product.images) >= IMAGES_MAX:
        raise TooManyOfThem(field="images", most=IMAGES_MAX)
    position = max((one.position for one in product.images), default=-1) + 1
    product.picture([*product.images, Image(id=id, url=url, type="upload", position=position)], now, demands)
    return id
