"""`argosy parked`: what waits, and having it tried again by the worker that holds it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from argosy.contracts.products import CreateProduct, NewVariant, PublishProduct, UpdateProduct
from argosy.read_models.catalogue.projector import CatalogueProjector
from argosy.shared_kernel.ids import Id, named_id
from tests.cli.olist import failure, success
from tests.marketplace import Marketplace

Captured = pytest.CaptureFixture[str]

PRODUCT, OTHER = named_id("parked", "product"), named_id("parked", "other")


def publish(place: Marketplace, product_id: Id) -> None:
    variant = NewVariant(sku=f"V-{product_id}", amount=100, currency="EUR", variant_id=named_id("variant", product_id))
    place.do(
        "products",
        CreateProduct(
            product_id=product_id,
            seller_id=named_id("parked", "seller"),
            sku=f"P-{product_id}",
            title="Thing",
            category="things",
            variants=(variant,),
        ),
    )
    place.do("products", PublishProduct(product_id=product_id))
    place.do("products", UpdateProduct(product_id=product_id, title="Better thing"))


@pytest.fixture
def stuck(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch) -> Marketplace:
    """Two products that the catalogue cannot show."""
    applied = CatalogueProjector._show

    def fail(*_: Any) -> None:
        raise ZeroDivisionError("no shelf for it")

    monkeypatch.setattr(CatalogueProjector, "_show", fail)
    publish(marketplace, PRODUCT)
    publish(marketplace, OTHER)
    marketplace.drain()
    monkeypatch.setattr(CatalogueProjector, "_show", applied)
    return marketplace


def shown(place: Marketplace) -> set[str]:
    return {row[0] for row in place.rows("search", "SELECT CAST(product_id AS text) FROM product_detail_view")}


def test_the_list_names_the_first_of_each_key_and_counts_those_behind_it(stuck: Marketplace, capsys: Captured) -> None:
    found = json.loads(success(capsys, "parked", "--json"))["parked"]
    assert [(one["subscription"], one["source"], one["key"], one["tries"]) for one in found] == [
        ("catalogue@1", "products", PRODUCT, 1),
        ("catalogue@1", "products", OTHER, 1),
    ]
    assert {one["message"] for one in found} == {"products.ProductPublished"}
    assert all(one["followers"] >= 1 and one["error"] == "ZeroDivisionError: no shelf for it" for one in found)
    lines = success(capsys, "parked").splitlines()
    assert lines[0].startswith("catalogue@1: products.ProductPublished ")
    assert "behind it" in lines[0]
    assert "1 try, next at " in lines[1]
    assert "no shelf for it" in lines[1]


def test_what_is_redriven_is_tried_at_once_in_order_by_the_worker_that_has_it(
    stuck: Marketplace, capsys: Captured
) -> None:
    stuck.drain()
    assert shown(stuck) == set(), "it is not its time yet"
    told = success(capsys, "parked", "redrive", "catalogue", "--key", PRODUCT)
    assert "messages of catalogue will be tried now, in order" in told
    stuck.drain()
    assert shown(stuck) == {PRODUCT}
    assert [one["key"] for one in json.loads(success(capsys, "parked", "--json"))["parked"]] == [OTHER]
    told = success(capsys, "parked", "redrive", "catalogue@1", "--json")
    assert json.loads(told)["redriven"] >= 2
    stuck.drain()
    assert shown(stuck) == {PRODUCT, OTHER}
    assert success(capsys, "parked") == "nothing is parked\n"


def test_a_ring_lets_a_stopped_subscription_try_at_once(stuck: Marketplace, capsys: Captured) -> None:
    worker = stuck.worker
    [consumer] = [one for one in worker.consumers if one.subscription == "catalogue@1"]
    worker._stopped[consumer] = float("inf")
    success(capsys, "parked", "redrive", "catalogue")
    worker._hear(worker.listener.wait(1.0))
    while worker.turn():
        pass
    assert shown(stuck) == {PRODUCT, OTHER}


def test_what_cannot_be_redriven_is_one_line(stuck: Marketplace, capsys: Captured) -> None:
    assert "there is no subscription nowhere; there are accounts, " in failure(capsys, "parked", "redrive", "nowhere")
    assert failure(capsys, "parked", "redrive", "orders") == "nothing is parked in orders"
    told = failure(capsys, "parked", "redrive", "catalogue", "--key", "k")
    assert told == "nothing is parked in catalogue under the key k"
    assert "required: SUBSCRIPTION" in failure(capsys, "parked", "redrive")
