"""Money that a gateway took and that may not be kept: booked apart, told of as an alarm, and sent back."""

from __future__ import annotations

from argosy.contracts.payments import CaptureAnswered, ReturnAnswered
from argosy.domains.payments.application.books import Books
from argosy.domains.payments.application.outgoing import again, let_go, look_up, note, send_back
from argosy.domains.payments.domain.capture import Stray, return_id, suspense_id
from argosy.domains.payments.domain.ledger import SUSPENSE, SUSPENSE_RETURNED, SUSPENSE_TAKEN, Transaction, clearing
from argosy.domains.payments.domain.payment import ABSENT, APPROVED, CAPTURE, DECLINED, RETURN, PaymentIntent, is_sane
from argosy.engine.work import UnitOfWork
from argosy.shared_kernel.ids import Id


class Suspense:
    """Empty again, or it stays visible."""

    def __init__(self, work: UnitOfWork, books: Books) -> None:
        self.work = work
        self.books = books

    def keep(self, intent: PaymentIntent, answer: CaptureAnswered, asked: tuple[int, str]) -> None:
        """What the gateway tells that it took, where `asked` was to be taken or nothing more."""
        told = (answer.amount, answer.currency)
        expected = (0 if told == asked else asked[0], asked[1])
        if told == expected:
            return  # Store credit pays it wholly: no money was taken.
        intent.contradict(CAPTURE, expected, told, answer.gateway_transaction_id)
        is_taken_whole = intent.is_captured and not intent.captures
        if is_taken_whole or not is_sane(*told):
            return  # Beyond what can be put right without a person.
        if intent.suspended_amount and not intent.strays:  # Kept before each was told apart.
            intent.strays = (_stray(intent.capture_reference, intent.suspended_amount, intent.suspended_currency),)
        number = len(intent.strays)
        intent.strays = (*intent.strays, _stray(answer.gateway_transaction_id, *told))
        intent.capture_reference = intent.capture_reference or answer.gateway_transaction_id
        postings = {clearing(intent.gateway): told[0], SUSPENSE: -told[0]}
        self._book(intent, suspense_id(intent.id, number), SUSPENSE_TAKEN, told[1], postings)
        send_back(self.work, intent)

    def returned(self, intent: PaymentIntent, answer: ReturnAnswered) -> None:
        if intent.pending != RETURN:
            return
        outcome, suspended = answer.outcome, (intent.suspended_amount, intent.suspended_currency)
        if outcome in (APPROVED, DECLINED):
            told = (answer.amount, answer.currency)
            note(self.work, intent, RETURN, outcome, answer.gateway_transaction_id, told)
            intent.decided()
            is_returned = outcome == APPROVED and told == suspended
            if is_returned:
                number = intent.stray[0] if intent.stray is not None else 0
                postings = {SUSPENSE: suspended[0], clearing(intent.gateway): -suspended[0]}
                self._book(intent, return_id(intent.id, number), SUSPENSE_RETURNED, suspended[1], postings)
            else:
                intent.contradict(RETURN, suspended, told, answer.gateway_transaction_id)
            intent.stray_answered(is_returned=is_returned)
            send_back(self.work, intent)
            if intent.is_more_held and not intent.pending:
                let_go(self.work, intent)
        elif answer.call == intent.calls:
            if outcome == ABSENT:
                again(self.work, intent)
            else:
                look_up(self.work, intent)

    def _book(self, intent: PaymentIntent, id: Id, kind: str, currency: str, postings: dict[str, int]) -> None:
        self.books.book(Transaction(id, kind, intent.id, currency, postings))


def _stray(reference: str, amount: int, currency: str) -> Stray:
    return Stray(reference=reference, amount=amount, currency=currency)
