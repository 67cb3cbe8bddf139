"""How far a checkout is, for the buyer who waits for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import msgspec

from argosy.contracts.checkout import (
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
from argosy.engine.reads import reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.read_models.documents import Document, told_at
from argosy.shared_kernel.codec import decoder
from argosy.shared_kernel.ids import Id


class Passed(msgspec.Struct, frozen=True):
    """A step that was reached, and when."""

    step: str
    at: str


class ProgressDocument(msgspec.Struct):
    """`status` is STARTED, RESERVED, COMPLETED, FAILED, EXPIRED or ABORTED; while `action_url` is set, the buyer must
    go there to confirm the payment. While `payment_failure` is set, attempt `payment_attempt` to pay has failed, and
    the buyer may make another."""

    checkout_id: Id
    buyer_id: Id
    cart_id: Id
    status: str
    started_at: datetime
    expires_at: datetime
    steps: list[Passed]
    purchase_id: Id | None = None
    order_ids: tuple[Id, ...] = ()
    total_amount: int | None = None
    currency: str = ""
    action_url: str = ""
    payment_attempt: int = 1
    payment_failure: str = ""
    failure: str = ""
    failure_details: dict[str, Any] = {}

    def has_passed(self, step: str) -> bool:
        return any(passed.step == step for passed in self.steps)


@dataclass(kw_only=True, eq=False)
class CheckoutProgress(Document):
    """One per checkout."""

    is_kept: ClassVar[bool] = True
    buyer_id: Id
    status: str


_READ = decoder(ProgressDocument).decode


class CheckoutProgressProjector:
    """Each event of a checkout adds its step once, however often it comes."""

    def __init__(self, work: UnitOfWork, checkouts: Repository[CheckoutProgress]) -> None:
        self.work = work
        self.checkouts = checkouts

    @reads(checkouts=lambda event: [event.checkout_id])
    def start(self, event: CheckoutStarted) -> None:
        if self.checkouts.find(event.checkout_id) is not None:
            return
        document = ProgressDocument(
            checkout_id=event.checkout_id,
            buyer_id=event.buyer_id,
            cart_id=event.cart_id,
            status="STARTED",
            started_at=event.started_at,
            expires_at=event.expires_at,
            steps=[Passed("started", told_at(self.work))],
        )
        row = CheckoutProgress(id=event.checkout_id, buyer_id=event.buyer_id, status="STARTED")
        row.show(document)
        self.checkouts.add(row)

    @reads(checkouts=lambda event: [event.checkout_id])
    def hold_stock(self, event: CheckoutInventoryReserved) -> None:
        self._pass(
            event.checkout_id,
            "stock_reserved",
            status="RESERVED",
            purchase_id=event.purchase_id,
            order_ids=event.order_ids,
            total_amount=event.total_amount,
            currency=event.currency,
        )

    @reads(checkouts=lambda event: [event.checkout_id])
    def ask_buyer(self, event: CheckoutActionRequired) -> None:
        self._pass(event.checkout_id, "action_required", action_url=event.action_url)

    @reads(checkouts=lambda event: [event.checkout_id])
    def decline(self, event: CheckoutPaymentDeclined) -> None:
        self._pass(
            event.checkout_id,
            f"payment_declined_{event.attempt}",
            action_url="",
            payment_attempt=event.attempt,
            payment_failure=event.reason,
        )

    @reads(checkouts=lambda event: [event.checkout_id])
    def retry(self, event: CheckoutPaymentRetried) -> None:
        self._pass(
            event.checkout_id,
            f"payment_retried_{event.attempt}",
            payment_attempt=event.attempt,
            payment_failure="",
        )

    @reads(checkouts=lambda event: [event.checkout_id])
    def authorize(self, event: CheckoutPaymentAuthorized) -> None:
        self._pass(event.checkout_id, "payment_authorized", action_url="")

    @reads(checkouts=lambda event: [event.checkout_id])
    def complete(self, event: CheckoutCompleted) -> None:
        self._pass(
            event.checkout_id,
            "completed",
            status="COMPLETED",
            purchase_id=event.purchase_id,
            order_ids=event.order_ids,
            total_amount=event.total_amount,
            currency=event.currency,
            action_url="",
        )

    @reads(checkouts=lambda event: [event.checkout_id])
    def fail(self, event: CheckoutFailed) -> None:
        self._pass(
            event.checkout_id,
            "failed",
            status="FAILED",
            action_url="",
            payment_failure="",
            failure=event.reason,
            failure_details=event.details,
        )

    @reads(checkouts=lambda event: [event.checkout_id])
    def expire(self, event: CheckoutExpired) -> None:
        self._pass(event.checkout_id, "expired", status="EXPIRED", action_url="", payment_failure="", failure="expired")

    @reads(checkouts=lambda event: [event.checkout_id])
    def abort(self, event: CheckoutAborted) -> None:
        self._pass(event.checkout_id, "aborted", status="ABORTED", action_url="", payment_failure="", failure="aborted")

    def _pass(self, checkout_id: str, step: str, **changes: Any) -> None:
        row = self.checkouts.get(checkout_id)
        document = _READ(row.body)
        if document.has_passed(step) and changes.get("action_url", "") in ("", document.action_url):
            return
        for name, value in changes.items():
            setattr(document, name, value)
        document.steps.append(Passed(step, told_at(self.work)))
        row.status = document.status
        row.show(document)
