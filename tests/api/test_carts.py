"""What carts say over HTTP beyond their lines."""

from __future__ import annotations

from tests.api.shop import Shop, assert_problem


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


def reprice(shop: Shop, amount: int) -> None:
    changed = shop.call(
        "POST",
        f"products/{shop.product_id}/variants/{shop.variant_id}/prices",
        {"amount": amount, "currency": "EUR"},
        token=shop.seller,
    )
    assert changed.status == 201, changed
    shop.drain()
