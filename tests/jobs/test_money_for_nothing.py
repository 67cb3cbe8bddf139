"""Money that no order explains goes back within its 900 s, once, by the ordinary refund; what is explained stays."""

from __future__ import annotations

import msgspec
import pytest

from argosy.apps.doctor.examination import chosen
from argosy.apps.doctor.money import GRACE_SECONDS
from argosy.contracts.payments import PaymentCaptured, ReconcilePayments
from argosy.domains.payments.context import PaymentsContext
from tests.doctor.selling import start, take_money_for_nothing
from tests.jobs.conftest import Time
from tests.marketplace import Marketplace

PAYMENTS = "SELECT status, captured_amount, refunded_amount FROM payment_intents ORDER BY status"


def test_it_is_paid_back_within_the_grace_and_once(shop: Marketplace, time: Time) -> None:
    start(shop, "bought")
    shop.drain()
    take_money_for_nothing(shop)
    [sold, stray] = shop.rows("payments", PAYMENTS)
    assert (sold[0], stray) == ("CAPTURED", ("CAPTURED", 500, 0)) or (stray[0], sold) == (
        "CAPTURED",
        ("CAPTURED", 500, 0),
    )
    time.pass_by(GRACE_SECONDS - 300)
    rows = shop.rows("payments", PAYMENTS)
    assert ("REFUNDED", 500, 500) in rows
    assert [row[2] for row in rows if row[0] == "CAPTURED"] == [0]
    for _ in range(3):
        shop.do("payments", ReconcilePayments())
    time.pass_by(GRACE_SECONDS)
    assert shop.rows("payments", "SELECT count(*), sum(amount) FROM refunds") == [(1, 500)]
    assert shop.rows("payments", "SELECT count(*) FROM payments_parked") == [(0,)]
    assert time.violated() == {}


def test_without_the_job_it_is_kept_and_the_doctor_says_so(
    shop: Marketplace, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The break that the job heals."""
    monkeypatch.setattr(PaymentsContext, "schedule", ())
    take_money_for_nothing(shop)
    shop.close()
    shop.rows("payments", "DELETE FROM payments_due")
    time.pass_by(GRACE_SECONDS + 100)
    assert list(time.violated()) == ["I18"]
    assert chosen(["I18"])[0].spans


def test_each_payment_is_asked_after_once(shop: Marketplace, time: Time) -> None:
    for name in ("one", "two", "three"):
        start(shop, name)
    shop.drain()
    time.pass_by(2_000)
    told = "SELECT CAST(payload AS text) FROM payments_outbox_events WHERE event_type = ?"
    [(asked,)] = shop.rows("payments", told, "orders.SettlePayments")
    assert len(msgspec.json.decode(asked)["payments"]) == 3
    assert shop.rows("orders", "SELECT DISTINCT status FROM orders") == [("PAID",)]


def test_what_an_older_program_has_told_is_read_as_it_meant_it(
    shop: Marketplace, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job looks back at messages that are minutes old: by then the program may be a newer one."""
    take_money_for_nothing(shop)
    told: list[int] = []

    def upcast(cls: type, version: int, fields: dict[str, object]) -> dict[str, object]:
        told.append(version)
        return fields

    monkeypatch.setattr(PaymentCaptured, "upcast", classmethod(upcast))
    monkeypatch.setattr(PaymentCaptured, "schema_version", 2)
    time.pass_by(GRACE_SECONDS - 300)
    assert set(told) == {1}
    assert shop.rows("payments", PAYMENTS) == [("REFUNDED", 500, 500)]
