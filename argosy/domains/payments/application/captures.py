"""What payments can be asked about taking money: capture, and sending back what was taken unasked."""

from __future__ import annotations

from argosy.contracts.payments import CaptureAnswered, CapturePayment, PaymentCaptured, PaymentVoided, ReturnAnswered
from argosy.domains.payments.application.books import Books
from argosy.domains.payments.application.credits import credit_accounts
from argosy.domains.payments.application.outgoing import again, end_hold, let_go, look_up, note, start
from argosy.domains.payments.application.refunds import Refunds
from argosy.domains.payments.domain.credit import credit_id
from argosy.domains.payments.domain.ledger import CAPTURE as CAPTURE_BOOKED
from argosy.domains.payments.domain.ledger import (
    COMMISSION,
    FEE,
    FEES,
    LEDGER_ID,
    PROMOTIONS,
    REFUNDS,
    SUSPENSE,
    SUSPENSE_RETURNED,
    SUSPENSE_TAKEN,
    TAX,
    Transaction,
    account_id,
    capture_postings,
    clearing,
    escrow,
)
from argosy.domains.payments.domain.payment import (
    ABSENT,
    APPROVED,
    AUTHORIZE,
    AUTHORIZED,
    BY_VOID,
    CAPTURE,
    CAPTURED,
    DECLINED,
    FAILED,
    RENEW,
    RETURN,
    TRIES_MAX,
    UNKNOWN,
    VOIDED,
    CapturedDifferently,
    CaptureWasDeclined,
    GatewayToldAnotherAmount,
    NoSuchPayment,
    PaymentIntent,
    PaymentIsNotAuthorized,
    PaymentWasCancelled,
    is_sane,
)
from argosy.domains.payments.domain.shares import Rates, check, default_rate, freeze
from argosy.engine.reads import reads, then_reads
from argosy.engine.work import UnitOfWork
from argosy.shared_kernel.ids import Id, named_id
from argosy.shared_kernel.messages import Refused

CAPTURE_DECLINED = "capture_declined"


class Captures:
    """Money taken, booked in the unit of work that learns of it."""

    def __init__(self, work: UnitOfWork, books: Books, refunding: Refunds, rates: Rates = default_rate) -> None:
        self.work = work
        self.books = books
        self.refunding = refunding
        self.intents = refunding.intents
        self.refunds = refunding.refunds
        self.wallet = refunding.wallet
        self.credits = refunding.credits
        self.ledgers = books.ledgers
        self.accounts = books.accounts
        self.rates = rates

    @reads(intents=lambda command: [command.payment_id])
    def capture_payment(self, command: CapturePayment) -> None:
        intent = self.intents.find(command.payment_id)
        if intent is None:
            raise NoSuchPayment(payment_id=command.payment_id)
        if intent.pending == CAPTURE or intent.is_captured:
            return self._repeat(intent, command)
        if intent.unwanted:
            raise PaymentWasCancelled(payment_id=intent.id)
        if intent.failure == CAPTURE_DECLINED:
            raise CaptureWasDeclined(payment_id=intent.id)
        is_early = (intent.pending == AUTHORIZE and not intent.action_url) or intent.pending == RENEW
        if not is_early and (intent.status != AUTHORIZED or intent.pending):
            raise PaymentIsNotAuthorized(payment_id=intent.id, status=intent.status)
        check(command.shares, intent.amount)
        intent.flow_id = command.flow_id
        intent.shares = freeze(command.shares, self.rates)
        # A flow asks once it was told that the amount is held. Payments that have gone back to a backup hear both at
        # once, and the gateway says again what it did: the capture follows the authorization then, or its renewal.
        return None if is_early else start(self.work, intent, CAPTURE)

    @reads(intents=lambda answer: [answer.payment_id], ledgers=lambda answer: [LEDGER_ID])
    @then_reads(
        accounts=lambda self, answer: self._accounts_of(answer),
        refunds=lambda self, answer: self._refund_that_waits(answer),
        credits=lambda self, answer: self._credit_of(answer),
    )
    def capture_answered(self, answer: CaptureAnswered) -> None:
        intent = self.intents.get(answer.payment_id)
        self._take_answer(intent, answer)
        self.wallet.release_if_lost(intent)
        end_hold(self.work, intent)

    def _take_answer(self, intent: PaymentIntent, answer: CaptureAnswered) -> None:
        outcome = answer.outcome
        if outcome == APPROVED:
            self._approved(intent, answer)
        elif intent.pending != CAPTURE:
            return
        elif outcome == DECLINED:
            self._note(intent, answer)
            self._declined(intent, answer.reason)
        elif answer.call != intent.calls:
            return
        elif outcome == ABSENT:
            if intent.tries < TRIES_MAX:
                again(self.work, intent)
            else:
                self._declined(intent, "gateway_timeout")
        else:
            if intent.status == AUTHORIZED:
                intent.move(UNKNOWN)
                self._note(intent, answer)
            look_up(self.work, intent)

    @reads(intents=lambda answer: [answer.payment_id], ledgers=lambda answer: [LEDGER_ID])
    @then_reads(accounts=lambda self, answer: self._suspense_accounts(answer.payment_id))
    def return_answered(self, answer: ReturnAnswered) -> None:
        """Suspense is empty again, or stays visible."""
        intent = self.intents.get(answer.payment_id)
        if intent.pending != RETURN:
            return
        outcome, suspended = answer.outcome, (intent.suspended_amount, intent.suspended_currency)
        if outcome in (APPROVED, DECLINED):
            note(self.work, intent, RETURN, outcome, answer.gateway_transaction_id, (answer.amount, answer.currency))
            intent.decided()
            if outcome == DECLINED or (answer.amount, answer.currency) != suspended:
                told = (answer.amount, answer.currency)
                intent.contradict(RETURN, suspended, told, answer.gateway_transaction_id)
                return
            self._book(
                intent,
                named_id("return", intent.id),
                SUSPENSE_RETURNED,
                suspended[1],
                {SUSPENSE: suspended[0], clearing(intent.gateway): -suspended[0]},
            )
            intent.suspended_amount = 0
        elif answer.call == intent.calls:
            if outcome == ABSENT:
                again(self.work, intent)
            else:
                look_up(self.work, intent)

    def _repeat(self, intent: PaymentIntent, command: CapturePayment) -> None:
        if intent.shares and _asked(command) != [
            (one.order_id, one.seller_id, one.goods_amount, one.shipping_amount, one.tax_amount, one.subsidy_amount)
            for one in intent.shares
        ]:
            raise CapturedDifferently(payment_id=intent.id)
        if intent.is_captured:
            self._tell(intent, command.flow_id)

    def _approved(self, intent: PaymentIntent, answer: CaptureAnswered) -> None:
        told = (answer.amount, answer.currency)
        if intent.pending != CAPTURE:
            if intent.capture_reference != answer.gateway_transaction_id:
                self._note(intent, answer)
                self._keep_in_suspense(intent, answer, told)
            return None
        self._note(intent, answer)
        intent.decided()
        if told != (intent.gateway_amount, intent.currency) or intent.unwanted == BY_VOID:
            return self._not_ours(intent, answer, told)
        intent.move(CAPTURED)
        intent.captured_amount = intent.amount
        intent.capture_reference = answer.gateway_transaction_id
        postings = capture_postings(intent.gateway, intent.shares, self.wallet.spend(intent))
        self._book(intent, intent.id, CAPTURE_BOOKED, intent.currency, postings)
        if answer.fee_amount > 0:
            intent.fee_amount = answer.fee_amount
            postings = {FEES: answer.fee_amount, clearing(intent.gateway): -answer.fee_amount}
            self._book(intent, named_id("fee", intent.id), FEE, intent.currency, postings)
        self._tell(intent, intent.flow_id)
        if intent.waiting_refund_id is not None:
            self.refunding.go_on(intent)
        return None

    def _not_ours(self, intent: PaymentIntent, answer: CaptureAnswered, told: tuple[int, str]) -> None:
        """Another amount than we asked for, or a yes after the flow had let go: it is never captured."""
        is_lie = told != (intent.gateway_amount, intent.currency)
        intent.move(FAILED if is_lie else VOIDED)
        intent.failure = GatewayToldAnotherAmount.code if is_lie else intent.unwanted
        self._keep_in_suspense(intent, answer, told)
        if intent.unwanted == BY_VOID:
            self.work.announce(PaymentVoided(flow_id=intent.flow_id, payment_id=intent.id))
        else:
            self._refuse(intent, GatewayToldAnotherAmount.code, {"told": told[0], "amount": intent.gateway_amount})
        if intent.waiting_refund_id is not None:
            self.refunding.nothing_to_refund(intent)

    def _declined(self, intent: PaymentIntent, reason: str) -> None:
        """Nothing was taken; what is held is for the flow to let go."""
        intent.decided()
        if intent.status == UNKNOWN:
            intent.move(AUTHORIZED)
        intent.failure = CAPTURE_DECLINED
        if intent.unwanted != BY_VOID:
            self._refuse(intent, CaptureWasDeclined.code, {"reason": reason})
        if intent.waiting_refund_id is not None:
            self.refunding.nothing_to_refund(intent)
        if intent.unwanted:
            let_go(self.work, intent)

    def _keep_in_suspense(self, intent: PaymentIntent, answer: CaptureAnswered, told: tuple[int, str]) -> None:
        """Money that was taken and may not be kept: booked apart, told of as an alarm, and sent back."""
        asked = (intent.gateway_amount, intent.currency)
        expected = (0 if told == asked else intent.gateway_amount, intent.currency)
        if told == expected:
            return  # Store credit pays it wholly: no money was taken.
        intent.contradict(CAPTURE, expected, told, answer.gateway_transaction_id)
        if intent.is_captured or intent.suspended_amount or intent.pending or not is_sane(*told):
            return  # Beyond what can be put right without a person.
        intent.suspended_amount, intent.suspended_currency = told
        intent.capture_reference = answer.gateway_transaction_id
        self._book(
            intent,
            named_id("suspense", intent.id),
            SUSPENSE_TAKEN,
            told[1],
            {clearing(intent.gateway): told[0], SUSPENSE: -told[0]},
        )
        start(self.work, intent, RETURN)

    def _book(self, intent: PaymentIntent, id: Id, kind: str, currency: str, postings: dict[str, int]) -> None:
        self.books.book(Transaction(id, kind, intent.id, currency, postings))

    def _tell(self, intent: PaymentIntent, flow_id: Id) -> None:
        assert intent.purchase_id is not None, "a captured payment was asked for by a purchase"
        self.work.announce(
            PaymentCaptured(
                flow_id=flow_id,
                payment_id=intent.id,
                purchase_id=intent.purchase_id,
                amount=intent.captured_amount,
                currency=intent.currency,
            )
        )

    def _refuse(self, intent: PaymentIntent, code: str, details: dict[str, object]) -> None:
        self.work.announce(
            Refused(flow_id=intent.flow_id, command=CapturePayment.wire_name, code=code, details=details)
        )

    def _note(self, intent: PaymentIntent, answer: CaptureAnswered) -> None:
        note(
            self.work,
            intent,
            CAPTURE,
            answer.outcome,
            answer.gateway_transaction_id,
            (answer.amount or intent.gateway_amount, answer.currency or intent.currency),
        )

    def _accounts_of(self, answer: CaptureAnswered) -> list[Id]:
        intent = self.intents.get(answer.payment_id)
        held = credit_accounts(intent.buyer_id, intent.currency) if intent.is_credit_held else []
        if answer.outcome != APPROVED:
            return held
        if (answer.amount, answer.currency) != (intent.gateway_amount, intent.currency) or intent.unwanted:
            found = [account_id(SUSPENSE, answer.currency), account_id(clearing(intent.gateway), answer.currency)]
        else:
            found = []
        currency = intent.currency
        found += [
            *held,
            account_id(clearing(intent.gateway), currency),
            account_id(COMMISSION, currency),
            account_id(TAX, currency),
            account_id(PROMOTIONS, currency),
        ]
        if answer.fee_amount > 0:
            found.append(account_id(FEES, currency))
        found += [account_id(escrow(one.seller_id), currency) for one in intent.shares]
        if intent.waiting_refund_id is not None:
            found += [account_id(REFUNDS, currency), *credit_accounts(intent.buyer_id, currency)]
        return found

    def _credit_of(self, answer: CaptureAnswered) -> list[Id]:
        intent = self.intents.get(answer.payment_id)
        if intent.buyer_id is None or not (intent.is_credit_held or intent.waiting_refund_id):
            return []
        return [credit_id(intent.buyer_id, intent.currency)]

    def _refund_that_waits(self, answer: CaptureAnswered) -> list[Id]:
        waiting = self.intents.get(answer.payment_id).waiting_refund_id
        return [waiting] if waiting is not None else []

    def _suspense_accounts(self, payment_id: Id) -> list[Id]:
        intent = self.intents.get(payment_id)
        return [account_id(name, intent.suspended_currency) for name in (SUSPENSE, clearing(intent.gateway))]


def _asked(command: CapturePayment) -> list[tuple[str, str, int, int, int, int]]:
    return [
        (one.order_id, one.seller_id, one.goods_amount, one.shipping_amount, one.tax_amount, one.subsidy_amount)
        for one in command.shares
    ]
