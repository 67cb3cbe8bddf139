"""Everything that can be asked about what is sold: describe it, put it on sale, take it off."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from argosy.contracts.products import (
    AddVariant,
    ArchiveProduct,
    CreateProduct,
    NewVariant,
    PublishProduct,
    UnpublishProduct,
    UpdateProduct,
)
from argosy.domains.products.application.making import Making, SkuTaken, category_ids, offers_meant
from argosy.domains.products.application.ownership import NotYoursToChoose, ids, is_trusted, owned, seller_for
from argosy.domains.products.application.standing import withheld_of
from argosy.domains.products.domain.category import Demands
from argosy.domains.products.domain.description import (
    check_description,
    new_attributes,
    new_images,
    text_faults,
    variant_faults,
    variant_id_of,
)
from argosy.domains.products.domain.product import DRAFT, Product, sku_key
from argosy.domains.products.domain.slug import Slug, slug_beside, slug_id, slug_of
from argosy.domains.products.domain.standing import SellerStanding
from argosy.domains.products.domain.texts import locale_fault
from argosy.engine.reads import by, reads, then_reads
from argosy.engine.work import Repository
from argosy.shared_kernel.errors import RuleBroken, refuse
from argosy.shared_kernel.ids import Id, is_id, named_id


class ProductIdTaken(RuleBroken):
    """This id belongs to another product."""


class Catalogue:
    """Writes products, and with each its offers: the same transaction, so that they never differ."""

    def __init__(self, making: Making, slugs: Repository[Slug], standings: Repository[SellerStanding]) -> None:
        self.making = making
        self.slugs = slugs
        self.standings = standings
        self.work = making.work
        self.products = making.products
        self.prices = making.prices
        self.offers = making.offers
        self.categories = making.categories

    @reads(
        products=lambda command: ids(command.product_id),
        categories=lambda command: category_ids(command.category),
    )
    @then_reads(
        products=lambda self, command: [by("sku_key", self._sku_key(command))],
        offers=lambda self, command: offers_meant(self._seller(command), command.variants),
    )
    def create_product(self, command: CreateProduct) -> Id:
        """A draft. Asked again with its id, it changes nothing."""
        check_description(command)
        seller_id = self._seller(command)
        chosen = [command.product_id, *(wanted.variant_id for wanted in command.variants)]
        if any(chosen) and not is_trusted(self.work.actor):
            raise NotYoursToChoose()
        key = sku_key(seller_id, command.sku.strip())
        same = self.products.find(command.product_id) if command.product_id else None
        if same is not None:
            if same.sku_key != key:
                raise ProductIdTaken(product_id=same.id)
            return same.id
        if self.products.find_by("sku_key", key) is not None:
            raise SkuTaken(sku=command.sku)
        demands = self.making.demands_of(command.category.strip())
        attributes = self.making.typed(demands, command.attributes, "attributes")
        variants = self._typed_variants(demands, command.variants)
        now = self.work.now
        product = Product(
            id=command.product_id or named_id("product", key),
            sku_key=key,
            seller_id=seller_id,
            sku=command.sku.strip(),
            title=command.title.strip(),
            description=command.description.strip(),
            category=command.category.strip(),
            tax_category=command.tax_category,
            locale=command.locale,
            created_at=now,
            updated_at=now,
        )
        product.images = new_images(product.id, command.images)
        product.attributes = new_attributes(product.id, None, attributes)
        made = self.making.made(product, variants)
        for variant, said in made:
            product.add_variant(variant, said, now)
        product.describe()
        self.products.add(product)
        for variant, _ in made:
            self.making.offer(product, variant)
        return product.id

    @reads(
        products=lambda command: ids(command.product_id),
        offers=lambda command: ids(command.variant.variant_id, command.variant.stock_unit_id),
    )
    @then_reads(
        offers=lambda self, command: offers_meant(self.products.get(command.product_id).seller_id, [command.variant]),
        categories=lambda self, command: self.making.categories_of(command.product_id),
    )
    def add_variant(self, command: AddVariant) -> Id:
        """One more variant of a product. Asked again for the same SKU, it changes nothing."""
        product = owned(self.products, command.product_id, self.work.actor)
        refuse(variant_faults("variant", command.variant))
        if command.variant.variant_id is not None and not is_trusted(self.work.actor):
            raise NotYoursToChoose()
        there = product.variant(variant_id_of(product.seller_id, command.variant))
        if there is not None and there.sku == command.variant.sku.strip():
            return there.id
        demands = self.making.demands_of(product.category)
        (wanted,) = self._typed_variants(demands, [command.variant])
        ((variant, attributes),) = self.making.made(product, [wanted])
        product.add_variant(variant, attributes, self.work.now, demands)
        product.tell_added([variant])
        self.making.offer(product, variant)
        return variant.id

    @reads(
        products=lambda command: ids(command.product_id),
        categories=lambda command: category_ids(command.category or ""),
    )
    @then_reads(
        offers=lambda self, command: self._variants_of(command.product_id),
        categories=lambda self, command: self.making.categories_of(command.product_id),
    )
    def update_product(self, command: UpdateProduct) -> None:
        """Changes the texts that are given."""
        product = owned(self.products, command.product_id, self.work.actor)
        refuse(
            [
                *text_faults(command.title, command.description, command.category),
                locale_fault(command.locale) if command.locale else None,
            ]
        )
        title, description, category = (
            None if text is None else text.strip() for text in (command.title, command.description, command.category)
        )
        demands = self.making.demands_of(product.category if category is None else category)
        product.rewrite((title, description, category), self.work.now, demands)
        if command.locale is not None:
            product.speak(command.locale, self.work.now, demands)
        self._follow(product)

    @reads(products=lambda command: ids(command.product_id))
    @then_reads(
        offers=lambda self, command: self._variants_of(command.product_id),
        categories=lambda self, command: self.making.categories_of(command.product_id),
        slugs=lambda self, command: self._slugs_meant(command.product_id),
        standings=lambda self, command: self._sellers_of(command.product_id),
    )
    def publish_product(self, command: PublishProduct) -> None:
        """On sale, or refused with all that is missing. It is sold while its seller may sell."""
        product = owned(self.products, command.product_id, self.work.actor)
        if not product.slug and product.status == DRAFT:
            product.slug = self._new_slug(product)
        product.stand(withheld_of(self.standings.find(product.seller_id)), self.work.now)
        product.publish(self.work.new_id(), self.work.now, self.making.demands_of(product.category))
        self._follow(product)

    @reads(products=lambda command: ids(command.product_id))
    @then_reads(offers=lambda self, command: self._variants_of(command.product_id))
    def unpublish_product(self, command: UnpublishProduct) -> None:
        """Off sale for now."""
        product = owned(self.products, command.product_id, self.work.actor)
        product.unpublish(self.work.new_id(), self.work.now)
        self._follow(product)

    @reads(products=lambda command: ids(command.product_id))
    @then_reads(offers=lambda self, command: self._variants_of(command.product_id))
    def archive_product(self, command: ArchiveProduct) -> None:
        """Off sale for good."""
        product = owned(self.products, command.product_id, self.work.actor)
        product.archive(self.work.new_id(), self.work.now)
        self._follow(product)

    def _seller(self, command: CreateProduct) -> Id:
        return seller_for(self.work.actor, command.seller_id)

    def _sku_key(self, command: CreateProduct) -> Id:
        return sku_key(self._seller(command), command.sku.strip())

    def _variants_of(self, product_id: str) -> list[Id]:
        product = self.products.find(product_id) if is_id(product_id) else None
        return [variant.id for variant in product.variants] if product is not None else []

    def _sellers_of(self, product_id: str) -> list[Id]:
        product = self.products.find(product_id) if is_id(product_id) else None
        return [product.seller_id] if product is not None else []

    def _new_slug(self, product: Product) -> str:
        """A slug for a product that has none, made of its title."""
        slug = slug_of(product.title, product.id)
        if self.slugs.find(slug_id(slug)) is not None:
            slug = slug_beside(slug, product.id)
        if self.slugs.find(slug_id(slug)) is None:
            self.slugs.add(Slug(id=slug_id(slug), text=slug, product_id=product.id, created_at=self.work.now))
        return slug

    def _slugs_meant(self, product_id: str) -> list[Id]:
        product = self.products.find(product_id) if is_id(product_id) else None
        if product is None or product.slug:
            return []
        slug = slug_of(product.title, product.id)
        return [slug_id(slug), slug_id(slug_beside(slug, product.id))]

    def _typed_variants(self, demands: Demands, variants: Sequence[NewVariant]) -> list[NewVariant]:
        return [
            replace(  # type: ignore[type-var]
                one, attributes=self.making.typed(demands, one.attributes, f"variants.{index}.attributes")
            )
            if demands.rules
            else one
            for index, one in enumerate(variants)
        ]

    def _follow(self, product: Product) -> None:
        for variant in product.variants:
            self.offers.get(variant.id).follow(product)
