"""Describing products, putting them on sale, taking them off."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from argosy.contracts.products import (
    AddVariant,
    ArchiveProduct,
    Attribute,
    ListedVariant,
    ProductArchived,
    ProductCreated,
    ProductPublished,
    ProductUnpublished,
    ProductUpdated,
    PublishProduct,
    SetPrice,
    StockedVariant,
    UnpublishProduct,
    UpdateProduct,
)
from argosy.domains.products.application.catalogue import ProductIdTaken
from argosy.domains.products.application.making import NoSuchStockUnit, SkuTaken, VariantIdTaken
from argosy.domains.products.application.ownership import NoSuchProduct, NotYoursToChoose, SellerIsMissing, SellersOnly
from argosy.domains.products.domain.offer import Offer
from argosy.domains.products.domain.price import Price
from argosy.domains.products.domain.product import (
    ARCHIVED,
    DRAFT,
    MOVES,
    PUBLISHED,
    Product,
    ProductIsArchived,
    ProductNotReady,
    category_id,
    sku_key,
)
from argosy.shared_kernel.errors import Several
from argosy.shared_kernel.ids import named_id
from argosy.shared_kernel.messages import Message
from tests.domains.products.stage import (
    AS_BUYER,
    AS_SELLER,
    AS_STAFF,
    AS_STRANGER,
    MUG,
    SELLER,
    STRANGER,
    ProductsStage,
    product,
    variant,
)
from tests.support import an_id

BLUE, RED = an_id("blue"), an_id("red")


@pytest.fixture
def stage() -> ProductsStage:
    return ProductsStage()


def test_a_new_product_is_a_draft_with_an_offer_not_on_sale(stage: ProductsStage) -> None:
    told = stage.send(product())
    assert stage.result == MUG
    (variant_,) = stage.one(Product, MUG).variants
    stocked = (StockedVariant(variant_id=variant_.id, stock_unit_id=variant_.stock_unit_id, sku="blue"),)
    assert told == [ProductCreated(product_id=MUG, seller_id=SELLER, sku="mug", title="A mug", variants=stocked)]
    assert stage.one(Product, MUG).status == DRAFT
    (price,) = stage.all(Price)
    expected = Offer(
        id=BLUE,
        version=1,
        sku_key=sku_key(SELLER, "blue"),
        product_id=MUG,
        seller_id=SELLER,
        sku="blue",
        title="A mug",
        unit_amount=1_250,
        currency="EUR",
        price_id=price.id,
        stock_unit_id=BLUE,
        units_each=1,
        weight_grams=300,
        volume_mm3=720_000,
        category="kitchen",
        tax_category="standard",
        is_on_sale=False,
    )
    assert stage.one(Offer, BLUE).same_as(expected)
    assert (price.variant_id, price.amount, price.effective_from) == (BLUE, 1_250, stage.clock.now())
    assert stage.undeclared_loads == 0


def test_creating_a_product_again_with_its_id_changes_nothing(stage: ProductsStage) -> None:
    stage.publish()
    commits = stage.store.commits
    assert stage.send(product(title="Another title")) == []
    assert stage.result == MUG
    assert stage.one(Product, MUG).title == "A mug"
    assert stage.store.commits == commits
    assert stage.undeclared_loads == 0


def test_a_seller_gets_the_same_ids_for_the_same_sku(stage: ProductsStage) -> None:
    described = product(variant(variant_id=None), product_id=None, seller_id=None)
    stage.send(described, actor=AS_SELLER)
    first = stage.result
    (made,) = stage.one(Product, first).variants
    with pytest.raises(SkuTaken):
        stage.send(described, actor=AS_SELLER)
    stage.send(described, actor=AS_STRANGER)
    (other,) = stage.one(Product, stage.result).variants
    assert len({first, stage.result, made.id, other.id}) == 4
    assert made.stock_unit_id == made.id
    assert stage.undeclared_loads == 0


def test_a_sku_is_unique_per_seller_for_products_and_for_variants(stage: ProductsStage) -> None:
    stage.create()
    with pytest.raises(SkuTaken):
        stage.create(variant("red"), product_id=an_id("other"))
    with pytest.raises(SkuTaken):
        stage.create(variant("blue", variant_id=an_id("x")), product_id=an_id("other"), sku="other")
    assert len(stage.all(Product)) == len(stage.all(Offer)) == 1
    stage.create(variant("blue", variant_id=an_id("x")), product_id=an_id("other"), seller_id=STRANGER)
    assert len(stage.all(Product)) == 2


def test_ids_that_belong_to_others_are_refused(stage: ProductsStage) -> None:
    stage.create()
    with pytest.raises(ProductIdTaken):
        stage.create(sku="other")
    with pytest.raises(VariantIdTaken):
        stage.create(variant("red", variant_id=BLUE), product_id=an_id("other"), sku="other")
    assert len(stage.all(Product)) == 1


def test_only_staff_and_the_system_choose_ids_and_sellers(stage: ProductsStage) -> None:
    free = product(variant(variant_id=None), product_id=None, seller_id=None)
    for command, error in [
        (product(seller_id=None), NotYoursToChoose),
        (product(product_id=None, seller_id=None), NotYoursToChoose),
        (product(product_id=None, seller_id=STRANGER), SellersOnly),
    ]:
        with pytest.raises(error):
            stage.send(command, actor=AS_SELLER)
    with pytest.raises(SellersOnly):
        stage.send(free, actor=AS_BUYER)
    with pytest.raises(SellerIsMissing):
        stage.send(free, actor=AS_STAFF)
    assert stage.all(Product) == stage.all(Offer) == stage.all(Price) == []


def test_nobody_sells_from_anothers_stock(stage: ProductsStage) -> None:
    stage.create()
    pack = variant("pack", variant_id=None, stock_unit_id=BLUE, units_each=6)
    for unit in (BLUE, an_id("nothing")):
        with pytest.raises(NoSuchStockUnit):
            stage.create(
                variant("pack", variant_id=None, stock_unit_id=unit),
                product_id=None,
                seller_id=None,
                sku="pack",
                actor=AS_STRANGER,
            )
    stage.create(pack, product_id=None, seller_id=None, sku="pack", actor=AS_SELLER)
    (offer,) = [offer for offer in stage.all(Offer) if offer.sku == "pack"]
    assert (offer.stock_unit_id, offer.units_each) == (BLUE, 6)
    assert stage.undeclared_loads == 0


def test_publishing_tells_the_whole_product(stage: ProductsStage) -> None:
    stage.create(variant("blue"), variant("red", 1_300))
    told = stage.send(PublishProduct(product_id=MUG), actor=AS_SELLER)
    listed = [
        ListedVariant(
            variant_id=an_id(name),
            sku=name,
            amount=amount,
            currency="EUR",
            attributes=(Attribute(name="colour", value=name),),
            stock_unit_id=an_id(name),
            units_each=1,
            weight_grams=300,
        )
        for name, amount in (("blue", 1_250), ("red", 1_300))
    ]
    assert told == [
        ProductPublished(
            product_id=MUG,
            seller_id=SELLER,
            sku="mug",
            title="A mug",
            description="Holds coffee.\nAnd tea.",
            category="kitchen",
            images=("https://img.example/1.jpg",),
            attributes=(Attribute(name="material", value="clay"),),
            variants=tuple(listed),
            slug="a-mug",
        )
    ]
    assert all(offer.is_on_sale for offer in stage.all(Offer))
    assert stage.send(PublishProduct(product_id=MUG)) == []
    assert len(stage.store.logged[Product, "publications"]) == 1
    assert stage.undeclared_loads == 0


def test_all_that_a_product_lacks_is_said_at_once(stage: ProductsStage) -> None:
    stage.create(variant("blue", 0, attributes=()), variant("red", currency="USD"), title=" ", category="")
    stage.send(msgspec.structs.replace(product(product_id=an_id("bare"), sku="bare"), variants=()))
    with pytest.raises(ProductNotReady) as refused:
        stage.send(PublishProduct(product_id=MUG))
    assert refused.value.details == {
        "product_id": MUG,
        "missing": ["title", "category", "price", "variant_attributes", "one_currency"],
    }
    with pytest.raises(ProductNotReady) as refused:
        stage.send(PublishProduct(product_id=an_id("bare")))
    assert refused.value.details["missing"] == ["variants"]
    assert not any(offer.is_on_sale for offer in stage.all(Offer))


def test_one_variant_needs_no_attributes(stage: ProductsStage) -> None:
    stage.publish(variant(attributes=()))
    assert stage.one(Product, MUG).status == PUBLISHED


def test_texts_change_in_the_product_and_its_offers(stage: ProductsStage) -> None:
    stage.publish()
    told = stage.send(UpdateProduct(product_id=MUG, title=" A cup ", category="cups"), actor=AS_SELLER)
    assert told == [
        ProductUpdated(product_id=MUG, title="A cup", description="Holds coffee.\nAnd tea.", category="cups")
    ]
    offer = stage.one(Offer, BLUE)
    assert (offer.title, offer.category) == ("A cup", "cups")
    assert stage.send(UpdateProduct(product_id=MUG, title="A cup")) == []
    assert stage.undeclared_loads == 0


def test_what_is_on_sale_cannot_lose_its_title(stage: ProductsStage) -> None:
    stage.publish()
    with pytest.raises(ProductNotReady):
        stage.send(UpdateProduct(product_id=MUG, title=" "))
    assert stage.one(Product, MUG).title == stage.one(Offer, BLUE).title == "A mug"


def test_a_draft_that_never_was_on_sale_tells_no_update(stage: ProductsStage) -> None:
    stage.create()
    assert stage.send(UpdateProduct(product_id=MUG, title="A cup")) == []
    assert stage.one(Product, MUG).title == "A cup"


def test_a_variant_joins_a_product_on_sale(stage: ProductsStage) -> None:
    stage.publish()
    told = stage.send(AddVariant(product_id=MUG, variant=variant("red", 900, variant_id=None)), actor=AS_SELLER)
    red = stage.result
    (published,) = told
    assert isinstance(published, ProductPublished)
    assert [one.variant_id for one in published.variants] == [BLUE, red]
    assert stage.one(Offer, red).is_on_sale
    assert stage.send(AddVariant(product_id=MUG, variant=variant("red", 1, variant_id=None)), actor=AS_SELLER) == []
    assert stage.result == red
    assert [price.amount for price in stage.all(Price)] == [1_250, 900]
    assert stage.undeclared_loads == 0


def test_an_unpriced_variant_cannot_join_a_product_on_sale(stage: ProductsStage) -> None:
    stage.publish()
    with pytest.raises(ProductNotReady) as refused:
        stage.send(AddVariant(product_id=MUG, variant=variant("red", 0)))
    assert refused.value.details["missing"] == ["price"]
    assert len(stage.all(Offer)) == len(stage.one(Product, MUG).variants) == 1


def test_unpublishing_takes_every_offer_off_sale(stage: ProductsStage) -> None:
    stage.publish()
    stage.clock.tick(days=1)
    assert stage.send(UnpublishProduct(product_id=MUG), actor=AS_SELLER) == [ProductUnpublished(product_id=MUG)]
    assert not stage.one(Offer, BLUE).is_on_sale
    assert stage.send(UnpublishProduct(product_id=MUG)) == []
    on, off = stage.store.logged[Product, "publications"]
    assert (on.status, on.unlisted_at) == (PUBLISHED, None)
    assert (off.status, off.published_at, off.unlisted_at) == (DRAFT, on.published_at, stage.clock.now())
    assert stage.undeclared_loads == 0


def test_archiving_is_for_good(stage: ProductsStage) -> None:
    stage.publish()
    assert stage.send(ArchiveProduct(product_id=MUG), actor=AS_SELLER) == [ProductArchived(product_id=MUG)]
    assert stage.send(ArchiveProduct(product_id=MUG)) == []
    assert not stage.one(Offer, BLUE).is_on_sale
    for command in (
        PublishProduct(product_id=MUG),
        UnpublishProduct(product_id=MUG),
        UpdateProduct(product_id=MUG, title="New"),
        AddVariant(product_id=MUG, variant=variant("red")),
        SetPrice(product_id=MUG, variant_id=BLUE, amount=1, currency="EUR"),
    ):
        with pytest.raises(ProductIsArchived):
            stage.send(command)
    assert stage.one(Product, MUG).status == ARCHIVED
    assert stage.undeclared_loads == 0


COMMANDS: list[Message] = [
    PublishProduct(product_id=MUG),
    UnpublishProduct(product_id=MUG),
    ArchiveProduct(product_id=MUG),
    UpdateProduct(product_id=MUG, title="Mine"),
    AddVariant(product_id=MUG, variant=variant("red", variant_id=None)),
    SetPrice(product_id=MUG, variant_id=BLUE, amount=1, currency="EUR"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_a_stranger_learns_nothing_and_changes_nothing(stage: ProductsStage, command: Any) -> None:
    nothing = msgspec.structs.replace(command, product_id=an_id("nothing"))
    garbled = msgspec.structs.replace(command, product_id="no id")
    stage.publish()
    commits = stage.store.commits
    for actor in (AS_STRANGER, AS_BUYER):
        answers = []
        for asked in (command, nothing, garbled):
            with pytest.raises(NoSuchProduct) as refused:
                stage.send(asked, actor=actor)
            answers.append((refused.value.code, list(refused.value.details)))
        assert answers[0] == answers[1] == answers[2]
    assert stage.store.commits == commits
    assert stage.one(Product, MUG).title == "A mug"
    for actor in (AS_STAFF, AS_SELLER):
        stage.send(command, actor=actor)


def test_everything_wrong_with_a_product_is_said_at_once(stage: ProductsStage) -> None:
    bad = variant(
        "",
        -1,
        currency="XXX",
        units_each=0,
        weight_grams=-1,
        height_mm=10**6,
        stock_unit_id="no id",
        attributes=(Attribute(name="", value="x"),),
    )
    with pytest.raises(Several) as refused:
        stage.send(
            product(
                bad,
                variant("red"),
                variant("red"),
                title="a\0b",
                tax_category="A b",
                product_id="1",
                images=("javascript:alert(1)", "https://img.example/a b"),
            )
        )
    codes = [fault.code for fault in refused.value.faults]
    assert codes == [
        "text_has_controls",
        "malformed_tax_category",
        "malformed_picture_address",
        "malformed_picture_address",
        "not_an_id",
        "text_is_missing",
        "number_out_of_range",
        "unknown_currency",
        "number_out_of_range",
        "number_out_of_range",
        "number_out_of_range",
        "not_an_id",
        "text_is_missing",
        "sku_repeats",
        "variant_id_repeats",
    ]
    assert stage.all(Product) == stage.all(Offer) == []


def test_the_readme_states_every_legal_move() -> None:
    readme = Path(__file__).parents[3] / "argosy" / "domains" / "products" / "README.md"
    rows = re.findall(r"^\| ([A-Z]+) \| ([A-Z]+) \|", readme.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(rows) == MOVES
    assert len(rows) == len(MOVES)


def test_each_state_moves_where_it_may_and_nowhere_else() -> None:
    commands = {PUBLISHED: PublishProduct, DRAFT: UnpublishProduct, ARCHIVED: ArchiveProduct}
    for start in (DRAFT, PUBLISHED, ARCHIVED):
        for target, command in commands.items():
            stage = ProductsStage()
            stage.create()
            if start != DRAFT:
                stage.send(PublishProduct(product_id=MUG))
            if start == ARCHIVED:
                stage.send(ArchiveProduct(product_id=MUG))
            with suppress(ProductIsArchived):
                stage.send(command(product_id=MUG))
            expected = target if (start, target) in MOVES else start
            assert stage.one(Product, MUG).status == expected, (start, target)
            assert stage.one(Offer, BLUE).is_on_sale == (expected == PUBLISHED)


def test_a_categorys_id_is_its_names() -> None:
    assert category_id("health_beauty") == named_id("category", "health_beauty")
    assert category_id("") is None
