"""What payments can be asked about paying back: the books first, then the gateway."""

from __future__ import annotations

from datetime import timedelta

from argosy.contracts.payments import PaymentRefunded, RefundAnswered, RefundPayment
from argosy.domains.payments.application.books import Books, account_ids
from argosy.domains.payments.application.credits import Wallet, credit_accounts, credit_ids
from argosy.domains.payments.application.outgoing import let_go, note, pay_back, tell_recovered
from argosy.domains.payments.application.parts import NOT_ALL, close
from argosy.domains.payments.application.reconciling import REASON
from argosy.domains.payments.domain.ledger import (
    LEDGER_ID,
    REFUND_REVERSED,
    REFUNDS,
    Transaction,
    account_id,
    capture_postings,
    clearing,
    covered,
    mirrored,
    refund_postings,
)
from argosy.domains.payments.domain.ledger import REFUND as REFUND_BOOKED
from argosy.domains.payments.domain.payment import (
    ABSENT,
    APPROVED,
    AUTHORIZE,
    AUTHORIZED,
    BY_REFUND,
    CAPTURE,
    DECLINED,
    PARTIALLY_CAPTURED,
    REFUND,
    PaymentIntent,
)
from argosy.domains.payments.domain.refund import (
    FAILED,
    REASON_LENGTH_MAX,
    REQUESTED,
    SUCCEEDED,
    UNKNOWN,
    WAITING,
    AmountIsNotRefundable,
    CaptureIsUndecided,
    OrderHasNoShare,
    ReasonIsTooLong,
    Refund,
    RefundExceedsCapture,
    RefundIdIsTaken,
    RefundWasDeclined,
)
from argosy.domains.payments.domain.shares import RefundedPart, after, before, left_of, subsidies_left, take_back
from argosy.engine.reads import reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id, named_id
from argosy.shared_kernel.messages import Refused

LATE_SECONDS, HEARD_AGAIN_SECONDS = 900, 60
OURS = (NOT_ALL, REASON)
"""Refunds that payments asks for by itself: nobody else would ask again."""
AGAIN_EVERY, AGAIN_FOR = timedelta(hours=6), timedelta(days=30)
"""A refund of a payment that is not known is asked for again after a while, if it was told so long ago."""


class Refunds:
    """Money on its way back, never more than was taken."""

    def __init__(
        self,
        work: UnitOfWork,
        books: Books,
        intents: Repository[PaymentIntent],
        refunds: Repository[Refund],
        wallet: Wallet,
    ) -> None:
        self.work = work
        self.books = books
        self.wallet = wallet
        self.credits = wallet.credits
        self.intents = intents
        self.refunds = refunds
        self.ledgers = books.ledgers
        self.accounts = books.accounts

    @reads(
        intents=lambda command: [command.payment_id],
        refunds=lambda command: [command.refund_id],
        ledgers=lambda command: [LEDGER_ID],
    )
    @then_reads(
        accounts=lambda self, command: self._accounts_of(command),
        credits=lambda self, command: self._credit_for(command),
    )
    def refund_payment(self, command: RefundPayment) -> None:
        refund = self.refunds.find(command.refund_id)
        if refund is not None:
            return self._repeat(refund, command)
        if command.amount is not None and (type(command.amount) is not int or command.amount < 1):
            raise AmountIsNotRefundable(amount=str(command.amount))
        if len(command.reason) > REASON_LENGTH_MAX:
            raise ReasonIsTooLong(at_most=REASON_LENGTH_MAX)
        intent = self.intents.find(command.payment_id)
        if self._is_to_wait(intent):
            at = self.work.now + timedelta(seconds=HEARD_AGAIN_SECONDS)
            return self.work.later("refund", command.refund_id, at, command)
        if intent is None:
            intent = PaymentIntent.never(command.payment_id, command.flow_id, BY_REFUND, self.work.now)
            self.intents.add(intent)
        if intent.replaced_by is not None:
            return self._pass_on(command, intent.replaced_by)
        if intent.pending == CAPTURE:
            return self._wait(intent, command)
        if intent.is_captured:
            if intent.status == PARTIALLY_CAPTURED and command.amount is None and command.order_id is None:
                intent.unwanted = intent.unwanted or BY_REFUND
                close(self.work, intent, self.wallet)
            return self._refund(intent, command)
        intent.unwanted = intent.unwanted or BY_REFUND
        if intent.status == AUTHORIZED and not intent.pending:
            let_go(self.work, intent)
        self.wallet.release_if_lost(intent)
        return self._nothing(intent, command.flow_id, command.refund_id)

    @reads(
        intents=lambda answer: [answer.payment_id],
        refunds=lambda answer: [answer.refund_id],
        ledgers=lambda answer: [LEDGER_ID],
    )
    @then_reads(
        accounts=lambda self, answer: self._booked_accounts(answer),
        credits=lambda self, answer: self._credit_of(answer),
    )
    def refund_answered(self, answer: RefundAnswered) -> None:
        intent = self.intents.get(answer.payment_id)
        refund = self.refunds.get(answer.refund_id)
        told, asked = (answer.amount, answer.currency), (refund.gateway_amount, refund.currency)
        if not refund.is_open:
            if answer.outcome == APPROVED and refund.gateway_transaction_id != answer.gateway_transaction_id:
                expected = (0, refund.currency)
                intent.contradict(REFUND, expected, told, answer.gateway_transaction_id)
            return
        if answer.outcome in (APPROVED, DECLINED) and refund.gateway_amount:
            note(self.work, intent, REFUND, answer.outcome, answer.gateway_transaction_id, told)
        if answer.outcome == APPROVED and told != asked:
            intent.contradict(REFUND, asked, told, answer.gateway_transaction_id)
            if refund.status == REQUESTED:
                refund.move(UNKNOWN)
        elif answer.outcome == APPROVED:
            refund.move(SUCCEEDED)
            refund.gateway_transaction_id = answer.gateway_transaction_id
            if refund.calls == 1 and refund.gateway_amount:
                tell_recovered(self.work, intent, REFUND, answer.gateway_transaction_id, told)
            self.wallet.pay_back(intent, refund)
            intent.refund_succeeded(refund.amount)
            self._tell(refund, refund.flow_id)
        elif answer.outcome == DECLINED:
            self._declined(intent, refund, answer.reason)
        elif answer.call == refund.calls:
            if refund.status == REQUESTED:
                refund.move(UNKNOWN)
            at = refund.look_up_at(self.work.now)
            pay_back(self.work, intent, refund, is_look_up=answer.outcome != ABSENT, at=at)

    def _is_to_wait(self, intent: PaymentIntent | None) -> bool:
        """Told long ago and heard now, as by a payments that went back to a backup: what it is of is heard from another
        log, and the gateway is asked about that first."""
        is_late = self.work.now - self.work.told_at > timedelta(seconds=LATE_SECONDS)
        if intent is None:
            return is_late
        if not intent.is_recovered:
            return False
        # A hold whose capture is not heard yet looks like one that nobody captured.
        is_held = is_late and intent.status == AUTHORIZED and not intent.unwanted and not intent.pending
        return intent.pending in (AUTHORIZE, CAPTURE) or is_held

    def note_done(self, intent: PaymentIntent, refund: Refund) -> None:
        """A gateway has paid back of its own accord, and the sale bears it: the books follow, and nobody is asked."""
        refund.move(SUCCEEDED)
        intent.returned_amount += refund.gateway_amount
        self._book(intent, refund, take_back(intent.shares, refund.amount, refund.order_id))
        intent.refunding_amount += refund.amount
        intent.refund_succeeded(refund.amount)
        self._tell(refund, refund.flow_id)

    def go_on(self, intent: PaymentIntent) -> None:
        """The capture that a refund waited for has come: pay it back."""
        refund = self._take_waiting(intent)
        left = left_of(intent.shares, refund.order_id)
        amount = min(refund.asked_amount, left) or left
        if amount:
            return self._request(intent, refund, amount)
        refund.move(SUCCEEDED)
        return self._nothing(intent, refund.flow_id, refund.id)

    def nothing_to_refund(self, intent: PaymentIntent) -> None:
        """The capture that a refund waited for did not happen."""
        refund = self._take_waiting(intent)
        refund.move(SUCCEEDED)
        self._nothing(intent, refund.flow_id, refund.id)

    def _refund(self, intent: PaymentIntent, command: RefundPayment) -> None:
        if command.order_id is not None and all(one.order_id != command.order_id for one in intent.shares):
            raise OrderHasNoShare(payment_id=intent.id, order_id=command.order_id)
        left = left_of(intent.shares, command.order_id)
        amount = left if command.amount is None else command.amount
        if amount > left:
            raise RefundExceedsCapture(payment_id=intent.id, asked=amount, left=left)
        if amount == 0:
            self._take_subsidy_back(intent, command)
            return self._nothing(intent, command.flow_id, command.refund_id)
        refund = self._open(intent, command)
        return self._request(intent, refund, amount)

    def _take_subsidy_back(self, intent: PaymentIntent, command: RefundPayment) -> None:
        """The buyer paid nothing for this, and the platform did: a refund of nothing to them."""
        parts = subsidies_left(intent.shares, command.order_id)
        if not any(part.subsidy for part in parts):
            return
        refund = self._open(intent, command)
        refund.move(SUCCEEDED)
        self._book(intent, refund, parts)

    def _wait(self, intent: PaymentIntent, command: RefundPayment) -> None:
        """The gateway has not said whether it captured: the refund is remembered, and answered when it has."""
        if intent.waiting_refund_id is not None:
            raise CaptureIsUndecided(payment_id=intent.id)
        if command.amount is not None and command.amount > intent.amount:
            raise RefundExceedsCapture(payment_id=intent.id, asked=command.amount, left=intent.amount)
        refund = self._open(intent, command)
        intent.waiting_refund_id = refund.id
        if command.amount is None and command.order_id is None:
            intent.unwanted = intent.unwanted or BY_REFUND

    def _open(self, intent: PaymentIntent, command: RefundPayment) -> Refund:
        refund = Refund(
            id=command.refund_id,
            payment_intent_id=intent.id,
            flow_id=command.flow_id,
            order_id=command.order_id,
            asked_amount=command.amount or 0,
            currency=intent.currency,
            reason=command.reason,
            to_credit=command.to_credit,
            created_at=self.work.now,
        )
        self.refunds.add(refund)
        return refund

    def _request(self, intent: PaymentIntent, refund: Refund, amount: int) -> None:
        """Book the mirror of the capture, in proportion, and then ask the gateway."""
        refund.move(REQUESTED)
        refund.amount, refund.calls = amount, 1
        refund.credit_amount = amount if refund.to_credit else max(0, amount - intent.returnable_amount)
        intent.returned_amount += refund.gateway_amount
        self._book(intent, refund, take_back(intent.shares, amount, refund.order_id))
        intent.refunding_amount += amount
        assert intent.left_amount >= 0, "a refund is within what is left"
        pay_back(self.work, intent, refund, is_look_up=intent.is_recovered)

    def _book(self, intent: PaymentIntent, refund: Refund, parts: tuple[RefundedPart, ...]) -> None:
        held = self.wallet.set_aside(intent, refund)
        postings = refund_postings(intent.gateway, intent.shares, parts, held)
        escrows = [name for name in postings if name.startswith("escrow:")]
        refund.parts = parts
        refund.postings = covered(postings, self.books.balances(escrows, intent.currency))
        self.books.book(Transaction(refund.id, REFUND_BOOKED, intent.id, intent.currency, refund.postings))
        intent.shares = after(intent.shares, parts)

    def _declined(self, intent: PaymentIntent, refund: Refund, reason: str) -> None:
        """The gateway keeps the money: the books take the refund back, once."""
        refund.move(FAILED)
        self.wallet.take_back(intent, refund)
        intent.returned_amount -= refund.gateway_amount
        self.books.book(
            Transaction(
                named_id("reversal", refund.id), REFUND_REVERSED, intent.id, intent.currency, mirrored(refund.postings)
            )
        )
        intent.shares = before(intent.shares, refund.parts)
        intent.refunding_amount -= refund.amount
        self._refuse(refund, refund.flow_id, reason)
        if refund.reason in OURS and self.work.now < (intent.deadline or self.work.now) + AGAIN_FOR:
            self._ask_again(intent, refund)

    def _ask_again(self, intent: PaymentIntent, refund: Refund) -> None:
        again = RefundPayment(
            flow_id=refund.flow_id,
            payment_id=intent.id,
            refund_id=named_id("again", refund.id),
            reason=refund.reason,
        )
        self.work.later("refund", again.refund_id, self.work.now + AGAIN_EVERY, again)

    def _repeat(self, refund: Refund, command: RefundPayment) -> None:
        asked = (command.payment_id, command.amount or 0, command.order_id, command.to_credit)
        if (refund.payment_intent_id, refund.asked_amount, refund.order_id, refund.to_credit) != asked:
            raise RefundIdIsTaken(refund_id=refund.id)
        if refund.status == SUCCEEDED:
            self._tell(refund, command.flow_id)
        elif refund.status == FAILED:
            self._refuse(refund, command.flow_id, "")

    def _pass_on(self, command: RefundPayment, payment_id: Id) -> None:
        """What was taken, the payment of the next attempt has taken."""
        self.work.announce(
            RefundPayment(
                flow_id=command.flow_id,
                payment_id=payment_id,
                refund_id=command.refund_id,
                amount=command.amount,
                reason=command.reason,
                order_id=command.order_id,
                to_credit=command.to_credit,
            )
        )

    def _take_waiting(self, intent: PaymentIntent) -> Refund:
        assert intent.waiting_refund_id is not None
        refund = self.refunds.get(intent.waiting_refund_id)
        assert refund.status == WAITING, f"refund {refund.id} does not wait"
        intent.waiting_refund_id = None
        return refund

    def _tell(self, refund: Refund, flow_id: Id) -> None:
        self.work.announce(
            PaymentRefunded(
                flow_id=flow_id,
                payment_id=refund.payment_intent_id,
                refund_id=refund.id,
                amount=refund.amount,
                currency=refund.currency,
            )
        )

    def _nothing(self, intent: PaymentIntent, flow_id: Id, refund_id: Id) -> None:
        self.work.announce(
            PaymentRefunded(
                flow_id=flow_id, payment_id=intent.id, refund_id=refund_id, amount=0, currency=intent.currency
            )
        )

    def _refuse(self, refund: Refund, flow_id: Id, reason: str) -> None:
        self.work.announce(
            Refused(
                flow_id=flow_id,
                command=RefundPayment.wire_name,
                code=RefundWasDeclined.code,
                details={"refund_id": refund.id, "reason": reason},
            )
        )

    def _accounts_of(self, command: RefundPayment) -> list[Id]:
        intent = self.intents.find(command.payment_id)
        if intent is None:
            return []
        currency = intent.currency
        credits = credit_accounts(intent.buyer_id, currency) if self._touches_credit(intent, command) else []
        if not intent.is_captured:
            return credits
        postings = capture_postings(intent.gateway, intent.shares)
        return [
            *account_ids(postings, currency),
            account_id(clearing(intent.gateway), currency),
            account_id(REFUNDS, currency),
            *credits,
        ]

    def _credit_for(self, command: RefundPayment) -> list[Id]:
        intent = self.intents.find(command.payment_id)
        if intent is None or not self._touches_credit(intent, command):
            return []
        return credit_ids(intent.buyer_id, intent.currency)

    @staticmethod
    def _touches_credit(intent: PaymentIntent, command: RefundPayment) -> bool:
        return command.to_credit or intent.credit_amount > 0

    def _booked_accounts(self, answer: RefundAnswered) -> list[Id]:
        refund = self.refunds.get(answer.refund_id)
        intent = self.intents.get(answer.payment_id)
        credits = credit_accounts(intent.buyer_id, refund.currency) if refund.credit_amount else []
        return [*account_ids(refund.postings, refund.currency), *credits]

    def _credit_of(self, answer: RefundAnswered) -> list[Id]:
        intent = self.intents.get(answer.payment_id)
        is_credit = self.refunds.get(answer.refund_id).credit_amount > 0
        return credit_ids(intent.buyer_id, intent.currency)[:1] if is_credit else []
