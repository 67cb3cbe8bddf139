"""What gateways list by time beside our own notes, window by window and page by page, in both directions.

A gateway's list is read without a gap and kept as it was read. Each line is looked for among our notes of its payment,
whenever they were made; each of our notes among the lines that were kept of its payment. Clocks differ, and what is at
the edge of a window may lie in the list of the next: so a list is read once it is whole (the gateway says when), and
our notes near its end are compared with the window behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol, cast

import msgspec

from argosy.contracts.payments import ComparePayment, StatementLine, StatementPageRead, StatementPair
from argosy.domains.payments.application.gateways import Movement, Stating
from argosy.domains.payments.domain.difference import ReadLine, StatementRound, foreign_id, root, round_id
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id

WINDOW = "statement_window"
"""The name under which calls for a page of a window are registered."""
WINDOW_SECONDS = 24 * 3_600
"""The first window, and the longest: what a gateway that was away has moved since is read in several."""
WINDOW_SECONDS_MIN = 3_600
EDGE_SECONDS = 600
"""How much later than our note a gateway's own time of it may be."""
NOTES = 500
"""So many of our notes are compared at once."""


class WindowRequest(msgspec.Struct, frozen=True):
    """Asks a gateway for a page of what it moved."""

    gateway: str
    since: datetime
    until: datetime
    after: str


class NotesBetween(Protocol):
    def __call__(
        self, gateway: str, after: tuple[datetime, str], until: datetime, limit: int
    ) -> Sequence[StatementLine]:
        """At most so many of our notes of money at a gateway, behind one time and id and before another time, in this
        order; their keys are their ids."""
        ...


class NotesOf(Protocol):
    def __call__(self, gateway: str, payment_ids: Sequence[Id]) -> Sequence[StatementLine]:
        """All our notes of money of these payments, where they are the gateway's; their keys are their ids."""
        ...


class LinesOf(Protocol):
    def __call__(self, round_id: Id, payment_ids: Sequence[Id]) -> Sequence[StatementLine]:
        """What was kept of a gateway's lists of these payments."""
        ...


class Shown(NamedTuple):
    """What is laid side by side: which gateways list what they moved, and after how long their lists are whole; our
    notes; and what was kept of theirs."""

    lags: Mapping[str, timedelta] = {}
    notes_between: NotesBetween = lambda gateway, after, until, limit: ()
    notes_of: NotesOf = lambda gateway, payment_ids: ()
    lines_of: LinesOf = lambda round_id, payment_ids: ()


def read_window(gateways: Mapping[str, object], request: WindowRequest) -> StatementPageRead:
    """One page. A gateway that does not answer is asked again, later each time, as any call that failed."""
    page = cast(Stating, gateways[request.gateway]).statement(request.since, request.until, request.after)
    return StatementPageRead(
        gateway=request.gateway,
        until=request.until,
        after=request.after,
        next=page.next,
        lines=tuple([_line(request.gateway, movement) for movement in page.movements]),
    )


class Windows:
    """How far each list was read and compared; what differs is told payment by payment."""

    def __init__(self, work: UnitOfWork, rounds: Repository[StatementRound], shown: Shown) -> None:
        self.work = work
        self.rounds = rounds
        self.shown = shown

    @property
    def round_ids(self) -> list[Id]:
        return [round_id(gateway) for gateway in self.shown.lags]

    def go_on(self) -> bool:
        """Compares so many of our notes with each list that was read beyond them, and asks for the next page of each;
        whether more of our notes could be compared."""
        more = False
        for gateway, lag in self.shown.lags.items():
            round = self._round(gateway, lag)
            more = self._judge(round) or more
            self._ask(round, lag)
        return more

    def take(self, page: StatementPageRead) -> bool:
        """Keeps the page, and compares what is in it; whether the window has come to its end."""
        round = self.rounds.find(round_id(page.gateway))
        if round is None or (round.window_until, round.after) != (page.until, page.after):
            return False  # Of another window, or read already.
        self._compare(round, {line.payment_id for line in page.lines}, fresh=page.lines)
        for line in page.lines:
            round.lines.append(_kept(line, self.work.new_id()))
        round.after = page.next
        if page.next:
            self._call(round)
            return False
        round.read_until, round.window_until = page.until, None
        return True

    def _round(self, gateway: str, lag: timedelta) -> StatementRound:
        found = self.rounds.find(round_id(gateway))
        if found is None:
            found = StatementRound(id=round_id(gateway), gateway=gateway)
            self.rounds.add(found)
        if found.read_until is None:
            # Of what we noted soon after the beginning, the gateway may have listed its part before it.
            found.read_until = _whole_seconds(self.work.now - lag - timedelta(seconds=WINDOW_SECONDS))
            found.begun_at = found.judged_until = found.read_until + lag + timedelta(seconds=EDGE_SECONDS)
        return found

    def _ask(self, round: StatementRound, lag: timedelta) -> None:
        assert round.read_until is not None
        if round.window_until is None:
            longest = round.read_until + timedelta(seconds=WINDOW_SECONDS)
            until = min(longest, _whole_seconds(self.work.now - lag))
            if until - round.read_until < timedelta(seconds=WINDOW_SECONDS_MIN):
                return
            round.window_until = until
        self._call(round)

    def _call(self, round: StatementRound) -> None:
        assert round.read_until is not None and round.window_until is not None
        request = WindowRequest(round.gateway, round.read_until, round.window_until, round.after)
        id = f"{round.gateway}:{round.window_until.isoformat()}:{round.after}"
        self.work.call(WINDOW, f"{WINDOW}:{round.gateway}", request, id=id)

    def _judge(self, round: StatementRound) -> bool:
        """Our notes from where they were compared last, up to some time before the list's end."""
        assert round.read_until is not None and round.judged_until is not None
        until = round.read_until - timedelta(seconds=EDGE_SECONDS)
        if round.judged_until >= until:
            return False
        notes = self.shown.notes_between(round.gateway, (round.judged_until, round.judged), until, NOTES)
        self._compare(round, {note.payment_id for note in notes}, judged={note.key for note in notes})
        is_more = len(notes) == NOTES
        round.judged_until, round.judged = (notes[-1].done_at, notes[-1].key) if is_more else (until, "")
        return is_more

    def _compare(
        self,
        round: StatementRound,
        payment_ids: set[Id],
        fresh: Sequence[StatementLine] = (),
        judged: Iterable[str] = (),
    ) -> None:
        """Payment by payment: of their lines those in `fresh` are told of, of our notes those whose id is in
        `judged`."""
        if not payment_ids:
            return
        ids = sorted(payment_ids)
        ours = _by_payment(self.shown.notes_of(round.gateway, ids))
        theirs = _by_payment([*self.shown.lines_of(round.id, ids), *fresh])
        new, judged = {id(line) for line in fresh}, set(judged)
        for payment_id in ids:
            apart = laid_beside(ours.get(payment_id, []), theirs.get(payment_id, []))
            differing = [pair for pair in apart.differing if id(pair.theirs) in new or pair.ours.key in judged]
            told = ComparePayment(
                payment_id=payment_id,
                theirs=tuple([line for line in apart.theirs if id(line) in new]),
                ours=tuple([note for note in apart.ours if note.key in judged]),
                differing=tuple(differing),
            )
            if told.theirs or told.ours or told.differing:
                self.work.announce(told)


class Apart(NamedTuple):
    """What one side alone has, and what both have and tell differently."""

    ours: list[StatementLine]
    theirs: list[StatementLine]
    differing: list[StatementPair]


def laid_beside(ours: Sequence[StatementLine], theirs: Sequence[StatementLine]) -> Apart:
    """One payment's movements: first what is the same but for the fee, then what is known by one reference."""
    alike, mine, other = _paired(ours, theirs, _movement)
    differing = [StatementPair(ours=one, theirs=another) for one, another in alike if not _keeps_alike(one, another)]
    known, mine, other = _paired(mine, other, lambda line: (line.operation, root(line.gateway_transaction_id)))
    return Apart(mine, other, [*differing, *(StatementPair(ours=one, theirs=another) for one, another in known)])


def _paired(
    ours: Sequence[StatementLine], theirs: Sequence[StatementLine], by: Callable[[StatementLine], object]
) -> tuple[list[tuple[StatementLine, StatementLine]], list[StatementLine], list[StatementLine]]:
    """Pairs that have the same of something, the earliest first, and what is left of each side."""
    waiting: dict[object, list[StatementLine]] = {}
    for line in sorted(theirs, key=lambda line: line.done_at, reverse=True):
        waiting.setdefault(by(line), []).append(line)
    pairs, left = [], []
    for line in sorted(ours, key=lambda line: line.done_at):
        found = waiting.get(by(line))
        if found:
            pairs.append((line, found.pop()))
        else:
            left.append(line)
    return pairs, left, [line for lines in waiting.values() for line in lines]


def _movement(line: StatementLine) -> tuple[str, str, int, str]:
    return line.operation, root(line.gateway_transaction_id), line.amount, line.currency


def _keeps_alike(ours: StatementLine, theirs: StatementLine) -> bool:
    """What was kept in another currency than was paid our books do not have."""
    return theirs.fee_currency != theirs.currency or ours.fee_amount == theirs.fee_amount


def _by_payment(lines: Iterable[StatementLine]) -> dict[Id, list[StatementLine]]:
    found: dict[Id, list[StatementLine]] = {}
    for line in lines:
        found.setdefault(line.payment_id, []).append(line)
    return found


def _line(gateway: str, movement: Movement) -> StatementLine:
    """Money of no payment of ours is named by the gateway's own reference."""
    return StatementLine(
        key=movement.key,
        operation=movement.operation,
        payment_id=movement.payment_id or foreign_id(gateway, movement.reference),
        gateway_transaction_id=movement.reference,
        amount=movement.amount,
        currency=movement.currency,
        done_at=movement.done_at,
        fee_amount=movement.fee_amount,
        fee_currency=movement.fee_currency,
    )


def _kept(line: StatementLine, id: Id) -> ReadLine:
    return ReadLine(
        id=id,
        payment_id=line.payment_id,
        operation=line.operation,
        key=line.key,
        gateway_transaction_id=line.gateway_transaction_id,
        amount=line.amount,
        currency=line.currency,
        fee_amount=line.fee_amount,
        fee_currency=line.fee_currency,
        done_at=line.done_at,
    )


def _whole_seconds(at: datetime) -> datetime:
    """Gateways count by whole seconds."""
    return at.replace(microsecond=0)
