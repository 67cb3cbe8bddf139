"""Payments that are taken in parts: which parts there are, one call after another, and what is released in the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from argosy.contracts.payments import (
    CaptureAnswered,
    CapturePayment,
    PaymentCaptured,
    PaymentPartCaptured,
    PaymentVoided,
    RefundPayment,
    SellerShare,
)
from argosy.domains.payments.application.books import Books
from argosy.domains.payments.application.credits import Wallet
from argosy.domains.payments.application.outgoing import again, let_go, look_up, note, start_capture, tell_recovered
from argosy.domains.payments.application.suspense import Suspense
from argosy.domains.payments.domain import capture as parts
from argosy.domains.payments.domain.capture import PARTS, WHOLE, CapturePart, by_order, the_rest, with_credit
from argosy.domains.payments.domain.ledger import CAPTURE as CAPTURE_BOOKED
from argosy.domains.payments.domain.ledger import FEE, FEES, Transaction, capture_postings, clearing
from argosy.domains.payments.domain.payment import (
    ABSENT,
    APPROVED,
    AUTHORIZED,
    BY_REFUND,
    BY_VOID,
    CAPTURE,
    DECLINED,
    FAILED,
    PARTIALLY_CAPTURED,
    TRIES_MAX,
    UNKNOWN,
    VOIDED,
    CaptureWasDeclined,
    GatewayToldAnotherAmount,
    PaymentIntent,
)
from argosy.domains.payments.domain.shares import PaidShare, Rates, freeze
from argosy.engine.work import UnitOfWork
from argosy.shared_kernel.ids import Id, named_id
from argosy.shared_kernel.messages import Refused

CAPTURE_DECLINED = "capture_declined"
NOT_ALL = "a part of it was not captured"


class Capturing(NamedTuple):
    """How much each gateway can take of what it holds (`whole`, `part`, `parts`), and whether the operator wants each
    order's share taken apart where that is possible."""

    captures_of: Callable[[str], str] = lambda gateway: PARTS
    is_by_order: bool = False


AT_ONCE = Capturing()


class Parts:
    """One part at a time: the next is asked for once the gateway has decided the one before."""

    def __init__(
        self, work: UnitOfWork, books: Books, wallet: Wallet, suspense: Suspense, capturing: Capturing
    ) -> None:
        self.work = work
        self.books = books
        self.wallet = wallet
        self.suspense = suspense
        self.capturing = capturing

    def plan(self, intent: PaymentIntent, command: CapturePayment, rates: Rates) -> None:
        """The whole at once; or the orders that stand, or one order after another, where the gateway can do that."""
        kept = without(command.shares, command.called_off)
        how, is_less = self.capturing.captures_of(intent.gateway), len(kept) < len(command.shares)
        frozen = freeze(kept, rates)
        payable = sum(one.paid_amount for one in frozen)
        found: list[CapturePart] = []
        if payable and how == PARTS and self.capturing.is_by_order and len(kept) > 1:
            found = by_order(intent.id, frozen)
        elif payable and how != WHOLE and is_less:
            found = the_rest(intent.id, frozen)
        if found:
            intent.captures = tuple(with_credit(found, intent.credit_amount))
        else:
            intent.shares = freeze(command.shares, rates) if is_less else frozen

    def take_answer(self, intent: PaymentIntent, answer: CaptureAnswered) -> None:
        part = intent.part
        if part is None or answer.capture_id != part.id or intent.pending != CAPTURE:
            if answer.outcome == APPROVED:
                self._late_yes(intent, answer)
        elif answer.outcome == APPROVED:
            self._approved(intent, part, answer)
        elif answer.outcome == DECLINED:
            self._note(intent, part, answer)
            self._declined(intent, part, answer.reason)
        elif answer.call == intent.calls:
            self._undecided(intent, part, answer)

    def _undecided(self, intent: PaymentIntent, part: CapturePart, answer: CaptureAnswered) -> None:
        if answer.outcome == ABSENT and intent.tries < TRIES_MAX:
            return again(self.work, intent)
        if answer.outcome == ABSENT:
            return self._declined(intent, part, "gateway_timeout")
        if part.status == parts.ASKED:
            intent.put(part.moved(parts.UNKNOWN))
            self._note(intent, part, answer)
        if intent.status == AUTHORIZED:
            intent.move(UNKNOWN)
        return look_up(self.work, intent)

    def _late_yes(self, intent: PaymentIntent, answer: CaptureAnswered) -> None:
        """The same yes twice is one yes; another one is money that nobody asked for."""
        known = next((part for part in intent.captures if part.id == answer.capture_id), None)
        is_told = known is not None and known.reference == answer.gateway_transaction_id
        if is_told or intent.is_stray(answer.gateway_transaction_id):
            return
        amount = known.gateway_amount if known is not None else intent.gateway_amount
        self._note(intent, known, answer)
        if known is not None and known.status == parts.DECLINED:
            intent.put(known.refused(answer.gateway_transaction_id))
        self.suspense.keep(intent, answer, (amount, intent.currency))

    def _approved(self, intent: PaymentIntent, part: CapturePart, answer: CaptureAnswered) -> None:
        told = (answer.amount, answer.currency)
        self._note(intent, part, answer)
        intent.decided()
        if told != (part.gateway_amount, intent.currency) or intent.unwanted == BY_VOID:
            return self._not_ours(intent, part, answer)
        if intent.tries == 1 and part.gateway_amount:
            tell_recovered(self.work, intent, CAPTURE, answer.gateway_transaction_id, told)
        held = self.wallet.spend(intent, part.credit_amount)
        intent.take(part, answer.gateway_transaction_id, max(0, answer.fee_amount))
        self._book(intent, part.id, CAPTURE_BOOKED, capture_postings(intent.gateway, part.shares, held))
        if answer.fee_amount > 0:
            postings = {FEES: answer.fee_amount, clearing(intent.gateway): -answer.fee_amount}
            self._book(intent, named_id("fee", part.id), FEE, postings)
        self.tell(intent, part, intent.flow_id)
        if part.is_final or intent.unwanted:
            return close(self.work, intent, self.wallet)
        return start_capture(self.work, intent) if intent.is_capture_asked else None

    def _not_ours(self, intent: PaymentIntent, part: CapturePart, answer: CaptureAnswered) -> None:
        """Another amount than we asked for, or a yes after the flow had let go: this part is never captured."""
        asked = (part.gateway_amount, intent.currency)
        is_lie = (answer.amount, answer.currency) != asked
        intent.put(part.moved(parts.DECLINED).refused(answer.gateway_transaction_id))
        intent.drop_waiting()
        if not intent.is_captured:
            intent.move(FAILED if is_lie else VOIDED)
        intent.failure = GatewayToldAnotherAmount.code if is_lie else intent.unwanted
        self.suspense.keep(intent, answer, asked)
        if intent.is_more_held and not intent.pending:  # Nothing has to come back first.
            let_go(self.work, intent)
        if intent.unwanted == BY_VOID:
            self.work.announce(PaymentVoided(flow_id=intent.flow_id, payment_id=intent.id))
        else:
            details = {"told": answer.amount, "amount": part.gateway_amount, "capture_id": part.id}
            self._refuse(intent, GatewayToldAnotherAmount.code, details)
            self._give_up(intent)

    def _declined(self, intent: PaymentIntent, part: CapturePart, reason: str) -> None:
        """What was taken before it goes back where the parts are one capture for their flow; a part that was asked for
        by itself fails by itself."""
        intent.decided()
        intent.put(part.moved(parts.DECLINED))
        if intent.status == UNKNOWN:
            intent.move(AUTHORIZED)
        if intent.unwanted != BY_VOID:
            self._refuse(intent, CaptureWasDeclined.code, {"reason": reason, "capture_id": part.id})
        if intent.is_one_capture:
            intent.drop_waiting()
            intent.failure = CAPTURE_DECLINED
            self._give_up(intent)
        elif intent.is_capture_asked:
            start_capture(self.work, intent)
        if intent.unwanted and not intent.pending:
            let_go(self.work, intent)

    def _give_up(self, intent: PaymentIntent) -> None:
        """The flow was told no: of what was taken before nothing is kept, and of the rest nothing is held."""
        if not intent.is_captured:
            return
        intent.unwanted = intent.unwanted or BY_REFUND
        refund_id = named_id("parts", intent.id)
        self.work.announce(
            RefundPayment(flow_id=intent.flow_id, payment_id=intent.id, refund_id=refund_id, reason=NOT_ALL)
        )

    def tell(self, intent: PaymentIntent, part: CapturePart, flow_id: Id) -> None:
        self.work.announce(
            PaymentPartCaptured(
                flow_id=flow_id,
                payment_id=intent.id,
                capture_id=part.id,
                order_ids=tuple([one.order_id for one in part.shares]),
                amount=part.amount,
                currency=intent.currency,
            )
        )

    def _refuse(self, intent: PaymentIntent, code: str, details: dict[str, object]) -> None:
        self.work.announce(
            Refused(flow_id=intent.flow_id, command=CapturePayment.wire_name, code=code, details=details)
        )

    def _book(self, intent: PaymentIntent, id: Id, kind: str, postings: dict[str, int]) -> None:
        self.books.book(Transaction(id, kind, intent.id, intent.currency, postings))

    def _note(self, intent: PaymentIntent, part: CapturePart | None, answer: CaptureAnswered) -> None:
        asked = part.gateway_amount if part is not None else intent.gateway_amount
        money = (answer.amount or asked, answer.currency or intent.currency)
        note(self.work, intent, CAPTURE, answer.outcome, answer.gateway_transaction_id, money)


def close(work: UnitOfWork, intent: PaymentIntent, wallet: Wallet, *, is_released: bool = False) -> None:
    """No part follows: what is held beyond is let go of, if it was not, and the flow hears what was taken."""
    assert intent.status == PARTIALLY_CAPTURED and intent.purchase_id is not None
    intent.close()
    wallet.settle(intent)
    work.announce(
        PaymentCaptured(
            flow_id=intent.flow_id,
            payment_id=intent.id,
            purchase_id=intent.purchase_id,
            amount=intent.captured_amount,
            currency=intent.currency,
        )
    )
    if intent.is_more_held and not intent.pending and not is_released:
        let_go(work, intent)


def without(shares: tuple[SellerShare, ...], called_off: tuple[Id, ...]) -> tuple[SellerShare, ...]:
    return tuple([one for one in shares if one.order_id not in called_off]) if called_off else shares


def all_shares(intent: PaymentIntent) -> tuple[PaidShare, ...]:
    """Those that were taken, and those that are to be."""
    return (*intent.shares, *(one for part in intent.captures if part.status != parts.DECLINED for one in part.shares))
