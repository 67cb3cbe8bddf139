"""Money that comes outside of any gateway: by transfer to our bank, or in cash at the door."""

from __future__ import annotations

from datetime import datetime

from argosy.contracts.payments import BookReceipt
from argosy.domains.payments.domain.payment import (
    AUTHORIZED,
    CAPTURED,
    AmountIsNotPayable,
    NotAnIdentifier,
    PaymentIntent,
    UnknownGateway,
    is_sane,
)
from argosy.domains.payments.domain.shares import PaidShare
from argosy.shared_kernel.errors import DomainError, RuleBroken, refuse
from argosy.shared_kernel.ids import is_id

BANK, CASH = "bank", "cash"
BY_HAND = (BANK, CASH)
"""Names that stand where a gateway's would: what these owe us is in `clearing:bank` and `clearing:cash`."""


class ReceiptIsAnother(RuleBroken):
    """This payment was booked with another amount or reference."""


def check_receipt(command: BookReceipt) -> None:
    faults: list[DomainError] = [
        NotAnIdentifier(field=name)
        for name in ("payment_id", "purchase_id", "order_id", "buyer_id")
        if not is_id(getattr(command, name))
    ]
    if not is_sane(command.amount, command.currency):
        faults.append(AmountIsNotPayable(amount=str(command.amount)))
    if command.gateway not in BY_HAND:
        faults.append(UnknownGateway(gateway=command.gateway))
    refuse(faults)


def received(command: BookReceipt, share: PaidShare, now: datetime) -> PaymentIntent:
    """A payment that was held and taken at once."""
    intent = PaymentIntent(
        id=command.payment_id,
        flow_id=command.flow_id,
        purchase_id=command.purchase_id,
        order_id=command.order_id,
        buyer_id=command.buyer_id,
        amount=command.amount,
        currency=command.currency,
        gateway=command.gateway,
        authorization_reference=command.reference,
        capture_reference=command.reference,
        captured_amount=command.amount,
        shares=(share,),
        created_at=now,
    )
    intent.move(AUTHORIZED)
    intent.move(CAPTURED)
    return intent


def is_same(intent: PaymentIntent, command: BookReceipt) -> bool:
    return (intent.order_id, intent.captured_amount, intent.currency, intent.gateway, intent.capture_reference) == (
        command.order_id,
        command.amount,
        command.currency,
        command.gateway,
        command.reference,
    )
