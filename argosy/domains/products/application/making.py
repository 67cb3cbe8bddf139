"""Making variants: described, unclaimed by others, drawing on their seller's stock, offered at their first price."""

from __future__ import annotations

from collections.abc import Sequence

from argosy.contracts.products import Attribute, NewVariant
from argosy.domains.products.application.ownership import ids, is_trusted
from argosy.domains.products.domain.category import Category, Demands, typed
from argosy.domains.products.domain.description import new_variant, variant_id_of
from argosy.domains.products.domain.offer import Offer
from argosy.domains.products.domain.price import Price
from argosy.domains.products.domain.product import AttributeValue, Product, Variant, category_id, sku_key
from argosy.engine.reads import By, by
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.errors import NotFound, RuleBroken, refuse
from argosy.shared_kernel.ids import Id


class SkuTaken(RuleBroken):
    """This seller has something else with this SKU."""


class VariantIdTaken(RuleBroken):
    """This id belongs to another variant."""


class NoSuchStockUnit(NotFound):
    """There is no such stock unit among this seller's."""


class Making:
    """Shared by the services that describe products."""

    def __init__(
        self,
        work: UnitOfWork,
        products: Repository[Product],
        prices: Repository[Price],
        offers: Repository[Offer],
        categories: Repository[Category],
    ) -> None:
        self.work = work
        self.products = products
        self.prices = prices
        self.offers = offers
        self.categories = categories

    def demands_of(self, category: str) -> Demands:
        """What its category demands of a product."""
        id = category_id(category)
        return Demands.of(self.categories.find(id) if id is not None else None)

    def categories_of(self, product_id: str) -> list[Id]:
        """Where the demands upon a product are looked up."""
        found = ids(product_id)
        product = self.products.find(found[0]) if found else None
        return category_ids(product.category) if product is not None else []

    def typed(self, demands: Demands, attributes: Sequence[Attribute], where: str) -> tuple[Attribute, ...]:
        """The attributes as their category writes them; refused with all that it does not allow."""
        written, faults = typed(demands.rules, attributes, where)
        refuse(faults)
        return tuple(written)

    def made(
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

    def offer(self, product: Product, variant: Variant) -> None:
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

    def draw_on(self, stock_unit_id: Id, product: Product) -> None:
        """Refuse stock that is not this seller's."""
        own = {one.id for one in product.variants}
        if stock_unit_id in own or is_trusted(self.work.actor):
            return
        unit = self.offers.find(stock_unit_id)
        if unit is None or unit.seller_id != product.seller_id:
            raise NoSuchStockUnit(stock_unit_id=stock_unit_id)


def category_ids(category: str) -> list[Id]:
    id = category_id(category.strip())
    return [id] if id is not None else []


def offers_meant(seller_id: Id, variants: Sequence[NewVariant]) -> list[By | Id]:
    """The offers that would be in the way of these variants, or whose stock they draw on."""
    wanted: list[By | Id] = []
    for one in variants:
        wanted.append(by("sku_key", sku_key(seller_id, one.sku.strip())))
        wanted += ids(variant_id_of(seller_id, one), one.stock_unit_id)
    return wanted
