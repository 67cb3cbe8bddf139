"""Deliberate bugs of payments and taxes."""

from __future__ import annotations

from typing import Any

import msgspec

from argosy.contracts.payments import PaymentFailed
from argosy.domains.payments import context
from argosy.domains.payments.application import outgoing
from argosy.domains.payments.application.authorizations import Authorizations
from argosy.domains.payments.application.captures import Captures
from argosy.domains.payments.application.gateways import ask
from argosy.domains.payments.application.refunds import Refunds
from argosy.domains.payments.domain import shares
from argosy.domains.payments.domain.ledger import Ledger
from argosy.domains.payments.domain.payment import AUTHORIZED, UNKNOWN, PaymentIntent
from argosy.domains.taxes.domain.rate import Rate
from argosy.engine.work import UnitOfWork
from tests.simulation.planting import Patch, around, mutant

# Money.


@mutant
def capture_has_a_new_key_each_time(patch: Patch) -> None:
    """Whoever asks again asks under another key."""

    def call(original: Any, work: UnitOfWork, name: str, key: str, request: Any, **named: Any) -> None:
        if name == outgoing.GATEWAY:
            request = msgspec.structs.replace(request, key=f"{request.key}:{request.call}", is_look_up=False)
        original(work, name, key, request, **named)

    around(patch, UnitOfWork, "call", call)


@mutant
def silence_is_a_no(patch: Patch) -> None:
    """A gateway that does not answer is taken to have declined."""

    def undecided(original: Any, self: Authorizations, intent: PaymentIntent, answer: Any) -> None:
        if answer.outcome != "unknown":
            original(self, intent, answer)
            return
        intent.decided()
        intent.move("FAILED")
        self.work.announce(PaymentFailed(flow_id=intent.flow_id, payment_id=intent.id, reason="timeout"))

    around(patch, Authorizations, "_undecided", undecided)


@mutant
def held_money_is_not_let_go(patch: Patch) -> None:
    """A payment that is not wanted any more is forgotten, and the hold with it."""

    def let_go(work: UnitOfWork, intent: PaymentIntent) -> None:
        intent.decided()

    patch.setattr("argosy.domains.payments.application.authorizations.let_go", let_go)


@mutant
def late_yes_is_forgotten(patch: Patch) -> None:
    """A hold that the gateway tells of when nobody wants it any more is noted, and not let go."""

    def let_go(work: UnitOfWork, intent: PaymentIntent) -> None:
        if intent.status == AUTHORIZED and intent.unwanted:
            intent.decided()
        else:
            outgoing.let_go(work, intent)

    patch.setattr("argosy.domains.payments.application.authorizations.let_go", let_go)


@mutant
def told_amount_is_believed(patch: Patch) -> None:
    """Whatever a gateway says that it took counts as what was asked for."""

    def answered(original: Any, self: Captures, answer: Any) -> None:
        intent = self.intents.get(answer.payment_id)
        if answer.outcome == "approved":
            answer = msgspec.structs.replace(answer, amount=intent.amount, currency=intent.currency)
        original(self, answer)

    around(patch, Captures, "capture_answered", answered)


@mutant
def suspense_is_kept(patch: Patch) -> None:
    """Money that was taken unasked is booked, and never sent back."""
    start = outgoing.start
    patch.setattr(outgoing, "start", lambda work, intent, op: None if op == "return" else start(work, intent, op))


@mutant
def share_is_rounded_up(patch: Patch) -> None:
    """The platform's commission is rounded up."""
    patch.setattr(shares, "share", lambda amount, points: -(-amount * points // 10_000))


@mutant
def tax_is_rounded_down(patch: Patch) -> None:
    """The state's part is off by one."""
    around(patch, Rate, "tax", lambda original, self, amount, mode: max(0, original(self, amount, mode) - 1))


@mutant
def capture_is_booked_short(patch: Patch) -> None:
    """One minor unit of each sale is booked to nobody."""

    def book(original: Any, self: Ledger, transaction: Any, *rest: Any) -> None:
        postings = dict(transaction.postings)
        largest = max(postings, key=lambda name: (postings[name], name))
        smallest = min(postings, key=lambda name: (postings[name], name))
        postings[largest] -= 1
        postings[smallest] += 1
        original(self, transaction._replace(postings=postings), *rest)

    around(patch, Ledger, "book", book)


@mutant
def refund_is_one_short(patch: Patch) -> None:
    """A buyer gets back one minor unit less than was taken."""

    def request(original: Any, self: Refunds, intent: Any, refund: Any, amount: int) -> None:
        original(self, intent, refund, amount - 1)

    around(patch, Refunds, "_request", request)


@mutant
def unknown_capture_is_given_up(patch: Patch) -> None:
    """A capture without an answer is taken to have failed."""

    def answered(original: Any, self: Captures, answer: Any) -> None:
        intent = self.intents.get(answer.payment_id)
        if answer.outcome == "unknown" and intent.pending == "capture":
            if intent.status != UNKNOWN:
                intent.move(UNKNOWN)
            self._declined(intent, "timeout")
            return
        original(self, answer)

    around(patch, Captures, "capture_answered", answered)


@mutant
def undecided_is_asked_for_again(patch: Patch) -> None:
    """What became of an operation is not looked up: it is asked for again, under its key."""
    patch.setattr(
        context,
        "ask",
        lambda gateways, request, attempt: ask(gateways, msgspec.structs.replace(request, is_look_up=False), 1),
    )
