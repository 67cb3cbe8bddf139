"""Options: variants along axes, and what is said of a product beside its texts."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.contracts.products import (
    AddVariant,
    Attribute,
    CombineOptions,
    LinkStock,
    OptionAxis,
    ProductPublished,
    PublishProduct,
    SetOptions,
    SetSlug,
    SetTexts,
    SetVisibility,
)
from argosy.domains.products.application.making import NoSuchStockUnit
from argosy.domains.products.application.ownership import NoSuchProduct
from argosy.domains.products.domain.offer import Offer
from argosy.domains.products.domain.option import NoOptionsToCombine, OptionsDoNotFit
from argosy.domains.products.domain.product import Product
from argosy.domains.products.domain.slug import MalformedSlug, Slug, SlugTaken
from argosy.shared_kernel.errors import Several
from tests.domains.products.stage import AS_SELLER, AS_STRANGER, MUG, ProductsStage, product, variant
from tests.support import an_id

COLOURS = OptionAxis(name="colour", values=("blue", "red"))
SIZES = OptionAxis(name="size", values=("S", "M"))


@pytest.fixture
def stage() -> ProductsStage:
    return ProductsStage()


def axes(*said: OptionAxis) -> SetOptions:
    return SetOptions(product_id=MUG, axes=said)


def chosen(stage: ProductsStage) -> dict[str, dict[str, str]]:
    """What each SKU has of each attribute."""
    kept = stage.one(Product, MUG)
    return {one.sku: {said.name: said.value for said in kept.attributes_of(one.id)} for one in kept.variants}


def combine(amount: int = 900) -> CombineOptions:
    return CombineOptions(product_id=MUG, amount=amount, currency="EUR", weight_grams=250)


def test_every_combination_becomes_a_variant_that_can_be_sold_and_once(stage: ProductsStage) -> None:
    stage.create(
        variant("blue", attributes=(Attribute(name="colour", value="blue"), Attribute(name="size", value="S")))
    )
    stage.send(axes(COLOURS, SIZES), actor=AS_SELLER)
    stage.send(combine(), actor=AS_SELLER)
    assert chosen(stage) == {
        "blue": {"colour": "blue", "size": "S"},
        "mug-BLUE-M": {"colour": "blue", "size": "M"},
        "mug-RED-S": {"colour": "red", "size": "S"},
        "mug-RED-M": {"colour": "red", "size": "M"},
    }
    assert sorted(one.unit_amount for one in stage.all(Offer)) == [900, 900, 900, 1_250]
    stage.send(combine(1), actor=AS_SELLER)
    assert len(stage.all(Offer)) == 4
    assert stage.undeclared_loads == 0
    (told,) = stage.send(PublishProduct(product_id=MUG))
    assert isinstance(told, ProductPublished)
    assert told.options == (COLOURS, SIZES)


def test_a_variant_beside_the_axes_or_upon_another_is_refused(stage: ProductsStage) -> None:
    stage.create(variant("blue"))
    stage.send(axes(COLOURS), actor=AS_SELLER)
    for wrong in (variant("azure", attributes=(Attribute(name="colour", value="blue"),)), variant("green")):
        with pytest.raises(OptionsDoNotFit) as caught:
            stage.send(AddVariant(product_id=MUG, variant=wrong))
        assert caught.value.details == {"product_id": MUG, "skus": [wrong.sku]}
    stage.send(AddVariant(product_id=MUG, variant=variant("red")))
    with pytest.raises(OptionsDoNotFit) as caught:
        stage.send(axes(OptionAxis(name="colour", values=("red", "green"))), actor=AS_SELLER)
    assert caught.value.details["skus"] == ["blue"]
    assert sorted(chosen(stage)) == ["blue", "red"]


def test_all_that_is_wrong_with_axes_is_said_at_once(stage: ProductsStage) -> None:
    stage.create()
    wrong = axes(
        OptionAxis(name="", values=("a", "a")), OptionAxis(name="x", values=("",)), OptionAxis(name="x", values=("1",))
    )
    with pytest.raises(Several) as caught:
        stage.send(wrong, actor=AS_SELLER)
    assert [(fault.code, fault.details["field"]) for fault in caught.value.faults] == [
        ("text_is_missing", "axes.0.name"),
        ("option_repeats", "axes.0.values"),
        ("text_is_missing", "axes.1.values.0"),
        ("option_repeats", "axes"),
    ]
    with pytest.raises(Exception, match="too_many_options"):
        stage.send(
            axes(*(OptionAxis(name=name, values=tuple(map(str, range(15)))) for name in ("a", "b"))), actor=AS_SELLER
        )
    with pytest.raises(NoOptionsToCombine):
        stage.send(combine(), actor=AS_SELLER)


def test_a_pack_draws_several_pieces_of_anothers_stock_unit(stage: ProductsStage) -> None:
    stage.publish(variant("blue"), variant("six"))
    link = LinkStock(product_id=MUG, variant_id=an_id("six"), stock_unit_id=an_id("blue"), units_each=6)
    (told,) = stage.send(link, actor=AS_SELLER)
    assert isinstance(told, ProductPublished)
    assert [(one.sku, one.stock_unit_id, one.units_each) for one in told.variants] == [
        ("blue", an_id("blue"), 1),
        ("six", an_id("blue"), 6),
    ]
    offer = stage.one(Offer, an_id("six"))
    assert (offer.stock_unit_id, offer.units_each) == (an_id("blue"), 6)
    assert stage.send(link, actor=AS_SELLER) == []
    with pytest.raises(NoSuchStockUnit):
        stage.send(
            LinkStock(product_id=MUG, variant_id=an_id("six"), stock_unit_id=an_id("nobody's"), units_each=1),
            actor=AS_SELLER,
        )


def test_an_address_is_made_of_the_title_and_old_ones_lead_to_it(stage: ProductsStage) -> None:
    stage.publish()
    assert stage.one(Product, MUG).slug == "a-mug"
    stage.send(SetSlug(product_id=MUG, slug="blue-mug"), actor=AS_SELLER)
    assert stage.one(Product, MUG).slug == "blue-mug"
    assert {one.text: one.product_id for one in stage.all(Slug)} == {"a-mug": MUG, "blue-mug": MUG}
    other = stage.publish(variant("cup"), product_id=an_id("cup"), sku="cup")
    assert stage.one(Product, other).slug.startswith("a-mug-")
    with pytest.raises(SlugTaken):
        stage.send(SetSlug(product_id=other, slug="a-mug"))
    stage.send(SetSlug(product_id=MUG, slug="a-mug"), actor=AS_SELLER)
    assert stage.one(Product, MUG).slug == "a-mug"
    for wrong in ("", "A", "a--b", "-a", "a b", "ä", "x" * 81):
        with pytest.raises(MalformedSlug):
            stage.send(SetSlug(product_id=MUG, slug=wrong))
    assert stage.undeclared_loads == 0


def test_a_title_without_latin_letters_has_an_address_too(stage: ProductsStage) -> None:
    stage.publish(title="茶碗")
    assert stage.one(Product, MUG).slug == MUG[-12:]


def test_texts_in_other_languages_are_told_and_taken_away(stage: ProductsStage) -> None:
    stage.publish()
    (told,) = stage.send(
        SetTexts(product_id=MUG, locale="pt-BR", title="Uma caneca", description="Para café."), actor=AS_SELLER
    )
    assert isinstance(told, ProductPublished)
    assert [(one.locale, one.title, one.description) for one in told.texts] == [("pt-BR", "Uma caneca", "Para café.")]
    (told,) = stage.send(SetTexts(product_id=MUG, locale="pt-BR", title=""), actor=AS_SELLER)
    assert isinstance(told, ProductPublished)
    assert told.texts == ()
    with pytest.raises(Several) as caught:
        stage.send(SetTexts(product_id=MUG, locale="portuguese", title="x" * 501), actor=AS_SELLER)
    assert [fault.code for fault in caught.value.faults] == ["malformed_locale", "text_is_too_long"]


def test_what_is_unlisted_is_told_as_such(stage: ProductsStage) -> None:
    stage.publish()
    (told,) = stage.send(SetVisibility(product_id=MUG, visibility="unlisted"), actor=AS_SELLER)
    assert isinstance(told, ProductPublished)
    assert told.visibility == "unlisted"
    with pytest.raises(Exception, match="not_a_visibility"):
        stage.send(SetVisibility(product_id=MUG, visibility="hidden"), actor=AS_SELLER)


@pytest.mark.parametrize(
    "message",
    [
        axes(COLOURS),
        combine(),
        LinkStock(product_id=MUG, variant_id=an_id("blue"), stock_unit_id=an_id("blue"), units_each=2),
        SetSlug(product_id=MUG, slug="mine"),
        SetTexts(product_id=MUG, locale="pt", title="x"),
        SetVisibility(product_id=MUG, visibility="unlisted"),
    ],
    ids=lambda message: type(message).__name__,
)
def test_a_stranger_describes_nothing(stage: ProductsStage, message: Any) -> None:
    stage.send(product())
    with pytest.raises(NoSuchProduct) as caught:
        stage.send(message, actor=AS_STRANGER)
    assert caught.value.details == {"product_id": MUG}
