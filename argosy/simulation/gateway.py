"""A payment gateway with a book of its own: what it really held, took and paid back.

It decides once for each operation key, however often it is asked; what it decides is drawn from the key, so that it
stays what it is whoever asks and when.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable
from typing import NamedTuple

from argosy.domains.payments.application.gateways import GatewayAnswer, GatewayDidNotAnswer, GatewayRequest
from argosy.domains.payments.domain.capture import PARTS
from argosy.domains.payments.domain.payment import ACTION, APPROVED, AUTHORIZE, CAPTURE, DECLINED, REFUND, VOID
from argosy.shared_kernel.ids import named_id
from argosy.simulation.faults import Faults
from argosy.simulation.scheduler import BEGIN, DAY, HOUR, MINUTE, SECOND, Scheduler

MORE_TO_COME = "more_to_come"
"""What the book says of a part that is not the final one."""
KEYS_LAST_LEAST = 30 * SECOND
"""Longer than any call of ours takes: who asks again while the first one is under way is told the same."""


class Line(NamedTuple):
    """One operation that it decided; `key` is what it was asked under."""

    key: str
    operation: str
    payment_id: str
    status: str
    amount: int
    currency: str
    transaction_id: str
    reason: str
    at: int

    @property
    def created_at(self) -> float:
        """In seconds since 1970, as a statement has it."""
        return BEGIN.timestamp() + self.at / SECOND


class SimulatedGateway:
    """One book for all processes. Lies and declines are counted when they are told for the first time."""

    captures = PARTS

    def __init__(self, scheduler: Scheduler, faults: Faults) -> None:
        self.scheduler = scheduler
        self.faults = faults
        self.book: dict[str, Line] = {}
        self.by_payment: dict[str, list[str]] = {}
        self.moved_at = self.shown_at = 0
        self.moved: Callable[[], None] = lambda: None
        """Called when money has been taken or given back, as `moved_at` says."""
        self.told: Callable[[Line], None] = lambda line: None
        """Called when something was written into the book: it may be told of its own accord."""
        self._keys: list[str] = []
        self._out_until = 0
        self._keeps = KEYS_LAST_LEAST + faults.between("gateway forgets", 0, 20 * MINUTE)

    # The port.

    def authorize(self, request: GatewayRequest) -> GatewayAnswer:
        payment = request.payment_id
        status, reason, amount = APPROVED, "", request.amount
        if self._line(payment, VOID) is not None:
            status, reason = DECLINED, "voided"
        elif self._strikes("gateway declines", request):
            status, reason = DECLINED, "card_declined"
        elif request.source == "tok_action":
            status = ACTION
        elif self._strikes("gateway lies of hold", request):
            amount += 1
        return self._answer(request, (status, reason, amount, request.currency))

    def capture(self, request: GatewayRequest) -> GatewayAnswer:
        held = self._held(request.payment_id)
        status, reason, amount, currency = APPROVED, "", request.amount, request.currency
        left = 0 if held is None else held.amount - (self._taken(request.payment_id) if request.capture_id else 0)
        if left < request.amount:
            status, reason = DECLINED, "nothing_held"
        elif self._strikes("gateway declines capture", request):
            status, reason = DECLINED, "funds_withdrawn"
        elif self._strikes("gateway lies of amount", request):
            amount += 1 if amount % 2 else -1
        elif self._strikes("gateway lies of currency", request):
            currency = "BRL" if currency == "USD" else "USD"
        if status == APPROVED and not request.is_final:
            reason = MORE_TO_COME
        return self._answer(request, (status, reason, amount, currency))

    def void(self, request: GatewayRequest) -> GatewayAnswer:
        taken = self._line(request.payment_id, CAPTURE)
        is_taken = taken is not None and taken.status == APPROVED and taken.reason != MORE_TO_COME
        decision = (DECLINED, "captured") if is_taken else (APPROVED, "")
        return self._answer(request, (*decision, request.amount, request.currency))

    def refund(self, request: GatewayRequest) -> GatewayAnswer:
        left = self.kept(request.payment_id).get(request.currency, 0)
        status, reason = (APPROVED, "") if request.amount <= left else (DECLINED, "exceeds_capture")
        if request.refund_id is not None and self._strikes("gateway declines refund", request):
            status, reason = DECLINED, "refund_refused"
        return self._answer(request, (status, reason, request.amount, request.currency))

    def look_up(self, request: GatewayRequest) -> GatewayAnswer | None:
        self._be_there(request)
        self._remembers(request.key)
        line = self.book.get(request.key)
        return None if line is None else _told(line)

    # What happens at its own counter.

    def confirm(self, payment_id: str) -> bool:
        """The buyer confirms; whether there was something to confirm."""
        line = self._line(payment_id, AUTHORIZE)
        if line is None or line.status != ACTION or self._line(payment_id, VOID) is not None:
            return False
        self.book[next(id for id in self.by_payment[payment_id] if self.book[id] is line)] = line._replace(
            status=APPROVED
        )
        return True

    def page(self, after: str, limit: int) -> list[Line]:
        """Its statement: at most so many lines behind a key, in the order of keys."""
        if not after:
            self.shown_at = self.scheduler.time
        first = bisect_right(self._keys, after)
        return [self.book[key] for key in self._keys[first : first + limit]]

    def kept(self, payment_id: str) -> dict[str, int]:
        """What it took and did not pay back, by currency."""
        left: dict[str, int] = {}
        for key in self.by_payment.get(payment_id, ()):
            line = self.book[key]
            if line.status == APPROVED and line.operation in (CAPTURE, REFUND):
                sign = 1 if line.operation == CAPTURE else -1
                left[line.currency] = left.get(line.currency, 0) + sign * line.amount
        return left

    def holds(self, payment_id: str) -> bool:
        """Whether it still holds an amount that it did not hand over."""
        taken = self._line(payment_id, CAPTURE)
        is_released = taken is not None and taken.status == APPROVED and taken.reason != MORE_TO_COME
        return self._held(payment_id) is not None and not is_released

    def _taken(self, payment_id: str) -> int:
        """What was taken in parts."""
        lines = [self.book[key] for key in self.by_payment.get(payment_id, ())]
        return sum(line.amount for line in lines if line.operation == CAPTURE and line.status == APPROVED)

    # The way there and back.

    def _strikes(self, kind: str, request: GatewayRequest) -> bool:
        """Decided by the key; counted once, where the book has no such line yet."""
        strikes = self.faults.strikes_for(kind, request.key)
        if strikes and request.key not in self.book:
            self.faults.count(kind)
        return strikes

    def _answer(self, request: GatewayRequest, decision: tuple[str, str, int, str]) -> GatewayAnswer:
        self._be_there(request)
        faults = self.faults
        line = self.book.get(request.key) if self._remembers(request.key) or self._is_let_go(request) else None
        if faults.strikes("gateway silent before"):
            raise GatewayDidNotAnswer(request.key)
        if line is None:
            line = self._write(request, decision)
        if faults.strikes("gateway silent after"):
            raise GatewayDidNotAnswer(request.key)
        return _told(line)

    def _is_let_go(self, request: GatewayRequest) -> bool:
        """Whether it is to let go of what it has let go of: nothing happens then, whatever it knows of the key."""
        gone = self._line(request.payment_id, VOID)
        return request.operation == VOID and gone is not None and gone.status == APPROVED

    def _remembers(self, key: str) -> bool:
        """Whether an operation's key still counts: only the book keeps what was done under it for good, and whoever
        looks there finds it."""
        line = self.book.get(key)
        if line is None or self.scheduler.time - line.at < self._keeps or self.faults.is_over:
            return True
        if not self.faults.strikes_for("gateway forgets", key):
            return True
        self.faults.count("gateway forgets")
        return False

    def _write(self, request: GatewayRequest, decision: tuple[str, str, int, str]) -> Line:
        status, reason, amount, currency = decision
        operation = request.operation if request.operation in (AUTHORIZE, CAPTURE, VOID) else REFUND
        there = f"{request.key}#{len(self._keys)}" if request.key in self.book else request.key
        id = f"sim_{named_id('simulated gateway', there)}"
        line = Line(
            request.key,
            operation,
            request.payment_id,
            status,
            amount,
            currency,
            id,
            reason,
            self.scheduler.time,
        )
        self.book[there] = line
        insort(self._keys, there)
        if status == APPROVED and operation in (CAPTURE, REFUND):
            self.moved_at = self.scheduler.time
            self.moved()
        self.by_payment.setdefault(request.payment_id, []).append(there)
        self.told(line)
        return line

    def _held(self, payment_id: str) -> Line | None:
        line = self._line(payment_id, AUTHORIZE)
        if line is None or line.status != APPROVED or self._line(payment_id, VOID) is not None:
            return None
        return line

    def _line(self, payment_id: str, operation: str) -> Line | None:
        """What it last decided of an operation, under whatever key."""
        for key in reversed(self.by_payment.get(payment_id, ())):
            if self.book[key].operation == operation:
                return self.book[key]
        return None

    def _be_there(self, request: GatewayRequest) -> None:
        """Outages last minutes; now and then hours, and seldom days."""
        now, faults = self.scheduler.time, self.faults
        if faults.is_over:
            return
        if self._out_until <= now and not request.is_look_up and faults.strikes("gateway out"):
            longest = (10 * MINUTE, 10 * MINUTE, 10 * MINUTE, 3 * HOUR, 3 * HOUR, 2 * DAY)
            how = longest[int(faults.stream("gateway out").random() * len(longest))]
            self._out_until = now + faults.between("gateway out", 20 * SECOND, how)
        if self._out_until > now:
            raise GatewayDidNotAnswer(request.key)


def _told(line: Line) -> GatewayAnswer:
    url = f"/simulated-gateway/{line.payment_id}/confirm" if line.status == ACTION else ""
    return GatewayAnswer(
        outcome=line.status,
        gateway_transaction_id=line.transaction_id,
        amount=line.amount,
        currency=line.currency,
        reason=line.reason,
        action_url=url,
    )
