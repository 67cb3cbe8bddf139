"""Everything that can be asked about what is sold: describe it, put it on sale, take it off."""

from __future__ import annotations

from collections.abc import Sequence

from argosy.contracts.products import (
    AddVariant,
    ArchiveProduct,
    CreateProduct,
    NewVariant,
    PublishProduct,
    UnpublishProduct,
    UpdateProduct,
)
from argosy.domains.products.application.ownership import NotYoursToChoose, ids, is_trusted, owned, seller_for
from argosy.domains.products.domain.description import (
    check_description,
    new_attributes,
    new_images,
    new_variant,
    text_faults,
    variant_faults,
    variant_id_of,
)
from argosy.domains.products.domain.offer import Offer
from argosy.domains.products.domain.price import Price
from argosy.domains.products.domain.product import AttributeValue, Product, Variant, sku_key
from argosy.domains.products.domain.texts import refuse_any
from argosy.engine.reads import By, by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.errors import NotFound, RuleBroken
from argosy.shared_kernel.ids import Id, is_id, named_id


class SkuTaken(RuleBroken):
    """This seller has something else with this SKU."""


class ProductIdTaken(RuleBroken):
    """This id belongs to another product."""


class VariantIdTaken(RuleBroken):
    """This id belongs to another variant."""


class NoSuchStockUnit(NotFound):
    """There is no such stock unit among this seller's."""


class Catalogue:
    """Writes products, and with each its offers: the same transaction, so that they never differ."""

    def __init__(
        self,
        work: UnitOfWork,
        products: Repository[Product],
        prices: Repository[Price],
        offers: Repository[Offer],
    ) -> None:
        self.work = work
        self.products = products
        self.prices = prices
        self.offers = offers

    @reads(products=lambda command: ids(command.product_id))
    @then_reads(
        products=lambda self, command: [by("sku_key", self._sku_key(command))],
        offers=lambda self, command: self._offers_meant(self._seller(command), command.variants),
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
            created_at=now,
            updated_at=now,
        )
        product.images = new_images(product.id, command.images)
        product.attributes = new_attributes(product.id, None, command.attributes)
        made = self._made(product, command.variants)
        for variant, attributes in made:
            product.add_variant(variant, attributes, now)
        product.describe()
        self.products.add(product)
        for variant, _ in made:
            self._offer(product, variant)
        return product.id

    @reads(
        products=lambda command: ids(command.product_id),
        offers=lambda command: ids(command.variant.variant_id, command.variant.stock_unit_id),
    )
    @then_reads(
        offers=lambda self, command: self._offers_meant(
            self.products.get(command.product_id).seller_id, [command.variant]
        )
    )
    def add_variant(self, command: AddVariant) -> Id:
        """One more variant of a product. Asked again for the same SKU, it changes nothing."""
        product = owned(self.products, command.product_id, self.work.actor)
        refuse_any(variant_faults("variant", command.variant))
        if command.variant.variant_id is not None and not is_trusted(self.work.actor):
            raise NotYoursToChoose()
        there = product.variant(variant_id_of(product.seller_id, command.variant))
        if there is not None and there.sku == command.variant.sku.strip():
            return there.id
        ((variant, attributes),) = self._made(product, [command.variant])
        product.add_variant(variant, attributes, self.work.now)
        self._offer(product, variant)
        return variant.id

    @reads(products=lambda command: ids(command.product_id))
    @then_reads(offers=lambda self, command: self._variants_of(command.product_id))
    def update_product(self, command: UpdateProduct) -> None:
        """Changes the texts that are given."""
        product = owned(self.products, command.product_id, self.work.actor)
        refuse_any(text_faults(command.title, command.description, command.category))
        title, description, category = (
            None if text is None else text.strip() for text in (command.title, command.description, command.category)
        )
        product.rewrite(title, description, category, self.work.now)
        self._follow(product)

    @reads(products=lambda command: ids(command.product_id))
    @then_reads(offers=lambda self, command: self._variants_of(command.product_id))
    def publish_product(self, command: PublishProduct) -> None:
        """On sale, or refused with all that is missing."""
        product = owned(self.products, command.product_id, self.work.actor)
        product.publish(self.work.new_id(), self.work.now)
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

    @staticmethod
    def _offers_meant(seller_id: Id, variants: Sequence[NewVariant]) -> list[By | Id]:
        wanted: list[By | Id] = []
        for one in variants:
            wanted.append(by("sku_key", sku_key(seller_id, one.sku.strip())))
            wanted += ids(variant_id_of(seller_id, one), one.stock_unit_id)
        return wanted

    def _made(
        self,
        product: Product,
        variants: Sequence[NewVariant],
    ) -> list[tuple[Variant, list[AttributeValue]]]:
        """The variants as described, if nobody has their ids and SKUs, and if their stock is this seller's."""
        made = [new_variant(product, wanted, len(product.variants) + index) for index, wanted in enumerate(variants)]
        own = {variant.id for variant in product.variants} | {variant.id for variant, _ in made}
        for variant, _ in made:
            if self.offers.find_by("sku_key", sku_key(product.seller_id, variant.sku)) is not None:
                raise SkuTaken(sku=variant.sku)
            if self.offers.find(variant.id) is not None:
                raise VariantIdTaken(variant_id=variant.id)
            if variant.stock_unit_id not in own and not is_trusted(self.work.actor):
                unit = self.offers.find(variant.stock_unit_id)
                if unit is None or unit.seller_id != product.seller_id:
                    raise NoSuchStockUnit(stock_unit_id=variant.stock_unit_id)
        return made

    def _offer(self, product: Product, variant: Variant) -> None:
        """Offer a new variant at its first price."""
        price = None
        if variant.price:
            price = Price(
                id=self.work.new_id(),
                product_id=product.id,
                variant_id=variant.id,
                base_price=variant.price,
                currency=variant.currency,
                effective_from=self.work.now,
            )
            self.prices.add(price)
        self.offers.add(Offer.of(product, variant, price))

    def _follow(self, product: Product) -> None:
        for variant in product.variants:
            self.offers.get(variant.id).follow(product)
