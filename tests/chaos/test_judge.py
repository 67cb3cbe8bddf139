"""The judge's own facts are seen to catch what is planted; a marketplace that nothing was done to is clean."""

from __future__ import annotations

import os
import sqlite3

import pytest

from argosy.apps.chaos import goods, judge
from argosy.apps.chaos.calm import NotCalm, wait_until_calm
from argosy.apps.chaos.experiments.shoppers import price
from argosy.apps.chaos.load import Purchase, everyday
from argosy.contracts.checkout import StartCheckout
from argosy.contracts.orders import Address
from argosy.domains.payments.adapters.outbound.gateways.registry import book_path
from argosy.shared_kernel.codec import decoder, encode
from argosy.shared_kernel.ids import named_id
from tests.marketplace import Marketplace

pytestmark = pytest.mark.skipif("ARGOSY_POSTGRES" in os.environ, reason="the faults are planted in SQLite's words")


@pytest.fixture
def sold(marketplace: Marketplace) -> tuple[Marketplace, list[Purchase]]:
    """Three purchases, one of them declined, worked off."""
    place = marketplace.runtime
    goods.seed(place)
    purchases = []
    for number, source in enumerate(("tok_approve", "tok_approve", "tok_decline")):
        body = {**everyday(number), "payment_source": source}
        buyer = goods.buyer(number)
        made = {"checkout_id": place.ids.new(), "buyer_id": buyer, "cart_id": named_id("cart", buyer)}
        command = decoder(StartCheckout).decode(encode({**body, **made, "client_request_id": f"judged-{number}"}))
        marketplace.do("checkout", command)
        purchases.append(
            Purchase(number, f"judged-{number}", body, source == "tok_approve", made["checkout_id"], is_answered=True)
        )
    marketplace.drain()
    return marketplace, purchases


def test_a_marketplace_at_rest_is_clean_and_each_planted_fault_is_told(
    sold: tuple[Marketplace, list[Purchase]],
) -> None:
    marketplace, purchases = sold
    place = marketplace.runtime
    assert wait_until_calm(place, 5) < 5
    assert judge.faults(place, purchases) == []
    one, declined = purchases[0].checkout_id, purchases[2].checkout_id
    planted = [
        ("checkout", f"UPDATE checkout_sessions SET status = 'FAILED' WHERE id = '{one}'", f"{one} (tok_approve) was"),
        ("checkout", f"DELETE FROM checkout_sessions WHERE id = '{declined}'", "was accepted and is lost"),
        (
            "payments",
            f"UPDATE payment_intents SET captured_amount = 1 WHERE flow_id = '{one}'",
            "the gateway's book has",
        ),
        ("payments", f"DELETE FROM payment_intents WHERE flow_id = '{one}'", "and we know nothing of it"),
        ("inventory", "UPDATE stock_items SET reserved = 2 WHERE allocated > 0", "2 reserved"),
        ("orders", "UPDATE orders SET status = 'CANCELLED'", "allocated"),
    ]
    for label, statement, told in planted:
        raw, before = marketplace.runtime.stores[label].dialect.raw(), sqlite3.connect(":memory:")
        raw.backup(before)
        raw.execute("PRAGMA ignore_check_constraints = on")
        assert raw.execute(statement).rowcount > 0
        found = [
            *judge.ended(place, purchases),
            *judge.once(place, purchases),
            *judge.money(place),
            *judge.shelves(place),
        ]
        raw.execute("PRAGMA ignore_check_constraints = off")
        before.backup(raw)
        before.close()
        assert any(told in fault for fault in found), (statement, found)


def test_a_second_charge_in_the_gateways_book_is_told(sold: tuple[Marketplace, list[Purchase]]) -> None:
    marketplace, _ = sold
    with sqlite3.connect(book_path()) as book:
        columns = "operation, payment_id, status, amount, currency, transaction_id, source, reason, created_at"
        book.execute(
            f"INSERT INTO operations (key, {columns}) SELECT key || ':again', {columns} FROM operations "
            f"WHERE operation = 'capture' LIMIT 1"
        )
    book.close()
    found = list(judge.money(marketplace.runtime))
    assert len(found) == 2
    assert "the gateway's book has" in found[0]
    assert " taken for " in found[1]


def test_a_checkout_that_was_told_to_nobody_is_told(sold: tuple[Marketplace, list[Purchase]]) -> None:
    marketplace, purchases = sold
    [fault] = judge.once(marketplace.runtime, purchases[1:])
    assert fault == f"checkout {purchases[0].checkout_id} was told to nobody"


def test_what_still_moves_is_not_calm(sold: tuple[Marketplace, list[Purchase]]) -> None:
    marketplace, purchases = sold
    command = decoder(StartCheckout).decode(
        encode(
            {
                **everyday(7),
                "checkout_id": marketplace.runtime.ids.new(),
                "buyer_id": goods.buyer(1),
                "cart_id": goods.buyer(1),
                "client_request_id": "late",
            }
        )
    )
    marketplace.do("checkout", command)
    with pytest.raises(NotCalm, match="1 checkouts are going on"):
        wait_until_calm(marketplace.runtime, 0.2)
    assert len(purchases) == 3


def test_the_price_that_experiments_expect_is_the_one_that_is_charged(
    sold: tuple[Marketplace, list[Purchase]],
) -> None:
    marketplace, purchases = sold
    totals = dict(marketplace.rows("checkout", "SELECT id, total_amount FROM checkout_sessions"))
    with_coupon, without = purchases[0], purchases[1]
    assert totals[with_coupon.checkout_id] == price(with_coupon.body["lines"], 1_000)
    assert totals[without.checkout_id] == price(without.body["lines"], 0)
    assert Address(**goods.ADDRESS).country == "BR"
