"""Booking what came outside of any gateway."""

from __future__ import annotations

from argosy.contracts.payments import BookReceipt, ReceiptBooked
from argosy.domains.payments.application.books import Books
from argosy.domains.payments.application.outgoing import note
from argosy.domains.payments.domain.ledger import (
    CAPTURE,
    COMMISSION,
    LEDGER_ID,
    PROMOTIONS,
    TAX,
    Transaction,
    account_id,
    capture_postings,
    clearing,
    escrow,
)
from argosy.domains.payments.domain.payment import APPROVED, AUTHORIZE, PaymentIntent
from argosy.domains.payments.domain.payment import CAPTURE as TAKEN
from argosy.domains.payments.domain.receipt import ReceiptIsAnother, check_receipt, is_same, received
from argosy.domains.payments.domain.shares import Rates, check, freeze
from argosy.engine.reads import reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id


def _accounts(command: BookReceipt) -> list[Id]:
    names = (clearing(command.gateway), COMMISSION, TAX, PROMOTIONS, escrow(command.share.seller_id))
    return [account_id(name, command.currency) for name in names]


class Receipts:
    """A transfer or cash is one capture like any other: split, with its commission, into escrow."""

    def __init__(self, work: UnitOfWork, books: Books, intents: Repository[PaymentIntent], rates: Rates) -> None:
        self.work = work
        self.books = books
        self.intents = intents
        self.rates = rates
        self.ledgers = books.ledgers
        self.accounts = books.accounts

    @reads(
        intents=lambda command: [command.payment_id],
        ledgers=lambda command: [LEDGER_ID],
        accounts=_accounts,
    )
    def book_receipt(self, command: BookReceipt) -> None:
        """Once; the same again gets the same answer."""
        intent = self.intents.find(command.payment_id)
        if intent is None:
            self._book(command)
        elif not is_same(intent, command):
            raise ReceiptIsAnother(payment_id=command.payment_id)
        self.work.announce(
            ReceiptBooked(
                flow_id=command.flow_id,
                payment_id=command.payment_id,
                order_id=command.order_id,
                amount=command.amount,
                currency=command.currency,
            )
        )

    def _book(self, command: BookReceipt) -> None:
        check_receipt(command)
        check((command.share,), command.amount)
        (share,) = freeze((command.share,), self.rates)
        intent = received(command, share, self.work.now)
        self.intents.add(intent)
        money = (command.amount, command.currency)
        for operation in (AUTHORIZE, TAKEN):
            note(self.work, intent, operation, APPROVED, command.reference, money)
        postings = capture_postings(command.gateway, intent.shares)
        self.books.book(Transaction(intent.id, CAPTURE, intent.id, command.currency, postings))
