"""The gateway's own book beside ours, page by page, in both directions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec

from argosy.contracts.payments import (
    ComparePayment,
    CompareWithGateway,
    StatementLine,
    StatementPageRead,
    StatementRead,
)
from argosy.domains.payments.application.windows import Windows
from argosy.domains.payments.domain.difference import StatementRound, round_id
from argosy.domains.payments.domain.payment import APPROVED, CAPTURE, REFUND, RETURN
from argosy.engine.reads import reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id, is_id

STATEMENT = "statement"
"""The name under which calls for a page are registered."""
COMPARED = "test"
"""The gateway whose book is read as it lies there; others list what they moved by time (windows.py)."""
PAGE = 500
ROUND_SECONDS = 900
"""A new round begins this long after the last one ended."""
FRESH_SECONDS = 60
"""What is younger may be on its way between the books."""
MONEY = (CAPTURE, REFUND, RETURN)


class StatementRequest(msgspec.Struct, frozen=True):
    """Asks a gateway for a page of its book behind a key."""

    gateway: str
    after: str
    asked_at: datetime


class BookLine(Protocol):
    """A line of a gateway's own book."""

    @property
    def key(self) -> str: ...
    @property
    def payment_id(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def amount(self) -> int: ...
    @property
    def currency(self) -> str: ...
    @property
    def transaction_id(self) -> str: ...
    @property
    def created_at(self) -> float: ...


class Bookkeeping(Protocol):
    """A gateway that shows its book: at most so many lines behind a key, in the order of keys."""

    def page(self, after: str, limit: int) -> Sequence[BookLine]: ...


class Noted(Protocol):
    """Finds what we have noted of money that gateways took or gave back."""

    def __call__(self, after: str, up_to: str, limit: int) -> Sequence[StatementLine]:
        """At most so many approved captures, refunds and returns of payments behind one id and up to another, in order
        of payments; an empty `up_to` is the end."""
        ...


def read_statement(gateways: Mapping[str, object], request: StatementRequest) -> StatementRead:
    """One page. A payment whose lines may go on behind it is left to the next one."""
    gateway = gateways[request.gateway]
    show: Callable[[str, int], Sequence[BookLine]] | None = getattr(gateway, "page", None)
    lines = list(show(request.after, PAGE)) if show else []
    up_to = ""
    if len(lines) == PAGE:
        last = lines[-1].payment_id
        whole = [line for line in lines if line.payment_id != last]
        lines = whole or lines
        up_to = lines[-1].key
    return StatementRead(
        gateway=request.gateway,
        after=request.after,
        up_to=up_to,
        lines=tuple([line for one in lines if (line := _shown(one)) is not None]),
        asked_at=request.asked_at,
    )


class Statements:
    """Compares, and says what differs; what becomes of that is decided payment by payment (differences.py)."""

    def __init__(self, work: UnitOfWork, rounds: Repository[StatementRound], noted: Noted, windows: Windows) -> None:
        self.work = work
        self.rounds = rounds
        self.noted = noted
        self.windows = windows

    @reads(rounds=lambda command: [round_id(COMPARED)])
    @then_reads(rounds=lambda self, command: self.windows.round_ids)
    def compare_with_gateway(self, command: CompareWithGateway) -> None:
        """Goes on where each round stands; asking again while a page is on its way changes nothing."""
        self._ask(self._round(COMPARED))
        if self.windows.go_on():
            self.work.announce(command)

    @reads(rounds=lambda command: [round_id(command.gateway)])
    def statement_page_read(self, command: StatementPageRead) -> None:
        """A page of what a gateway moved, beside our notes of the same payments."""
        if self.windows.take(command):
            self.work.announce(CompareWithGateway())

    @reads(rounds=lambda command: [round_id(command.gateway)])
    def statement_read(self, command: StatementRead) -> None:
        """Both books side by side, payment by payment."""
        round = self._round(command.gateway)
        if round.after != command.after:
            return  # A page of an earlier round, or one that was read already.
        settled = command.asked_at - timedelta(seconds=FRESH_SECONDS)
        theirs = _by_payment(command.lines)
        first, last = _payment_of(command.after), _payment_of(command.up_to)
        # A part that store credit pays wholly is asked of no gateway: no book but ours can have it.
        ours = _by_payment([line for line in self.noted(first, last, 2 * PAGE) if line.amount])
        for payment_id in sorted(theirs.keys() | ours.keys()):
            mine, other = ours.get(payment_id, []), theirs.get(payment_id, [])
            if [*map(_movement, mine)] == [*map(_movement, other)]:
                continue
            alone = _missing(mine, other, settled), _missing(other, mine, settled)
            if is_id(payment_id) and any(alone):
                self.work.announce(ComparePayment(payment_id=Id(payment_id), ours=alone[0], theirs=alone[1]))
        round.after = command.up_to
        if command.up_to:
            self._ask(round)
        else:
            round.ended_at = self.work.now

    def _round(self, gateway: str) -> StatementRound:
        found = self.rounds.find(round_id(gateway))
        if found is None:
            found = StatementRound(id=round_id(gateway), gateway=gateway)
            self.rounds.add(found)
        return found

    def _ask(self, round: StatementRound) -> None:
        now = self.work.now
        if not round.after and round.ended_at and now - round.ended_at < timedelta(seconds=ROUND_SECONDS):
            return
        request = StatementRequest(round.gateway, round.after, now)
        self.work.call(STATEMENT, STATEMENT, request, id=f"{round.gateway}:{round.after}")


def _shown(line: BookLine) -> StatementLine | None:
    operation = _operation_of(line.key)
    if line.status != APPROVED or operation not in MONEY:
        return None
    return StatementLine(
        key=line.key,
        operation=operation,
        payment_id=Id(line.payment_id),
        gateway_transaction_id=line.transaction_id,
        amount=line.amount,
        currency=line.currency,
        done_at=datetime.fromtimestamp(line.created_at, UTC),
    )


def _by_payment(lines: Sequence[StatementLine]) -> dict[str, list[StatementLine]]:
    found: dict[str, list[StatementLine]] = {}
    for line in lines:
        found.setdefault(line.payment_id, []).append(line)
    return found


def _missing(
    here: Sequence[StatementLine], there: Sequence[StatementLine], settled: datetime
) -> tuple[StatementLine, ...]:
    """What one book has and the other has not, of what is old enough to be in both."""
    known = Counter(_movement(line) for line in there)
    found = []
    for line in here:
        if known[_movement(line)]:
            known[_movement(line)] -= 1
        elif line.done_at <= settled:
            found.append(line)
    return tuple(found)


def _movement(line: StatementLine) -> tuple[str, str, int, str]:
    return line.operation, line.gateway_transaction_id, line.amount, line.currency


def _operation_of(key: str) -> str:
    parts = key.split(":")
    return parts[1] if len(parts) > 1 else ""


def _payment_of(key: str) -> str:
    return key.partition(":")[0]
