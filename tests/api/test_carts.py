"""What carts say over HTTP beyond their lines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from argosy.contracts.carts import FindAbandonedCarts, SweepGuestCarts
from argosy.domains.carts.adapters.outbound.queries import StoredOldCarts
from argosy.engine.outside import Outside
from argosy.engine.work import SYSTEM
from tests.api.shop import ADDRESS, Shop, assert_problem
from tests.support import FakeClock


def test_a_cart_says_which_price_moved_until_it_is_acknowledged(shop: Shop) -> None:
    answer = shop.call("POST", "carts/mine/lines", shop.line(quantity=2), token=shop.buyer)
    assert answer.status == 200, answer
    own = shop.call("GET", "carts/mine", token=shop.buyer).json
    assert own["notices"] == []
    assert own["lines"][0]["seen"]["amount"] == 2_500
    reprice(shop, 2_700)
    (notice,) = shop.call("GET", "carts/mine", token=shop.buyer).json["notices"]
    assert (notice["variant_id"], notice["kind"]) == (shop.variant_id, "price_changed")
    assert (notice["was"]["amount"], notice["now"]["amount"]) == (2_500, 2_700)
    path = f"carts/mine/lines/{shop.variant_id}/acknowledge"
    assert_problem(shop.call("POST", path, {"seen": notice["now"]}, token=shop.person()), 404, "not_in_the_cart")
    assert_problem(shop.call("POST", path, {"seen": {"amount": -1}}, token=shop.buyer), 422, "offer_unreadable")
    assert_problem(shop.call("POST", path, {}, token=shop.buyer), 422, "invalid_request")
    assert shop.call("POST", path, {"seen": notice["now"]}, token=shop.buyer).status == 200
    assert shop.call("GET", "carts/mine", token=shop.buyer).json["notices"] == []


def test_whoever_changes_a_line_has_seen_it(shop: Shop) -> None:
    shop.call("POST", "carts/mine/lines", shop.line(quantity=2), token=shop.buyer)
    reprice(shop, 2_700)
    shop.call("PUT", f"carts/mine/lines/{shop.variant_id}", {"quantity": 3}, token=shop.buyer)
    own = shop.call("GET", "carts/mine", token=shop.buyer).json
    assert own["notices"] == []
    assert own["lines"][0]["seen"]["amount"] == 2_700


def test_what_went_off_sale_is_told_and_what_a_client_says_it_saw_is_not_taken(shop: Shop) -> None:
    line = shop.line(quantity=2, seen={"amount": 1, "currency": "EUR"})
    shop.call("POST", "carts/mine/lines", line, token=shop.buyer)
    assert shop.call("GET", "carts/mine", token=shop.buyer).json["notices"] == []
    assert shop.call("POST", f"products/{shop.product_id}/unpublish", token=shop.seller).status == 204
    shop.drain()
    (notice,) = shop.call("GET", "carts/mine", token=shop.buyer).json["notices"]
    assert notice["kind"] == "off_sale"


def test_something_is_wished_for_listed_and_moved_to_the_cart(shop: Shop) -> None:
    wish = {"product_id": shop.product_id, "variant_id": shop.variant_id}
    for _ in range(2):
        added = shop.call("POST", "wishlists/mine/items", wish, token=shop.buyer)
        assert added.json["variant_ids"] == [shop.variant_id], added
    (item,) = shop.call("GET", "wishlists/mine", token=shop.buyer).json["items"]
    assert (item["title"], item["offer"]["amount"], item["offer"]["is_on_sale"]) == ("Lamp", 2_500, True)
    other = shop.person()
    assert shop.call("GET", "wishlists/mine", token=other).json["items"] == []
    path = f"wishlists/mine/items/{shop.variant_id}/move"
    assert_problem(shop.call("POST", path, {}, token=other), 404, "not_on_the_wishlist")
    assert_problem(shop.call("POST", path, {"quantity": 0}, token=shop.buyer), 422, "quantity_out_of_range")
    for _ in range(2):
        moved = shop.call("POST", path, {"quantity": 3}, token=shop.buyer)
        assert [line["quantity"] for line in moved.json["lines"]] == [3], moved
    assert shop.call("GET", "wishlists/mine", token=shop.buyer).json["items"] == []
    own = shop.call("GET", "carts/mine", token=shop.buyer).json
    assert own["lines"][0]["seen"]["amount"] == 2_500


def test_a_wish_is_taken_back_and_bad_ones_are_refused(shop: Shop) -> None:
    wish = {"product_id": shop.product_id, "variant_id": shop.variant_id}
    shop.call("POST", "wishlists/mine/items", wish, token=shop.buyer)
    for _ in range(2):
        path = f"wishlists/mine/items/{shop.variant_id}"
        assert shop.call("DELETE", path, token=shop.buyer).json["variant_ids"] == []
    assert_problem(shop.call("POST", "wishlists/mine/items", {}, token=shop.buyer), 422, "invalid_request")
    assert_problem(shop.call("POST", "wishlists/mine/items", wish), 401, "not_signed_in")


def guest_of(shop: Shop) -> str:
    begun = shop.call("POST", "carts/guest")
    assert begun.status == 201, begun
    return str(begun.json["token"])


def test_a_guest_has_a_cart_of_their_own(shop: Shop) -> None:
    guest, other = guest_of(shop), guest_of(shop)
    assert shop.call("POST", "carts/mine/lines", shop.line(quantity=2), token=guest).status == 200
    assert shop.call("POST", "carts/mine/coupons", {"code": "ten"}, token=guest).json["coupons"] == ["TEN"]
    own = shop.call("GET", "carts/mine", token=guest).json
    assert ([line["quantity"] for line in own["lines"]], own["notices"]) == ([2], [])
    assert shop.call("GET", "carts/mine", token=other).json["lines"] == []
    held = [row for table in ("carts", "cart_items") for row in shop.place.rows("carts", f"SELECT * FROM {table}")]
    assert guest.removeprefix("argosy_guest_") not in repr(held)


def test_a_guest_is_nobody_but_for_their_cart_and_what_they_buy(shop: Shop) -> None:
    guest = guest_of(shop)
    before = shop.written()
    for method, path, body in (
        ("GET", "users/me", None),
        ("GET", "carts/mine/summary", None),
        ("GET", "wishlists/mine", None),
        ("POST", "wishlists/mine/items", {"product_id": shop.product_id, "variant_id": shop.variant_id}),
        ("POST", "addresses", ADDRESS),
        ("POST", "carts/mine/merge", {"guest_token": guest}),
        ("POST", "stores", {"store_name": "Mine"}),
        ("DELETE", "sessions", None),
        ("POST", f"products/{shop.product_id}/publish", None),
        ("POST", "api-keys", {"name": "x", "scopes": ["orders:read"]}),
    ):
        assert_problem(shop.call(method, path, body, token=guest), 401, "not_signed_in")
    assert shop.call("GET", f"products/{shop.product_id}", token=guest).status == 200
    assert shop.written() == before


def test_a_guests_cart_is_merged_once(shop: Shop) -> None:
    guest = guest_of(shop)
    shop.call("POST", "carts/mine/lines", shop.line(quantity=999), token=guest)
    shop.call("POST", "carts/mine/lines", shop.line(quantity=2), token=shop.buyer)
    strange: list[dict[str, str]] = [{}, {"guest_token": "x"}]
    for sent in strange:
        assert shop.call("POST", "carts/mine/merge", sent, token=shop.buyer).status == 422
    merge = {"guest_token": guest}
    first = shop.call("POST", "carts/mine/merge", merge, token=shop.buyer, Idempotency_Key="merge")
    assert [line["quantity"] for line in first.json["lines"]] == [999], first
    assert first.json["not_merged"] == [{"variant_id": shop.variant_id, "quantity": 2, "code": "quantity_out_of_range"}]
    again = shop.call("POST", "carts/mine/merge", merge, token=shop.buyer, Idempotency_Key="merge")
    assert (again.json, again.headers["idempotent-replay"]) == (first.json, "true")
    other = shop.person()
    assert shop.call("POST", "carts/mine/merge", merge, token=other).json["lines"] == []
    assert shop.call("GET", "carts/mine", token=guest).json["lines"] == []
    assert_problem(shop.call("POST", "carts/mine/lines", shop.line(), token=guest), 409, "guest_cart_is_merged")


def test_old_carts_are_found_in_the_database_as_well(shop: Shop) -> None:
    guest = guest_of(shop)
    shop.call("POST", "carts/mine/lines", shop.line(), token=guest)
    shop.call("POST", "carts/mine/lines", shop.line(quantity=2), token=shop.buyer)
    shop.call("POST", "carts/mine/lines", shop.line(), token=shop.person())
    now = datetime.now(UTC)
    store = shop.place.runtime.stores["carts"]
    old, clock = StoredOldCarts(), FakeClock(now + timedelta(days=40))
    assert (len(old.guests(now, 9)), len(old.idle(now, 9)), len(old.idle(now, 1))) == (1, 2, 1)
    assert (old.guests(now - timedelta(minutes=5), 9), old.idle(now - timedelta(minutes=5), 9)) == ([], [])
    later = Outside(shop.place.runtime.contexts["carts"].participant, store, clock, shop.place.runtime.ids)
    for command in (SweepGuestCarts(), FindAbandonedCarts(), FindAbandonedCarts()):
        later.run(command, SYSTEM)
    told = shop.place.rows("carts", f"SELECT count(*) FROM {store.log.table} WHERE event_type = 'carts.CartAbandoned'")
    assert told == [(2,)]
    assert shop.place.rows("carts", "SELECT count(*) FROM carts WHERE is_guest") == [(0,)]
    assert shop.place.rows("carts", "SELECT count(*) FROM cart_items") == [(2,)]


def reprice(shop: Shop, amount: int) -> None:
    changed = shop.call(
        "POST",
        f"products/{shop.product_id}/variants/{shop.variant_id}/prices",
        {"amount": amount, "currency": "EUR"},
        token=shop.seller,
    )
    assert changed.status == 201, changed
    shop.drain()
