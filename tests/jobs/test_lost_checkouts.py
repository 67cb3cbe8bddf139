"""checkout_db is wiped while flows run: no truth is lost. What they began is undone, or stands where it was paid."""

from __future__ import annotations

from datetime import timedelta

from argosy.apps.doctor.examination import CHECKS, Examination
from argosy.apps.doctor.healing import heal
from argosy.domains.payments.adapters.outbound.gateways.registry import book_path
from argosy.domains.payments.adapters.outbound.gateways.test import TestGateway
from argosy.platform.worker import Worker
from argosy.shared_kernel.ids import child_id
from tests.doctor.selling import COUPON, checkout_id, start
from tests.jobs.conftest import Time, forget_database
from tests.marketplace import Marketplace


def work_without(place: Marketplace, *resting: str) -> None:
    """Everybody but these works off what there is to do."""
    place.close()
    worker = Worker(place.runtime, [label for label in place.runtime.contexts if label not in resting])
    worker.drain()
    worker.close()


def confirmed_by_its_buyer(place: Marketplace, time: Time, *resting: str) -> None:
    """A purchase that its buyer confirms at the gateway, while some contexts do not work."""
    start(place, "lost", source="tok_action", coupons=(COUPON,))
    place.drain()
    payment_id = child_id(checkout_id("lost"), "payment")
    gateway = TestGateway(book_path(), latency_milliseconds=0)
    assert gateway.complete(payment_id)
    gateway.close()
    time.ahead += timedelta(seconds=20)
    work_without(place, *resting)


def standing(place: Marketplace) -> dict[str, set[str]]:
    return {
        "orders": {row[0] for row in place.rows("orders", "SELECT status FROM orders")},
        "stock": {row[0] for row in place.rows("inventory", "SELECT status FROM reservations")},
        "money": {row[0] for row in place.rows("payments", "SELECT status FROM payment_intents")},
        "coupons": {row[0] for row in place.rows("promotions", "SELECT status FROM coupon_redemptions")},
    }


def free(place: Marketplace) -> list[tuple[int, ...]]:
    return place.rows("inventory", "SELECT available_quantity, reserved, allocated FROM stock_items")


def test_a_purchase_that_waited_for_its_buyer_is_undone(shop: Marketplace, time: Time) -> None:
    start(shop, "lost", source="tok_action", coupons=(COUPON,))
    shop.drain()
    forget_database(shop, "checkout")
    time.pass_by(1_800)
    assert standing(shop) == {
        "orders": {"CANCELLED"},
        "stock": {"EXPIRED"},
        "money": {"VOIDED"},
        "coupons": {"RELEASED"},
    }
    assert free(shop) == [(100, 0, 0), (100, 0, 0)]
    [flow] = shop.rows("checkout", "SELECT id, status, outcome, failure FROM checkout_sessions")
    assert (str(flow[0]), *flow[1:]) == (checkout_id("lost"), "FAILED", "COMPENSATED", "lost")
    assert sound_once_views_are_rebuilt(shop, time)


def sound_once_views_are_rebuilt(place: Marketplace, time: Time) -> bool:
    """What views told of the lost log is in no log any more: making them anew is all that is left to do."""
    found = Examination(place.runtime, look_again_seconds=()).run(CHECKS)
    assert {one.check.id for one in found if not one.is_sound} <= {"I38"}
    list(heal(place.runtime, found))
    assert time.violated() == {}
    return True


def test_held_money_is_let_go_and_stock_is_free_again(shop: Marketplace, time: Time) -> None:
    confirmed_by_its_buyer(shop, time, "inventory")
    assert standing(shop)["money"] == {"AUTHORIZED"}
    forget_database(shop, "checkout")
    time.pass_by(1_800)
    assert standing(shop) == {
        "orders": {"CANCELLED"},
        "stock": {"EXPIRED"},
        "money": {"VOIDED"},
        "coupons": {"RELEASED"},
    }
    assert free(shop) == [(100, 0, 0), (100, 0, 0)]
    assert sound_once_views_are_rebuilt(shop, time)


def test_stock_that_was_committed_for_nothing_comes_back(shop: Marketplace, time: Time) -> None:
    confirmed_by_its_buyer(shop, time, "inventory")
    work_without(shop, "checkout")
    assert (standing(shop)["stock"], standing(shop)["money"]) == ({"COMMITTED"}, {"AUTHORIZED"})
    forget_database(shop, "checkout")
    time.pass_by(1_800)
    assert standing(shop) == {
        "orders": {"CANCELLED"},
        "stock": {"RESTOCKED"},
        "money": {"VOIDED"},
        "coupons": {"RELEASED"},
    }
    assert free(shop) == [(100, 0, 0), (100, 0, 0)]
    assert sound_once_views_are_rebuilt(shop, time)


def test_who_has_paid_gets_what_they_paid_for_within_the_grace(shop: Marketplace, time: Time) -> None:
    confirmed_by_its_buyer(shop, time, "orders")
    assert (standing(shop)["orders"], standing(shop)["money"]) == ({"CREATED"}, {"CAPTURED"})
    forget_database(shop, "checkout")
    time.pass_by(450)
    assert standing(shop)["orders"] == {"PAID"}
    time.pass_by(2_000)
    assert standing(shop) == {
        "orders": {"PAID"},
        "stock": {"COMMITTED"},
        "money": {"CAPTURED"},
        "coupons": {"CONSUMED"},
    }
    assert sorted(free(shop)) == [(98, 0, 2), (98, 0, 2)]
    assert sound_once_views_are_rebuilt(shop, time)


def test_sales_that_were_made_stay_and_the_shop_goes_on(shop: Marketplace, time: Time) -> None:
    start(shop, "before")
    shop.drain()
    forget_database(shop, "checkout")
    start(shop, "after")
    time.pass_by(2_000)
    assert standing(shop)["orders"] == {"PAID"}
    assert shop.rows("orders", "SELECT count(*) FROM orders") == [(4,)]
    assert sound_once_views_are_rebuilt(shop, time)
