"""The tree of categories, and what it demands of products."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.contracts.products import AddVariant, Attribute, PublishProduct
from argosy.contracts.products_categories import (
    AddCategory,
    AttributeRule,
    CategoryChanged,
    MoveCategory,
    RenameCategory,
    SetCategoryAttributes,
)
from argosy.domains.products.application.categories import KeepersOnly
from argosy.domains.products.domain.category import (
    Category,
    CategoryCodeTaken,
    CategoryIsBelowItself,
    CategoryTooDeep,
    NoSuchCategory,
    code_of,
    value_of,
)
from argosy.domains.products.domain.product import Product, ProductNotReady
from argosy.shared_kernel.errors import Several
from argosy.shared_kernel.messages import Message
from tests.domains.products.stage import AS_SELLER, AS_STAFF, MUG, ProductsStage, product, variant

MATERIAL = AttributeRule(name="material", kind="choice", values=("Clay", "Glass"), is_required=True)
VOLUME = AttributeRule(name="volume", kind="number", unit="ml", is_required=True)
SIZE = AttributeRule(name="size", kind="choice", values=("S", "M"), is_required=True, of_variant=True)


@pytest.fixture
def stage() -> ProductsStage:
    stage = ProductsStage()
    tell(
        stage,
        AddCategory(code="home", name="Home"),
        AddCategory(code="kitchen", name="Kitchen", parent="home"),
        AddCategory(code="mugs", name="Mugs", parent="kitchen"),
        AddCategory(code="garden", name="Garden"),
    )
    return stage


def tell(stage: ProductsStage, *messages: Message) -> list[Message]:
    return [told for message in messages for told in stage.send(message, actor=AS_STAFF)]


def path(stage: ProductsStage, code: str) -> list[str]:
    names = {one.id: one.code for one in stage.all(Category)}
    return [names[id] for id in stage.one(Category, code_of(code)).path]


def rules(code: str, *said: AttributeRule) -> SetCategoryAttributes:
    return SetCategoryAttributes(code=code, attributes=said)


def demanded(stage: ProductsStage, code: str) -> list[str]:
    return [rule.name for rule in stage.one(Category, code_of(code)).rules]


def test_a_category_moves_with_all_below_it(stage: ProductsStage) -> None:
    assert path(stage, "mugs") == ["home", "kitchen"]
    told = tell(stage, MoveCategory(code="kitchen", parent="garden", position=2))
    assert told == [
        CategoryChanged(
            category_id=code_of("kitchen"), code="kitchen", name="Kitchen", parent_id=code_of("garden"), position=2
        )
    ]
    assert (path(stage, "kitchen"), path(stage, "mugs")) == (["garden"], ["garden", "kitchen"])
    tell(stage, MoveCategory(code="kitchen"))
    assert (path(stage, "kitchen"), path(stage, "mugs")) == ([], ["kitchen"])
    assert tell(stage, MoveCategory(code="kitchen")) == []


def test_no_category_is_below_itself_or_too_deep(stage: ProductsStage) -> None:
    for parent in ("kitchen", "mugs"):
        with pytest.raises(CategoryIsBelowItself):
            tell(stage, MoveCategory(code="kitchen", parent=parent))
    above = "mugs"
    for level in range(4, 9):
        tell(stage, AddCategory(code=f"level {level}", name="x", parent=above))
        above = f"level {level}"
    with pytest.raises(CategoryTooDeep):
        tell(stage, AddCategory(code="level 9", name="x", parent=above))
    with pytest.raises(CategoryTooDeep):
        tell(stage, MoveCategory(code="home", parent="garden"))
    assert path(stage, "mugs") == ["home", "kitchen"]


def test_a_category_is_added_once(stage: ProductsStage) -> None:
    assert tell(stage, AddCategory(code="mugs", name="Mugs", parent="kitchen")) == []
    with pytest.raises(CategoryCodeTaken):
        tell(stage, AddCategory(code="mugs", name="Mugs"))
    with pytest.raises(NoSuchCategory):
        tell(stage, AddCategory(code="cups", name="Cups", parent="nowhere"))
    with pytest.raises(KeepersOnly):
        stage.send(AddCategory(code="cups", name="Cups"), actor=AS_SELLER)
    (told,) = tell(stage, RenameCategory(code="mugs", name="Cups"))
    assert isinstance(told, CategoryChanged)
    assert (told.code, told.name) == ("mugs", "Cups")


def test_what_is_said_above_counts_below_and_follows_a_move(stage: ProductsStage) -> None:
    tell(stage, rules("kitchen", MATERIAL), rules("mugs", VOLUME), rules("garden", SIZE))
    assert demanded(stage, "mugs") == ["material", "volume"]
    tell(stage, MoveCategory(code="kitchen", parent="garden"))
    assert demanded(stage, "mugs") == ["size", "material", "volume"]
    tell(stage, rules("garden"))
    assert demanded(stage, "mugs") == ["material", "volume"]


def test_a_product_goes_on_sale_with_all_that_its_category_demands(stage: ProductsStage) -> None:
    tell(stage, rules("kitchen", MATERIAL, VOLUME, SIZE))
    stage.create(variant("blue"), attributes=())
    with pytest.raises(ProductNotReady) as caught:
        stage.send(PublishProduct(product_id=MUG))
    assert caught.value.details["missing"] == ["attributes.material", "attributes.volume"]
    # Attributes of variants are demanded only where there are several.
    with_size = (Attribute(name="size", value="m"), Attribute(name="colour", value="red"))
    stage.send(AddVariant(product_id=MUG, variant=variant("red", attributes=with_size)))
    with pytest.raises(ProductNotReady) as caught:
        stage.send(PublishProduct(product_id=MUG))
    assert caught.value.details["missing"] == ["attributes.material", "attributes.volume", "variants.blue.size"]


def test_values_are_written_as_their_category_writes_them(stage: ProductsStage) -> None:
    tell(stage, rules("kitchen", MATERIAL, VOLUME, SIZE))
    said = (
        Attribute(name="material", value="clay"),
        Attribute(name="volume", value="0.33 l"),
        Attribute(name="maker", value="Ana"),
    )
    stage.undeclared_loads = 0
    stage.publish(variant("blue"), attributes=said)
    kept = stage.one(Product, MUG).attributes_of(None)
    assert [(one.name, one.value) for one in kept] == [("material", "Clay"), ("volume", "330 ml"), ("maker", "Ana")]
    assert stage.undeclared_loads == 0


def test_all_values_that_are_not_allowed_are_named(stage: ProductsStage) -> None:
    tell(stage, rules("kitchen", MATERIAL, VOLUME))
    with pytest.raises(Several) as caught:
        stage.send(
            product(attributes=(Attribute(name="material", value="wood"), Attribute(name="volume", value="2 kg")))
        )
    assert [(fault.code, fault.details["field"]) for fault in caught.value.faults] == [
        ("attribute_not_allowed", "attributes.0"),
        ("attribute_not_allowed", "attributes.1"),
    ]
    assert caught.value.faults[0].details["values"] == ["Clay", "Glass"]


@pytest.mark.parametrize(
    ("kind", "unit", "text", "expected"),
    [
        ("number", "cm", "12.5", "12.5 cm"),
        ("number", "cm", "125 mm", "12.5 cm"),
        ("number", "cm", "1 in", "2.54 cm"),
        ("number", "kg", "500g", "0.5 kg"),
        ("number", "", "3", "3"),
        ("number", "", "3 cm", None),
        ("number", "cm", "3 kg", None),
        ("number", "cm", "1e3", None),
        ("number", "cm", "NaN", None),
        ("number", "cm", "٣", None),
        ("number", "cm", "1_000", None),
        ("boolean", "", "Yes", "true"),
        ("boolean", "", "0", None),
        ("text", "", "any words", "any words"),
    ],
)
def test_a_value_has_one_spelling(kind: str, unit: str, text: str, expected: str | None) -> None:
    assert value_of(AttributeRule(name="x", kind=kind, unit=unit), text) == expected


def test_all_that_is_wrong_with_rules_is_said_at_once(stage: ProductsStage) -> None:
    wrong: list[Any] = [
        AttributeRule(name=""),
        AttributeRule(name="a", kind="colour"),
        AttributeRule(name="b", kind="choice"),
        AttributeRule(name="c", kind="text", unit="cm"),
        AttributeRule(name="d", kind="number", unit="parsec"),
    ]
    with pytest.raises(Several) as caught:
        tell(stage, rules("mugs", *wrong))
    assert [fault.details["field"] for fault in caught.value.faults] == [
        "attributes.0.name",
        "attributes.1",
        "attributes.2.values",
        "attributes.3.unit",
        "attributes.4.unit",
    ]
