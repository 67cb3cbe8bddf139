"""Store credit and gift cards over HTTP: given, redeemed, spent at the checkout, and given back."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.domains.payments.adapters.inbound import credits
from argosy.platform.limits import Limit
from tests.api.shop import Answer, Shop, assert_problem, nobodys
from tests.doctor.planting import violated

TOTAL = 2_999
"""One lamp and its delivery."""


@pytest.fixture
def staff(shop: Shop) -> str:
    return shop.staff()


def buyer_id(shop: Shop) -> str:
    return str(shop.call("GET", "users/me", token=shop.buyer).json["user_id"])


def give(shop: Shop, staff: str, amount: int, **changes: Any) -> Answer:
    body = {"amount": amount, "currency": "EUR", "reason": "a broken cup", **changes}
    return shop.call("POST", f"buyers/{buyer_id(shop)}/credit", body, token=staff)


def credit(shop: Shop) -> dict[str, int]:
    """What the buyer may spend, by currency; nothing is on its way."""
    items = shop.call("GET", "credit/mine", token=shop.buyer).json["items"]
    assert all(item["held"] == 0 for item in items)
    return {item["currency"]: item["balance"] for item in items}


def movements(shop: Shop) -> list[tuple[str, int, int]]:
    found = shop.call("GET", "credit/mine/movements?currency=EUR", token=shop.buyer).json["items"]
    return [(item["kind"], item["amount"], item["balance"]) for item in found]


def card(shop: Shop, staff: str, amount: int = 1_000, **changes: Any) -> str:
    body = {"amount": amount, "currency": "EUR", "reason": "summer", **changes}
    made = shop.call("POST", "gift-cards", body, token=staff)
    assert made.status == 201, made
    return str(made.json["cards"][0]["code"])


def redeem(shop: Shop, code: str, token: str = "") -> Answer:
    return shop.call("POST", "credit/mine/gift-cards", {"code": code}, token=token or shop.buyer)


def test_staff_give_credit_that_its_buyer_sees_with_the_reason(shop: Shop, staff: str) -> None:
    assert credit(shop) == {}
    assert give(shop, staff, 1_500).status == 201
    assert give(shop, staff, 300, currency="JPY").status == 201
    assert credit(shop) == {"EUR": 1_500, "JPY": 300}
    [item] = shop.call("GET", "credit/mine/movements?currency=EUR", token=shop.buyer).json["items"]
    assert (item["kind"], item["amount"], item["reason"]) == ("issued", 1_500, "a broken cup")
    seen = shop.call("GET", f"buyers/{buyer_id(shop)}/credit", token=staff).json["items"]
    assert [(one["currency"], one["balance"]) for one in seen] == [("EUR", 1_500), ("JPY", 300)]


def test_what_staff_give_is_audited(shop: Shop, staff: str) -> None:
    give(shop, staff, 1_500)
    card(shop, staff)
    acted = shop.place.rows(
        "payments", "SELECT payload FROM payments_outbox_events WHERE event_type = 'messages.StaffActed'"
    )
    assert len(acted) == 2
    assert "a broken cup" in str(acted[0][0]) and "summer" in str(acted[1][0])


def test_nobody_else_gives_or_sees_credit(shop: Shop, staff: str) -> None:
    give(shop, staff, 1_500)
    before = shop.written()
    mine = buyer_id(shop)
    for token in (shop.buyer, shop.seller):
        body = {"amount": 1, "currency": "EUR", "reason": "mine"}
        assert shop.call("POST", f"buyers/{mine}/credit", body, token=token).status == 403
        assert shop.call("GET", f"buyers/{mine}/credit", token=token).status == 403
        assert shop.call("POST", "gift-cards", body, token=token).status == 403
        assert shop.call("GET", "gift-cards", token=token).status == 403
    assert shop.call("GET", "credit/mine").status == 401
    assert shop.call("GET", "credit/mine", token=shop.person()).json == {"items": []}
    assert [row for row in shop.written() if row[0] == "payments"] == [row for row in before if row[0] == "payments"]


def test_all_that_is_wrong_with_a_gift_is_told_at_once(shop: Shop, staff: str) -> None:
    problem = assert_problem(give(shop, staff, 0, currency="EURO", reason=" "), 422, "several")
    assert [fault["code"] for fault in problem["faults"]] == [
        "credit_amount_out_of_range",
        "unknown_currency",
        "credit_reason_is_missing",
    ]


@pytest.mark.parametrize("amount", [1_000, TOTAL, 5_000])
def test_a_checkout_is_paid_with_credit_as_far_as_it_is_asked_for(shop: Shop, staff: str, amount: int) -> None:
    give(shop, staff, 5_000)
    ended = shop.bought(credit_amount=amount)
    assert ended["status"] == "COMPLETED"
    spent = min(amount, TOTAL)
    assert credit(shop) == {"EUR": 5_000 - spent}
    taken = shop.place.rows("payments", "SELECT balance FROM ledger_accounts WHERE name = 'clearing:test'")
    assert taken == ([(TOTAL - spent,)] if spent < TOTAL else [])
    assert violated(shop.place) == {}
    order = shop.call("GET", f"orders/{ended['order_ids'][0]}", token=shop.buyer).json
    assert order["status"] == "PAID"
    asked = shop.call("POST", f"orders/{ended['order_ids'][0]}/cancel", {}, token=shop.buyer)
    assert asked.status == 202, asked
    shop.drain()
    assert credit(shop) == {"EUR": 5_000}
    assert movements(shop) == [
        ("refunded", spent, 5_000),
        ("paid", -spent, 5_000 - spent),
        ("issued", 5_000, 5_000),
    ]
    assert violated(shop.place) == {}


def test_an_order_that_was_paid_by_card_may_be_refunded_as_credit(shop: Shop, staff: str) -> None:
    order_id = shop.bought()["order_ids"][0]
    seller = shop.call("POST", f"orders/{order_id}/cancel", {"reason": "x", "to_credit": True}, token=shop.seller)
    assert_problem(seller, 422, "refund_is_the_buyers_to_choose")
    assert shop.call("POST", f"orders/{order_id}/cancel", {"to_credit": True}, token=shop.buyer).status == 202
    shop.drain()
    assert shop.call("GET", f"orders/{order_id}", token=shop.buyer).json["status"] == "REFUNDED"
    assert credit(shop) == {"EUR": TOTAL}
    assert violated(shop.place) == {}


def test_whoever_has_less_credit_may_pay_the_rest_otherwise(shop: Shop, staff: str) -> None:
    give(shop, staff, 100)
    started = shop.call("POST", "checkouts", shop.purchase(credit_amount=101, may_retry_payment=True), token=shop.buyer)
    path = f"checkouts/{started.json['checkout_id']}"
    shop.drain()
    standing = shop.call("GET", path, token=shop.buyer).json
    assert standing["payment_failure"]["code"] == "not_enough_credit"
    body = {"payment_source": "tok_approve", "credit_amount": 100}
    assert shop.call("POST", f"{path}/payment", body, token=shop.buyer).status == 202
    shop.drain()
    assert shop.call("GET", path, token=shop.buyer).json["status"] == "COMPLETED"
    assert credit(shop) == {"EUR": 0}
    assert violated(shop.place) == {}


def test_a_card_that_is_declined_leaves_the_credit_as_it_was(shop: Shop, staff: str) -> None:
    give(shop, staff, 1_000)
    assert shop.bought(credit_amount=1_000, payment_source="tok_decline")["status"] == "FAILED"
    assert credit(shop) == {"EUR": 1_000}
    assert [kind for kind, *_ in movements(shop)] == ["not_paid", "paid", "issued"]
    assert violated(shop.place) == {}


def test_two_checkouts_at_once_do_not_spend_the_same_credit(shop: Shop, staff: str) -> None:
    give(shop, staff, 1_000)
    for name in ("one", "two"):
        shop.call("POST", "checkouts", shop.purchase(name, credit_amount=1_000), token=shop.buyer)
    shop.drain()
    ends = shop.place.rows("checkout", "SELECT status FROM checkout_sessions ORDER BY status")
    assert ends == [("COMPLETED",), ("FAILED",)]
    assert credit(shop) == {"EUR": 0}
    assert violated(shop.place) == {}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"credit_amount": -1}, "credit_amount_out_of_range"),
        ({"credit_amount": 10, "payment_method": "cash_on_delivery"}, "credit_not_taken_for_this"),
        ({"gateway": "credit"}, ""),
    ],
)
def test_credit_is_not_asked_for_in_any_other_way(shop: Shop, changes: dict[str, Any], code: str) -> None:
    answer = shop.call("POST", "checkouts", shop.purchase(**changes), token=shop.buyer)
    if code:
        assert_problem(answer, 422, code)
        return
    shop.drain()
    ended = shop.call("GET", f"checkouts/{answer.json['checkout_id']}", token=shop.buyer).json
    assert (ended["status"], ended["failure"]["code"]) == ("FAILED", "unknown_gateway")


def test_a_gift_card_becomes_credit_once(shop: Shop, staff: str) -> None:
    code = card(shop, staff)
    assert redeem(shop, code).json == {"amount": 1_000, "currency": "EUR", "balance": 1_000}
    assert redeem(shop, code.lower().replace("-", " ")).json["balance"] == 1_000
    assert_problem(redeem(shop, code, shop.seller), 409, "gift_card_is_used")
    assert credit(shop) == {"EUR": 1_000}
    shop.drain()
    assert violated(shop.place) == {}


def test_staff_see_cards_without_their_codes_and_take_them_back(shop: Shop, staff: str) -> None:
    body = {"amount": 700, "currency": "EUR", "reason": "summer", "count": 3, "expires_at": "2100-01-01T00:00:00Z"}
    made = shop.call("POST", "gift-cards", body, token=staff)
    codes = [one["code"] for one in made.json["cards"]]
    first = shop.call("GET", f"gift-cards?batch_id={made.json['batch_id']}&limit=2", token=staff)
    rest = shop.call("GET", first.json["next"].removeprefix("/api/v1/"), token=staff)
    cards = [*first.json["items"], *rest.json["items"]]
    assert len(cards) == 3 and {one["status"] for one in cards} == {"OPEN"}
    assert not any(code.encode() in first.body + rest.body for code in codes)
    taken = made.json["cards"][0]
    assert shop.call("POST", f"gift-cards/{taken['gift_card_id']}/cancel", token=staff).status == 204
    assert shop.call("GET", f"gift-cards/{taken['gift_card_id']}", token=staff).json["status"] == "CANCELLED"
    assert_problem(redeem(shop, taken["code"]), 409, "gift_card_was_cancelled")
    assert_problem(shop.call("POST", f"gift-cards/{nobodys('card')}/cancel", token=staff), 404, "no_such_gift_card")
    shop.drain()
    assert violated(shop.place) == {}


def test_codes_cannot_be_guessed(shop: Shop, staff: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credits, "GUESSES", Limit(burst=3, every=360))
    code = card(shop, staff)
    for letter in [one for one in "WXYZ" if one != code[-1]][:3]:
        assert_problem(redeem(shop, code[:-1] + letter), 404, "no_such_gift_card")
    refused = redeem(shop, code)
    assert_problem(refused, 429, "too_many_codes")
    assert int(refused.headers["retry-after"]) > 0
    assert redeem(shop, code, shop.person()).status == 200


def test_who_knows_a_code_guesses_nothing_whatever_became_of_the_card(
    shop: Shop, staff: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credits, "GUESSES", Limit(burst=1, every=360))
    code = card(shop, staff)
    for _ in range(2):
        assert redeem(shop, code).status == 200
        assert_problem(redeem(shop, code, shop.seller), 409, "gift_card_is_used")


def test_codes_are_kept_nowhere(shop: Shop, staff: str) -> None:
    code = card(shop, staff)
    redeem(shop, code)
    shop.drain()
    for table in ("gift_cards", "payments_outbox_events", "store_credit_movements"):
        kept = str(shop.place.rows("payments", f"SELECT * FROM {table}"))
        assert code not in kept and code.replace("-", "") not in kept
