"""What a subscription promises: everything once, in order per key, and one bad message stops nobody else."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from argosy.engine.batch import BATCH_MAX
from argosy.engine.consumer import Consumer, SubscriptionStopped
from argosy.engine.due import RECURRING
from argosy.engine.log import Record, lane_of
from argosy.engine.memory import MemoryStore
from argosy.engine.store import Changes, StoreUnavailable, VersionConflict
from argosy.shared_kernel.codec import encode
from argosy.shared_kernel.messages import Message
from tests.engine.counters import Answered, Count, Counter, Counting, counting
from tests.support import FakeClock, an_id


class Sending(Consumer):
    """As a worker has it that goes on with others while a commit is under way."""

    def step(self) -> int:
        self.before_sending = lambda: None
        took = super().step()
        if self.is_sent:
            assert self.finish() == took
        return took


class Play:
    """A source log called `flows`, and a consumer of it."""

    def __init__(self, kind: type[Consumer] = Consumer) -> None:
        self.kind = kind
        self.source = MemoryStore("flows")
        self.store = MemoryStore("counters")
        self.clock = FakeClock()
        self.told = 0
        self.consumer = self.open()

    def open(self) -> Consumer:
        return self.kind(counting(), self.store, {"flows": self.source.log, "counters": self.store.log}, self.clock)

    def tell(self, *messages: Message, version: int | None = None) -> None:
        for message in messages:
            self.told += 1
            key = getattr(message, message.key_field)
            self.source.log.append(
                Record(
                    message_id=an_id(f"m{self.told}"),
                    wire_name=message.wire_name,
                    version=version or message.schema_version,
                    key=key,
                    lane=lane_of(key),
                    sequence=0,
                    payload=encode(message).decode(),
                    correlation_id="c",
                    cause_id="",
                    subject="",
                    created_at=self.clock.now(),
                )
            )

    def run(self) -> int:
        total = 0
        while took := self.consumer.step():
            total += took
        return total

    def total(self, name: str = "a") -> int:
        counter = self.store.rows.get(Counter, {}).get(an_id(name))
        return counter.total if isinstance(counter, Counter) else 0

    def outgoing(self) -> list[str]:
        return [record.wire_name.partition(".")[2] for record in self.store.log.records]


def count(by: int, flow: str = "f", name: str = "a") -> Count:
    return Count(flow_id=an_id(flow), counter_id=an_id(name), by=by)


@pytest.fixture(params=[Consumer, Sending])
def play(request: pytest.FixtureRequest) -> Play:
    return Play(request.param)


def test_applies_every_message_once_in_one_commit(play: Play) -> None:
    play.tell(*(count(1, flow=str(index)) for index in range(50)))
    assert play.run() == 50
    assert (play.total(), play.store.commits, play.consumer.undeclared_loads) == (50, 1, 0)


def test_a_commit_that_is_sent_counts_only_once_it_is_asked_after(play: Play) -> None:
    order: list[str] = []
    consumer = play.consumer = Consumer(counting(), play.store, {"flows": play.source.log}, play.clock)
    consumer.before_sending = lambda: order.append("sent")
    consumer.committed = lambda changes: order.append("committed")
    play.tell(count(1), count(2))
    assert (consumer.step(), consumer.is_sent, order) == (2, True, ["sent"])
    assert (consumer.finish(), consumer.is_sent, order) == (2, False, ["sent", "committed"])
    assert (play.total(), consumer.step(), consumer.is_sent) == (3, 0, False)


def test_a_consumer_that_starts_again_applies_nothing_twice(play: Play) -> None:
    play.tell(count(1), count(2))
    play.run()
    play.consumer = play.open()
    play.tell(count(4))
    play.run()
    assert play.total() == 7


def test_a_second_consumer_of_the_same_subscription_cannot_apply_what_the_first_did(play: Play) -> None:
    rival = play.open()
    rival.step()
    play.tell(count(5))
    play.run()
    assert rival.step() == 1, "the rival has read the message with its old cursor"
    assert play.total() == 5


def test_a_refused_command_of_a_flow_is_answered_and_leaves_no_trace(play: Play) -> None:
    play.tell(count(90), count(20, flow="g"), count(5, flow="h"))
    play.run()
    assert play.total() == 95
    assert play.outgoing() == ["Counted", "Answered", "Refused", "Counted", "Answered"]
    sequences = [record.sequence for record in play.store.log.records if record.sequence]
    assert sequences == [1, 2]


def test_a_recurring_command_whose_last_telling_waits_parked_is_not_parked_behind_it(play: Play) -> None:
    """Found by simulation: told every 15 s, one that fails filled the parking in four hours."""
    play.tell(count(13, flow="job"))
    play.run()
    play.tell(count(2, flow="job"), count(3, flow="other"))
    play.source.log.records[1].cause_id = RECURRING
    play.run()
    assert len(play.consumer.parked()) == 1
    assert play.total() == 3
    play.tell(count(4, flow="job"))
    play.run()
    assert len(play.consumer.parked()) == 2, "what is told once waits its turn"


def test_a_message_that_fails_alone_is_parked_and_the_others_go_on(play: Play) -> None:
    play.tell(count(1, flow="x"), count(13, flow="bad"), count(2, flow="y"))
    play.run()
    assert play.total() == 3
    [parked] = play.consumer.parked()
    assert parked.tries == 1
    assert "ZeroDivisionError: bad luck" in parked.error


def test_later_messages_of_a_parked_key_wait_behind_it(play: Play) -> None:
    play.tell(count(13, flow="bad"), count(1, flow="bad"), count(2, flow="y"))
    play.run()
    play.tell(count(4, flow="bad"))
    play.run()
    assert play.total() == 2
    assert [parked.tries for parked in play.consumer.parked()] == [1, 0, 0]


def test_a_parked_key_is_retried_in_order_once_its_cause_is_mended(
    play: Play,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    play.tell(count(13, flow="bad"), count(1, flow="bad"))
    play.run()
    assert play.consumer.retry_parked() == 0, "not due yet"
    play.clock.tick(seconds=10)
    assert play.consumer.retry_parked() == 0, "still failing"
    assert play.consumer.parked()[0].tries == 2
    monkeypatch.setattr(Counting, "poison", set())
    play.clock.tick(seconds=60)
    assert play.consumer.retry_parked() == 2
    assert (play.total(), play.consumer.parked(), play.store.parked("counters")) == (14, [], [])
    assert [record.key for record in play.store.log.records if record.wire_name == Answered.wire_name] == [
        an_id("bad"),
        an_id("bad"),
    ]


def test_parked_messages_survive_a_restart(play: Play) -> None:
    play.tell(count(13, flow="bad"))
    play.run()
    play.consumer = play.open()
    play.tell(count(1, flow="bad"))
    play.run()
    assert len(play.consumer.parked()) == 2
    assert play.total() == 0


def test_a_version_conflict_reruns_the_batch_on_fresh_rows(play: Play) -> None:
    play.tell(count(1))
    play.store.fail_next = [VersionConflict(), VersionConflict(), VersionConflict()]
    assert play.run() == 1
    assert play.consumer.parked() == []
    assert play.total() == 1


def test_a_database_that_is_away_is_not_the_message_s_fault(play: Play) -> None:
    play.tell(count(1))
    play.store.fail_next = [StoreUnavailable("disk full")]
    with pytest.raises(StoreUnavailable):
        play.run()
    assert play.consumer.parked() == []
    assert play.run() == 1
    assert play.total() == 1


def test_a_flush_that_the_database_forbids_parks_only_the_guilty_message(play: Play) -> None:
    play.tell(count(1, flow="x"), count(2, flow="y"), count(3, flow="z"))
    commit = play.store.commit

    def forbid_three(changes: object) -> None:
        counters = [
            *changes.inserts.get(Counter, []),  # type: ignore[attr-defined]
            *(now for now, _ in changes.updates.get(Counter, [])),
        ]  # type: ignore[attr-defined]
        if any(3 in counter.steps for counter in counters):
            raise ValueError("CHECK constraint failed")
        commit(changes)  # type: ignore[arg-type]

    play.store.commit = forbid_three  # type: ignore[method-assign, assignment]
    play.run()
    assert play.total() == 3
    [parked] = play.consumer.parked()
    assert parked.record.key == an_id("z")


def test_a_newer_message_version_stops_its_lane_alone_and_loses_nothing(play: Play) -> None:
    play.tell(count(1), count(2, flow="other"))
    play.tell(count(4), version=9)
    play.tell(count(8), count(16, flow="other"))
    assert lane_of(an_id("f")) != lane_of(an_id("other"))
    play.run()
    assert play.total() == 19
    assert play.consumer.parked() == []
    assert list(play.consumer.stopped_lanes.values()) == ["counters.Count version 9 is newer than this program"]
    Count.schema_version = 9
    try:
        play.consumer = play.open()
        play.run()
    finally:
        Count.schema_version = 1
    assert play.total() == 31


def test_a_cursor_beyond_its_source_s_head_stops_with_a_clear_line(play: Play) -> None:
    play.tell(count(1), count(2))
    play.run()
    play.source.log.records.pop()
    play.consumer = play.open()
    with pytest.raises(SubscriptionStopped, match="older than"):
        play.run()


def test_more_than_a_thousand_parked_messages_stop_the_subscription(play: Play) -> None:
    play.tell(*(count(13, flow=str(index)) for index in range(1_001)))
    with pytest.raises(SubscriptionStopped, match="more than 1000"):
        play.run()


def test_a_rerun_of_the_same_message_makes_the_same_ids(play: Play) -> None:
    play.tell(count(1))
    play.run()
    other = Play()
    other.clock.tick(days=1)
    other.source = play.source
    other.consumer = other.open()
    other.run()
    assert [record.message_id for record in other.store.log.records] == [
        record.message_id for record in play.store.log.records
    ]
    assert other.store.log.records[0].created_at - play.store.log.records[0].created_at == timedelta(days=1)


def test_a_message_that_conflicts_however_fresh_its_rows_is_parked_and_not_the_worker_s_end(play: Play) -> None:
    play.tell(count(1, flow="x"), count(3, flow="z", name="taken"), count(2, flow="y"))
    forbid(play, VersionConflict("UNIQUE constraint failed"), lambda counter: counter.id == an_id("taken"))
    play.run()
    assert play.total() == 3
    [parked] = play.consumer.parked()
    assert (parked.record.key, parked.error) == (an_id("z"), "VersionConflict: UNIQUE constraint failed")
    assert play.consumer.retry_parked() == 0, "still taken: it waits"
    play.store.commit = MemoryStore.commit.__get__(play.store)  # type: ignore[method-assign]
    assert play.consumer.retry_parked() == 0, "not due yet"
    play.clock.tick(seconds=60)
    assert play.consumer.retry_parked() == 1
    assert (play.total("taken"), play.consumer.parked()) == (3, [])


def test_a_parked_message_that_the_database_still_forbids_waits_longer(play: Play) -> None:
    play.tell(count(3, flow="z"), count(2, flow="y", name="b"))
    forbid(play, ValueError("CHECK constraint failed"), lambda counter: 3 in counter.steps)
    play.run()
    assert play.consumer.retry_parked() == 0
    assert play.consumer.retry_parked() == 0
    assert [(parked.tries, parked.error) for parked in play.store.parked("counters")] == [
        (1, "ValueError: CHECK constraint failed")
    ]


def test_where_even_parking_is_contested_nothing_is_passed_over(play: Play) -> None:
    play.tell(count(1))
    play.store.fail_next = [VersionConflict()] * 5
    with pytest.raises(StoreUnavailable):
        play.run()
    assert play.run() == 1
    assert play.total() == 1


def test_a_parked_message_that_a_rival_has_applied_is_not_applied_again(
    play: Play,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    play.tell(count(13, flow="bad"))
    play.run()
    rival = play.open()
    rival.parked()
    rival.step()
    monkeypatch.setattr(Counting, "poison", set())
    play.clock.tick(seconds=60)
    assert play.consumer.retry_parked() == 1
    assert rival.retry_parked() == 0
    assert (play.total(), rival.parked(), play.store.parked("counters")) == (13, [], [])


def forbid(play: Play, error: Exception, is_forbidden: Callable[[Counter], bool]) -> None:
    """The database refuses every commit that writes such a counter."""
    commit = play.store.commit

    def refuse(changes: Changes) -> None:
        written = [*changes.inserts.get(Counter, []), *(now for now, _ in changes.updates.get(Counter, []))]
        if any(is_forbidden(counter) for counter in written):  # type: ignore[arg-type]
            raise error
        commit(changes)

    play.store.commit = refuse  # type: ignore[method-assign]


def test_what_was_committed_before_a_later_message_broke_a_constraint_is_not_applied_again(play: Play) -> None:
    play.tell(count(1, flow="x"), count(13, flow="bad"), count(2, flow="bad"), count(4, flow="y"))
    play.tell(count(7, flow="z", name="b"), count(8, flow="w"))
    forbid(play, ValueError("CHECK constraint failed"), lambda counter: 7 in counter.steps)
    play.run()
    assert play.total() == 1 + 4 + 8
    assert [parked.record.key for parked in play.consumer.parked()] == [an_id("bad"), an_id("bad"), an_id("z")]


def test_an_unreadable_message_is_parked_and_its_retry_stops_nobody(play: Play) -> None:
    play.tell(count(1, flow="x"), count(2, flow="bad"), count(4, flow="y"))
    play.source.log.records[1].payload = '{"flow_id": 7}'
    play.run()
    assert play.total() == 5
    assert play.consumer.retry_parked() == 0
    assert [(parked.record.key, parked.tries) for parked in play.consumer.parked()] == [(an_id("bad"), 1)]


def test_a_database_that_goes_away_under_a_use_case_is_not_the_message_s_fault(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(self: object, command: Count) -> None:
        raise StoreUnavailable("connection reset")

    play.tell(count(1))
    with monkeypatch.context() as while_away:
        while_away.setattr(Counting, "count", away)
        with pytest.raises(StoreUnavailable):
            play.run()
    assert (play.consumer.parked(), play.store.commits) == ([], 0)
    assert play.run() == 1


def test_a_restart_passes_over_whole_pages_that_other_lanes_have_behind_them(play: Play) -> None:
    play.tell(*(count(0, flow="busy") for _ in range(2 * BATCH_MAX)))
    play.run()
    play.consumer = play.open()
    play.tell(count(5, flow="busy"))
    assert play.consumer.step() == 1
    assert play.total() == 5


def test_a_busy_source_does_not_keep_the_others_waiting(play: Play) -> None:
    other = MemoryStore("others")
    participant = dataclasses.replace(counting(), hears=("flows", "others"))
    play.consumer = Consumer(participant, play.store, {"flows": play.source.log, "others": other.log}, play.clock)
    play.tell(*(count(0, flow="busy") for _ in range(3 * BATCH_MAX)))
    play.tell(count(5, flow="other"))
    other.log.append(play.source.log.records.pop())
    play.consumer.step()
    play.consumer.step()
    assert play.total() == 5


def test_lanes_without_news_follow_so_that_a_restart_need_not_read_the_whole_log(play: Play) -> None:
    play.consumer.idle_lane_lag = 10
    play.tell(*(count(0, flow="busy") for _ in range(11)))
    play.tell(count(0, flow="new", name="b"), version=9)
    play.run()
    cursors = play.store.cursors("counters")
    stopped = ("flows", lane_of(an_id("new")))
    assert lane_of(an_id("new")) != lane_of(an_id("busy"))
    assert stopped not in cursors, "a lane that stopped stays where it was"
    assert len(cursors) == 15
    assert play.open().step() == 0


def test_a_parked_message_that_conflicts_however_fresh_its_rows_waits_longer_each_time(play: Play) -> None:
    play.tell(count(3, flow="z", name="taken"), count(1, flow="z"))
    forbid(play, VersionConflict("UNIQUE constraint failed"), lambda counter: counter.id == an_id("taken"))
    play.run()
    for tries in (1, 2, 3):
        play.clock.tick(seconds=3_600)
        assert play.consumer.retry_parked() == 0
        assert [parked.tries for parked in play.consumer.parked()] == [tries, 0]
    assert play.total() == 0, "its follower waits"


def test_a_worker_that_fails_a_parked_message_after_its_rival_counts_over_no_try(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    play.tell(count(13, flow="bad"))
    play.run()
    play.clock.tick(seconds=60)
    rival = play.open()
    rival.step()
    applied = Counting.count

    def while_the_rival_fails_twice(service: Counting, command: Count) -> None:
        monkeypatch.setattr(Counting, "count", applied)
        for _ in range(2):
            assert rival.retry_parked() == 0
            play.clock.tick(seconds=60)
        applied(service, command)

    monkeypatch.setattr(Counting, "count", while_the_rival_fails_twice)
    assert play.consumer.retry_parked() == 0
    assert [parked.tries for parked in play.store.parked("counters")] == [3]
    assert [parked.tries for parked in play.consumer.parked()] == [3], "theirs stands here, too"
    monkeypatch.setattr(Counting, "poison", set())
    play.clock.tick(seconds=600)
    assert (play.consumer.retry_parked(), rival.retry_parked(), play.total()) == (1, 0, 13)


def test_what_an_operator_moves_during_a_try_is_tried_again_at_once(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    play.tell(count(13, flow="bad"))
    play.run()
    play.clock.tick(seconds=60)
    applied = Counting.count

    def while_the_operator_acts(service: Counting, command: Count) -> None:
        [parked] = play.store.parked("counters")
        now = msgspec.structs.replace(parked, next_try=play.clock.now())
        play.store.commit(Changes(unparked=[parked], parked=[now]))
        monkeypatch.setattr(Counting, "count", applied)
        applied(service, command)

    monkeypatch.setattr(Counting, "count", while_the_operator_acts)
    play.consumer.retry_parked()
    assert [parked.next_try for parked in play.consumer.parked()] == [play.clock.now()]
    monkeypatch.setattr(Counting, "poison", set())
    assert play.consumer.retry_parked() == 1
    assert play.total() == 13


def test_a_database_that_is_away_is_no_try_of_a_parked_message(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    play.tell(count(13, flow="bad"))
    play.run()
    monkeypatch.setattr(Counting, "poison", set())
    play.clock.tick(seconds=60)
    play.store.fail_next = [StoreUnavailable("disk full")]
    with pytest.raises(StoreUnavailable):
        play.consumer.retry_parked()
    assert [parked.tries for parked in play.store.parked("counters")] == [1]
    assert play.consumer.retry_parked() == 1
    assert play.total() == 13


def test_a_slow_flush_makes_the_next_batch_smaller(play: Play) -> None:
    commit = play.store.commit

    def slowly(changes: Changes) -> None:
        commit(changes)
        changes.held_seconds = 0.05

    play.store.commit = slowly  # type: ignore[method-assign]
    play.tell(*(count(0, flow=str(index)) for index in range(BATCH_MAX + 200)))
    assert (play.consumer.step(), play.consumer.step(), play.consumer.step()) == (256, 128, 64)
