"""Products on a stage, with a seller, a stranger, and a product to begin with."""

from __future__ import annotations

from typing import Any

import msgspec

from argosy.contracts.products import Attribute, CreateProduct, NewVariant, PublishProduct, QuoteLines, WantedLine
from argosy.domains.products.application.standing import OnSale
from argosy.domains.products.context import SERVICES, build
from argosy.domains.products.domain.category import Category
from argosy.domains.products.domain.offer import Offer
from argosy.domains.products.domain.product import PUBLISHED, Product
from argosy.engine.work import Actor
from argosy.platform.rich_text import clean
from argosy.shared_kernel.ids import Id
from tests.support import Stage, an_id

SELLER, STRANGER = an_id("seller"), an_id("stranger")
AS_SELLER = Actor(id=an_id("ana"), roles=frozenset({"buyer", "seller"}), seller_id=SELLER)
AS_STRANGER = Actor(id=an_id("bo"), roles=frozenset({"buyer", "seller"}), seller_id=STRANGER)
AS_BUYER = Actor(id=an_id("cy"), roles=frozenset({"buyer"}))
AS_STAFF = Actor(id=an_id("di"), roles=frozenset({"staff"}))
MUG = an_id("mug")


class ProductsStage(Stage):
    """Fails the test on any load that no use case declared, once `check` is called."""

    def __init__(self) -> None:
        super().__init__(
            SERVICES,
            lambda work: build(work, self.below, clean, self.withheld_otherwise),
            unique=((Product, ("sku_key",)), (Offer, ("sku_key",))),
        )
        self.store.keep_logs(Product, "publications")

    def below(self, category_id: Id) -> list[Id]:
        """What the database's look-up finds, in memory."""
        found: list[Id] = []
        level = [category_id]
        while level:
            level = sorted(one.id for one in self.all(Category) if one.parent_id in level)
            found += level
        return found

    def withheld_otherwise(self, seller_id: Id, withheld: str, after: Id | None, limit: int) -> list[OnSale]:
        """What the database's look-up finds, in memory."""
        found = sorted(
            (
                one
                for one in self.all(Product)
                if (one.seller_id, one.status) == (seller_id, PUBLISHED)
                and one.withheld != withheld
                and one.id > (after or "")
            ),
            key=lambda one: one.id,
        )
        return [OnSale(one.id, [variant.id for variant in one.variants]) for one in found[:limit]]

    def create(self, *variants: NewVariant, actor: Actor | None = None, **more: Any) -> Id:
        """A draft; its id."""
        command = product(*variants, **more)
        self.send(command, **({"actor": actor} if actor else {}))
        return Id(self.result)

    def publish(self, *variants: NewVariant, **more: Any) -> Id:
        """A product on sale; its id."""
        product_id = self.create(*variants, **more)
        self.send(PublishProduct(product_id=product_id))
        return product_id

    def quote(self, *lines: tuple[Id, Id, int]) -> Any:
        """The answer to a quote of (product, variant, quantity)."""
        wanted = tuple(
            WantedLine(line_no=number, product_id=product_id, variant_id=variant_id, quantity=quantity)
            for number, (product_id, variant_id, quantity) in enumerate(lines, 1)
        )
        (answer,) = self.send(QuoteLines(flow_id=an_id("flow"), lines=wanted))
        return answer


def variant(name: str = "blue", amount: int = 1_250, **more: Any) -> NewVariant:
    plain = NewVariant(
        sku=name,
        amount=amount,
        currency="EUR",
        variant_id=an_id(name),
        weight_grams=300,
        length_mm=100,
        width_mm=90,
        height_mm=80,
        attributes=(Attribute(name="colour", value=name),),
    )
    return msgspec.structs.replace(plain, **more)


def product(*variants: NewVariant, **more: Any) -> CreateProduct:
    plain = CreateProduct(
        product_id=MUG,
        seller_id=SELLER,
        sku="mug",
        title="A mug",
        category="kitchen",
        description="Holds coffee.\nAnd tea.",
        variants=variants or (variant(),),
        images=("https://img.example/1.jpg",),
        attributes=(Attribute(name="material", value="clay"),),
    )
    return msgspec.structs.replace(plain, **more)
