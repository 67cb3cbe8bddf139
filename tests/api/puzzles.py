"""What only a person can put right in payments: differences from a gateway's book, and webhooks of nothing we know."""

from __future__ import annotations

from argosy.contracts.payments import ComparePayment, ReceiveWebhook, ResolveWebhooks, StatementLine
from argosy.shared_kernel.ids import Id
from tests.api.shop import Shop


def differ(shop: Shop, payment_id: Id, *amounts: int) -> None:
    """The gateway lists refunds that we never asked for."""
    lines = tuple(
        StatementLine(
            key="",
            operation="refund",
            payment_id=payment_id,
            gateway_transaction_id=f"re_{amount}",
            amount=amount,
            currency="EUR",
            done_at=shop.place.runtime.clock.now(),
        )
        for amount in amounts
    )
    shop.place.do("payments", ComparePayment(payment_id=payment_id, theirs=lines, ours=()))


def puzzle(shop: Shop, *event_ids: str) -> list[str]:
    """Webhooks, kept long ago, of a payment that is none of ours; their ids, in this order."""
    place = shop.place
    for event_id in event_ids:
        place.do(
            "payments",
            ReceiveWebhook(
                gateway="test",
                event_id=event_id,
                type="payment.captured",
                operation="capture",
                payment_id=None,
                refund_id=None,
                reference="foreign:capture",
                amount=5,
                currency="EUR",
                told_at=place.runtime.clock.now(),
                raw="{}",
            ),
        )
    place.rows("payments", "UPDATE payment_webhooks SET received_at = '2020-01-01 00:00:00'")
    place.do("payments", ResolveWebhooks())
    shop.drain()
    ids = dict(place.rows("payments", "SELECT event_id, id FROM payment_webhooks WHERE status = 'SUSPENDED'"))
    return [str(ids[event_id]) for event_id in event_ids]
