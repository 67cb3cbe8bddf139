"""Store credit: given by staff, spent in payments, and given back. The books move with each balance."""

from __future__ import annotations

from typing import Any

from argosy.contracts.accounts import PersonErased
from argosy.contracts.payments_credit import CreditIssued, IssueCredit
from argosy.domains.payments.application.books import Books
from argosy.domains.payments.domain.credit import (
    FORFEITED,
    ISSUED,
    NOT_PAID,
    PAID,
    REFUNDED,
    Credit,
    CreditMovement,
    NotABuyer,
    credit_id,
    erased_id,
    wrong_credit,
)
from argosy.domains.payments.domain.ledger import (
    CREDIT_FORFEITED,
    CREDIT_HELD,
    CREDIT_ISSUED,
    CREDIT_RELEASED,
    CREDIT_RETURNED,
    GOODWILL,
    LEDGER_ID,
    Held,
    Transaction,
    account_id,
    credit,
    credit_held,
)
from argosy.domains.payments.domain.ledger import FORFEITED as FORFEITED_ACCOUNT
from argosy.domains.payments.domain.payment import HELD, PARTLY, RELEASED, SPENT, PaymentIntent
from argosy.domains.payments.domain.refund import Refund
from argosy.engine.reads import by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.errors import refuse
from argosy.shared_kernel.ids import Id, named_id


def credit_ids(buyer_id: str | None, currency: str) -> list[Id]:
    """A buyer's store credit, and what remembers that they are erased."""
    return [] if buyer_id is None else [credit_id(buyer_id, currency), erased_id(buyer_id)]


def credit_accounts(buyer_id: str | None, currency: str) -> list[Id]:
    """The accounts of a buyer's store credit, and where it goes should they be erased."""
    if buyer_id is None:
        return []
    return [account_id(name, currency) for name in (credit(buyer_id), credit_held(buyer_id), FORFEITED_ACCOUNT)]


def _held_for(service: Any, message: Any) -> list[PaymentIntent]:
    """The payment that a message is about, if credit is held for it, or will be."""
    found = service.intents.find(message.payment_id)
    return [found] if found is not None and (found.is_credit_held or found.is_credit_awaited) else []


reads_what_is_held = then_reads(
    credits=lambda self, message: [credit_id(one.buyer_id, one.currency) for one in _held_for(self, message)],
    ledgers=lambda self, message: [LEDGER_ID for _ in _held_for(self, message)],
    accounts=lambda self, message: [
        id for one in _held_for(self, message) for id in credit_accounts(one.buyer_id, one.currency)
    ],
)
"""What a use case loads that may lose a payment: where store credit has no part in it, nothing."""


class Wallet:
    """What the use cases of payments do with store credit: each balance and its account in the books at once."""

    def __init__(self, work: UnitOfWork, books: Books, credits: Repository[Credit]) -> None:
        self.work = work
        self.books = books
        self.credits = credits

    def give(self, to: tuple[Id, str], amount: int, kind: str, cause: Id, reason: str = "") -> Credit:
        """More for a buyer to spend; the caller books where it comes from."""
        buyer_id, currency = to
        found = self.credits.find(credit_id(buyer_id, currency))
        if found is None:
            found = self._open(buyer_id, currency)
        self._move(found, kind, amount, cause, reason)
        return found

    def is_erased(self, buyer_id: Id) -> bool:
        """Whether nobody knows any more whose it would be."""
        return self.credits.find(erased_id(buyer_id)) is not None

    def remember_erased(self, buyer_id: Id) -> None:
        """What comes back later, in a currency in which they had nothing, is forfeited like all else."""
        if not self.is_erased(buyer_id):
            self.credits.add(Credit.of_erased(buyer_id))

    def hold(self, intent: PaymentIntent) -> bool:
        """Set aside the part of a payment that store credit pays; False where there is not so much."""
        assert intent.buyer_id is not None, "somebody pays"
        found, amount = self.credits.find(credit_id(intent.buyer_id, intent.currency)), intent.credit_amount
        if found is None or found.balance < amount:
            return False
        self._move(found, PAID, -amount, intent.id)
        found.move_held(amount)
        self._book(intent, named_id("credit held", intent.id), CREDIT_HELD, amount)
        intent.credit_status = HELD
        return True

    def release_if_lost(self, intent: PaymentIntent) -> None:
        """What was set aside for a payment that will not be is the buyer's to spend again."""
        if intent.is_credit_held and intent.is_lost:
            self._give_back(intent, RELEASED)

    def settle(self, intent: PaymentIntent) -> None:
        """No more of the payment is captured: what its parts did not spend is the buyer's again."""
        if intent.is_credit_held:
            self._give_back(intent, PARTLY)

    def spend(self, intent: PaymentIntent, amount: int) -> Held | None:
        """So much of what was set aside is paid; the capture books it."""
        if not intent.is_credit_held or not amount:
            return None
        self._of(intent).move_held(-amount)
        if amount == intent.credit_left:
            intent.credit_status = SPENT
        assert intent.buyer_id is not None
        return Held(credit_held(intent.buyer_id), amount)

    def _give_back(self, intent: PaymentIntent, status: str) -> None:
        found, amount = self._of(intent), intent.credit_left
        found.move_held(-amount)
        self._move(found, NOT_PAID, amount, intent.id)
        self._book(intent, named_id("credit released", intent.id), CREDIT_RELEASED, -amount)
        intent.credit_status = status
        self._keep_forfeited(found)

    def set_aside(self, intent: PaymentIntent, refund: Refund) -> Held | None:
        """The part of a refund that becomes store credit, once the gateway has paid the rest back: until then nobody
        can spend it, so that it can still be taken back."""
        if not refund.credit_amount:
            return None
        assert intent.buyer_id is not None
        found = self.credits.find(credit_id(intent.buyer_id, intent.currency))
        if found is None:
            found = self._open(intent.buyer_id, intent.currency)
        found.move_held(refund.credit_amount)
        return Held(credit_held(intent.buyer_id), refund.credit_amount)

    def pay_back(self, intent: PaymentIntent, refund: Refund) -> None:
        """The refund is done: what of it was set aside may be spent."""
        if refund.credit_amount:
            found, amount = self._of(intent), refund.credit_amount
            found.move_held(-amount)
            self._move(found, REFUNDED, amount, intent.id)
            self._book(intent, named_id("credit returned", refund.id), CREDIT_RETURNED, -amount)
            self._keep_forfeited(found)

    def take_back(self, intent: PaymentIntent, refund: Refund) -> None:
        """The refund is not; the caller books its reversal."""
        if refund.credit_amount:
            self._of(intent).move_held(-refund.credit_amount)

    def forfeit(self, found: Credit) -> None:
        """Nobody can spend it any more, now or when something comes back to it: the books say so by an entry."""
        found.is_forfeited = True
        amount = found.balance
        if not amount:
            return
        id = self.work.new_id()
        self._move(found, FORFEITED, -amount, id)
        postings = {credit(found.buyer_id): amount, FORFEITED_ACCOUNT: -amount}
        self.books.book(Transaction(id, CREDIT_FORFEITED, id, found.currency, postings))

    def _open(self, buyer_id: Id, currency: str) -> Credit:
        found = Credit.open(buyer_id, currency)
        found.is_forfeited = self.is_erased(buyer_id)
        self.credits.add(found)
        return found

    def _keep_forfeited(self, found: Credit) -> None:
        if found.is_forfeited:
            self.forfeit(found)

    def _of(self, intent: PaymentIntent) -> Credit:
        assert intent.buyer_id is not None
        return self.credits.get(credit_id(intent.buyer_id, intent.currency))

    def _move(self, found: Credit, kind: str, amount: int, cause: Id, reason: str = "") -> None:
        found.add(
            CreditMovement(
                id=self.work.new_id(),
                kind=kind,
                amount=amount,
                balance=found.balance + amount,
                reference_id=cause,
                reason=reason,
                made_by=self.work.actor.id,
                created_at=self.work.now,
            )
        )

    def _book(self, intent: PaymentIntent, id: Id, kind: str, amount: int) -> None:
        """From what may be spent to what is held, or back where the amount is negative."""
        assert intent.buyer_id is not None
        postings = {credit(intent.buyer_id): amount, credit_held(intent.buyer_id): -amount}
        self.books.book(Transaction(id, kind, intent.id, intent.currency, postings))


class Credits:
    """Store credit as a gift of the platform."""

    def __init__(self, work: UnitOfWork, books: Books, wallet: Wallet) -> None:
        self.work = work
        self.books = books
        self.wallet = wallet
        self.credits = wallet.credits
        self.ledgers = books.ledgers
        self.accounts = books.accounts

    @reads(
        credits=lambda command: credit_ids(command.buyer_id, command.currency),
        ledgers=lambda command: [LEDGER_ID],
        accounts=lambda command: [
            account_id(GOODWILL, command.currency),
            *credit_accounts(command.buyer_id, command.currency),
        ],
    )
    def issue_credit(self, command: IssueCredit) -> Id:
        refuse(wrong_credit(command))
        known = self.credits.find(credit_id(command.buyer_id, command.currency))
        if self.wallet.is_erased(command.buyer_id) or (known is not None and known.is_forfeited):
            raise NotABuyer(field="buyer_id")
        id, buyer_id, currency = self.work.new_id(), command.buyer_id, command.currency
        self.wallet.give((buyer_id, currency), command.amount, ISSUED, id, command.reason)
        postings = {GOODWILL: command.amount, credit(buyer_id): -command.amount}
        self.books.book(Transaction(id, CREDIT_ISSUED, id, currency, postings))
        self.work.announce(CreditIssued(credit_id=id, buyer_id=buyer_id, amount=command.amount, currency=currency))
        return id

    @reads(credits=lambda event: [by("buyer_id", event.user_id), erased_id(event.user_id)])
    @then_reads(
        ledgers=lambda self, event: [LEDGER_ID for _ in self._owed_to(event.user_id)],
        accounts=lambda self, event: [
            id for one in self._owed_to(event.user_id) for id in credit_accounts(one.buyer_id, one.currency)
        ],
    )
    def forfeit_credit(self, event: PersonErased) -> None:
        """Whoever asks to be erased is told before: what they have not spent by then is forfeited, since nobody will
        know any more whose it was."""
        for one in self.credits.all_by("buyer_id", event.user_id):
            self.wallet.forfeit(one)
        self.wallet.remember_erased(event.user_id)

    def _owed_to(self, buyer_id: Id) -> list[Credit]:
        return [one for one in self.credits.all_by("buyer_id", buyer_id) if one.balance]
