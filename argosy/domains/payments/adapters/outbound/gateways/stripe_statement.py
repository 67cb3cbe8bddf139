"""What Stripe moved, from its balance transactions: one for each capture, of each part of a payment too, and each
refund, under the time at which it changed the balance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from argosy.domains.payments.application.gateways import Movement, StatementPage
from argosy.domains.payments.domain.difference import DISPUTE, REINSTATED
from argosy.domains.payments.domain.payment import CAPTURE, REFUND, RETURN, is_return
from argosy.shared_kernel.ids import Id, is_id
from argosy.shared_kernel.money import UnknownCurrency

Read = Callable[[int, str], int]

PAGE = 100
"""As many as Stripe gives at once."""

_OPERATIONS = {
    "charge": CAPTURE,
    "payment": CAPTURE,
    "refund": REFUND,
    "payment_refund": REFUND,
    "adjustment": DISPUTE,
}
"""By type. The others are no movements of payments: payouts to the bank, fees of the account."""


def page(client: Any, since: datetime, until: datetime, after: str, read: Read) -> StatementPage:
    """`read` turns Stripe's amounts into ours."""
    asked: dict[str, Any] = {
        "created": {"gte": int(since.timestamp()), "lt": int(until.timestamp())},
        "limit": PAGE,
        "expand": ["data.source"],
    }
    if after:
        asked["starting_after"] = after
    listed = client.balance_transactions.list(asked)
    found = [movement for one in listed.data if (movement := _movement(client, one, read)) is not None]
    return StatementPage(tuple(found), listed.data[-1].id if listed.has_more and listed.data else "")


def _movement(client: Any, moved: Any, read: Read) -> Movement | None:
    operation, source = _OPERATIONS.get(moved.type), moved.source
    if operation is None or source is None or isinstance(source, str):
        return None
    is_refund = operation == REFUND
    if is_refund and source.status in ("failed", "canceled"):
        return None  # Its money came back; the next look-up of it is told so.
    if operation == DISPUTE and getattr(source, "object", "") != "dispute":
        return None
    currency = source.currency.upper()
    intent_id = str(getattr(source, "payment_intent", None) or "")
    noted = _noted(client, source, intent_id)
    payment_id, key = noted.get("payment_id", ""), noted.get("key", "")
    reference, amount = source.id, abs(source.amount)
    if operation == CAPTURE:
        key = f"{payment_id}:{CAPTURE}" if payment_id else ""
        amount = _taken(moved, source)
        reference = intent_id or source.id
        if amount != source.amount_captured:
            reference = f"{reference}/{moved.id}"
    elif is_refund and is_return(key):
        operation = RETURN
    elif operation == DISPUTE:
        # What the buyer's bank has taken, and gives again where the dispute is won.
        operation = DISPUTE if moved.amount < 0 else REINSTATED
        key, reference = "", f"{source.id}/{moved.id}"
    return Movement(
        operation=operation,
        reference=reference,
        amount=_ours(read, amount, currency),
        currency=currency,
        done_at=datetime.fromtimestamp(moved.created, UTC),
        payment_id=Id(payment_id) if is_id(payment_id) else None,
        key=key[:200],
        fee_amount=_ours(read, moved.fee, moved.currency.upper()),
        fee_currency=moved.currency.upper(),
    )


def _ours(read: Read, amount: int, currency: str) -> int:
    """In our minor units. What is in no currency of ours is told as Stripe spells it."""
    try:
        return read(amount, currency)
    except UnknownCurrency:
        return amount


def _taken(moved: Any, charge: Any) -> int:
    """In the currency of the payment. What is credited in another is told whole, and of parts by Stripe's own rate."""
    if moved.currency == charge.currency:
        return int(moved.amount)
    card = getattr(getattr(charge, "payment_method_details", None), "card", None)
    in_parts = getattr(getattr(card, "multicapture", None), "status", "") == "available"
    rate = getattr(moved, "exchange_rate", None)
    if not (in_parts and rate):
        return int(charge.amount_captured)
    return int((Decimal(moved.amount) / Decimal(str(rate))).to_integral_value())


def _noted(client: Any, source: Any, intent_id: str) -> dict[str, str]:
    """Our ids, which a charge has from its payment intent, and a refund of ours has itself. What was made at Stripe's
    own counter belongs to the payment that it is of."""
    metadata = getattr(source, "metadata", None)
    found = {name: str(getattr(metadata, name, "") or "") for name in ("payment_id", "key")}
    if found["payment_id"] or not intent_id:
        return found
    intent = client.payment_intents.retrieve(intent_id)
    return {"payment_id": str(getattr(intent.metadata, "payment_id", "") or "")}
