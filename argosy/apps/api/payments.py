"""What was paid for an order and what went back, made of orders and payments: for its buyer and, of their own share
alone, for its seller. Whose an order is, orders alone says, in one statement."""

from __future__ import annotations

from datetime import datetime

import msgspec

from argosy.domains.orders.adapters.outbound.queries import paid_order_of
from argosy.domains.payments.adapters.outbound.shown import PaidBackShown, ShareShown, paid_share
from argosy.platform.auth import shopper
from argosy.platform.rest import Asked, get
from argosy.shared_kernel.ids import Id


class PaymentOfPurchase(msgspec.Struct, frozen=True, kw_only=True):
    """What was paid at once, for all orders of the purchase that it took; `credit_amount` of it with store credit."""

    payment_id: Id
    amount: int
    credit_amount: int


class OrderPayments(msgspec.Struct, frozen=True, kw_only=True):
    """What was paid for an order, `paid_at` is null where nothing was, and what went back. Its buyer is told the
    `payment` that it is a part of, its seller the `share`, staff both."""

    order_id: Id
    currency: str
    total_amount: int
    payment_method: str
    paid_at: datetime | None
    paid_amount: int
    refunded_amount: int
    refunding_amount: int
    refunds: list[PaidBackShown]
    payment: PaymentOfPurchase | None
    share: ShareShown | None


def order_payments(asked: Asked) -> OrderPayments | None:
    """What was paid for an order of yours and in which way, and what was refunded and when; a seller sees their own
    share."""
    actor = asked.actor
    order = paid_order_of(asked["order_id"], actor)
    if order is None:
        return None
    found = paid_share(order.payment_id, order.order_id) if order.payment_id is not None else None
    refunds = found.refunds if found is not None else []
    share = found.share if found is not None else None
    is_told_payment = order.is_of_buyer or actor.has("staff")
    is_told_share = actor.has("staff") or order.seller_id == actor.seller_id
    return OrderPayments(
        order_id=order.order_id,
        currency=order.currency,
        total_amount=order.total_amount,
        payment_method=order.payment_method,
        paid_at=order.paid_at,
        paid_amount=share.goods_amount + share.shipping_amount + share.tax_amount if share is not None else 0,
        refunded_amount=sum(one.amount for one in refunds if one.is_done),
        refunding_amount=sum(one.amount for one in refunds if not one.is_done),
        refunds=refunds,
        payment=PaymentOfPurchase(
            payment_id=order.payment_id, amount=found.payment_amount, credit_amount=found.credit_amount
        )
        if found is not None and order.payment_id is not None and is_told_payment
        else None,
        share=share if is_told_share else None,
    )


endpoints = [get("orders/{order_id}/payments", order_payments, allow=shopper, answers=OrderPayments)]
