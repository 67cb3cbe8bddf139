"""What becomes of a difference between a gateway's book and ours: looked up, sent back, or named for a person."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from argosy.contracts.payments import CaptureAnswered, ComparePayment, PaymentRecovered, StatementLine, StatementPair
from argosy.domains.payments.application.books import Books
from argosy.domains.payments.application.outgoing import look_up, pay_back
from argosy.domains.payments.domain.difference import (
    AMOUNT,
    CURRENCY,
    GATEWAY,
    OURS,
    RECOVERED,
    GatewayDifference,
    difference_id,
)
from argosy.domains.payments.domain.difference import FEE as OF_FEE
from argosy.domains.payments.domain.ledger import FEE, FEES, LEDGER_ID, Transaction, account_id, clearing
from argosy.domains.payments.domain.payment import (
    APPROVED,
    CAPTURE,
    FAILED,
    REFUND,
    RETURN,
    VOIDED,
    PaymentIntent,
)
from argosy.domains.payments.domain.refund import Refund
from argosy.engine.reads import by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id, is_id, named_id


class Differences:
    """Money is never moved by a comparison, and no booking changed: what is undecided is looked up, what was taken
    after it was let go of follows its own rule (suspense, and back), what the gateway kept of one part of several,
    which its list alone tells, is booked as it comes; and every other difference is named for a person."""

    def __init__(
        self,
        work: UnitOfWork,
        books: Books,
        intents: Repository[PaymentIntent],
        refunds: Repository[Refund],
        differences: Repository[GatewayDifference],
    ) -> None:
        self.work = work
        self.books = books
        self.ledgers = books.ledgers
        self.accounts = books.accounts
        self.intents = intents
        self.refunds = refunds
        self.differences = differences

    @reads(
        intents=lambda command: [command.payment_id],
        refunds=lambda command: [id for line in command.theirs if (id := _refund_of(line))],
        differences=lambda command: [
            *(difference_id(line, GATEWAY) for line in command.theirs),
            *(difference_id(line, OURS) for line in command.ours),
            *(difference_id(pair.theirs, _side_of(pair)) for pair in command.differing),
        ],
        ledgers=lambda command: [LEDGER_ID] if command.differing else [],
    )
    @then_reads(accounts=lambda self, command: self._fee_accounts(command))
    def compare_payment(self, command: ComparePayment) -> None:
        """Each movement that one book lacks: on its way, against the rules, or to be named."""
        intent = self.intents.find(command.payment_id)
        for line in command.theirs:
            if intent is None or not (self._is_looked_up(intent, line) or self._is_sent_back(intent, line)):
                self._name(line, GATEWAY)
        for line in command.ours:
            self._name(line, OURS)
        for pair in command.differing:
            if intent is None or not self._is_first_told(intent, pair):
                self._name_pair(pair)

    @reads(differences=lambda event: [difference_id(_line_of(event), RECOVERED), by("payment_id", event.payment_id)])
    def note_recovery(self, event: PaymentRecovered) -> None:
        """A correction is kept beside the differences, and closes the one that was named before it came: of parts of
        one payment a list and an answer have references of their own, behind the payment's."""
        line, now = _line_of(event), self.work.now
        if self.differences.find(difference_id(line, RECOVERED)) is not None:
            return
        correction = GatewayDifference.found(line, RECOVERED, now)
        correction.closed_at = now
        for named in self.differences.all_by("payment_id", event.payment_id):
            if named.side == GATEWAY and named.closed_at is None and named.is_of(line):
                named.closed_at = now
                break
        self.differences.add(correction)

    def _is_looked_up(self, intent: PaymentIntent, line: StatementLine) -> bool:
        """What a gateway has done and we still wait to hear of is looked up at once, should its call have been lost."""
        refund_id = _refund_of(line)
        refund = self.refunds.find(refund_id) if refund_id else None
        if refund is not None and refund.is_open:
            at = self.work.now
            refund.look_up_at(at)
            pay_back(self.work, intent, refund, is_look_up=True, at=at)
            return True
        if line.operation in (CAPTURE, RETURN) and intent.pending == line.operation:
            look_up(self.work, intent, at_once=True)
            return True
        return False

    def _is_sent_back(self, intent: PaymentIntent, line: StatementLine) -> bool:
        """Taken although the payment had ended without a sale: its own rule books it apart and sends it back."""
        if line.operation != CAPTURE or intent.status not in (FAILED, VOIDED):
            return False
        if intent.capture_reference == line.gateway_transaction_id:
            return True
        self.work.announce(
            CaptureAnswered(
                payment_id=intent.id,
                call=0,
                outcome=APPROVED,
                gateway_transaction_id=line.gateway_transaction_id,
                amount=line.amount,
                currency=line.currency,
            )
        )
        return True

    def _name(self, line: StatementLine, side: str) -> None:
        if self.differences.find(difference_id(line, side)) is None:
            difference = GatewayDifference.found(line, side, self.work.now)
            self.differences.add(difference)
            self.work.announce(difference.alarm)

    def _name_pair(self, pair: StatementPair) -> None:
        side = _side_of(pair)
        if self.differences.find(difference_id(pair.theirs, side)) is None:
            difference = GatewayDifference.between(pair.ours, pair.theirs, side, self.work.now)
            self.differences.add(difference)
            self.work.announce(difference.alarm)

    def _is_first_told(self, intent: PaymentIntent, pair: StatementPair) -> bool:
        """What a gateway keeps of one part of several no capture tells: it is booked as its list tells it first."""
        ours, theirs = pair.ours, pair.theirs
        part = next((one for one in intent.captures if one.reference == ours.gateway_transaction_id), None)
        if _side_of(pair) != OF_FEE or part is None or theirs.fee_amount <= 0:
            return False
        if part.fee_amount:  # Booked, it may be, since the two were laid side by side.
            return part.fee_amount == theirs.fee_amount
        intent.put(msgspec.structs.replace(part, fee_amount=theirs.fee_amount))
        intent.fee_amount += theirs.fee_amount
        postings = {FEES: theirs.fee_amount, clearing(intent.gateway): -theirs.fee_amount}
        self.books.book(Transaction(named_id("fee", part.id), FEE, intent.id, intent.currency, postings))
        return True

    def _fee_accounts(self, command: ComparePayment) -> list[Id]:
        intent = self.intents.find(command.payment_id) if command.differing else None
        if intent is None:
            return []
        return [account_id(name, intent.currency) for name in (FEES, clearing(intent.gateway))]


def _side_of(pair: StatementPair) -> str:
    if pair.ours.currency != pair.theirs.currency:
        return CURRENCY
    return AMOUNT if pair.ours.amount != pair.theirs.amount else OF_FEE


def _line_of(event: PaymentRecovered) -> StatementLine:
    return StatementLine(
        key=f"{event.payment_id}:{event.operation}",
        operation=event.operation,
        payment_id=event.payment_id,
        gateway_transaction_id=event.gateway_transaction_id,
        amount=event.amount,
        currency=event.currency,
        done_at=datetime.min.replace(tzinfo=UTC),
    )


def _refund_of(line: StatementLine) -> Id | None:
    """Which refund of ours it is, where its key is ours: others who use the gateway's account have keys as well."""
    parts = line.key.split(":")
    return Id(parts[2]) if line.operation == REFUND and len(parts) == 3 and is_id(parts[2]) else None
