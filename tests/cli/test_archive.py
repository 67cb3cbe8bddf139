"""`argosy archive`: what it says, and what it refuses."""

from __future__ import annotations

import json

import pytest

from argosy.contracts.products import CreateProduct, NewVariant
from argosy.engine import consumer
from argosy.platform.archiving import alone
from argosy.shared_kernel.ids import named_id
from tests.cli.olist import failure, success
from tests.marketplace import Marketplace

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def told(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch) -> Marketplace:
    """Five products, which everybody has heard of."""
    monkeypatch.setattr(consumer, "IDLE_LANE_LAG", 0)
    for number in range(5):
        marketplace.do(
            "products",
            CreateProduct(
                product_id=named_id("told", str(number)),
                seller_id=named_id("told", "seller"),
                sku=f"P{number}",
                title="Thing",
                category="toys",
                variants=(NewVariant(sku=f"V{number}", amount=100, currency="EUR"),),
            ),
        )
    marketplace.drain()
    return marketplace


def test_it_says_what_it_would_do_and_then_does_it(told: Marketplace, capsys: Captured) -> None:
    dry = ("archive", "products", "--keep-days", "0", "--dry-run")
    assert success(capsys, *dry) == "products: 4 messages would be archived in 1 segment\n"
    assert told.rows("products", "SELECT count(*) FROM products_outbox_events") == [(5,)]
    done = json.loads(success(capsys, "archive", "products", "--keep-days", "0", "--json"))
    assert done == {"logs": [{"context": "products", "messages": 4, "segments": 1, "held_by": ""}]}
    assert told.rows("products", "SELECT count(*) FROM products_outbox_events") == [(1,)]
    assert success(capsys, *dry) == "products: 0 messages would be archived\n"


def test_young_messages_stay_unless_told_otherwise(told: Marketplace, capsys: Captured) -> None:
    lines = success(capsys, "archive").splitlines()
    assert "products: 0 messages archived" in lines
    assert len(lines) == len(told.runtime.stores)


def test_it_says_for_whom_messages_wait(told: Marketplace, capsys: Captured) -> None:
    told.rows("search", "DELETE FROM search_cursors WHERE source = 'products' AND lane = 0")
    line = success(capsys, "archive", "products", "--keep-days", "0")
    assert line == "products: 0 messages archived; later ones wait for catalogue@1 lane 0\n"


def test_what_it_cannot_do_is_one_line(told: Marketplace, capsys: Captured) -> None:
    assert "there is no log of nowhere, search; there are accounts, " in failure(capsys, "archive", "nowhere", "search")
    assert "'-1' is not a whole number of days" in failure(capsys, "archive", "--keep-days=-1")
    with alone(told.runtime, "products"):
        assert failure(capsys, "archive", "products") == "products is being archived by somebody else"
