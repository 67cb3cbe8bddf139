"""Money that a gateway took and that may not be kept: booked apart, told of as an alarm, and sent back."""

from __future__ import annotations

from argosy.contracts.payments import CaptureAnswered, ReturnAnswered
from argosy.domains.payments.application.books import Books
from argosy.domains.payments.application.outgoing import again, let_go, look_up, note, start
from argosy.domains.payments.domain.ledger import SUSPENSE, SUSPENSE_RETURNED, SUSPENSE_TAKEN, Transaction, clearing
from argosy.domains.payments.domain.payment import ABSENT, APPROVED, CAPTURE, DECLINED, RETURN, PaymentIntent, is_sane
from argosy.engine.work import UnitOfWork
from argosy.shared_kernel.ids import Id, named_id


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
        if is_taken_whole or intent.suspended_amount or intent.pending or not is_sane(*told):
            return  # Beyond what can be put right without a person.
        intent.suspended_amount, intent.suspended_currency = told
        intent.capture_reference = intent.capture_reference or answer.gateway_transaction_id
        self._book(
            intent,
            named_id("suspense", intent.id),
            SUSPENSE_TAKEN,
            {clearing(intent.gateway): told[0], SUSPENSE: -told[0]},
        )
        start(self.work, intent, RETURN)

    def returned(self, intent: PaymentIntent, answer: ReturnAnswered) -> None:
        if intent.pending != RETURN:
            return
        outcome, suspended = answer.outcome, (intent.suspended_amount, intent.suspended_currency)
        if outcome in (APPROVED, DECLINED):
            told = (answer.amount, answer.currency)
            note(self.work, intent, RETURN, outcome, answer.gateway_transaction_id, told)
            intent.decided()
            if outcome == DECLINED or told != suspended:
                intent.contradict(RETURN, suspended, told, answer.gateway_transaction_id)
            else:
                postings = {SUSPENSE: suspended[0], clearing(intent.gateway): -suspended[0]}
                self._book(intent, named_id("return", intent.id), SUSPENSE_RETURNED, postings)
                intent.suspended_amount = 0
            if intent.is_more_held:
                let_go(self.work, intent)
        elif answer.call == intent.calls:
            if outcome == ABSENT:
                again(self.work, intent)
            else:
                look_up(self.work, intent)

    def _book(self, intent: PaymentIntent, id: Id, kind: str, postings: dict[str, int]) -> None:
        self.books.book(Transaction(id, kind, intent.id, intent.suspended_currency, postings))
