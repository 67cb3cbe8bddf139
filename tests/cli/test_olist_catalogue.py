"""What the data set becomes here: every basket costs what it cost in the file."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.apps.cli.olist_catalogue import lines_of, offers_of, products, rates, seller_id_of
from argosy.apps.cli.olist_files import Item, Olist, Product, Seller, read_olist
from argosy.contracts.products import CreateProduct
from tests.cli.olist import FIXTURE, success
from tests.marketplace import Marketplace

ITEMS = st.lists(
    st.builds(
        Item,
        number=st.integers(1, 99),
        product_id=st.sampled_from("pq"),
        seller_id=st.sampled_from("st"),
        price=st.sampled_from([85, 5890]),
        freight=st.sampled_from([0, 739, 1329]),
    ),
    min_size=1,
    max_size=12,
)


@given(ITEMS)
def test_lines_cost_what_the_pieces_cost_and_no_variant_stands_on_two(items: list[Item]) -> None:
    lines = lines_of(items)
    assert sum(line.quantity * (line.price + line.freight) for line in lines) == sum(
        item.price + item.freight for item in items
    )
    assert sum(line.quantity for line in lines) == len(items)
    assert len({line.variant_id for line in lines}) == len(lines)


@given(ITEMS)
def test_every_line_is_an_offer_at_its_price_and_a_rate_at_its_freight(items: list[Item]) -> None:
    olist = Olist(sellers=_sellers(), products=_products(), baskets={"o": items})
    variants = {
        variant.variant_id: variant.amount
        for command in products(olist)
        if isinstance(command, CreateProduct)
        for variant in command.variants
    }
    charged = {(rate.seller_id, rate.method): rate.item_amount for rate in rates(olist)}
    sellers = {line.product_id: item.seller_id for item in items for line in lines_of([item])}
    for line in lines_of(items):
        assert variants[line.variant_id] == line.price
        assert charged[seller_id_of(sellers[line.product_id]), line.method] == line.freight


def test_the_fixture_has_every_awkward_case() -> None:
    olist = read_olist(FIXTURE)
    assert (len(olist.baskets), olist.pieces, len(olist.sellers), len(olist.products)) == (12, 23, 5, 9)
    assert sum(item.price + item.freight for items in olist.baskets.values() for item in items) == 297_385
    assert [len(lines_of(items)) for items in olist.baskets.values()] == [1, 1, 1, 2, 2, 1, 2, 3, 1, 1, 2, 3]
    assert sum(len(offers) for offers in offers_of(olist).values()) == 12
    assert {product.category for product in olist.products.values()} == {
        "home",
        "sports_leisure",
        "toys",
        "uncategorised",
        "moveis_sem_traducao",
    }
    assert {place.city for place in olist.places.values()} == {"recife", "porto alegre", "brasília"}


def test_the_fixture_is_imported_once_and_then_nothing_changes(
    marketplace: Marketplace,
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = success(capsys, "import", "olist", FIXTURE)
    assert "imported 5 sellers, 9 products in 12 offers, 12 baskets of 23 pieces" in first
    before = _counts(marketplace)
    assert before["products"] == [(9,)]
    assert success(capsys, "import", "olist", FIXTURE).startswith("nothing has changed, all of it was here")
    assert _counts(marketplace) == before


def test_the_packed_files_of_kaggle_are_read_too(tmp_path: Path) -> None:
    for path in FIXTURE.glob("*.csv"):
        (tmp_path / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert read_olist(tmp_path) == read_olist(FIXTURE)


def _counts(marketplace: Marketplace) -> dict[str, list[tuple[object, ...]]]:
    return {
        f"{label}.{table}" if table != label else label: marketplace.rows(label, f"SELECT count(*) FROM {table}")
        for label, table in (
            ("accounts", "users"),
            ("products", "products"),
            ("products", "product_variants"),
            ("products", "products_outbox_events"),
            ("inventory", "stock_movements"),
            ("inventory", "inventory_outbox_events"),
            ("shipping", "shipping_outbox_events"),
            ("taxes", "taxes_outbox_events"),
            ("accounts", "accounts_outbox_events"),
        )
    }


def _sellers() -> dict[str, Seller]:
    return {id: Seller(id=id, city="recife", state="PE") for id in "st"}


def _products() -> dict[str, Product]:
    return {
        id: Product(id=id, category="home", weight_grams=1, length_mm=1, width_mm=1, height_mm=1, photos=0)
        for id in "pq"
    }
