"""What sellers read of their own products, and that rows say what aggregates say: on the real database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError

from argosy.contracts.products import (
    AddVariant,
    ArchiveProduct,
    CreateProduct,
    PublishProduct,
    QuoteLines,
    SetPrice,
    UnpublishProduct,
    UpdateProduct,
    WantedLine,
)
from argosy.domains.products.adapters.outbound.models import OfferRow, ProductRow
from argosy.domains.products.adapters.outbound.queries import prices_of, product_of, products_of
from argosy.domains.products.domain.offer import Offer
from argosy.domains.products.domain.product import Product
from argosy.shared_kernel.clock import Clock
from argosy.shared_kernel.ids import named_id
from tests.domains.products.stage import MUG, SELLER, STRANGER, product, variant
from tests.marketplace import Marketplace
from tests.support import an_id

BLUE, RED = an_id("blue"), an_id("red")


def create(marketplace: Marketplace, command: CreateProduct | None = None) -> None:
    marketplace.do("products", command or product(variant("blue"), variant("red", 1_300)))


def test_a_seller_reads_their_own_products_only(marketplace: Marketplace) -> None:
    create(marketplace)
    own = product_of(MUG, SELLER)
    assert own is not None
    assert (own.sku, own.status, own.category) == ("mug", "DRAFT", "kitchen")
    assert [(one.variant_id, one.amount, one.attributes) for one in own.variants] == [
        (BLUE, 1_250, [{"name": "colour", "value": "blue"}]),
        (RED, 1_300, [{"name": "colour", "value": "red"}]),
    ]
    assert product_of(MUG, STRANGER) is None
    assert product_of(an_id("nothing"), SELLER) is None
    assert products_of(STRANGER) == []
    assert prices_of(BLUE, MUG, STRANGER) == []


def test_a_sellers_products_come_in_pages(marketplace: Marketplace) -> None:
    for number in range(3):
        create(marketplace, product(variant(f"v{number}"), product_id=an_id(str(number)), sku=str(number)))
    pages, after = [], ""
    while page := products_of(SELLER, after, limit=2):
        pages.append([one.product_id for one in page])
        after = page[-1].product_id
    assert [len(page) for page in pages] == [2, 1]
    assert sorted(id for page in pages for id in page) == sorted(an_id(str(number)) for number in range(3))


def test_rows_say_what_the_aggregates_say(marketplace: Marketplace) -> None:
    create(marketplace)
    for command in (
        PublishProduct(product_id=MUG),
        UpdateProduct(product_id=MUG, title="A cup", category="cups"),
        AddVariant(product_id=MUG, variant=variant("pack", 6_000, stock_unit_id=BLUE, units_each=6)),
        SetPrice(product_id=MUG, variant_id=BLUE, amount=999, currency="EUR"),
        UnpublishProduct(product_id=MUG),
        PublishProduct(product_id=MUG),
    ):
        marketplace.do("products", command)
    (stored,) = marketplace.runtime.stores["products"].load(Product, "id", [MUG])
    assert [(one.sku, one.price) for one in sorted(stored.variants, key=lambda one: one.position)] == [
        ("blue", 999),
        ("red", 1_300),
        ("pack", 6_000),
    ]
    assert ProductRow.objects.get().category_id == named_id("category", "cups")
    assert sorted(marketplace.rows("products", "SELECT status FROM product_publications")) == [
        ("DRAFT",),
        ("PUBLISHED",),
        ("PUBLISHED",),
    ]
    own = product_of(MUG, SELLER)
    assert own is not None
    assert [one.attributes[0]["value"] for one in own.variants] == ["blue", "red", "pack"]
    for offer in marketplace.runtime.stores["products"].load(Offer, "product_id", [MUG]):
        copied = stored.variant(offer.id)
        assert copied is not None
        assert (offer.unit_amount, offer.title, offer.is_on_sale) == (copied.price, "A cup", True)
    assert [price.amount for price in prices_of(BLUE, MUG, SELLER)] == [1_250, 999]
    marketplace.do("products", ArchiveProduct(product_id=MUG))
    assert marketplace.rows("products", "SELECT COUNT(*) FROM product_offers WHERE is_on_sale") == [(0,)]


def test_a_quote_of_many_lines_is_one_statement(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    create(marketplace)
    marketplace.do("products", PublishProduct(product_id=MUG))
    store = marketplace.runtime.stores["products"]
    asked: list[str] = []
    query = store.dialect.query
    monkeypatch.setattr(store.dialect, "query", lambda sql, *rest: (asked.append(sql), query(sql, *rest))[1])
    lines = tuple(
        WantedLine(line_no=number, product_id=MUG, variant_id=(BLUE, RED)[number % 2], quantity=1)
        for number in range(10)
    )
    marketplace.do("products", QuoteLines(flow_id=an_id("flow"), lines=lines))
    assert len(asked) == 1
    assert "product_offers" in asked[0]


def test_the_database_too_refuses_a_second_sku(marketplace: Marketplace) -> None:
    create(marketplace)
    for row in (ProductRow.objects.get(id=MUG), OfferRow.objects.get(id=BLUE)):
        row.pk = an_id("other")
        with pytest.raises(IntegrityError):
            row.save(force_insert=True)
    assert marketplace.rows("products", "SELECT COUNT(*) FROM products") == [(1,)]


def test_a_planned_price_comes_through_the_timer(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    create(marketplace)
    marketplace.do("products", PublishProduct(product_id=MUG))
    clock: Clock = marketplace.runtime.clock
    start = clock.now()
    marketplace.do(
        "products",
        SetPrice(
            product_id=MUG, variant_id=BLUE, amount=999, currency="EUR", effective_from=start + timedelta(hours=1)
        ),
    )
    marketplace.drain()
    assert marketplace.rows("products", "SELECT unit_amount FROM product_offers WHERE sku = 'blue'") == [(1_250,)]
    monkeypatch.setattr(type(clock), "now", lambda self: start + timedelta(hours=2))
    marketplace.drain()
    assert marketplace.rows("products", "SELECT unit_amount FROM product_offers WHERE sku = 'blue'") == [(999,)]
