"""Money that is held for nothing is let go of before its gateway would, in virtual time, on the real databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from argosy.contracts.payments import AuthorizePayment
from argosy.shared_kernel.ids import named_id
from tests.jobs.conftest import Time
from tests.marketplace import Marketplace

DAY = 24 * 3_600


def hold(shop: Marketplace, source: str) -> None:
    shop.do(
        "payments",
        AuthorizePayment(
            flow_id=named_id("held", "flow"),
            payment_id=named_id("held", "payment"),
            purchase_id=named_id("held", "purchase"),
            buyer_id=named_id("held", "buyer"),
            amount=500,
            currency="BRL",
            gateway="test",
            source=source,
            expires_at=shop.runtime.clock.now() + timedelta(minutes=5),
        ),
    )
    shop.drain()


@pytest.mark.parametrize(("source", "days"), [("tok_hold_once", 7), ("tok_approve", 14)])
def test_what_is_held_for_nothing_is_let_go_of_in_time(shop: Marketplace, time: Time, source: str, days: int) -> None:
    hold(shop, source)
    time.pass_by(3_600)
    time.pass_by((days - 3) * DAY, step=DAY / 2)
    assert shop.rows("payments", "SELECT status FROM payment_intents") == [("AUTHORIZED",)]
    time.pass_by(2 * DAY, step=DAY / 2)
    assert shop.rows("payments", "SELECT status, failure FROM payment_intents") == [("VOIDED", "authorization_expired")]
    told = shop.rows("payments", "SELECT event_type FROM payments_outbox_events WHERE event_type LIKE '%Expired'")
    assert told == [("payments.AuthorizationExpired",)]
    assert time.violated() == {}
