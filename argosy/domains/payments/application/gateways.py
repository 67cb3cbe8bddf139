"""What payments ask of a gateway, and how one call becomes one command that tells its outcome."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, cast

import msgspec

from argosy.contracts.payments import (
    AuthorizationAnswered,
    CaptureAnswered,
    RefundAnswered,
    RenewalAnswered,
    ReturnAnswered,
    VoidAnswered,
)
from argosy.domains.payments.domain.payment import ABSENT, AUTHORIZE, CAPTURE, NO_ANSWER, RENEW, RETURN, VOID
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command


class GatewayRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One call. `key` is the operation's key for good: `<payment>:capture`; `reference` the gateway's own id of what
    the operation acts on. A look-up asks what became of the key, and does nothing.

    A capture of a part has a `capture_id`, which its key ends with; before it `taken_amount` was taken, and what is
    left is released where it `is_final`."""

    operation: str
    gateway: str
    payment_id: Id
    key: str
    amount: int
    currency: str
    call: int = 1
    source: str = ""
    reference: str = ""
    refund_id: Id | None = None
    is_look_up: bool = False
    capture_id: Id | None = None
    is_final: bool = True
    taken_amount: int = 0


class GatewayAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway says of an operation: approved, declined, or action where the buyer must act."""

    outcome: str
    gateway_transaction_id: str = ""
    amount: int = 0
    currency: str = ""
    reason: str = ""
    action_url: str = ""
    fee_amount: int = 0


class GatewayDidNotAnswer(Exception):
    """The outcome is not known: the operation may have happened."""


class Gateway(Protocol):
    """A payment provider. Each operation happens at most once per key, however often it is asked for; each raises
    GatewayDidNotAnswer where the outcome is not known."""

    def authorize(self, request: GatewayRequest) -> GatewayAnswer:
        """Hold the amount on the source."""
        ...

    def capture(self, request: GatewayRequest) -> GatewayAnswer:
        """Take what is held."""
        ...

    def void(self, request: GatewayRequest) -> GatewayAnswer:
        """Hold nothing for this payment from now on; approved also where nothing was held."""
        ...

    def refund(self, request: GatewayRequest) -> GatewayAnswer:
        """Pay back what was taken."""
        ...

    def look_up(self, request: GatewayRequest) -> GatewayAnswer | None:
        """What became of the operation with this key; None where it never happened."""
        ...


class Renewing(Protocol):
    """A gateway that can be asked to go on holding what it holds, for as long as it held it before. `hold_seconds` is
    how long that is; a gateway that cannot be asked may have it as well."""

    hold_seconds: int

    def renew(self, request: GatewayRequest) -> GatewayAnswer:
        """Hold it for longer."""
        ...


class Capturing(Protocol):
    """A gateway that can take less than it holds says so: `captures` is `part` (once, and the rest is released) or
    `parts` (one after another, until one is final). Each part has a reference of its own; refunds and voids are asked
    of the payment, whatever parts it was taken in: a void releases what no part took, and refunds are within their sum.
    One that says nothing takes the whole."""

    captures: str


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """Money that a gateway took or gave back, as its own list has it. `reference` is what our books know it by, and
    with `/` and the list's own id behind it where it is one part of several; `key` is ours where the list names it,
    `payment_id` too, and None where the gateway knows of no payment of ours. `fee_amount` is what it kept of it."""

    operation: str
    reference: str
    amount: int
    currency: str
    done_at: datetime
    payment_id: Id | None = None
    key: str = ""
    fee_amount: int = 0
    fee_currency: str = ""


class StatementPage(msgspec.Struct, frozen=True):
    """A page of what a gateway moved; `next` asks for the page behind it, and is empty at the end."""

    movements: tuple[Movement, ...]
    next: str = ""


class Stating(Protocol):
    """A gateway that lists what it moved. `statement_lag_seconds` is by when the list of a time is whole: what happens
    later under a time that far back is not listed any more."""

    statement_lag_seconds: int

    def statement(self, since: datetime, until: datetime, after: str) -> StatementPage:
        """A page of what it moved from one time up to before another, each in exactly one page; GatewayDidNotAnswer
        where it does not say."""
        ...


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway said of its own accord. `operation` is one of ours, empty where it concerns none; `payment_id` and
    `refund_id` are ours, as we gave them with the request; `reference` is the gateway's own id."""

    event_id: str
    type: str
    told_at: datetime
    operation: str = ""
    payment_id: Id | None = None
    refund_id: Id | None = None
    reference: str = ""
    amount: int = 0
    currency: str = ""


class WebhookReader(Protocol):
    """A gateway that calls by itself."""

    def read_webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        """What it says, once the signature over these very bytes holds; header names are in lower case.
        SignatureDoesNotHold or WebhookIsUnreadable where it does not, or nothing can be made of it."""
        ...


def ask(gateways: Mapping[str, Gateway], request: GatewayRequest, attempt: int) -> Command:
    """Make the call, and tell its outcome. Whoever asks again after an interruption looks first."""
    gateway = gateways[request.gateway]
    try:
        answer = gateway.look_up(request) if request.is_look_up or attempt > 1 else None
        if answer is None:
            answer = GatewayAnswer(outcome=ABSENT) if request.is_look_up else _act(gateway, request)
    except GatewayDidNotAnswer:
        answer = GatewayAnswer(outcome=NO_ANSWER)
    return _told(request, answer)


def _act(gateway: Gateway, request: GatewayRequest) -> GatewayAnswer:
    if request.operation == AUTHORIZE:
        return gateway.authorize(request)
    if request.operation == CAPTURE:
        return gateway.capture(request)
    if request.operation == VOID:
        return gateway.void(request)
    if request.operation == RENEW:
        renewing = cast(Renewing, gateway)
        return renewing.renew(request)
    return gateway.refund(request)


def _told(request: GatewayRequest, answer: GatewayAnswer) -> Command:
    id, call, outcome, reference = request.payment_id, request.call, answer.outcome, answer.gateway_transaction_id
    if request.operation == AUTHORIZE:
        return AuthorizationAnswered(
            payment_id=id,
            call=call,
            outcome=outcome,
            gateway_transaction_id=reference,
            amount=answer.amount,
            currency=answer.currency,
            reason=answer.reason,
            action_url=answer.action_url,
        )
    if request.operation == CAPTURE:
        return CaptureAnswered(
            payment_id=id,
            call=call,
            outcome=outcome,
            gateway_transaction_id=reference,
            amount=answer.amount,
            currency=answer.currency,
            reason=answer.reason,
            fee_amount=answer.fee_amount,
            capture_id=request.capture_id,
        )
    if request.operation == RENEW:
        return RenewalAnswered(
            payment_id=id, call=call, outcome=outcome, gateway_transaction_id=reference, reason=answer.reason
        )
    if request.operation == VOID:
        return VoidAnswered(
            payment_id=id, call=call, outcome=outcome, gateway_transaction_id=reference, reason=answer.reason
        )
    if request.operation == RETURN:
        return ReturnAnswered(
            payment_id=id,
            call=call,
            outcome=outcome,
            gateway_transaction_id=reference,
            amount=answer.amount,
            currency=answer.currency,
            reason=answer.reason,
        )
    assert request.refund_id is not None, "a refund is asked for under its id"
    return RefundAnswered(
        payment_id=id,
        refund_id=request.refund_id,
        call=call,
        outcome=outcome,
        gateway_transaction_id=reference,
        amount=answer.amount,
        currency=answer.currency,
        reason=answer.reason,
    )
