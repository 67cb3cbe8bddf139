"""What payments can be asked about taking money: capture, and sending back what was taken unasked."""

from __future__ import annotations

from collections.abc import Iterable

from argosy.contracts.payments import (
    CaptureAnswered,
    CapturePayment,
    PaymentCaptured,
    PaymentVoided,
    ReturnAnswered,
    SellerShare,
)
from argosy.domains.payments.application.books import Books
from argosy.domains.payments.application.credits import credit_accounts, credit_ids
from argosy.domains.payments.application.outgoing import (
    again,
    end_hold,
    let_go,
    look_up,
    note,
    send_back,
    start_capture,
    tell_recovered,
)
from argosy.domains.payments.application.parts import AT_ONCE, CAPTURE_DECLINED, Capturing, Parts, all_shares, without
from argosy.domains.payments.application.refunds import Refunds
from argosy.domains.payments.application.suspense import Suspense
from argosy.domains.payments.domain import capture as parts
from argosy.domains.payments.domain.capture import (
    CaptureExceedsAuthorization,
    CaptureIdIsTaken,
    CaptureIsFinal,
    CapturePart,
    NotACapture,
    wrong_part,
)
from argosy.domains.payments.domain.ledger import CAPTURE as CAPTURE_BOOKED
from argosy.domains.payments.domain.ledger import (
    COMMISSION,
    FEE,
    FEES,
    LEDGER_ID,
    PROMOTIONS,
    REFUNDS,
    SUSPENSE,
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
    PARTIALLY_CAPTURED,
    RENEW,
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
)
from argosy.domains.payments.domain.shares import PaidShare, Rates, check, default_rate, freeze
from argosy.engine.reads import reads, then_reads
from argosy.engine.work import UnitOfWork
from argosy.shared_kernel.errors import refuse
from argosy.shared_kernel.ids import Id, named_id
from argosy.shared_kernel.messages import Refused


class Captures:
    """Money taken, booked in the unit of work that learns of it."""

    def __init__(
        self,
        work: UnitOfWork,
        books: Books,
        refunding: Refunds,
        rates: Rates = default_rate,
        capturing: Capturing = AT_ONCE,
    ) -> None:
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
        self.capturing = capturing
        self.suspense = Suspense(work, books)
        self.parts = Parts(work, books, self.wallet, self.suspense, capturing)

    @reads(intents=lambda command: [command.payment_id])
    def capture_payment(self, command: CapturePayment) -> None:
        intent = self.intents.find(command.payment_id)
        if intent is None:
            raise NoSuchPayment(payment_id=command.payment_id)
        if command.capture_id is not None:
            return self._capture_part(intent, command, command.capture_id)
        if intent.pending == CAPTURE or intent.is_captured or intent.captures:
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
        self.parts.plan(intent, command, self.rates)
        # A flow asks once it was told that the amount is held. Payments that have gone back to a backup hear both at
        # once, and the gateway says again what it did: the capture follows the authorization then, or its renewal.
        return None if is_early else start_capture(self.work, intent)

    @reads(intents=lambda answer: [answer.payment_id], ledgers=lambda answer: [LEDGER_ID])
    @then_reads(
        accounts=lambda self, answer: self._accounts_of(answer),
        refunds=lambda self, answer: self._refund_that_waits(answer),
        credits=lambda self, answer: self._credit_of(answer),
    )
    def capture_answered(self, answer: CaptureAnswered) -> None:
        intent = self.intents.get(answer.payment_id)
        if intent.captures:
            self.parts.take_answer(intent, answer)
            self._answer_waiting_refund(intent)
        else:
            self._take_answer(intent, answer)
        send_back(self.work, intent)
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
        self.suspense.returned(self.intents.get(answer.payment_id), answer)

    def _capture_part(self, intent: PaymentIntent, command: CapturePayment, capture_id: Id) -> None:
        """One part, asked for by itself. It waits for the parts before it, and for a renewal of what is held."""
        known = next((part for part in intent.captures if part.id == capture_id), None)
        if known is not None:
            return self._repeat_part(intent, known, command)
        if intent.unwanted:
            raise PaymentWasCancelled(payment_id=intent.id)
        if (intent.is_captured or intent.pending == CAPTURE) and not intent.captures:
            raise CaptureIdIsTaken(payment_id=intent.id, capture_id=capture_id)
        is_closed = intent.is_captured and intent.status != PARTIALLY_CAPTURED
        if is_closed or any(part.is_final and part.status != parts.DECLINED for part in intent.captures):
            raise CaptureIsFinal(payment_id=intent.id)
        if intent.status not in (AUTHORIZED, PARTIALLY_CAPTURED) and not intent.captures:
            raise PaymentIsNotAuthorized(payment_id=intent.id, status=intent.status)
        check(command.shares, None)
        shares = freeze(command.shares, self.rates)
        amount, left = sum(one.paid_amount for one in shares), intent.uncaptured_amount
        if amount > left:
            raise CaptureExceedsAuthorization(payment_id=intent.id, asked=amount, left=left)
        is_final = command.is_final or amount == left
        how = self.capturing.captures_of(intent.gateway)
        faults = wrong_part(capture_id, how, is_whole=amount == intent.amount, is_final=is_final)
        refuse([*faults, *([] if amount else [NotACapture(field="shares")])])
        asked = [part.credit_amount for part in intent.captures if part.status != parts.DECLINED]
        part = CapturePart(
            id=capture_id,
            amount=amount,
            credit_amount=min(intent.credit_amount - sum(asked), amount),
            shares=shares,
            is_final=is_final,
            is_apart=True,
        )
        intent.flow_id = command.flow_id
        intent.captures = (*intent.captures, part)
        return None if intent.pending else start_capture(self.work, intent)

    def _repeat_part(self, intent: PaymentIntent, part: CapturePart, command: CapturePayment) -> None:
        if sum(one.goods_amount + one.shipping_amount + one.tax_amount for one in command.shares) != part.amount:
            raise CaptureIdIsTaken(payment_id=intent.id, capture_id=part.id)
        if part.status == parts.DECLINED:
            raise CaptureWasDeclined(payment_id=intent.id)
        if part.status == parts.TAKEN:
            self.parts.tell(intent, part, command.flow_id)
            if part.is_final:
                self._tell(intent, command.flow_id)

    def _answer_waiting_refund(self, intent: PaymentIntent) -> None:
        """A refund waits for as long as a part is on its way."""
        if intent.waiting_refund_id is None or intent.pending == CAPTURE:
            return
        if intent.is_captured:
            self.refunding.go_on(intent)
        else:
            self.refunding.nothing_to_refund(intent)

    def _repeat(self, intent: PaymentIntent, command: CapturePayment) -> None:
        if any(part.is_apart for part in intent.captures):
            raise CapturedDifferently(payment_id=intent.id)
        if intent.captures and intent.failure:
            raise CaptureWasDeclined(payment_id=intent.id)
        known, asked = _asked(all_shares(intent)), _asked(command.shares)
        if intent.captures:
            known, asked = sorted(known), sorted(_asked(without(command.shares, command.called_off)))
        if known and known != asked:
            raise CapturedDifferently(payment_id=intent.id)
        if intent.is_captured and intent.status != PARTIALLY_CAPTURED:
            self._tell(intent, command.flow_id)

    def _approved(self, intent: PaymentIntent, answer: CaptureAnswered) -> None:
        told = (answer.amount, answer.currency)
        if intent.pending != CAPTURE:
            reference = answer.gateway_transaction_id
            if intent.capture_reference != reference and not intent.is_stray(reference):
                self._note(intent, answer)
                self.suspense.keep(intent, answer, (intent.gateway_amount, intent.currency))
            return None
        self._note(intent, answer)
        intent.decided()
        if told != (intent.gateway_amount, intent.currency) or intent.unwanted == BY_VOID:
            return self._not_ours(intent, answer, told)
        if intent.tries == 1:
            tell_recovered(self.work, intent, CAPTURE, answer.gateway_transaction_id, told)
        intent.move(CAPTURED)
        intent.captured_amount = intent.amount
        intent.capture_reference = answer.gateway_transaction_id
        postings = capture_postings(intent.gateway, intent.shares, self.wallet.spend(intent, intent.credit_amount))
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
        self.suspense.keep(intent, answer, (intent.gateway_amount, intent.currency))
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
        part = intent.part
        asked, shares = (part.gateway_amount, part.shares) if part is not None else (intent.gateway_amount, ())
        found, currency = [], intent.currency
        if (answer.amount, answer.currency) != (asked, currency) or intent.unwanted or (intent.captures and not part):
            found = [account_id(SUSPENSE, answer.currency), account_id(clearing(intent.gateway), answer.currency)]
        found += [
            *held,
            account_id(clearing(intent.gateway), currency),
            account_id(COMMISSION, currency),
            account_id(TAX, currency),
            account_id(PROMOTIONS, currency),
        ]
        if answer.fee_amount > 0:
            found.append(account_id(FEES, currency))
        found += [account_id(escrow(one.seller_id), currency) for one in (*intent.shares, *shares)]
        if intent.waiting_refund_id is not None:
            found += [account_id(REFUNDS, currency), *credit_accounts(intent.buyer_id, currency)]
        return found

    def _credit_of(self, answer: CaptureAnswered) -> list[Id]:
        intent = self.intents.get(answer.payment_id)
        if intent.buyer_id is None or not (intent.is_credit_held or intent.waiting_refund_id):
            return []
        return credit_ids(intent.buyer_id, intent.currency)

    def _refund_that_waits(self, answer: CaptureAnswered) -> list[Id]:
        waiting = self.intents.get(answer.payment_id).waiting_refund_id
        return [waiting] if waiting is not None else []

    def _suspense_accounts(self, payment_id: Id) -> list[Id]:
        intent = self.intents.get(payment_id)
        return [account_id(name, intent.suspended_currency) for name in (SUSPENSE, clearing(intent.gateway))]


def _asked(shares: Iterable[SellerShare | PaidShare]) -> list[tuple[str, str, int, int, int, int]]:
    return [
        (one.order_id, one.seller_id, one.goods_amount, one.shipping_amount, one.tax_amount, one.subsidy_amount)
        for one in shares
    ]
