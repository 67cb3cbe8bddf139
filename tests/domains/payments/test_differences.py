"""What of a gateway's list is looked for among our refunds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from argosy.contracts.payments import ComparePayment, StatementLine
from argosy.domains.payments.application.differences import Differences
from argosy.engine.reads import first_reads
from argosy.shared_kernel.ids import Id
from tests.support import an_id

PAYMENT, REFUND = an_id("payment"), an_id("refund")


@pytest.mark.parametrize(
    ("key", "looked_for"),
    [
        (f"{PAYMENT}:refund:{REFUND}", [REFUND]),
        ("shop:refund:17", []),  # Somebody else's key at the same account: to PostgreSQL this is no id at all.
        ("::", []),
        ("", []),
    ],
)
def test_only_what_has_a_key_of_ours_is_looked_for_among_our_refunds(key: str, looked_for: list[Id]) -> None:
    line = StatementLine(
        key=key,
        operation="refund",
        payment_id=PAYMENT,
        gateway_transaction_id="re_1",
        amount=100,
        currency="BRL",
        done_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    command = ComparePayment(payment_id=PAYMENT, theirs=(line,), ours=())
    assert list(first_reads(Differences.compare_payment)["refunds"](command)) == looked_for
