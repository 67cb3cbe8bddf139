"""What a full cart costs in queries: as many as a cart with one line."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from argosy.contracts.carts import AddToCart, DescribeCart
from argosy.domains.carts.adapters.outbound.queries import cart_of_buyer
from argosy.domains.carts.domain.cart import LINES_MAX
from argosy.engine.work import Actor
from argosy.platform.dialects import Statistics
from argosy.read_models.slots import forget_live_slots
from argosy.shared_kernel.ids import Id, named_id
from tests.api.shop import Shop
from tests.marketplace import Marketplace

# A view and a page: the cart, its lines, what was put aside, the codes, and the shop window. A change looks the offer
# up like that, and loads and writes the cart. Described, it is loaded, and the answer is written.
VIEW, PAGE, CHANGE, DESCRIBED = 5, 5, 12, 5


@pytest.fixture
def shop(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """What a process looks up each second it looks up once."""
    monkeypatch.setattr("argosy.read_models.slots.CACHED_SECONDS", 1e6)
    yield Shop(marketplace)
    forget_live_slots()


def queries_of(act: Callable[[], object]) -> int:
    before = Statistics.queries
    act()
    return Statistics.queries - before


def fill(shop: Shop, buyer: str, lines: int) -> Id:
    """Whose cart holds so many lines, each of a product of its own but the first."""
    buyer_id = Id(shop.call("GET", "users/me", token=buyer).json["user_id"])
    actor = Actor(id=buyer_id, roles=frozenset({"buyer"}))
    shop.call("POST", "carts/mine/lines", shop.line(), token=buyer)
    for number in range(1, lines):
        shop.place.do(
            "carts",
            AddToCart(
                product_id=named_id("product", str(number)), variant_id=named_id("variant", str(number)), quantity=1
            ),
            actor,
        )
    return buyer_id


def costs(shop: Shop, lines: int) -> dict[str, int]:
    buyer = shop.person()
    buyer_id = fill(shop, buyer, lines)
    shop.drain()
    path = f"carts/mine/lines/{shop.variant_id}"
    client = Client(raise_request_exception=False)
    client.cookies["argosy_session"] = buyer
    found: dict[str, int] = {}

    def view() -> None:
        own = shop.call("GET", "carts/mine", token=buyer).json
        assert len(own["lines"]) == lines

    def page() -> None:
        assert client.get("/cart").status_code == 200

    def change() -> None:
        assert len(shop.call("PUT", path, {"quantity": 5}, token=buyer).json["lines"]) == lines

    for name, act in (("view", view), ("page", page), ("change", change)):
        act()  # What a process remembers (tokens, slots, stores) it knows from now on.
        if name == "change":
            shop.call("PUT", path, {"quantity": 6}, token=buyer)
        found[name] = queries_of(act)
    # What a quote, and by it a checkout, reads of a cart.
    ask = DescribeCart(flow_id=named_id("flow", buyer_id), buyer_id=buyer_id)
    found["described"] = queries_of(lambda: shop.place.do("carts", ask))
    cart = cart_of_buyer(buyer_id)
    assert cart is not None and len(cart.lines) == lines
    return found


def test_a_full_cart_costs_as_many_queries_as_one_line(shop: Shop) -> None:
    one, full = costs(shop, 1), costs(shop, LINES_MAX)
    assert full == one
    if "ARGOSY_POSTGRES" not in os.environ:
        assert full == {"view": VIEW, "page": PAGE, "change": CHANGE, "described": DESCRIBED}
