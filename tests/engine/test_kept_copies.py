"""A worker's memory never has the last word: what was changed past it is found out also where the answer is no."""

from __future__ import annotations

from tests.doctor.selling import open_shop, pay_back, start
from tests.marketplace import Marketplace


def test_a_payment_changed_from_outside_is_read_afresh_before_its_answer_is_called_wrong(
    marketplace: Marketplace,
) -> None:
    open_shop(marketplace)
    start(marketplace, "kept")
    marketplace.drain()
    pay_back(marketplace, "kept", 1_000)
    assert marketplace.rows("payments", "SELECT status, amount FROM refunds") == [("SUCCEEDED", 1_000)]
    assert marketplace.rows("payments", "SELECT attempts FROM payments_due WHERE kind = 'call'") == []
