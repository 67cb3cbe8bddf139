"""Buying without an account over HTTP: quote, checkout, orders and erasure by the token of a guest's cart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from argosy.domains.carts.domain.guest import guest_id_of
from argosy.domains.checkout.adapters.inbound.guest_limits import GUEST_CHECKOUTS
from tests.api.shop import ADDRESS, Shop, assert_problem, nobodys
from tests.api.test_carts import guest_of
from tests.doctor.planting import violated
from tests.marketplace import Marketplace

EMAIL = "Ana@Example.com"


def bought_by(shop: Shop, guest: str, request_id: str = "one", **changes: Any) -> dict[str, Any]:
    return shop.bought(request_id, token=guest, email=EMAIL, **changes)


def test_a_guest_buys_their_cart_and_sees_its_orders_by_their_token(shop: Shop) -> None:
    guest = guest_of(shop)
    shop.call("POST", "carts/mine/lines", shop.line(quantity=2), token=guest)
    asked = shop.call("POST", "quotes", {"country": "PT", "postal_code": ADDRESS["postal_code"]}, token=guest)
    assert asked.status == 202, asked
    shop.drain()
    quote = shop.call("GET", f"quotes/{asked.json['quote_id']}", token=guest).json
    assert (quote["status"], quote["total_amount"]) == ("READY", 5_499)
    ended = bought_by(shop, guest, lines=[shop.line(quantity=2)], quote_id=quote["quote_id"], expected_total=5_499)
    assert (ended["status"], ended["total_amount"]) == ("COMPLETED", 5_499)
    assert shop.call("GET", "carts/mine", token=guest).json["lines"] == [], "what was bought has left the cart"
    (order_id,) = ended["order_ids"]
    (listed,) = shop.call("GET", "orders", token=guest).json["items"]
    order = shop.call("GET", f"orders/{order_id}", token=guest).json
    assert (listed["order_id"], order["status"], order["address"]["recipient"]) == (order_id, "PAID", "Ana Lima")
    for path in (f"orders/{order_id}/explain", f"orders/{order_id}/refund-eligibility"):
        assert shop.call("GET", path, token=guest).status == 200
    assert shop.call("GET", f"purchases/{order['purchase_id']}", token=guest).status == 200
    assert shop.call("GET", "guests/me", token=guest).json == {
        "guest_id": guest_id_of(guest),
        "email": EMAIL.lower(),
        "erasure": "",
    }
    assert violated(shop.place) == {}


def test_the_token_is_kept_nowhere(shop: Shop) -> None:
    guest = guest_of(shop)
    bought_by(shop, guest)
    secret = guest.removeprefix("argosy_guest_")
    for label, store in shop.place.runtime.stores.items():
        assert secret not in repr(shop.place.rows(label, f"SELECT * FROM {store.log.table}")), label
    for table in ("checkout_sessions", "checkout_details"):
        held = repr(shop.place.rows("checkout", f"SELECT * FROM {table}"))
        assert secret not in held and EMAIL.lower() not in held.lower()


def test_a_strangers_answer_is_that_for_what_is_not_there(shop: Shop) -> None:
    guest = guest_of(shop)
    ended = bought_by(shop, guest)
    open_one = shop.call("POST", "checkouts", shop.purchase("two", email=EMAIL), token=guest).json["checkout_id"]
    quote_id = shop.call("POST", "quotes", {"country": "PT", "lines": [shop.line()]}, token=guest).json["quote_id"]
    order_id = ended["order_ids"][0]
    ways: tuple[tuple[str, str, str, Any], ...] = (
        ("GET", "checkouts/{}", open_one, None),
        ("POST", "checkouts/{}/abort", open_one, None),
        ("POST", "checkouts/{}/payment", open_one, {"payment_source": "tok_approve"}),
        ("GET", "quotes/{}", quote_id, None),
        ("GET", "orders/{}", order_id, None),
        ("GET", "orders/{}/explain", order_id, None),
        ("POST", "orders/{}/cancel", order_id, {}),
    )
    for stranger in (guest_of(shop), shop.buyer):
        for method, path, id, body in ways:
            theirs = shop.call(method, path.format(id), body, token=stranger)
            none = shop.call(method, path.format(nobodys("thing")), body, token=stranger)
            assert (theirs.status, theirs.json["code"]) == (404, none.json["code"]), (path, theirs)
            assert theirs.body.replace(id.encode(), b"") == none.body.replace(nobodys("thing").encode(), b"")
        assert shop.call("GET", "orders", token=stranger).json["items"] == []
    assert shop.call("GET", f"orders/{order_id}", token=guest[:-1] + "~").status == 401


def test_a_guest_is_asked_for_an_e_mail_and_hears_every_fault_at_once(shop: Shop) -> None:
    guest, before = guest_of(shop), shop.written()
    assert_problem(shop.call("POST", "checkouts", shop.purchase(), token=guest), 422, "not_an_email")
    for email in ("", "x", "a@b", "a b@example.com", "a\u0007@example.com", "ana@example.com\nBcc: eva@example.com"):
        answer = shop.call("POST", "checkouts", shop.purchase(email=email), token=guest)
        assert_problem(answer, 422, "not_an_email")
    bad = shop.purchase(email="x", address={**ADDRESS, "country": "pt"}, payment_method="gold")
    faults = assert_problem(shop.call("POST", "checkouts", bad, token=guest), 422, "several")
    assert {one["code"] for one in faults["faults"]} >= {"not_an_email", "country_unreadable", "payment_method_unknown"}
    assert_problem(shop.call("POST", "checkouts", shop.purchase(email=7), token=guest), 422, "invalid_request")
    assert shop.written() == before
    # Who has an account is reached there.
    assert shop.bought()["status"] == "COMPLETED"


def test_a_guest_pays_again_aborts_and_calls_off_like_anybody(shop: Shop) -> None:
    guest = guest_of(shop)
    started = shop.call(
        "POST",
        "checkouts",
        shop.purchase(email=EMAIL, payment_source="tok_decline", may_retry_payment=True),
        token=guest,
    ).json["checkout_id"]
    shop.drain()
    paid = shop.call("POST", f"checkouts/{started}/payment", {"payment_source": "tok_approve"}, token=guest)
    assert paid.status == 202, paid
    shop.drain()
    ended = shop.call("GET", f"checkouts/{started}", token=guest).json
    assert ended["status"] == "COMPLETED"
    as_credit = shop.call("POST", f"orders/{ended['order_ids'][0]}/cancel", {"to_credit": True}, token=guest)
    assert_problem(as_credit, 422, "credit_needs_an_account")
    assert shop.call("POST", f"orders/{ended['order_ids'][0]}/cancel", {}, token=guest).status == 202
    shop.drain()
    assert shop.call("GET", f"orders/{ended['order_ids'][0]}", token=guest).json["status"] == "REFUNDED"
    other = shop.call("POST", "checkouts", shop.purchase("two", email=EMAIL), token=guest).json["checkout_id"]
    assert shop.call("POST", f"checkouts/{other}/abort", token=guest).status == 200


def test_the_same_request_of_a_guest_is_one_purchase(shop: Shop) -> None:
    guest = guest_of(shop)
    first, again = (
        shop.call("POST", "checkouts", shop.purchase(email=EMAIL), token=guest, Idempotency_Key="k") for _ in range(2)
    )
    without_key = shop.call("POST", "checkouts", shop.purchase(email=EMAIL), token=guest)
    assert first.json["checkout_id"] == again.json["checkout_id"] == without_key.json["checkout_id"]
    other = shop.call("POST", "checkouts", shop.purchase(email=EMAIL, coupons=["A"]), token=guest)
    assert_problem(other, 409, "client_request_id_reused")


def test_what_is_limited_per_buyer_is_not_for_guests(shop: Shop) -> None:
    """Anybody is as many guests as they like."""
    for code, more in (
        ("ONCE", {"max_uses_per_buyer": 1}),
        ("FIRST", {"terms": {"is_first_order": True}}),
        ("ALL", {}),
    ):
        made = shop.call("POST", "coupons", {"code": code, "basis_points": 1_000, **more}, token=shop.seller)
        assert made.status == 201, made
    first = {"name": "Welcome", "terms": {"effect": "percentage", "basis_points": 5_000, "is_first_order": True}}
    made = shop.call("POST", "promotions", {**first, "ends_at": "2999-01-01T00:00:00Z"}, token=shop.seller)
    assert made.status == 201, made
    shop.drain()
    guest = guest_of(shop)
    refused = bought_by(shop, guest, coupons=["ONCE", "FIRST"])
    assert (refused["status"], refused["failure"]["details"]["codes"]) == (
        "FAILED",
        [{"code": "ONCE", "reason": "sign_in_needed"}, {"code": "FIRST", "reason": "sign_in_needed"}],
    )
    body = {"country": "PT", "lines": [shop.line()], "coupons": ["ONCE"]}
    quote_id = shop.call("POST", "quotes", body, token=guest).json["quote_id"]
    shop.drain()
    assert shop.call("GET", f"quotes/{quote_id}", token=guest).json["failure"]["code"] == "coupons_not_valid"
    ended = bought_by(shop, guest, "two", coupons=["ALL"])
    assert (ended["status"], ended["total_amount"]) == ("COMPLETED", 2_500 - 250 + 499)
    assert shop.bought("three")["total_amount"] == 1_250 + 499, "who has an account has their first order for half"


def test_many_guests_from_one_address_begin_no_more_than_a_few_purchases(shop: Shop) -> None:
    started = [
        shop.call(
            "POST",
            "checkouts",
            shop.purchase(email=EMAIL, payment_source="tok_action"),
            token=guest_of(shop),
        )
        for _ in range(GUEST_CHECKOUTS.burst + 1)
    ]
    assert [one.status for one in started[:-1]] == [202] * GUEST_CHECKOUTS.burst
    assert_problem(started[-1], 429, "too_many_guest_checkouts")
    assert int(started[-1].headers["retry-after"]) > 0
    assert shop.bought("signed-in")["status"] == "COMPLETED", "who has signed in is not counted among them"


@pytest.fixture
def for_accounts_only(monkeypatch: pytest.MonkeyPatch, marketplace: Marketplace) -> Iterator[Shop]:
    context = marketplace.runtime.contexts["checkout"]
    yield Shop(marketplace)
    context.__dict__.pop("terms", None)


def test_a_shop_may_sell_to_accounts_only_and_guests_who_bought_before_still_see_it(
    for_accounts_only: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, guest = for_accounts_only, guest_of(for_accounts_only)
    order_id = bought_by(shop, guest)["order_ids"][0]
    monkeypatch.setenv("ARGOSY_GUEST_CHECKOUT", "no")
    shop.place.runtime.contexts["checkout"].__dict__.pop("terms")
    refused = shop.call("POST", "checkouts", shop.purchase("two", email=EMAIL), token=guest)
    assert_problem(refused, 403, "guest_checkout_is_off")
    assert shop.call("GET", f"orders/{order_id}", token=guest).status == 200
    assert shop.bought("theirs")["status"] == "COMPLETED"


def test_a_guest_is_forgotten_like_a_person_with_an_account(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    guest = guest_of(shop)
    shop.call("POST", "carts/mine/lines", shop.line(), token=guest)
    order_id = bought_by(shop, guest)["order_ids"][0]
    assert shop.call("DELETE", "guests/me", token=guest).status == 202
    shop.drain()
    assert shop.call("GET", "guests/me", token=guest).json["erasure"] == "HELD", "an order of theirs is open"
    assert shop.call("POST", f"orders/{order_id}/cancel", {}, token=guest).status == 202
    shop.drain()
    # Staff may do it for them.
    assert shop.call("DELETE", f"users/{guest_id_of(guest)}", token=shop.staff()).status == 202
    shop.drain()
    assert_problem(shop.call("GET", f"orders/{order_id}", token=guest), 401, "not_signed_in")
    assert_problem(shop.call("POST", "carts/mine/lines", shop.line(), token=guest), 401, "not_signed_in")
    assert shop.place.rows("accounts", "SELECT email, erasure FROM guest_buyers") == [("", "DONE")]
    clock = shop.place.runtime.clock
    in_an_hour = clock.now() + timedelta(hours=1, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: in_an_hour)
    shop.drain()
    for label, store in shop.place.runtime.stores.items():
        told = repr(
            shop.place.rows(label, f"SELECT payload FROM {store.log.table} WHERE subject = ?", guest_id_of(guest))
        )
        assert EMAIL.lower() not in told.lower() and "Rua 1" not in told, label
    assert "Rua 1" not in repr(shop.place.rows("checkout", "SELECT request FROM checkout_details"))
    documents = shop.place.rows("search", "SELECT body FROM order_list_view WHERE buyer_id = ?", guest_id_of(guest))
    assert "Rua 1" not in repr(documents)
    in_two_hours = in_an_hour + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: in_two_hours)
    assert violated(shop.place) == {}


def test_who_has_an_account_is_no_guest(shop: Shop) -> None:
    for method in ("GET", "DELETE"):
        assert_problem(shop.call(method, "guests/me", token=shop.buyer), 403, "guests_only")
    assert shop.call("GET", "guests/me", token=guest_of(shop)).status == 404, "who has not bought is not known"
    never = guest_of(shop)
    assert_problem(shop.call("DELETE", "guests/me", token=never), 404, "no_such_user")
