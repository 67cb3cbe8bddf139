"""A refund: one amount of one payment on its way back to the buyer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from argosy.domains.payments.domain.shares import RefundedPart
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import Invalid, NotFound, RuleBroken
from argosy.shared_kernel.ids import Id

WAITING, REQUESTED, UNKNOWN, SUCCEEDED, FAILED = "WAITING", "REQUESTED", "UNKNOWN", "SUCCEEDED", "FAILED"

REFUND_MOVES: dict[str, frozenset[str]] = {
    WAITING: frozenset({REQUESTED, SUCCEEDED, FAILED}),
    REQUESTED: frozenset({SUCCEEDED, FAILED, UNKNOWN}),
    UNKNOWN: frozenset({SUCCEEDED, FAILED}),
    SUCCEEDED: frozenset(),
    FAILED: frozenset(),
}
REASON_LENGTH_MAX = 500
_LOOK_UP_AFTER_SECONDS = (1, 2, 5, 15, 60, 300)


class AmountIsNotRefundable(Invalid):
    """A refund is one minor unit or more."""


class ReasonIsTooLong(Invalid):
    """A reason has at most 500 characters."""


class RefundExceedsCapture(RuleBroken):
    """More was asked back than is left of what was captured."""


class OrderHasNoShare(NotFound):
    """The payment was not taken for this order."""


class RefundIdIsTaken(RuleBroken):
    """Another refund was asked for under this id."""


class CaptureIsUndecided(RuleBroken):
    """The gateway has not said yet whether it captured; another refund waits for that already."""


class RefundWasDeclined(RuleBroken):
    """The gateway did not pay back; the books say so."""


@dataclass(kw_only=True, eq=False)
class Refund(Aggregate):
    """`asked_amount` 0 means all that is left. `parts` and `postings` are what the books gave for it, so that exactly
    that can be taken back where the gateway declines. WAITING: the capture is not decided yet.
    """

    payment_intent_id: Id
    flow_id: Id
    order_id: Id | None = None
    asked_amount: int
    amount: int = 0
    credit_amount: int = 0
    """The part that becomes store credit."""
    to_credit: bool = False
    currency: str
    status: str = WAITING
    reason: str = ""
    gateway_transaction_id: str = ""
    calls: int = 0
    parts: tuple[RefundedPart, ...] = ()
    postings: dict[str, int] = field(default_factory=dict)
    created_at: datetime

    def move(self, status: str) -> None:
        assert status in REFUND_MOVES[self.status], f"a refund does not go from {self.status} to {status}"
        self.status = status

    def look_up_at(self, now: datetime) -> datetime:
        """Counts one more call, and says when it is due: later each time."""
        wait = _LOOK_UP_AFTER_SECONDS[min(self.calls, len(_LOOK_UP_AFTER_SECONDS)) - 1]
        self.calls += 1
        return now + timedelta(seconds=wait)

    @property
    def gateway_amount(self) -> int:
        """What the gateway is asked to pay back."""
        return self.amount - self.credit_amount

    @property
    def is_open(self) -> bool:
        """Whether a gateway has still to decide it."""
        return self.status in (REQUESTED, UNKNOWN)
