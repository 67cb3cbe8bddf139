"""Authorizations that nobody captured: a gateway holds money for some days, and then no longer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from argosy.contracts.payments import (
    AuthorizationExpired,
    AuthorizationRenewed,
    EndAuthorization,
    FindOldAuthorizations,
    PaymentAuthorized,
    RenewalAnswered,
)
from argosy.domains.payments.application.credits import Wallet, reads_what_is_held
from argosy.domains.payments.application.outgoing import again, let_go, look_up, note, start, start_capture
from argosy.domains.payments.domain.payment import (
    ABSENT,
    APPROVED,
    AUTHORIZED,
    BY_TIME,
    DECLINED,
    PARTIALLY_CAPTURED,
    RENEW,
    TRIES_MAX,
    UNKNOWN,
    PaymentIntent,
)
from argosy.engine.log import Record
from argosy.engine.lookback import Lookback
from argosy.engine.reads import reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.codec import decode
from argosy.shared_kernel.ids import Id

OLD_SECONDS = 1_800
"""By then a checkout has captured what was held for it, or let go of it: hardly any is left to plan for."""
MARGIN = 6
"""A hold is renewed or let go of before its last seventh: money that is not held is never counted on."""
PAGE = 200
EXPIRED = "authorization_expired"
MAY_BE_HELD = (AUTHORIZED, UNKNOWN, PARTIALLY_CAPTURED)
"""Also what is left where parts were taken, and what a gateway has not answered to: it may be held after all."""


class Hold(NamedTuple):
    """For how long a gateway holds money, and whether it can be asked to hold it for as long once more."""

    seconds: int = 7 * 24 * 3_600
    can_renew: bool = False

    @property
    def until_renewal(self) -> timedelta:
        return timedelta(seconds=self.seconds * MARGIN // (MARGIN + 1))


HoldOf = Callable[[str], Hold]


class Holds:
    """Finds them when they are old enough to be strange, and comes back before their time is over."""

    def __init__(
        self,
        work: UnitOfWork,
        intents: Repository[PaymentIntent],
        wallet: Wallet,
        authorized: Lookback,
        hold_of: HoldOf,
    ) -> None:
        self.work = work
        self.intents = intents
        self.wallet = wallet
        self.credits = wallet.credits
        self.ledgers = wallet.books.ledgers
        self.accounts = wallet.books.accounts
        self.authorized = authorized
        self.hold_of = hold_of

    @then_reads(intents=lambda self, command: self._authorized_a_while_ago())
    def find_old_authorizations(self, command: FindOldAuthorizations) -> None:
        """Each is looked at once, half an hour after it was told of; what is still held then has its time planned."""
        for id in self._authorized_a_while_ago():
            intent = self.intents.find(id)
            if intent is not None and intent.status in MAY_BE_HELD:
                self._plan(intent)
        self.authorized.pass_on()
        if len(self._told_a_while_ago()) == PAGE:
            self.work.announce(command)

    @reads(intents=lambda command: [command.payment_id])
    @reads_what_is_held
    def end_authorization(self, command: EndAuthorization) -> None:
        """Its time is nearly over. What is being captured or let go of at this moment is looked at a little later."""
        intent = self.intents.find(command.payment_id)
        if intent is None or intent.status not in MAY_BE_HELD:
            return
        if intent.pending:
            self._plan(intent)
        elif self.hold_of(intent.gateway).can_renew and not intent.is_renewed:
            start(self.work, intent, RENEW)
        else:
            self._expire(intent)

    @reads(intents=lambda answer: [answer.payment_id])
    @reads_what_is_held
    def renewal_answered(self, answer: RenewalAnswered) -> None:
        intent = self.intents.get(answer.payment_id)
        if intent.pending != RENEW:
            return
        if answer.outcome == APPROVED:
            self._renewed(intent, answer)
        elif answer.outcome == DECLINED or (answer.outcome == ABSENT and intent.tries >= TRIES_MAX):
            self._note(intent, answer)
            intent.decided()
            if _is_asked_for(intent):  # It is held for as long as it was.
                start_capture(self.work, intent)
            else:
                self._expire(intent)
        elif answer.call == intent.calls:
            if answer.outcome == ABSENT:
                again(self.work, intent)
            else:
                look_up(self.work, intent)

    def _renewed(self, intent: PaymentIntent, answer: RenewalAnswered) -> None:
        self._note(intent, answer)
        intent.decided()
        intent.is_renewed = True
        if intent.unwanted:
            return let_go(self.work, intent)
        self._plan(intent)
        self.work.announce(AuthorizationRenewed(payment_id=intent.id, amount=intent.amount, currency=intent.currency))
        return start_capture(self.work, intent) if _is_asked_for(intent) else None

    def _expire(self, intent: PaymentIntent) -> None:
        """It will not be captured any more: the gateway is told so, and who should know hears of it."""
        if not intent.unwanted:
            if not intent.is_captured:
                intent.unwanted, intent.failure = BY_TIME, EXPIRED
            self.work.announce(
                AuthorizationExpired(
                    payment_id=intent.id,
                    purchase_id=intent.purchase_id,
                    amount=intent.amount - intent.captured_amount,
                    currency=intent.currency,
                )
            )
        let_go(self.work, intent)
        self.wallet.release_if_lost(intent)

    def _plan(self, intent: PaymentIntent) -> None:
        """Before the time is over for which it is held now."""
        hold = self.hold_of(intent.gateway).until_renewal
        at = intent.created_at + hold * (2 if intent.is_renewed else 1)
        intent.deadline = max(at, self.work.now + timedelta(hours=1))
        self.work.later("hold", intent.id, intent.deadline, EndAuthorization(payment_id=intent.id))

    def _note(self, intent: PaymentIntent, answer: RenewalAnswered) -> None:
        held = (intent.gateway_amount, intent.currency)
        note(self.work, intent, RENEW, answer.outcome, answer.gateway_transaction_id, held)

    def _authorized_a_while_ago(self) -> list[Id]:
        told = (decode(record.wire_name, record.version, record.payload) for record in self._told_a_while_ago())
        return list(dict.fromkeys(event.payment_id for event in told if isinstance(event, PaymentAuthorized)))

    def _told_a_while_ago(self) -> list[Record]:
        return self.authorized.records([PaymentAuthorized.wire_name], OLD_SECONDS, PAGE)


def _is_asked_for(intent: PaymentIntent) -> bool:
    """Whether the flow asked to capture it while it was being renewed."""
    return intent.is_capture_asked and not intent.failure and not intent.unwanted
