"""A cancellation of an order that is paid, or about to be: from asking until its money is back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from argosy.domains.orders.domain.order import REASON_MAX, Order
from argosy.domains.orders.domain.policies import SELLER, cancellation_rule
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.cards import holds_card_number
from argosy.shared_kernel.errors import Invalid, RuleBroken
from argosy.shared_kernel.ids import Id, child_id

ASKED, REFUNDING, DONE, FAILED = "ASKED", "REFUNDING", "DONE", "FAILED"
CANCELLATION_STATUSES = (ASKED, REFUNDING, DONE, FAILED)

CANCELLATION_MOVES: dict[str, tuple[str, ...]] = {
    ASKED: (REFUNDING, DONE),
    REFUNDING: (DONE, FAILED),
    FAILED: (REFUNDING,),
    DONE: (),
}
"""ASKED while the order is being bought. One that FAILED may be asked for again, under a new refund."""


class OrderCannotBeCancelled(RuleBroken):
    """In this status an order of this type is not called off by these people any more."""


class ReasonIsMissing(Invalid):
    """Whoever calls off somebody else's purchase says why."""


class ReasonHoldsACard(Invalid):
    """A card's number is nobody's to write down here."""


class RefundIsTheBuyersToChoose(Invalid):
    """A seller does not say that a buyer's money becomes store credit."""


class CreditNeedsAnAccount(Invalid):
    """Who has no account has no store credit: what they paid goes back where it came from."""


class CancellationReasonIsTooLong(Invalid):
    """A reason has at most 200 letters."""


@dataclass(kw_only=True, eq=False)
class Cancellation(Aggregate):
    """One per order, under the order's id. `times` counts how often it was asked for; `had_left` says whether goods
    had left by then, which are not put back on a shelf by a cancellation."""

    refund_id: Id
    status: str
    asked_by: str
    asked_as: str
    reason: str
    amount: int
    currency: str
    times: int = 1
    had_left: bool = False
    to_credit: bool = False
    failure: str = ""
    asked_at: datetime
    ended_at: datetime | None = None

    def ask_again(self, order: Order, asked_by: str, asked_as: str, reason: str, now: datetime) -> None:
        """The money could not be paid back; it is tried under another refund."""
        self.move_to(REFUNDING)
        self.times += 1
        self.refund_id = refund_id_of(order.id, self.times)
        self.asked_by, self.asked_as, self.reason = asked_by, asked_as, reason
        self.failure, self.asked_at, self.ended_at = "", now, None

    def end(self, status: str, now: datetime, failure: str = "") -> None:
        self.move_to(status)
        self.ended_at, self.failure = now, failure[:REASON_MAX]

    def move_to(self, status: str) -> None:
        assert status in CANCELLATION_MOVES[self.status], f"a cancellation goes nowhere from {self.status} to {status}"
        self.status = status


def refund_id_of(order_id: Id, times: int) -> Id:
    """The refund of the n-th cancellation of an order: the same however often it is asked for."""
    return child_id(order_id, "cancellation", str(times))


def check_cancellation(order: Order, who: str, reason: str, *, to_credit: bool = False) -> None:
    """Refuses a cancellation that the table of policies does not have."""
    rule = cancellation_rule(who, order.order_type)
    if len(reason) > REASON_MAX:
        raise CancellationReasonIsTooLong(field="reason", maximum=REASON_MAX)
    if holds_card_number(reason):
        raise ReasonHoldsACard(field="reason")
    if to_credit and who == SELLER:
        raise RefundIsTheBuyersToChoose(field="to_credit")
    if rule.needs_reason and not reason.strip():
        raise ReasonIsMissing(field="reason")
    if order.status not in rule.statuses:
        raise OrderCannotBeCancelled(order_id=order.id, status=order.status, asked_as=who)
