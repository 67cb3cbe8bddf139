"""What payments can be asked about holding money: authorize, look up, let go."""

from __future__ import annotations

from argosy.contracts.payments import (
    AuthorizationAnswered,
    AuthorizePayment,
    LookUpPayment,
    PaymentActionRequired,
    PaymentAuthorized,
    PaymentFailed,
    PaymentVoided,
    VoidAnswered,
    VoidPayment,
)
from argosy.domains.payments.application.credits import Wallet, credit_accounts, reads_what_is_held
from argosy.domains.payments.application.outgoing import (
    again,
    end_hold,
    let_go,
    look_up,
    note,
    send_back,
    start,
    start_capture,
)
from argosy.domains.payments.application.parts import close
from argosy.domains.payments.domain.credit import credit_id
from argosy.domains.payments.domain.ledger import LEDGER_ID
from argosy.domains.payments.domain.payment import (
    ABSENT,
    ACTION,
    APPROVED,
    AUTHORIZE,
    AUTHORIZED,
    BY_REFUND,
    BY_TIME,
    BY_VOID,
    CREATED,
    DECLINED,
    FAILED,
    FAILURE_LENGTH_MAX,
    PARTIALLY_CAPTURED,
    TRIES_MAX,
    UNKNOWN,
    VOID,
    VOIDED,
    EarlierAttemptHasNotFailed,
    NoSuchPayment,
    PaymentIdIsTaken,
    PaymentIntent,
    PaymentTimeIsUp,
    PaymentWasCancelled,
    PaymentWasCaptured,
    VoidWasDeclined,
    check_request,
)
from argosy.engine.reads import reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Refused

NOT_ENOUGH_CREDIT = "not_enough_credit"
CREDIT_CALLS_MAX = 8
"""So many look-ups, six minutes, a payment that is heard again waits for the credit that is heard after it."""


class Authorizations:
    """Money that a gateway holds for us until it is captured or let go, and store credit that is set aside for it."""

    def __init__(
        self, work: UnitOfWork, intents: Repository[PaymentIntent], wallet: Wallet, gateways: frozenset[str]
    ) -> None:
        self.work = work
        self.intents = intents
        self.wallet = wallet
        self.credits = wallet.credits
        self.ledgers = wallet.books.ledgers
        self.accounts = wallet.books.accounts
        self.gateways = gateways

    @reads(
        intents=lambda command: [command.payment_id, *([command.replaces] if command.replaces else [])],
        credits=lambda command: [credit_id(command.buyer_id, command.currency)] if command.credit_amount else [],
        ledgers=lambda command: [LEDGER_ID] if command.credit_amount else [],
        accounts=lambda command: credit_accounts(command.buyer_id, command.currency) if command.credit_amount else [],
    )
    def authorize_payment(self, command: AuthorizePayment) -> None:
        intent = self.intents.find(command.payment_id)
        if intent is not None:
            return self._repeat(intent, command)
        check_request(command, self.gateways, self.work.told_at)
        # Told in time, and heard after it: the gateway is asked what it did, and for nothing new.
        is_late = command.expires_at <= self.work.now
        if command.replaces is not None:
            self._replace(command.replaces, command.payment_id)
        intent = PaymentIntent.open(command, self.work.now, told_at=self.work.told_at if is_late else None)
        self.intents.add(intent)
        if intent.credit_amount and not self.wallet.hold(intent) and not is_late:
            return self._fail(intent, NOT_ENOUGH_CREDIT)
        start(self.work, intent, AUTHORIZE)
        return None

    @reads(intents=lambda command: [command.payment_id])
    @reads_what_is_held
    def authorization_answered(self, answer: AuthorizationAnswered) -> None:
        intent = self.intents.get(answer.payment_id)
        self._take_answer(intent, answer)
        self.wallet.release_if_lost(intent)

    def _take_answer(self, intent: PaymentIntent, answer: AuthorizationAnswered) -> None:
        outcome = answer.outcome
        if outcome == APPROVED:
            self._approved(intent, answer)
        elif intent.pending != AUTHORIZE:
            return  # Decided already: only a yes can still ask for something to be undone.
        elif outcome == DECLINED:
            self._note(intent, answer)
            self._fail(intent, answer.reason or "declined")
        elif answer.call == intent.calls:
            self._undecided(intent, answer)

    @reads(intents=lambda command: [command.payment_id])
    @reads_what_is_held
    def void_payment(self, command: VoidPayment) -> None:
        intent = self.intents.find(command.payment_id)
        if intent is None:
            self.intents.add(PaymentIntent.never(command.payment_id, command.flow_id, BY_VOID, self.work.now))
            self.work.announce(PaymentVoided(flow_id=command.flow_id, payment_id=command.payment_id))
            return
        if intent.replaced_by is not None:
            self.work.announce(VoidPayment(flow_id=command.flow_id, payment_id=intent.replaced_by))
            return
        if intent.left_amount + intent.refunding_amount > 0 and intent.unwanted != BY_REFUND:
            raise PaymentWasCaptured(payment_id=intent.id, captured=intent.captured_amount)
        intent.flow_id = command.flow_id
        if intent.pending not in ("", "return") or intent.status == AUTHORIZED:
            intent.unwanted = BY_VOID
            if not intent.pending or intent.action_url:
                let_go(self.work, intent)
            self.wallet.release_if_lost(intent)
            return
        intent.unwanted = intent.unwanted or BY_VOID
        self.work.announce(PaymentVoided(flow_id=command.flow_id, payment_id=command.payment_id))

    @reads(intents=lambda command: [command.payment_id])
    @reads_what_is_held
    def void_answered(self, answer: VoidAnswered) -> None:
        intent = self.intents.get(answer.payment_id)
        self._take_void(intent, answer)
        send_back(self.work, intent)
        self.wallet.release_if_lost(intent)
        end_hold(self.work, intent)

    def _take_void(self, intent: PaymentIntent, answer: VoidAnswered) -> None:
        if intent.pending != VOID:
            return
        outcome = answer.outcome
        if outcome in (APPROVED, DECLINED):
            told = (intent.gateway_amount, intent.currency)
            note(self.work, intent, VOID, outcome, answer.gateway_transaction_id, told)
            intent.decided()
        if outcome == APPROVED:
            if intent.status in (CREATED, AUTHORIZED, UNKNOWN):
                intent.move(VOIDED)
            elif intent.status == PARTIALLY_CAPTURED:
                close(self.work, intent, self.wallet, is_released=True)
            if intent.unwanted == BY_VOID:
                self.work.announce(PaymentVoided(flow_id=intent.flow_id, payment_id=intent.id))
        elif outcome == DECLINED:
            self._void_declined(intent, answer)
        elif answer.call == intent.calls:
            if outcome == ABSENT:
                again(self.work, intent)
                return
            if intent.status == AUTHORIZED:
                intent.move(UNKNOWN)
            look_up(self.work, intent)

    @reads(intents=lambda command: [command.payment_id])
    def look_up_payment(self, command: LookUpPayment) -> None:
        intent = self.intents.find(command.payment_id)
        if intent is None or self.work.actor.id not in ("system", intent.buyer_id):
            raise NoSuchPayment(payment_id=command.payment_id)
        if intent.pending and (intent.action_url or intent.status == UNKNOWN):
            look_up(self.work, intent, at_once=True)

    def _replace(self, earlier_id: Id, later_id: Id) -> None:
        """Another attempt takes the place of one that has failed; nothing can be held twice for one purchase."""
        earlier = self.intents.find(earlier_id)
        if earlier is None:
            return  # Lost with a backup, as its failure shows: there was an answer to the flow.
        if earlier.unwanted in (BY_VOID, BY_REFUND):
            raise PaymentWasCancelled(payment_id=earlier_id)
        if earlier.status != FAILED and earlier.unwanted != BY_TIME and not earlier.is_recovered:
            raise EarlierAttemptHasNotFailed(payment_id=earlier_id, status=earlier.status)
        earlier.replaced_by = later_id

    def _repeat(self, intent: PaymentIntent, command: AuthorizePayment) -> None:
        """The same question gets the same answer; what is not decided yet is answered when it is."""
        if intent.unwanted in (BY_VOID, BY_REFUND):
            raise PaymentWasCancelled(payment_id=intent.id)
        if not intent.is_same(command):
            raise PaymentIdIsTaken(payment_id=intent.id)
        flow_id = command.flow_id
        if intent.status == FAILED or intent.unwanted == BY_TIME:
            self.work.announce(PaymentFailed(flow_id=flow_id, payment_id=intent.id, reason=intent.failure))
        elif intent.action_url:
            self.work.announce(
                PaymentActionRequired(flow_id=flow_id, payment_id=intent.id, action_url=intent.action_url)
            )
        elif intent.authorization_reference:
            self.work.announce(
                PaymentAuthorized(flow_id=flow_id, payment_id=intent.id, amount=intent.amount, currency=intent.currency)
            )

    def _approved(self, intent: PaymentIntent, answer: AuthorizationAnswered) -> None:
        if intent.pending != AUTHORIZE:
            return self._approved_late(intent, answer)
        lacks_credit = intent.is_credit_awaited and not intent.unwanted and not self.wallet.hold(intent)
        if lacks_credit and intent.calls < CREDIT_CALLS_MAX:
            return look_up(self.work, intent) if answer.call == intent.calls else None
        self._note(intent, answer)
        intent.decided()
        intent.authorization_reference = answer.gateway_transaction_id
        if (answer.amount, answer.currency) != (intent.gateway_amount, intent.currency):
            intent.contradict(
                AUTHORIZE,
                (intent.gateway_amount, intent.currency),
                (answer.amount, answer.currency),
                answer.gateway_transaction_id,
            )
            return self._fail(intent, "gateway_told_another_amount", is_held=True)
        if lacks_credit:
            return self._fail(intent, NOT_ENOUGH_CREDIT, is_held=True)
        intent.move(AUTHORIZED)
        if intent.unwanted:
            return let_go(self.work, intent)
        self.work.announce(
            PaymentAuthorized(
                flow_id=intent.flow_id, payment_id=intent.id, amount=intent.amount, currency=intent.currency
            )
        )
        if intent.is_capture_asked:
            start_capture(self.work, intent)
        return None

    def _approved_late(self, intent: PaymentIntent, answer: AuthorizationAnswered) -> None:
        """A yes after the end: what is held is let go. The same yes twice is one yes."""
        if intent.authorization_reference == answer.gateway_transaction_id:
            return
        self._note(intent, answer)
        if intent.status in (FAILED, VOIDED):
            intent.authorization_reference = answer.gateway_transaction_id
            if not intent.pending:
                let_go(self.work, intent)
        elif not intent.authorization_reference:
            intent.authorization_reference = answer.gateway_transaction_id
        else:
            intent.contradict(
                AUTHORIZE,
                (intent.gateway_amount, intent.currency),
                (answer.amount, answer.currency),
                answer.gateway_transaction_id,
            )

    def _undecided(self, intent: PaymentIntent, answer: AuthorizationAnswered) -> None:
        """No answer, or none yet. There is always exactly one call on its way, so that the deadline needs no timer."""
        is_first_action = answer.outcome == ACTION and not intent.action_url
        if answer.outcome == ACTION:
            intent.action_url = answer.action_url
        elif intent.status == CREATED:
            intent.move(UNKNOWN)
            self._note(intent, answer)
        is_overdue = intent.is_overdue(self.work.now)
        if is_overdue or (intent.action_url and intent.unwanted):
            self._time_out(intent)
        if intent.action_url and intent.unwanted:
            return let_go(self.work, intent)
        if answer.outcome == ABSENT:
            if intent.tries < TRIES_MAX and not intent.unwanted and not intent.is_recovered:
                return again(self.work, intent)
            reason = PaymentTimeIsUp.code if intent.is_recovered else "gateway_timeout"
            return self._fail(intent, reason, is_held=True)
        if is_first_action:
            self.work.announce(
                PaymentActionRequired(flow_id=intent.flow_id, payment_id=intent.id, action_url=intent.action_url)
            )
        return look_up(self.work, intent)

    def _time_out(self, intent: PaymentIntent) -> None:
        """The flow is answered now; what the gateway holds is found out and let go all the same."""
        if not intent.unwanted:
            if intent.is_recovered and not intent.action_url:
                return  # Its flow's time was up long ago: what the gateway did is found out, however late it answers.
            intent.failure = BY_TIME
            self.work.announce(PaymentFailed(flow_id=intent.flow_id, payment_id=intent.id, reason=BY_TIME))
        elif intent.unwanted == BY_VOID and not intent.action_url:
            self.work.announce(PaymentVoided(flow_id=intent.flow_id, payment_id=intent.id))
        else:
            return
        intent.unwanted = BY_TIME

    def _fail(self, intent: PaymentIntent, reason: str, *, is_held: bool = False) -> None:
        """It will not be paid. Where something is held, or could be yet, the gateway is told to let go of it, and a
        flow that waits for that hears of it then; one that timed out had its answer."""
        intent.decided()
        intent.move(FAILED)
        intent.failure = intent.failure or reason[:FAILURE_LENGTH_MAX]
        if is_held:
            let_go(self.work, intent)
        elif intent.unwanted == BY_VOID:
            self.work.announce(PaymentVoided(flow_id=intent.flow_id, payment_id=intent.id))
        if not intent.unwanted:
            self.work.announce(PaymentFailed(flow_id=intent.flow_id, payment_id=intent.id, reason=intent.failure))

    def _void_declined(self, intent: PaymentIntent, answer: VoidAnswered) -> None:
        """The gateway keeps what it should let go: an alarm, and the flow hears no yes."""
        if intent.status == UNKNOWN:
            intent.move(AUTHORIZED)
        held = (intent.gateway_amount, intent.currency)
        intent.contradict(VOID, (0, intent.currency), held, answer.gateway_transaction_id)
        if intent.unwanted == BY_VOID:
            self.work.announce(
                Refused(
                    flow_id=intent.flow_id,
                    command=VoidPayment.wire_name,
                    code=VoidWasDeclined.code,
                    details={"reason": answer.reason},
                )
            )

    def _note(self, intent: PaymentIntent, answer: AuthorizationAnswered) -> None:
        note(
            self.work,
            intent,
            AUTHORIZE,
            answer.outcome,
            answer.gateway_transaction_id,
            (answer.amount or intent.gateway_amount, answer.currency or intent.currency),
        )
