"""How payments reach out: calls of a gateway, under one key per operation, and the log of what it said."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from argosy.contracts.payments import PaymentRecovered
from argosy.domains.payments.application.gateways import GatewayRequest
from argosy.domains.payments.domain.capture import ASKED, WAITING
from argosy.domains.payments.domain.payment import (
    AUTHORIZE,
    AUTHORIZED,
    BY_CREDIT,
    CAPTURE,
    PARTIALLY_CAPTURED,
    REFUND,
    RETURN,
    UNKNOWN,
    VOID,
    PaymentIntent,
    PaymentTransaction,
)
from argosy.domains.payments.domain.refund import Refund
from argosy.engine.work import UnitOfWork
from argosy.shared_kernel.ids import Id

GATEWAY = "gateway"
"""The name under which calls are registered."""


def start(work: UnitOfWork, intent: PaymentIntent, operation: str) -> None:
    """Ask the gateway for an operation, the first time; or first what became of it, where it may be long done."""
    intent.begin(operation)
    _call(work, intent, is_look_up=intent.is_recovered)


def start_capture(work: UnitOfWork, intent: PaymentIntent) -> None:
    """Ask for all of it, or for the next of its parts."""
    waiting = next((part for part in intent.captures if part.status == WAITING), None)
    if waiting is not None:
        intent.put(waiting.moved(ASKED))
    start(work, intent, CAPTURE)


def send_back(work: UnitOfWork, intent: PaymentIntent) -> None:
    """Have the gateway take back what it took unasked, one after another, once nothing else is asked of it."""
    if intent.stray is not None and not intent.suspended_amount and not intent.pending:
        stray = intent.stray[1]
        intent.suspended_amount, intent.suspended_currency = stray.amount, stray.currency
        start(work, intent, RETURN)


def again(work: UnitOfWork, intent: PaymentIntent) -> None:
    """Ask for the pending operation again, under its key: it is proven that it never happened."""
    intent.ask_again()
    _call(work, intent)


def look_up(work: UnitOfWork, intent: PaymentIntent, *, at_once: bool = False) -> None:
    """Ask what became of the pending operation, a little later each time."""
    at = intent.look_up_at(work.now)
    _call(work, intent, is_look_up=True, at=work.now if at_once else at)


def _call(work: UnitOfWork, intent: PaymentIntent, *, is_look_up: bool = False, at: datetime | None = None) -> None:
    operation = intent.pending
    key = f"{intent.id}:{operation}"
    amount, currency, source, reference = intent.gateway_amount, intent.currency, "", intent.authorization_reference
    gateway, part = intent.gateway, intent.part
    if operation == AUTHORIZE:
        source = intent.source
    elif operation == CAPTURE and part is not None:
        key, amount = f"{key}:{part.id}", part.gateway_amount
        gateway = gateway if amount else BY_CREDIT
    elif operation == RETURN:
        key = intent.return_key
        amount, currency = intent.suspended_amount, intent.suspended_currency
        reference = intent.stray[1].reference if intent.stray is not None else intent.capture_reference
    request = GatewayRequest(
        operation=operation,
        gateway=gateway,
        payment_id=intent.id,
        key=key,
        amount=amount,
        currency=currency,
        call=intent.calls,
        source=source,
        reference=reference,
        is_look_up=is_look_up,
        **_of_part(intent, operation),
    )
    work.call(GATEWAY, intent.id, request, at=at, id=key if intent.calls == 1 else f"{key}:{intent.calls}")


def _of_part(intent: PaymentIntent, operation: str) -> dict[str, Any]:
    """What a gateway must know of a part besides its amount."""
    part = intent.part if operation == CAPTURE else None
    if part is None:
        return {}
    return {"capture_id": part.id, "is_final": part.is_final, "taken_amount": intent.taken_amount}


def pay_back(
    work: UnitOfWork,
    intent: PaymentIntent,
    refund: Refund,
    *,
    is_look_up: bool = False,
    at: datetime | None = None,
) -> None:
    """Ask the gateway for a refund, or what became of it. What becomes store credit wholly asks nothing of it."""
    key = f"{intent.id}:{REFUND}:{refund.id}"
    request = GatewayRequest(
        operation=REFUND,
        gateway=intent.gateway if refund.gateway_amount else BY_CREDIT,
        payment_id=intent.id,
        key=key,
        amount=refund.gateway_amount,
        currency=refund.currency,
        call=refund.calls,
        reference=intent.capture_reference,
        refund_id=refund.id,
        is_look_up=is_look_up,
    )
    work.call(GATEWAY, intent.id, request, at=at, id=key if refund.calls == 1 else f"{key}:{refund.calls}")


def verify(work: UnitOfWork, intent: PaymentIntent, operation: str, why: Id, refund: Refund | None = None) -> None:
    """Ask what became of an operation, whatever we think of it: a webhook rang. The call's number is 0, which no
    operation counts: a yes or no is taken, anything else leaves the look-ups that are planned as they are."""
    key = f"{intent.id}:{operation}" if refund is None else f"{intent.id}:{REFUND}:{refund.id}"
    part = intent.part if operation == CAPTURE else None
    if part is not None:
        key = f"{key}:{part.id}"
    references = {CAPTURE: intent.authorization_reference, VOID: intent.authorization_reference}
    request = GatewayRequest(
        operation=operation,
        gateway=intent.gateway,
        payment_id=intent.id,
        key=key,
        amount=(refund or part or intent).gateway_amount,
        currency=intent.currency,
        call=0,
        source=intent.source if operation == AUTHORIZE else "",
        reference=intent.capture_reference if refund is not None else references.get(operation, ""),
        refund_id=refund.id if refund is not None else None,
        is_look_up=True,
        **_of_part(intent, operation),
    )
    work.call(GATEWAY, intent.id, request, id=f"{key}:{why}")


def note(
    work: UnitOfWork,
    intent: PaymentIntent,
    operation: str,
    status: str,
    reference: str,
    money: tuple[int, str],
) -> None:
    """Keep what the gateway said, for good."""
    intent.transactions.append(
        PaymentTransaction(
            id=work.new_id(),
            type=operation,
            gateway_transaction_id=reference,
            amount=money[0],
            currency=money[1],
            status=status,
            created_at=work.now,
        )
    )


def tell_recovered(
    work: UnitOfWork, intent: PaymentIntent, operation: str, reference: str, money: tuple[int, str]
) -> None:
    """The gateway had done it, and our books did not have it: they do now, and this says that they were put right."""
    if intent.is_recovered:
        work.announce(
            PaymentRecovered(
                payment_id=intent.id,
                operation=operation,
                gateway_transaction_id=reference,
                amount=money[0],
                currency=money[1],
            )
        )


def end_hold(work: UnitOfWork, intent: PaymentIntent) -> None:
    """Nobody need come back for what is captured, let go of or failed (see holds.py)."""
    if intent.is_hold_planned and intent.status not in (AUTHORIZED, UNKNOWN, PARTIALLY_CAPTURED):
        work.never_mind("hold", intent.id)
        intent.deadline = None


def let_go(work: UnitOfWork, intent: PaymentIntent) -> None:
    """Have the gateway hold nothing for this payment."""
    if intent.pending != VOID:
        intent.decided()
        start(work, intent, VOID)
