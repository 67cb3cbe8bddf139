"""What a file says of other currencies, sales, languages and options, from its columns to the product."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from argosy.contracts.products_transfers import ImportedPrice, ImportedSale, ImportedTexts, ImportProduct
from argosy.domains.products.adapters.inbound.product_files import entries, written
from argosy.domains.products.application.importing import CHANGED, MADE, UNCHANGED
from argosy.domains.products.application.pricing import NoSuchVariant
from argosy.domains.products.domain.product import Product
from argosy.domains.products.domain.sale import SaleLowersNothing
from tests.domains.products.stage import AS_SELLER, ProductsStage


@pytest.fixture
def stage() -> ProductsStage:
    return ProductsStage()


def shirt(stage: ProductsStage) -> dict[str, Any]:
    """As an export says it."""
    now = stage.clock.now()
    return {
        "sku": "shirt",
        "title": "A shirt",
        "description": "Cotton.",
        "category": "clothes",
        "tax_category": "standard",
        "status": "published",
        "locale": "en",
        "story": "<p>Sewn by <strong>hand</strong>,\n twice.</p>",
        "attributes": [],
        "images": [],
        "options": [{"name": "size", "values": ["S", "M"]}, {"name": "colour", "values": ["red", 'b"l|u,e']}],
        "texts": [
            {"locale": "de", "title": "Ein Hemd", "words": [{"word": "red", "said": "rot\nund rund"}]},
            {"locale": "pt-BR", "description": "Linhas\n\ne mais", "story": "<p>Bom</p>"},
        ],
        "variants": [
            {
                "sku": f"shirt-{size}",
                "amount": 2_000,
                "currency": "EUR",
                "attributes": [{"name": "size", "value": size}, {"name": "colour", "value": "red"}],
                "weight_grams": 90,
                "length_mm": 0,
                "width_mm": 0,
                "height_mm": 0,
            }
            for size in ("S", "M")
        ],
        "prices": [
            {
                "sku": "shirt-S",
                "currency": "EUR",
                "amount": 2_000,
                "sales": [{"amount": 1_500, "ends_at": now + timedelta(days=9)}],
            },
            {"sku": "shirt-S", "currency": "JPY", "amount": 3_000},
            {
                "sku": "shirt-M",
                "currency": "USD",
                "amount": 2_500,
                "sales": [
                    {
                        "amount": 2_100,
                        "starts_at": now + timedelta(days=3, microseconds=1),
                        "ends_at": now + timedelta(days=5),
                    },
                    {"amount": 1_999, "starts_at": now + timedelta(days=6), "ends_at": now + timedelta(days=8)},
                ],
            },
        ],
    }


def in_file(said: dict[str, Any], kind: str) -> ImportProduct:
    (entry,) = entries(written([said], kind), kind)
    assert entry.product is not None, entry.refusal
    return entry.product


def sent(stage: ProductsStage, command: ImportProduct) -> str:
    stage.send(command, actor=AS_SELLER)
    return str(stage.result)


def in_order(said: ImportProduct) -> ImportProduct:
    return msgspec.structs.replace(
        said,
        attributes=said.attributes or (),
        prices=tuple(sorted(said.prices, key=lambda one: (one.sku, one.currency))),
        texts=tuple(sorted(said.texts, key=lambda one: one.locale)),
    )


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_both_kinds_of_file_say_all_of_it(stage: ProductsStage, kind: str) -> None:
    plain = {"sku": "plain", "title": "Plain", "description": "", "category": "home", "tax_category": "standard"}
    plain |= {"status": "draft", "attributes": [], "images": [], "variants": []}
    both = [shirt(stage), plain]
    first, second = [one.product for one in entries(written(both, kind), kind)]
    assert first is not None and second is not None
    assert in_order(first) == in_order(msgspec.convert(msgspec.to_builtins(shirt(stage)), ImportProduct))
    assert (second.prices, second.texts, second.options, second.story) == ((), (), None, None)


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_all_of_it_makes_a_product_and_the_same_again_changes_nothing(stage: ProductsStage, kind: str) -> None:
    command = in_file(shirt(stage), kind)
    assert sent(stage, command) == MADE
    (product,) = stage.all(Product)
    small, middle = product.variants
    assert (product.locale, product.story) == ("en", shirt(stage)["story"])
    assert [(axis.name, axis.values) for axis in product.axes] == [("size", ("S", "M")), ("colour", ("red", 'b"l|u,e'))]
    assert {one.locale: one.title for one in product.texts} == {"de": "Ein Hemd", "pt-BR": ""}
    assert (small.price, small.sale_ends_at) == (1_500, stage.clock.now() + timedelta(days=9))
    assert [(one.currency, one.amount) for one in small.other_prices] == [("JPY", 3_000)]
    assert [(one.currency, one.amount) for one in middle.other_prices] == [("USD", 2_500)], "its sales are to come"
    assert sent(stage, command) == UNCHANGED
    stage.clock.tick(days=4)
    assert sent(stage, command) == UNCHANGED, "a sale that has begun meanwhile is the same sale"
    stage.clock.tick(days=30)
    assert sent(stage, in_file({**shirt(stage), "prices": shirt(stage)["prices"][1:2]}, kind)) == CHANGED


def test_what_is_said_is_changed_alone(stage: ProductsStage) -> None:
    assert sent(stage, in_file(shirt(stage), "jsonl")) == MADE
    prices = (ImportedPrice(sku="shirt-S", currency="JPY", amount=3_300),)
    later = ImportProduct(sku="shirt", story="", prices=prices, texts=(ImportedTexts(locale="de", title="Hemd"),))
    assert sent(stage, later) == CHANGED
    assert sent(stage, later) == UNCHANGED
    (product,) = stage.all(Product)
    assert (product.story, product.variants[0].price) == ("", 1_500)
    assert {one.locale: (one.title, one.words) for one in product.texts} == {"de": ("Hemd", ()), "pt-BR": ("", ())}
    assert [(one.currency, one.amount) for one in product.variants[0].other_prices] == [("JPY", 3_300)]


def test_a_sale_that_is_over_says_nothing_and_one_that_lowers_nothing_is_refused_whole(stage: ProductsStage) -> None:
    assert sent(stage, in_file(shirt(stage), "jsonl")) == MADE
    before = [(one.price, one.other_prices) for one in stage.all(Product)[0].variants]

    def said(sku: str, amount: int, days: int) -> ImportProduct:
        sale = ImportedSale(amount=amount, ends_at=stage.clock.now() + timedelta(days=days))
        return ImportProduct(sku="shirt", prices=(ImportedPrice(sku=sku, currency="EUR", sales=(sale,)),))

    assert sent(stage, said("shirt-M", 1_000, -1)) == UNCHANGED
    for refused, error in ((said("shirt-M", 2_000, 3), SaleLowersNothing), (said("shirt-L", 1_000, 3), NoSuchVariant)):
        with pytest.raises(error):
            stage.send(msgspec.structs.replace(refused, title="Another"), actor=AS_SELLER)
    (product,) = stage.all(Product)
    assert (product.title, [(one.price, one.other_prices) for one in product.variants]) == ("A shirt", before)
