"""A checkout as a process: where it stands, and what it must remember to go on or to turn round.

The session's row is written at every step of the hottest flow there is, so it is small. What is big and hardly ever
changes (the request, the quotes, the frozen snapshot) is its CheckoutDetail, as JSON text that only the steps that
need it decode.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, ClassVar

from argosy.contracts.checkout import (
    AccountForPurchase,
    CheckoutAbandoned,
    CheckoutAborted,
    CheckoutActionRequired,
    CheckoutCompleted,
    CheckoutExpired,
    CheckoutFailed,
    CheckoutInventoryReserved,
    CheckoutPaymentAuthorized,
    CheckoutPaymentDeclined,
    CheckoutPaymentRetried,
    CheckoutStarted,
)
from argosy.domains.checkout.domain.quote import Snapshot, hash_of
from argosy.domains.checkout.domain.request import PAID_LATER, CheckoutRequest
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.codec import encode
from argosy.shared_kernel.errors import NotAllowed, NotFound, RuleBroken
from argosy.shared_kernel.ids import Id, child_id, named_id
from argosy.shared_kernel.messages import Value
from argosy.shared_kernel.saga import Flow

CHECKOUT_SECONDS = 20 * 60
STOCK_SECONDS = 15 * 60
PAYMENT_SECONDS = 5 * 60
PAYMENT_ATTEMPTS_MAX = 5
COUPON_GRACE_SECONDS = 10 * 60
"""Uses are held this much longer than the whole checkout may take, so that none runs out under a paid purchase."""

_NOBODY_CAME = frozenset(("expired", "reservation_expired", "timed_out"))
"""Why a checkout ends that waits for its buyer in vain."""

STARTED, RESERVED, PAID, COMPLETED = "STARTED", "RESERVED", "PAID", "COMPLETED"
FAILED, EXPIRED, ABORTED = "FAILED", "EXPIRED", "ABORTED"

MOVES: dict[str, tuple[str, ...]] = {
    STARTED: (RESERVED, FAILED, EXPIRED, ABORTED),
    RESERVED: (PAID, COMPLETED, FAILED, EXPIRED, ABORTED),
    PAID: (COMPLETED, FAILED),
}
"""Legal moves; a status that is not a key is final."""


class NoSuchCheckout(NotFound):
    """There is no such checkout, or it is not yours."""


class BuyerIsSomebodyElse(NotAllowed):
    """A checkout is started by the one who buys."""


class GuestCheckoutIsOff(NotAllowed):
    """This shop sells to people with an account: sign in to buy."""


class CheckoutIdIsTaken(RuleBroken):
    """This checkout_id belongs to another request."""


class ClientRequestIdReused(RuleBroken):
    """This client_request_id was used for another purchase."""


class CheckoutHasEnded(RuleBroken):
    """This checkout has ended already."""


class CheckoutIsPaid(RuleBroken):
    """The money is taken and the sale is being recorded: it can no longer be aborted, ask for a refund instead."""


class NoPaymentToRetry(RuleBroken):
    """Only a payment that has failed can be tried again."""


class StepAttempt(Value):
    """What became of one step of a flow that turned round: it failed, was to be undone, or could not be."""

    id: Id
    step_type: str
    status: str
    attempted_at: datetime


class CheckoutFailure(Value):
    """Why a flow turned round."""

    id: Id
    reason: str
    details: dict[str, Any]
    failed_at: datetime


class CheckoutStanding(Value):
    """What the buyer is told of a checkout at once; the rest is read."""

    checkout_id: Id
    status: str


@dataclass(kw_only=True, eq=False)
class CheckoutSession(Flow):
    """One buyer's one attempt to buy; `request_key` stands for (buyer, client_request_id)."""

    is_kept: ClassVar[bool] = True

    buyer_id: Id
    cart_id: Id
    request_key: Id
    payment_method: str
    gateway: str
    payment_source: str
    credit_amount: int = 0
    """How much of it store credit pays at most."""
    has_coupons: bool
    started_at: datetime
    status: str = STARTED
    completed_at: datetime | None = None
    purchase_id: Id
    payment_id: Id
    order_ids: tuple[Id, ...] = ()
    called_off: tuple[Id, ...] = ()
    """Those of its orders that were called off before the money was asked for: it is not taken for them."""
    total_amount: int = 0
    currency: str = ""
    action_url: str = ""
    may_retry_payment: bool = False
    is_guest: bool = False
    payment_attempt: int = 1
    payment_failure: str = ""
    """Why the last attempt failed, while it is the buyer's turn to name another means of payment."""
    attempts: list[StepAttempt] = field(default_factory=list)
    failures: list[CheckoutFailure] = field(default_factory=list)

    @classmethod
    def start(
        cls, checkout_id: Id, buyer_id: Id, request: CheckoutRequest, now: datetime, *, may_retry_payment: bool = False
    ) -> CheckoutSession:
        """A new session, which has twenty minutes."""
        expires_at = now + timedelta(seconds=CHECKOUT_SECONDS)
        session = cls(
            id=checkout_id,
            buyer_id=buyer_id,
            cart_id=request.cart_id,
            request_key=request_key(buyer_id, request.client_request_id),
            payment_method=request.payment_method,
            gateway=request.gateway,
            payment_source=request.payment_source,
            credit_amount=request.credit_amount,
            has_coupons=bool(request.coupons),
            may_retry_payment=may_retry_payment,
            is_guest=request.is_guest,
            started_at=now,
            deadline=expires_at,
            purchase_id=child_id(checkout_id, "purchase"),
            payment_id=child_id(checkout_id, "payment"),
        )
        session.record(
            CheckoutStarted(
                checkout_id=checkout_id,
                buyer_id=buyer_id,
                cart_id=request.cart_id,
                started_at=now,
                expires_at=expires_at,
            )
        )
        return session

    @classmethod
    def lost(cls, command: AccountForPurchase, request_key: Id, now: datetime) -> CheckoutSession:
        """A flow that is not known any more, as one that may have come anywhere: everything was asked."""
        session = cls(
            id=command.flow_id,
            buyer_id=command.buyer_id,
            cart_id=child_id(command.flow_id, "cart"),
            request_key=request_key,
            payment_method=command.payment_method,
            gateway="",
            payment_source="",
            has_coupons=True,
            started_at=now,
            deadline=now,
            purchase_id=command.purchase_id,
            payment_id=child_id(command.flow_id, "payment"),
            order_ids=command.order_ids,
            total_amount=command.total_amount,
            currency=command.currency,
        )
        session.record(
            CheckoutStarted(
                checkout_id=session.id,
                buyer_id=session.buyer_id,
                cart_id=session.cart_id,
                started_at=now,
                expires_at=now,
            )
        )
        return session

    @property
    def reservation_id(self) -> Id:
        return child_id(self.id, "reservation")

    @property
    def refund_id(self) -> Id:
        return child_id(self.id, "refund")

    @property
    def needs_payment(self) -> bool:
        """Whether money is taken now: not for what costs nothing, nor for what is paid at the door or by transfer."""
        return self.total_amount > 0 and self.payment_method not in PAID_LATER

    def price(self, snapshot: Snapshot, *, holds_uses: bool) -> None:
        """What it costs is known, and which orders it will be."""
        self.currency, self.total_amount = snapshot.currency, snapshot.total_amount
        self.order_ids = tuple([order.order_id for order in snapshot.orders])
        self.has_coupons = holds_uses

    def hold_stock(self) -> None:
        """Orders are recorded and their stock is held."""
        self._become(RESERVED)
        self.record(
            CheckoutInventoryReserved(
                checkout_id=self.id,
                buyer_id=self.buyer_id,
                purchase_id=self.purchase_id,
                order_ids=self.order_ids,
                total_amount=self.total_amount,
                currency=self.currency,
            )
        )

    def ask_buyer(self, action_url: str) -> None:
        """The buyer must confirm the payment there; asking again for the same changes nothing."""
        if action_url != self.action_url:
            self.action_url = action_url
            self.record(CheckoutActionRequired(checkout_id=self.id, buyer_id=self.buyer_id, action_url=action_url))

    @property
    def payment_replaced(self) -> Id | None:
        """The payment of the attempt before this one."""
        return self._payment_of(self.payment_attempt - 1) if self.payment_attempt > 1 else None

    @property
    def payments_failed(self) -> list[Id]:
        """The payments of the attempts that have failed, while or after others were made."""
        return [self._payment_of(attempt) for attempt in range(1, self.payment_attempt + bool(self.payment_failure))]

    @property
    def can_retry_payment(self) -> bool:
        return self.may_retry_payment and self.payment_attempt < PAYMENT_ATTEMPTS_MAX

    def decline(self, reason: str) -> None:
        """This attempt has failed, and the buyer may name another means; told once."""
        if self.payment_failure:
            return
        self.action_url, self.payment_failure = "", reason
        self.record(
            CheckoutPaymentDeclined(
                checkout_id=self.id,
                buyer_id=self.buyer_id,
                attempt=self.payment_attempt,
                reason=reason,
                attempts_left=PAYMENT_ATTEMPTS_MAX - self.payment_attempt,
            )
        )

    def try_again(self, method: str, gateway: str, source: str, credit_amount: int | None = None) -> None:
        """The next attempt: a payment of its own, or none where the method is one by which no money moves now. Of
        store credit it takes as much as the one before, unless it says how much, and none where it is paid later."""
        if not self.payment_failure:
            raise NoPaymentToRetry(status=self.status)
        self.payment_attempt += 1
        self.payment_id = self._payment_of(self.payment_attempt)
        self.gateway, self.payment_source, self.payment_failure = gateway, source, ""
        self.payment_method = method
        if method in PAID_LATER:
            self.credit_amount = 0
        elif credit_amount is not None:
            self.credit_amount = credit_amount
        self.record(
            CheckoutPaymentRetried(
                checkout_id=self.id, buyer_id=self.buyer_id, attempt=self.payment_attempt, payment_method=method
            )
        )

    def authorize(self) -> None:
        """The money is held."""
        self.action_url = self.payment_failure = ""
        self.record(CheckoutPaymentAuthorized(checkout_id=self.id, buyer_id=self.buyer_id))

    def call_off(self, order_id: Id) -> None:
        """The money for this order is not asked for."""
        if order_id in self.order_ids and order_id not in self.called_off:
            self.called_off = (*self.called_off, order_id)

    def take_money(self) -> None:
        """The money is taken; from here on it is only recorded."""
        self._become(PAID)

    def complete(
        self, variant_ids: tuple[Id, ...], coupons: tuple[str, ...], now: datetime, *, is_guest: bool = False
    ) -> None:
        """Everything is done."""
        self._become(COMPLETED)
        self.completed_at = now
        self.record(
            CheckoutCompleted(
                checkout_id=self.id,
                buyer_id=self.buyer_id,
                cart_id=self.cart_id,
                purchase_id=self.purchase_id,
                order_ids=self.order_ids,
                variant_ids=variant_ids,
                coupons=coupons,
                total_amount=self.total_amount,
                currency=self.currency,
                is_guest=is_guest,
            )
        )

    def turn_round(self, status: str, reason: str, details: dict[str, Any], now: datetime) -> None:
        """It ends without a sale; `completed_at` is set when everything is undone."""
        self._become(status)
        if reason in _NOBODY_CAME and (self.action_url or self.payment_failure):
            self.record(
                CheckoutAbandoned(
                    checkout_id=self.id,
                    buyer_id=self.buyer_id,
                    cart_id=self.cart_id,
                    total_amount=self.total_amount,
                    currency=self.currency,
                )
            )
        self.action_url = self.payment_failure = ""
        self.failures.append(
            CheckoutFailure(id=child_id(self.id, "failure"), reason=reason, details=details, failed_at=now)
        )
        if status == EXPIRED:
            self.record(CheckoutExpired(checkout_id=self.id, buyer_id=self.buyer_id, is_guest=self.is_guest))
        elif status == ABORTED:
            self.record(CheckoutAborted(checkout_id=self.id, buyer_id=self.buyer_id, is_guest=self.is_guest))
        else:
            self.record(
                CheckoutFailed(
                    checkout_id=self.id,
                    buyer_id=self.buyer_id,
                    reason=reason,
                    details=details,
                    is_guest=self.is_guest,
                )
            )

    def note_step(self, name: str, standing: str, attempt_id: Id, now: datetime) -> None:
        """Keep what became of a step. Only flows that turn round have something to tell: eleven rows for each sale
        that went well would cost half of what checkout may cost."""
        self.attempts.append(StepAttempt(id=attempt_id, step_type=name, status=standing, attempted_at=now))

    def _payment_of(self, attempt: int) -> Id:
        return child_id(self.id, "payment" if attempt == 1 else f"payment {attempt}")

    def _become(self, status: str) -> None:
        assert status in MOVES.get(self.status, ()), f"{self.status} never becomes {status}"
        self.status = status


@dataclass(kw_only=True, eq=False)
class CheckoutDetail(Aggregate):
    """What was asked for and what was answered, as JSON text; `snapshot` is frozen once, under its hash."""

    is_kept: ClassVar[bool] = True

    request: str
    lines: str = ""
    discounts: str = ""
    charges: str = ""
    snapshot: str = ""
    snapshot_hash: str = ""

    def price(self, snapshot: Snapshot, uses: str = "") -> None:
        """Freeze the snapshot. The answers that went into it are in it; in the place of the discounts stand the uses
        that are still to be held for a quote."""
        frozen = encode(snapshot)
        self.snapshot, self.snapshot_hash = frozen.decode(), hash_of(frozen)
        self.lines = self.charges = ""
        self.discounts = uses


@lru_cache(maxsize=1024)
def request_key(buyer_id: Id, client_request_id: str) -> Id:
    """One purchase per buyer and client_request_id."""
    return named_id("checkout-request", buyer_id, client_request_id)
