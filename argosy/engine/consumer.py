"""A subscription at work: reads its sources' logs behind its cursors and applies what it finds, a batch a step."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from argosy.engine.batch import BATCH_MAX, Delivery, next_batch_max, run
from argosy.engine.due import RECURRING
from argosy.engine.kept import Kept
from argosy.engine.log import LANES, START, Log, Position, Record
from argosy.engine.participant import Participant
from argosy.engine.store import Changes, Cursor, CursorMove, Fence, Parked, Store, StoreUnavailable, VersionConflict
from argosy.engine.work import CallLeases, Cause, UnitOfWork
from argosy.shared_kernel.clock import Clock
from argosy.shared_kernel.codec import decode
from argosy.shared_kernel.ids import DerivedIds
from argosy.shared_kernel.messages import MESSAGES

IDLE_LANE_LAG = 10_000
PARKED_MAX = 1_000
RERUNS_MAX = 3
_BACKOFF_SECONDS = (1, 5, 30, 120, 600, 3_600)

Applied = Callable[[Sequence[tuple[str, Record]], Changes, datetime], None]
"""Told once per batch: what was handled, with its source, what that wrote, and when it began."""


class SubscriptionStopped(Exception):
    """The subscription cannot go on by itself; the text says what an operator must do."""


class SubscriptionOutgrown(SubscriptionStopped):
    """A newer program works off this subscription: it knows messages that this one would pass over."""


class _Batch(NamedTuple):
    """What has been handled and is to be committed."""

    work: UnitOfWork
    records: list[tuple[str, Record]]
    handled: list[tuple[str, Record]]
    parked: list[Parked]


class Consumer:
    """One subscription in one process. `committed` is told what each commit wrote.

    Effects are exactly once: the cursors move in the transaction of the effects, by compare-and-set.
    """

    def __init__(
        self,
        participant: Participant,
        store: Store,
        logs: Mapping[str, Log],
        clock: Clock,
        *,
        subscription: str = "",
        kept: Kept | None = None,
    ) -> None:
        self.participant = participant
        self.subscription = subscription or participant.name
        self.store = store
        self.clock = clock
        self.batch_max = BATCH_MAX
        self.idle_lane_lag = IDLE_LANE_LAG
        self.kept = kept if kept is not None else Kept()
        self.committed: Callable[[Changes], None] = lambda changes: None
        self.parked_now: Callable[[Parked], None] = lambda parked: None
        self.applied: Applied = lambda handled, changes, at: None
        self.before_sending: Callable[[], None] | None = None
        """Called before a commit is sent: where it is set, `step` does not wait for the commit, and `finish` is to be
        called before anything else."""
        self.fence: Fence | None = None
        self.calls: CallLeases | None = None
        """Who makes the calls that this subscription asks for, where that is this process too."""
        self.must_look_again = False
        """Whether some source holds news back that nobody will ring for again: look again in a moment."""
        self.undeclared_loads = 0
        self.stopped_lanes: dict[tuple[str, int], str] = {}
        self._sources = {
            source: (logs[source], names) for source, names in participant.wire_names().items() if source in logs
        }
        self._cursors: dict[tuple[str, int], Cursor] = {}
        self._reached: dict[tuple[str, int], Position] = {}
        """What is applied, by source and lane: a reactor's never goes back."""
        self._floor: dict[str, Position] = {}
        self._lanes_seen: dict[str, int] = {}
        self._parked: dict[tuple[str, str], list[Parked]] = {}
        self._first_source = -1
        self._to_record: dict[str, int] = {}
        self._is_open = False
        self._sent: tuple[_Batch, Callable[[], None], dict[str, Position]] | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(self._sources)

    def step(self) -> int:
        """Apply at most one batch; how many messages it took up. Zero means that there was nothing to do.

        StoreUnavailable passes through: nothing was applied, and no message is blamed.
        """
        if not self._is_open:
            self._open()
        self.must_look_again = False
        reached: dict[str, Position] = {}
        records: list[tuple[str, Record]] = []
        for source in self._turns():
            room = self.batch_max - len(records)
            if room <= 0:
                break
            found, reached[source] = self._news_of(source, room)
            records += found
        if records and self.before_sending is not None:
            self._send(records, reached)
        else:
            self._apply(records)
            self._pass(reached)
        return len(records)

    @property
    def is_sent(self) -> bool:
        """Whether a commit is under way that `finish` has to ask after."""
        return self._sent is not None

    def finish(self) -> int:
        """Wait for the commit that is under way, of so many messages; what it was refused is done again here."""
        assert self._sent is not None
        batch, finish, reached = self._sent
        self._sent = None
        try:
            finish()
            self._written(batch)
        except Exception as error:  # noqa: BLE001 - as where it is waited for at once
            self._apply(batch.records, failure=error)
        self._pass(reached)
        return len(batch.records)

    def _send(self, records: list[tuple[str, Record]], reached: dict[str, Position]) -> None:
        assert self.before_sending is not None
        try:
            if batch := self._batch(records):
                self.before_sending()
                self._sent = (batch, batch.work.send(), reached)
                return
        except Exception as error:  # noqa: BLE001 - as where it is waited for at once
            self._apply(records, failure=error)
        self._pass(reached)

    def _pass(self, reached: dict[str, Position]) -> None:
        self._floor.update(reached)
        self._bring_idle_lanes_along(reached)

    def _turns(self) -> list[str]:
        """The sources, another one first each time: a busy one does not keep the others waiting."""
        sources = list(self._sources)
        self._first_source = (self._first_source + 1) % max(len(sources), 1)
        return sources[self._first_source :] + sources[: self._first_source]

    def _news_of(self, source: str, room: int) -> tuple[list[tuple[str, Record]], Position]:
        """What is to be applied next, and how far the log was looked through for it. Pages of what other lanes have
        behind them are passed over: nothing found means that nothing is there."""
        log, names = self._sources[source]
        after = self._floor[source]
        while True:
            page = log.read(after, names, room)
            after = page.scanned_to
            self.must_look_again = self.must_look_again or not page.is_whole
            reached = self._reached
            found = [
                (source, record)
                for record in page.records
                if record.position > reached.get((source, record.lane), START) and self._is_understood(source, record)
            ]
            if found or not page.records:
                return found, after

    def _bring_idle_lanes_along(self, reached: dict[str, Position]) -> None:
        """Lanes without news follow now and then, so that a restart need not look through the whole log again and what
        all have passed can be archived."""
        moves = []
        for source, position in reached.items():
            if position.id - self._lanes_seen.get(source, 0) <= self.idle_lane_lag:
                continue
            self._lanes_seen[source] = position.id
            for lane in range(LANES):
                at = self._reached.get((source, lane), START)
                is_far_behind = position > at and position.id - at.id > self.idle_lane_lag
                if is_far_behind and (source, lane) not in self.stopped_lanes:
                    moves.append(self._move(source, lane, position))
        if not moves:
            return
        work = UnitOfWork(self.store, self.clock.now(), fence=self.fence)
        work.changes.cursors += moves
        try:
            work.commit()
        except (VersionConflict, StoreUnavailable):
            self._is_open = False
            return
        self._committed(work, [])

    def retry_parked(self) -> int:
        """Try the first parked message of each key again, where it is due; how many went well."""
        if not self._is_open:
            self._open()
        now = self.clock.now()
        done = 0
        for key in list(self._parked):
            while waiting := self._parked.get(key):
                first = waiting[0]
                if first.next_try > now:
                    break
                if not self._apply_parked(first):
                    break
                done += 1
        return done

    def look_at_parked(self) -> None:
        """Learn when what is parked is to be tried next, in case that an operator has moved it."""
        if self._is_open and self._parked:
            self._read_parked()

    def take_over(self, fence: Fence | None) -> None:
        """Work under this lease from now on, from where the database says that the subscription stands."""
        self.fence = fence
        self._is_open = False

    def looked_through(self) -> dict[str, Position]:
        """How far each source's log was looked through for news; empty before the first step."""
        return dict(self._floor)

    def parked(self) -> list[Parked]:
        return [parked for waiting in self._parked.values() for parked in waiting]

    def _open(self) -> None:
        """Learn where we stand; also after somebody else moved our cursors."""
        self.kept.clear()
        self._compare_handled()
        self._cursors = self.store.cursors(self.subscription)
        self._reached = {lane: self._reached_by(cursor) for lane, cursor in self._cursors.items()}
        self._read_parked()
        self._lanes_seen.clear()
        for source, (log, _) in self._sources.items():
            lanes = [self._cursors.get((source, lane)) for lane in range(LANES)]
            self._floor[source] = min(self._reached.get((source, lane), START) for lane in range(LANES))
            furthest = max((cursor.position for cursor in lanes if cursor), default=START)
            if furthest > START and furthest > log.head():
                raise SubscriptionStopped(
                    f"{self.subscription} has read {source} up to {tuple(furthest)}, but that log ends at "
                    f"{tuple(log.head())}: {source}'s database is older than {self.subscription}'s cursors"
                )
        self._is_open = True

    def _read_parked(self) -> None:
        self._parked = {}
        for parked in sorted(self.store.parked(self.subscription), key=lambda parked: parked.record.position):
            self._parked.setdefault((parked.source, parked.record.key), []).append(parked)

    def _compare_handled(self) -> None:
        """Stand down where a newer program has recorded what this one does not know; what this one knows besides is
        recorded with its first commit."""
        mine, recorded = self.participant.versions(), self.store.handled(self.subscription)
        known = {**mine, **dict.fromkeys(self.participant.retired, sys.maxsize)}
        unknown = sorted(
            f"{name} version {version}" for name, version in recorded.items() if known.get(name, 0) < version
        )
        if unknown:
            raise SubscriptionOutgrown(
                f"{self.subscription} is worked off by a newer program, which knows {', '.join(unknown)}: this one "
                f"stands down"
            )
        wider = {**recorded, **mine}
        self._to_record = wider if wider != recorded else {}

    def _reached_by(self, cursor: Cursor) -> Position:
        return cursor.position if self.participant.is_projector else max(cursor.position, cursor.high)

    def _is_news(self, source: str, record: Record) -> bool:
        return record.position > self._reached.get((source, record.lane), START)

    def _is_understood(self, source: str, record: Record) -> bool:
        """A message newer than this program stops its lane here: never skipped, never parked. A program that knows it
        goes on from the cursor."""
        if record.version > MESSAGES[record.wire_name].schema_version:
            why = f"{record.wire_name} version {record.version} is newer than this program"
            self.stopped_lanes.setdefault((source, record.lane), why)
        return not self.stopped_lanes or (source, record.lane) not in self.stopped_lanes

    def _apply(self, records: list[tuple[str, Record]], failure: Exception | None = None) -> None:
        """Apply all in one commit; fresh rows on a conflict, halves when that does not help, parked when alone. A
        `failure` is what the first attempt, made already, has met."""
        blame: Exception | None = None
        for attempt in range(1 + RERUNS_MAX):
            if attempt:
                # One before may have committed some of them before it failed: these are behind the cursors now.
                records = [(source, record) for source, record in records if self._is_news(source, record)]
            if not records:
                return
            try:
                if failure is not None and not attempt:
                    raise failure
                return self._commit(records)
            except VersionConflict as conflict:
                blame = conflict
                self._open()
            except StoreUnavailable:
                self._is_open = False
                raise
            except SubscriptionStopped:
                raise
            except Exception as error:  # noqa: BLE001
                # The flush was refused by the database: some message among these asks for what a constraint forbids.
                blame = error
                break
        records = [(source, record) for source, record in records if self._is_news(source, record)]
        if len(records) == 1:
            self._park_alone(records, blame)
        elif records:
            middle = len(records) // 2
            self._apply(records[:middle])
            self._apply([(source, record) for source, record in records[middle:] if self._is_news(source, record)])

    def _park_alone(self, records: list[tuple[str, Record]], blame: Exception | None) -> None:
        """What cannot be written, however fresh the rows, waits parked. Where somebody else contests even that, it is
        still ahead of the cursor and comes again."""
        try:
            self._commit(records, blame=blame)
        except VersionConflict as conflict:
            self._is_open = False
            raise StoreUnavailable(f"somebody else works off {self.subscription} too: {conflict}") from conflict

    def _commit(self, records: list[tuple[str, Record]], blame: Exception | None = None) -> None:
        if batch := self._batch(records, blame):
            batch.work.commit()
            self._written(batch)

    def _batch(self, records: list[tuple[str, Record]], blame: Exception | None = None) -> _Batch | None:
        """All of them handled, and ready to be committed; None where they had to be committed one by one."""
        now = self.clock.now()
        work = UnitOfWork(self.store, now, self.kept, self.fence, self.calls)
        deliveries: list[Delivery] = []
        handled: list[tuple[str, Record]] = []
        parked: list[Parked] = []
        for source, record in records:
            if blame is not None or (self._parked and (source, record.key) in self._parked):
                # A recurring command whose last telling still waits need not wait twice: in hours it would fill the
                # parking, and then the whole subscription stops.
                if blame is not None or record.cause_id != RECURRING:
                    parked.append(self._park(source, record, now, 0, blame))
                continue
            deliveries.append(self._delivery(record))
            handled.append((source, record))
        run(self.participant, work, deliveries)
        blocked: set[tuple[str, str]] = set()
        if any(delivery.error for delivery in deliveries):
            for (source, record), delivery in zip(handled, deliveries, strict=True):
                if delivery.error is not None:
                    blocked.add((source, record.key))
                    parked.append(self._park(source, record, now, 1, delivery.error))
        if blocked and self._must_park_followers(handled, deliveries, blocked):
            # Later messages of a key that has just failed were already applied in this batch: do it again without.
            self._isolate(records, blocked)
            return None
        work.changes.parked += parked
        work.changes.cursors += self._moves(records)
        if self._to_record:
            work.changes.handled[self.subscription] = self._to_record
        self._check_room(len(parked))
        return _Batch(work, records, handled, parked)

    def _written(self, batch: _Batch) -> None:
        work = batch.work
        self._to_record = {}
        self._committed(work, batch.parked)
        self.applied(batch.handled, work.changes, work.now)
        self.batch_max = next_batch_max(self.batch_max, len(batch.records), work.changes.held_seconds)

    def _must_park_followers(
        self,
        handled: list[tuple[str, Record]],
        deliveries: list[Delivery],
        blocked: set[tuple[str, str]],
    ) -> bool:
        failed: set[tuple[str, str]] = set()
        for (source, record), delivery in zip(handled, deliveries, strict=True):
            if (source, record.key) in failed and delivery.error is None:
                return True
            if delivery.error is not None:
                failed.add((source, record.key))
        return False

    def _isolate(self, records: list[tuple[str, Record]], blocked: set[tuple[str, str]]) -> None:
        """Apply one by one from the first message of a blocked key on, so that its followers park behind it."""
        first = next(index for index, (source, record) in enumerate(records) if (source, record.key) in blocked)
        if first:
            self._commit(records[:first])
        for record in records[first:]:
            self._commit([record])

    def _delivery(self, record: Record) -> Delivery:
        message = record.message
        if message is None:
            # Whoever else hears it here need not read it again.
            message = record.message = decode(record.wire_name, record.version, record.payload)
        ids = DerivedIds(record.message_id, record.created_at, self.subscription)
        return Delivery(message, Cause(record.message_id, record.correlation_id, ids, record.created_at))

    def _park(self, source: str, record: Record, now: datetime, tries: int, error: Exception | None) -> Parked:
        wait = timedelta(seconds=_BACKOFF_SECONDS[min(tries, len(_BACKOFF_SECONDS) - 1)])
        reason = f"{type(error).__name__}: {error}" if error else "waits behind an earlier message of its key"
        alone = msgspec.structs.replace(record, message=None)
        return Parked(self.subscription, source, alone, tries, now + wait if tries else now, reason[:500])

    def _check_room(self, more: int) -> None:
        if more and sum(map(len, self._parked.values())) + more > PARKED_MAX:
            raise SubscriptionStopped(
                f"{self.subscription} has more than {PARKED_MAX} parked messages: mend their cause and redrive them"
            )

    def _moves(self, records: list[tuple[str, Record]]) -> list[CursorMove]:
        # Those of one source are in the order of its log.
        last = {(source, record.lane): record.position for source, record in records}
        return [self._move(source, lane, position) for (source, lane), position in last.items()]

    def _move(self, source: str, lane: int, position: Position) -> CursorMove:
        cursor = self._cursors.get((source, lane)) or Cursor(START, START)
        return CursorMove(self.subscription, source, lane, cursor.position, position, max(cursor.high, position))

    def _committed(self, work: UnitOfWork, parked: list[Parked]) -> None:
        self.undeclared_loads += work.undeclared_loads
        for move in work.changes.cursors:
            if move.subscription == self.subscription:
                cursor = self._cursors[move.source, move.lane] = Cursor(move.now, move.high)
                self._reached[move.source, move.lane] = self._reached_by(cursor)
        for entry in parked:
            self._parked.setdefault((entry.source, entry.record.key), []).append(entry)
            self.parked_now(entry)
        self.committed(work.changes)

    def _apply_parked(self, parked: Parked) -> bool:
        """Try it on fresh rows. What conflicts however fresh they are counts as a try, like any failure of its own;
        what a rival has applied meanwhile is parked no more."""
        key = (parked.source, parked.record.key)
        error: Exception | None = None
        for _ in range(1 + RERUNS_MAX):
            work = UnitOfWork(self.store, self.clock.now(), fence=self.fence)
            try:
                delivery = self._delivery(parked.record)
                run(self.participant, work, [delivery])
                error = delivery.error
                if error is None:
                    work.changes.unparked.append(parked)
                    work.commit()
            except StoreUnavailable:
                raise
            except VersionConflict as conflict:
                error = conflict
                self._open()
                if not self._is_still_first(key, parked):
                    return False
                continue
            except Exception as failure:  # noqa: BLE001 - unreadable, or the database forbids what it asks for
                error = failure
            break
        if error is not None:
            self._park_again(key, parked, error)
            return False
        self._take_out(key)
        self.committed(work.changes)
        return True

    def _is_still_first(self, key: tuple[str, str], parked: Parked) -> bool:
        waiting = self._parked.get(key, [])
        return bool(waiting) and waiting[0].record.position == parked.record.position

    def _take_out(self, key: tuple[str, str]) -> None:
        self._parked[key].pop(0)
        if not self._parked[key]:
            del self._parked[key]

    def _park_again(self, key: tuple[str, str], parked: Parked, error: Exception) -> None:
        """It waits longer. Where somebody else has counted a try or moved it meanwhile, theirs stands, and this try
        counts for nothing: it is looked at again."""
        now = self.clock.now()
        again = self._park(parked.source, parked.record, now, parked.tries + 1, error)
        work = UnitOfWork(self.store, now, fence=self.fence)
        work.changes.unparked.append(parked)
        work.changes.parked.append(again)
        try:
            work.commit()
        except VersionConflict:
            self._open()
            return
        self._parked[key][0] = again
