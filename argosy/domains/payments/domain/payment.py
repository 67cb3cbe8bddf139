"""A payment: one amount that a buyer owes for a purchase, from asking the gateway until the money rests."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

import msgspec

from argosy.contracts.payments import AuthorizePayment, GatewayContradicted
from argosy.domains.payments.domain.capture import DECLINED as PART_DECLINED
from argosy.domains.payments.domain.capture import TAKEN, CapturePart, Stray, return_id
from argosy.domains.payments.domain.capture import WAITING as PART_WAITS
from argosy.domains.payments.domain.shares import PaidShare
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.cards import holds_card_number
from argosy.shared_kernel.errors import DomainError, Invalid, NotFound, RuleBroken, refuse
from argosy.shared_kernel.ids import Id, is_id
from argosy.shared_kernel.messages import Value
from argosy.shared_kernel.money import AMOUNT_MAX, UnknownCurrency, exponent

CREATED, AUTHORIZED, CAPTURED = "CREATED", "AUTHORIZED", "CAPTURED"
PARTIALLY_CAPTURED = "PARTIALLY_CAPTURED"
PARTIALLY_REFUNDED, REFUNDED = "PARTIALLY_REFUNDED", "REFUNDED"
FAILED, VOIDED, UNKNOWN = "FAILED", "VOIDED", "UNKNOWN"

MOVES: dict[str, frozenset[str]] = {
    CREATED: frozenset({AUTHORIZED, FAILED, UNKNOWN, VOIDED}),
    UNKNOWN: frozenset({AUTHORIZED, PARTIALLY_CAPTURED, CAPTURED, FAILED, VOIDED}),
    AUTHORIZED: frozenset({PARTIALLY_CAPTURED, CAPTURED, FAILED, UNKNOWN, VOIDED}),
    PARTIALLY_CAPTURED: frozenset({CAPTURED, PARTIALLY_REFUNDED, REFUNDED}),
    CAPTURED: frozenset({PARTIALLY_REFUNDED, REFUNDED}),
    PARTIALLY_REFUNDED: frozenset({REFUNDED}),
    REFUNDED: frozenset(),
    FAILED: frozenset(),
    VOIDED: frozenset(),
}
"""Where each state may go; the README's table says by what."""

AUTHORIZE, CAPTURE, VOID, REFUND, RETURN = "authorize", "capture", "void", "refund", "return"
RENEW = "renew"
"""What a gateway is asked for. A return sends back what it took without being asked; to renew is to go on holding."""

APPROVED, DECLINED, ACTION, NO_ANSWER, ABSENT = "approved", "declined", "action", "unknown", "absent"
"""What becomes of one call."""

BY_CREDIT = "credit"
"""Stands for a gateway where store credit pays the whole. Nobody can ask for it by name."""

HELD, RELEASED, SPENT, PARTLY = "HELD", "RELEASED", "SPENT", "PARTLY"
"""Where the part is that store credit pays; PARTLY is spent for what was captured, and given back for the rest."""

BY_VOID, BY_REFUND, BY_TIME = "voided", "refunded", "timed_out"
"""Why a payment is not wanted any more: a yes that comes later is undone."""

AUTHORIZATION_SECONDS = 300
TRIES_MAX = 2
"""How often one operation is asked for under its one key; again only once it is proven that it never happened."""
NO_CURRENCY = "XXX"
"""ISO 4217's code for no currency: a payment that was cancelled before it was asked for."""
FAILURE_LENGTH_MAX = 100
SOURCE_LENGTH_MAX = 200
_LOOK_UP_AFTER_MILLISECONDS = (200, 500, 1_000, 2_000, 5_000, 15_000, 60_000, 300_000)
_BUYER_ACTS_MILLISECONDS_MAX = 15_000


class AmountIsNotPayable(Invalid):
    """An amount is one minor unit or more, and at most 2^53 - 1."""


class CreditIsNotPartOfIt(Invalid):
    """Store credit pays nothing, a part of the amount, or all of it."""


class UnknownGateway(Invalid):
    """There is no gateway of this name."""


class SourceIsNotAToken(Invalid):
    """The source is the gateway's own token for the means of payment, never a card number."""


class NotAnIdentifier(Invalid):
    """An identifier is a UUID in lower case."""


class PaymentTimeIsUp(RuleBroken):
    """The time to pay had passed when it was asked for."""


class PaymentIdIsTaken(RuleBroken):
    """Another payment was asked for under this id."""


class PaymentWasCancelled(RuleBroken):
    """The payment was cancelled; a new one needs a new id."""


class EarlierAttemptHasNotFailed(RuleBroken):
    """Another attempt to pay is made only after the one before it has failed."""


class NoSuchPayment(NotFound):
    """There is no such payment."""


class PaymentIsNotAuthorized(RuleBroken):
    """Only an authorized payment can be captured."""


class CaptureWasDeclined(RuleBroken):
    """The gateway did not hand over what it had promised to hold."""


class CapturedDifferently(RuleBroken):
    """The payment was captured with other shares."""


class PaymentWasCaptured(RuleBroken):
    """What was captured is paid back, not voided."""


class GatewayToldAnotherAmount(RuleBroken):
    """The gateway told of another amount than it was asked for: it does not count as paid."""


class VoidWasDeclined(RuleBroken):
    """The gateway did not let go of what it holds."""


class PaymentTransaction(Value):
    """What a gateway said once: an append-only fact."""

    id: Id
    type: str
    gateway_transaction_id: str
    amount: int
    currency: str
    status: str
    created_at: datetime


@dataclass(kw_only=True, eq=False)
class PaymentIntent(Aggregate):
    """`pending` names the operation that a gateway was asked for and has not decided; `calls` counts the calls of it,
    look-ups included, and `tries` how often it was asked for. `unwanted` says why a later yes must be undone.
    """

    is_kept: ClassVar[bool] = True

    flow_id: Id
    purchase_id: Id | None = None
    order_id: Id | None = None
    buyer_id: Id | None = None
    amount: int = 0
    credit_amount: int = 0
    """The part that store credit pays; `credit_status` says where that is."""
    credit_status: str = ""
    currency: str = NO_CURRENCY
    gateway: str = ""
    source: str = ""
    status: str = CREATED
    captured_amount: int = 0
    refunded_amount: int = 0
    refunding_amount: int = 0
    returned_amount: int = 0
    """What of that went, or is on its way, back through the gateway; the rest became store credit."""
    fee_amount: int = 0
    suspended_amount: int = 0
    suspended_currency: str = ""
    deadline: datetime | None = None
    failure: str = ""
    pending: str = ""
    calls: int = 0
    tries: int = 0
    unwanted: str = ""
    action_url: str = ""
    authorization_reference: str = ""
    capture_reference: str = ""
    waiting_refund_id: Id | None = None
    is_renewed: bool = False
    is_recovered: bool = False
    """It was asked for in time and is heard after it, as by a payments that went back to a backup: the gateway is asked
    what became of each operation before anything is asked of it."""
    replaced_by: Id | None = None
    """The payment of the next attempt: who asks of this one asks of that."""
    shares: tuple[PaidShare, ...] = ()
    captures: tuple[CapturePart, ...] = ()
    """The parts, where it is not taken whole and at once."""
    strays: tuple[Stray, ...] = ()
    """What was taken unasked, as it came; `suspended_amount` is the one that is on its way back."""
    created_at: datetime
    transactions: list[PaymentTransaction] = field(default_factory=list)

    @classmethod
    def open(cls, command: AuthorizePayment, now: datetime, *, told_at: datetime | None = None) -> PaymentIntent:
        """A payment that is about to be authorized, by its deadline at the latest; or one that is heard again, long
        after it was told, and was held since then if it was."""
        is_recovered = told_at is not None
        until = now + timedelta(seconds=AUTHORIZATION_SECONDS)
        return cls(
            id=command.payment_id,
            flow_id=command.flow_id,
            purchase_id=command.purchase_id,
            order_id=command.order_id,
            buyer_id=command.buyer_id,
            amount=command.amount,
            credit_amount=command.credit_amount,
            currency=command.currency,
            gateway=command.gateway if command.credit_amount < command.amount else BY_CREDIT,
            source=command.source,
            created_at=told_at or now,
            deadline=until if is_recovered else min(command.expires_at, until),
            is_recovered=is_recovered,
        )

    @classmethod
    def never(cls, payment_id: Id, flow_id: Id, why: str, now: datetime) -> PaymentIntent:
        """What remembers a cancellation that overtook its request: the request is refused when it comes."""
        return cls(id=payment_id, flow_id=flow_id, status=VOIDED, unwanted=why, created_at=now)

    @property
    def left_amount(self) -> int:
        """What was captured and is neither paid back nor on its way back."""
        return self.captured_amount - self.refunded_amount - self.refunding_amount

    @property
    def gateway_amount(self) -> int:
        """What the gateway is asked for."""
        return self.amount - self.credit_amount

    @property
    def taken_amount(self) -> int:
        """What the gateway took, once it is captured."""
        if not self.captures:
            return self.gateway_amount
        return sum(part.gateway_amount for part in self.captures if part.status == TAKEN)

    @property
    def returnable_amount(self) -> int:
        """What can still go back through the gateway."""
        return self.taken_amount - self.returned_amount

    @property
    def uncaptured_amount(self) -> int:
        """What was authorized and no part asks for."""
        return self.amount - sum(part.amount for part in self.captures if part.status != PART_DECLINED)

    @property
    def is_credit_held(self) -> bool:
        return self.credit_status == HELD

    @property
    def is_credit_awaited(self) -> bool:
        """Whether there was not so much store credit when it was heard again: what gave it may be heard after it."""
        return self.is_recovered and self.credit_amount > 0 and not self.credit_status

    @property
    def credit_left(self) -> int:
        """What of the store credit that was set aside no part has spent."""
        return self.credit_amount - sum(part.credit_amount for part in self.captures if part.status == TAKEN)

    @property
    def is_hold_planned(self) -> bool:
        """Whether somebody comes back before the gateway's hold is over: `deadline` says when."""
        authorized_by = self.created_at + timedelta(seconds=AUTHORIZATION_SECONDS)
        return self.deadline is not None and self.deadline > authorized_by

    @property
    def is_lost(self) -> bool:
        """Whether nothing will be taken by it any more, whatever a gateway still says."""
        is_unwanted = self.unwanted != "" and self.pending != CAPTURE and not self.is_captured
        return self.status in (FAILED, VOIDED) or is_unwanted

    @property
    def is_captured(self) -> bool:
        return self.captured_amount > 0

    @property
    def is_capture_asked(self) -> bool:
        """Whether it is to be captured as soon as nothing else is pending."""
        if self.captures:
            return any(part.status == PART_WAITS for part in self.captures)
        return bool(self.shares) and not self.is_captured

    @property
    def part(self) -> CapturePart | None:
        """The part that the gateway is being asked for."""
        return next((part for part in self.captures if part.is_open), None)

    @property
    def is_one_capture(self) -> bool:
        """Whether its parts are one capture for the flow that asked: all of them, or none."""
        return not any(part.is_apart for part in self.captures)

    @property
    def is_more_held(self) -> bool:
        """Whether the gateway holds something yet that no part will take."""
        is_released = any(part.is_final and part.gateway_amount for part in self.captures if part.status == TAKEN)
        return bool(self.captures) and self.gateway_amount > 0 and not is_released

    @property
    def stray(self) -> tuple[int, Stray] | None:
        """The first that is to go back yet, with its number."""
        waiting = (found for found in enumerate(self.strays) if not (found[1].is_returned or found[1].is_left))
        return next(waiting, None)

    @property
    def return_key(self) -> str:
        """Under which the gateway is asked to take back what it took unasked: each of several has its own."""
        number = self.stray[0] if self.stray is not None else 0
        return f"{self.id}:{RETURN}:{return_id(self.id, number)}" if number else f"{self.id}:{RETURN}"

    def is_stray(self, reference: str) -> bool:
        """Whether it was told before that this was taken unasked."""
        return any(one.reference == reference for one in self.strays)

    def stray_answered(self, *, is_returned: bool) -> None:
        """What was on its way back is there, or stays where it is."""
        number = self.stray[0] if self.stray is not None else -1
        self.strays = tuple(
            [
                msgspec.structs.replace(one, is_returned=is_returned, is_left=not is_returned) if at == number else one
                for at, one in enumerate(self.strays)
            ]
        )
        if is_returned or self.strays:
            self.suspended_amount = 0

    def put(self, part: CapturePart) -> None:
        """The part as it stands now."""
        self.captures = tuple([part if one.id == part.id else one for one in self.captures])

    def drop_waiting(self) -> None:
        """No part is taken any more that was not asked for yet."""
        self.captures = tuple([part for part in self.captures if part.status != PART_WAITS])

    def take(self, part: CapturePart, reference: str, fee_amount: int) -> None:
        """The gateway handed the part over; more may follow."""
        self.shares = (*self.shares, *part.shares)
        self.put(part.taken(reference, fee_amount))
        self.captured_amount += part.amount
        self.fee_amount += fee_amount
        self.capture_reference = self.capture_reference or reference
        if self.status != PARTIALLY_CAPTURED:
            self.move(PARTIALLY_CAPTURED)
        assert self.captured_amount <= self.amount, "more was captured than was authorized"

    def close(self) -> None:
        """No part follows."""
        self.drop_waiting()
        if self.refunded_amount == self.captured_amount:
            self.move(REFUNDED)
        else:
            self.move(PARTIALLY_REFUNDED if self.refunded_amount else CAPTURED)

    def is_same(self, command: AuthorizePayment) -> bool:
        """Whether the command asks for this very payment."""
        gateway = command.gateway if self.gateway != BY_CREDIT else BY_CREDIT
        mine = (self.purchase_id, self.buyer_id, self.amount, self.credit_amount, self.currency)
        return (*mine, self.gateway, self.source) == (
            command.purchase_id,
            command.buyer_id,
            command.amount,
            command.credit_amount,
            command.currency,
            gateway,
            command.source,
        )

    def move(self, status: str) -> None:
        """Another state; a move that the table does not have is a bug."""
        assert status in MOVES[self.status], f"a payment does not go from {self.status} to {status}"
        self.status = status

    def begin(self, operation: str) -> None:
        """An operation is asked for, the first time."""
        assert not self.pending, f"{self.pending} is not decided yet"
        self.pending, self.calls, self.tries = operation, 1, 1

    def ask_again(self) -> None:
        """It is proven that the operation never happened: it is asked for again, under the same key."""
        self.calls += 1
        self.tries += 1

    def decided(self) -> None:
        """The gateway has answered for good: nothing is pending."""
        self.pending, self.action_url = "", ""

    def look_up_at(self, now: datetime) -> datetime:
        """Counts one more call, and says when it is due: later each time, and never past an open deadline."""
        wait = _LOOK_UP_AFTER_MILLISECONDS[min(self.calls, len(_LOOK_UP_AFTER_MILLISECONDS)) - 1]
        if self.action_url:
            wait = min(wait, _BUYER_ACTS_MILLISECONDS_MAX)
        at = now + timedelta(milliseconds=wait)
        self.calls += 1
        if self.pending == AUTHORIZE and self.deadline is not None and now < self.deadline:
            return min(at, self.deadline)
        return at

    def is_overdue(self, now: datetime) -> bool:
        """Whether the time to authorize is up while nothing is decided."""
        return self.pending == AUTHORIZE and self.deadline is not None and now >= self.deadline

    def contradict(self, operation: str, expected: tuple[int, str], told: tuple[int, str], reference: str) -> None:
        """Raise the alarm: the gateway told of money that was not asked for."""
        self.record(
            GatewayContradicted(
                payment_id=self.id,
                operation=operation,
                expected_amount=expected[0],
                expected_currency=expected[1],
                told_amount=told[0],
                told_currency=told[1],
                gateway_transaction_id=reference,
            )
        )

    def refund_succeeded(self, amount: int) -> None:
        """What was on its way back has arrived."""
        assert 0 < amount <= self.refunding_amount, "only what is on its way can arrive"
        self.refunding_amount -= amount
        self.refunded_amount += amount
        assert self.refunded_amount <= self.captured_amount, "more was paid back than was captured"
        if self.status == PARTIALLY_CAPTURED:
            return  # More may be taken yet.
        if self.refunded_amount == self.captured_amount:
            self.move(REFUNDED)
        elif self.status == CAPTURED:
            self.move(PARTIALLY_REFUNDED)


def check_request(command: AuthorizePayment, gateways: frozenset[str], told_at: datetime) -> None:
    """Refuses what cannot be authorized, with all of its faults at once."""
    faults: list[DomainError] = []
    for name in ("payment_id", "purchase_id", "buyer_id"):
        if not is_id(getattr(command, name)):
            faults.append(NotAnIdentifier(field=name))
    if type(command.amount) is not int or not 1 <= command.amount <= AMOUNT_MAX:
        faults.append(AmountIsNotPayable(amount=str(command.amount)))
    elif type(command.credit_amount) is not int or not 0 <= command.credit_amount <= command.amount:
        faults.append(CreditIsNotPartOfIt(amount=command.amount))
    try:
        exponent(command.currency)
    except UnknownCurrency as unknown:
        faults.append(unknown)
    if command.gateway not in gateways or command.gateway == BY_CREDIT:
        faults.append(UnknownGateway(gateway=command.gateway))
    if not is_token(command.source):
        faults.append(SourceIsNotAToken())
    if command.expires_at <= told_at:
        faults.append(PaymentTimeIsUp(expires_at=command.expires_at.isoformat()))
    refuse(faults)


def is_token(source: str) -> bool:
    """Whether a source could be a gateway's token: plain text that is no row of digits, and holds no card's number."""
    return (
        0 < len(source) <= SOURCE_LENGTH_MAX
        and source.isascii()
        and source.isprintable()
        and not source.replace(" ", "").replace("-", "").isdigit()
        and not holds_card_number(source)
    )


def is_return(key: str) -> bool:
    """Whether this is the key of sending back what was taken unasked."""
    return key.split(":")[1:2] == [RETURN]


def is_sane(amount: int, currency: str) -> bool:
    """Whether money that a gateway told of can be booked at all."""
    try:
        exponent(currency)
    except UnknownCurrency:
        return False
    return 0 < amount <= AMOUNT_MAX
