"""Due work: timers tell once, calls run outside any transaction and answer once, whoever crashes in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from argosy.engine.batch import Delivery, run
from argosy.engine.due import LEASE_MARGIN_SECONDS, Calls, CallTarget, Timers, recurring_timer
from argosy.engine.memory import MemoryStore
from argosy.engine.store import Changes, Due, StoreUnavailable, VersionConflict
from argosy.engine.work import Cause, UnitOfWork
from argosy.shared_kernel.messages import Command, Message
from tests.engine.counters import AskOutside, OutsideAnswered, Question, Remind, counting
from tests.support import CountingIds, FakeClock, an_id


class SlowPool:
    """Runs a call only when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Due, Callable[[], Command]]] = []
        self.done: list[tuple[Due, Command | Exception]] = []

    def submit(self, due: Due, run: Callable[[], Command]) -> None:
        self.waiting.append((due, run))

    def room(self) -> int:
        return 10 - len(self.waiting)

    def finished(self) -> list[tuple[Due, Command | Exception]]:
        done, self.done = self.done, []
        return done

    def run_all(self) -> None:
        for due, call in self.waiting:
            try:
                self.done.append((due, call()))
            except Exception as error:  # noqa: BLE001 - as a pool hands it on
                self.done.append((due, error))
        self.waiting = []


class Play:
    def __init__(self) -> None:
        self.store = MemoryStore("counters")
        self.clock = FakeClock()
        self.ids = CountingIds()
        self.attempts: list[int] = []
        self.failures = 0
        self.pool = SlowPool()
        self.calls = self.runner()
        self.timers = Timers(self.store, self.clock)

    def runner(self) -> Calls:
        return Calls(counting(), self.store, self.clock, {"oracle": CallTarget(Question, self.oracle)}, self.pool)

    def oracle(self, question: Question, attempt: int, call_id: str) -> Command:
        self.attempts.append(attempt)
        if self.failures:
            self.failures -= 1
            raise ConnectionError("reset")
        return OutsideAnswered(flow_id=question.flow_id)

    def do(self, *messages: Message) -> None:
        work = UnitOfWork(self.store, self.clock.now())
        run(
            counting(),
            work,
            [Delivery(message=message, cause=Cause(an_id("r"), "c", self.ids)) for message in messages],
        )
        work.commit()

    def outgoing(self) -> list[str]:
        return [record.wire_name for record in self.store.log.records]


@pytest.fixture
def play() -> Play:
    return Play()


def later(play: Play, at_seconds: int, name: str = "remind") -> None:
    work = UnitOfWork(play.store, play.clock.now())
    work.begin(Cause(an_id("r"), "c", play.ids))
    work.later(name, an_id("a"), play.clock.now() + timedelta(seconds=at_seconds), Remind(flow_id=an_id("a")))
    work.keep()
    work.commit()


def test_a_timer_is_told_once_when_it_is_due(play: Play) -> None:
    later(play, 60)
    assert play.timers.step() == 0
    play.clock.tick(seconds=60)
    assert play.timers.step() == 1
    assert play.timers.step() == 0
    assert play.outgoing() == ["counters.Remind"]


def test_setting_a_timer_again_moves_it(play: Play) -> None:
    later(play, 60)
    later(play, 120)
    play.clock.tick(seconds=60)
    assert play.timers.step() == 0
    play.clock.tick(seconds=60)
    assert play.timers.step() == 1


def test_a_timer_that_is_taken_back_is_never_told(play: Play) -> None:
    later(play, 60)
    work = UnitOfWork(play.store, play.clock.now())
    work.begin(Cause(an_id("r"), "c", play.ids))
    work.never_mind("remind", an_id("a"))
    work.keep()
    work.commit()
    play.clock.tick(days=1)
    assert play.timers.step() == 0


def test_two_workers_tell_a_timer_once(play: Play) -> None:
    later(play, 60)
    play.clock.tick(seconds=60)
    rival = Timers(play.store, play.clock)
    due = play.store.due("timer", play.clock.now(), 10)
    assert play.timers.step() == 1
    play.store.due = lambda *_: due  # type: ignore[method-assign]
    assert rival.step() == 0
    assert play.outgoing() == ["counters.Remind"]


def test_a_recurring_command_is_planned_again_in_the_same_commit(play: Play) -> None:
    play.timers.recurring = {"counters.Remind": 30}
    first = recurring_timer("counters.Remind", an_id("a"), '{"flow_id":"x"}', play.clock.now())
    play.store.due_rows[first.id] = first
    assert play.timers.step() == 1
    assert [due.due_at - play.clock.now() for due in play.store.due_rows.values()] == [timedelta(seconds=30)]


def test_a_call_is_made_outside_and_its_answer_applied_once(play: Play) -> None:
    play.do(AskOutside(flow_id=an_id("a")))
    assert play.calls.step() == 1
    assert play.outgoing() == []
    play.pool.run_all()
    play.calls.step()
    play.calls.step()
    assert play.outgoing() == ["counters.Answered"]
    assert play.store.due_rows == {}


def test_calls_of_one_key_wait_for_each_other(play: Play) -> None:
    play.do(AskOutside(flow_id=an_id("a")))
    second = next(iter(play.store.due_rows.values()))
    play.store.due_rows["call:oracle:later"] = Due(
        id="call:oracle:later",
        kind="call",
        name="oracle",
        key=second.key,
        due_at=play.clock.now(),
        payload=second.payload,
        correlation_id="c",
        cause_id="r",
    )
    assert play.calls.start() == 1
    assert play.calls.start() == 0
    play.pool.run_all()
    play.calls.collect()
    assert play.calls.start() == 1


def test_a_failed_call_is_tried_again_later_and_told_its_attempt(play: Play) -> None:
    play.do(AskOutside(flow_id=an_id("a")))
    play.failures = 1
    play.calls.step()
    play.pool.run_all()
    play.calls.step()
    assert play.outgoing() == []
    play.clock.tick(seconds=2)
    play.calls.step()
    play.pool.run_all()
    play.calls.step()
    assert play.attempts == [1, 2]
    assert play.outgoing() == ["counters.Answered"]


def test_a_runner_that_died_is_replaced_when_its_lease_ends(play: Play) -> None:
    play.do(AskOutside(flow_id=an_id("a")))
    play.calls.step()
    play.pool.waiting = []
    rival = play.runner()
    assert rival.step() == 0, "the lease still holds"
    play.clock.tick(seconds=61)
    assert rival.step() == 1
    play.pool.run_all()
    rival.step()
    assert play.attempts == [2]
    assert play.outgoing() == ["counters.Answered"]


def test_an_answer_that_comes_after_its_lease_was_lost_changes_nothing(play: Play) -> None:
    play.do(AskOutside(flow_id=an_id("a")))
    play.calls.step()
    [(due, call)] = play.pool.waiting
    answer = call()
    play.pool.waiting = []
    play.clock.tick(seconds=61)
    rival = play.runner()
    rival.step()
    play.pool.run_all()
    rival.step()
    play.pool.done = [(due, answer)]
    play.calls.step()
    assert play.outgoing() == ["counters.Answered"]


def test_an_answer_that_meets_a_conflict_is_applied_on_fresh_rows(play: Play) -> None:
    play.do(AskOutside(flow_id=an_id("a")))
    play.calls.step()
    play.pool.run_all()
    play.store.fail_next = [VersionConflict()]
    play.calls.step()
    assert play.outgoing() == ["counters.Answered"]


def test_an_answer_that_the_database_forbids_is_put_off_and_stops_no_other(play: Play) -> None:
    play.do(AskOutside(flow_id=an_id("a")), AskOutside(flow_id=an_id("b")))
    play.calls.step()
    play.pool.run_all()
    forbidden = ValueError("CHECK constraint failed")
    play.store.fail_next = [forbidden, forbidden]
    assert play.calls.step() == 2
    assert play.outgoing() == ["counters.Answered"]
    play.clock.tick(seconds=5)
    play.calls.step()
    play.pool.run_all()
    play.calls.step()
    assert play.outgoing() == ["counters.Answered", "counters.Answered"]


def another_call(play: Play, id: str, key: str) -> None:
    work = UnitOfWork(play.store, play.clock.now())
    work.begin(Cause(an_id("r"), "c", play.ids))
    work.call("oracle", key, Question(flow_id=key), id=id)
    work.keep()
    work.commit()


def test_a_timer_that_is_moved_while_it_is_being_told_is_not_lost(play: Play) -> None:
    later(play, 60)
    play.clock.tick(seconds=60)
    play.store.before_commit = lambda: move(play)
    assert play.timers.step() == 0
    assert play.outgoing() == []
    play.clock.tick(seconds=60)
    assert play.timers.step() == 1


def move(play: Play) -> None:
    play.store.before_commit = lambda: None
    later(play, 60)


def test_asking_again_for_a_call_that_runs_changes_nothing(play: Play) -> None:
    another_call(play, "x", an_id("a"))
    play.calls.start()
    another_call(play, "x", an_id("a"))
    [row] = play.store.due_rows.values()
    assert (row.token, row.attempts) == (1, 1)
    play.pool.run_all()
    play.calls.collect()
    assert (play.attempts, play.outgoing(), play.store.due_rows) == ([1], ["counters.Answered"], {})


def test_an_answer_to_an_earlier_asking_under_the_same_id_is_no_answer_to_this_one(play: Play) -> None:
    """A runner that hung through a rival's answer, after which the same operation was asked again."""
    another_call(play, "x", an_id("a"))
    play.calls.start()
    [(hung, call)] = play.pool.waiting
    answer = call()
    play.pool.waiting = []
    play.clock.tick(seconds=61)
    [second] = play.store.lease(play.store.due("call", play.clock.now(), 1), play.clock.now() + timedelta(seconds=60))
    work = UnitOfWork(play.store, play.clock.now())
    work.begin(Cause(an_id("r"), "c", play.ids))
    work.call("oracle", an_id("a"), Question(flow_id=an_id("a")), id="x")
    work.keep()
    work.changes.finished.append((second.id, second.token))
    work.commit()
    [third] = play.store.lease(play.store.due("call", play.clock.now(), 1), play.clock.now() + timedelta(seconds=60))
    assert third.token > second.token > hung.token
    play.pool.done = [(hung, answer)]
    play.calls.collect()
    assert play.outgoing() == []


def test_later_calls_of_a_key_wait_while_its_first_is_tried_again(play: Play) -> None:
    another_call(play, "first", an_id("a"))
    play.clock.tick(seconds=1)
    another_call(play, "second", an_id("a"))
    another_call(play, "other", an_id("b"))
    play.failures = 1
    assert play.calls.start() == 2
    play.pool.run_all()
    play.calls.collect()
    assert play.calls.start() == 0, "the first waits for its next try, the second for the first"
    play.clock.tick(seconds=5)
    play.calls.start()
    assert [due.id for due, _ in play.pool.waiting] == ["call:oracle:first"]


def test_a_rival_starts_no_later_call_of_a_key_whose_first_still_runs(play: Play) -> None:
    another_call(play, "first", an_id("a"))
    play.clock.tick(seconds=1)
    another_call(play, "second", an_id("a"))
    assert play.calls.start() == 1
    assert play.runner().start() == 0


def test_calls_of_one_key_asked_for_in_one_breath_keep_their_order(play: Play) -> None:
    work = UnitOfWork(play.store, play.clock.now())
    work.begin(Cause(an_id("r"), "c", play.ids))
    for id in ("z", "m", "a"):
        work.call("oracle", an_id("k"), Question(flow_id=an_id("k")), id=id)
    work.keep()
    work.commit()
    made = []
    for _ in range(3):
        play.clock.tick(seconds=1)
        play.calls.start()
        made += [due.id for due, _ in play.pool.waiting]
        play.pool.run_all()
        play.calls.collect()
    assert made == ["call:oracle:z", "call:oracle:m", "call:oracle:a"]


def test_many_calls_of_one_key_do_not_keep_other_keys_waiting(play: Play) -> None:
    for number in range(30):
        another_call(play, f"busy{number}", an_id("busy"))
        play.clock.tick(seconds=1)
    another_call(play, "other", an_id("other"))
    assert play.calls.start() == 2


def test_a_lease_outlasts_the_longest_run_that_it_allows(play: Play) -> None:
    play.calls.targets = {"oracle": CallTarget(Question, play.oracle, seconds=300)}
    another_call(play, "x", an_id("a"))
    play.calls.start()
    [(due, _)] = play.pool.waiting
    assert due.lease_until is not None
    assert due.lease_until - play.clock.now() > timedelta(seconds=300)


def test_a_call_that_waited_too_long_for_its_turn_is_not_made_any_more(play: Play) -> None:
    another_call(play, "x", an_id("a"))
    play.calls.start()
    play.clock.tick(seconds=31)
    play.pool.run_all()
    assert play.attempts == []
    play.calls.collect()
    play.clock.tick(seconds=5)
    play.calls.start()
    play.pool.run_all()
    assert play.attempts == [2]


def test_an_answer_that_the_database_forbids_is_asked_again_and_stops_nobody(play: Play) -> None:
    for name in ("a", "b", "c"):
        another_call(play, name, an_id(name))
    commit = play.store.commit

    def forbid_b(changes: Changes) -> None:
        if any(record.key == an_id("b") for record in changes.records):
            raise ValueError("CHECK constraint failed")
        commit(changes)

    failed: list[str] = []
    play.calls.failed = lambda due, error: failed.append(f"{due.id} {error}")
    play.store.commit = forbid_b  # type: ignore[method-assign]
    play.calls.start()
    play.pool.run_all()
    play.calls.collect()
    assert play.outgoing() == ["counters.Answered"] * 2
    assert failed == ["call:oracle:b CHECK constraint failed"]
    play.store.commit = commit  # type: ignore[method-assign]
    play.clock.tick(seconds=5)
    play.calls.start()
    play.pool.run_all()
    play.calls.collect()
    assert play.outgoing() == ["counters.Answered"] * 3


def test_a_call_of_a_name_that_nobody_here_knows_stops_nobody(play: Play) -> None:
    another_call(play, "x", an_id("a"))
    play.calls.targets = {}
    play.calls.start()
    play.pool.run_all()
    play.calls.collect()
    assert len(play.store.due_rows) == 1


def test_answers_wait_while_the_database_is_away(play: Play) -> None:
    for name in ("a", "b"):
        another_call(play, name, an_id(name))
    play.calls.start()
    play.pool.run_all()
    play.store.fail_next = [StoreUnavailable("disk full")]
    with pytest.raises(StoreUnavailable):
        play.calls.collect()
    play.calls.collect()
    assert (play.attempts, play.outgoing()) == ([1, 1], ["counters.Answered"] * 2)
    assert play.store.due_rows == {}


def hold(play: Play) -> None:
    """The context is this worker's."""
    now = play.clock.now()
    play.calls.fence = play.store.take_lease("counters", "me", now, now + timedelta(days=1))


def ask_at_once(play: Play, *names: str) -> Changes:
    """Ask as a subscription does whose process makes the calls too."""
    work = UnitOfWork(play.store, play.clock.now(), calls=play.calls)
    run(
        counting(),
        work,
        [Delivery(AskOutside(flow_id=an_id(name)), Cause(an_id(name), "c", play.ids)) for name in names],
    )
    work.commit()
    return work.changes


def test_a_call_is_made_by_whoever_asks_for_it_without_another_commit(play: Play) -> None:
    hold(play)
    changes = ask_at_once(play, "a", "b")
    commits = play.store.commits
    assert play.calls.begin(changes) is False
    assert play.calls.start() == 0
    play.pool.run_all()
    assert play.calls.collect() == 2
    assert play.attempts == [1, 1]
    assert play.store.commits == commits + 1
    assert play.store.due_rows == {}


def test_a_call_that_was_taken_and_not_made_is_made_by_another_when_its_lease_ends(play: Play) -> None:
    hold(play)
    ask_at_once(play, "a")
    rival = play.runner()
    assert rival.start() == 0
    play.clock.tick(seconds=30 + LEASE_MARGIN_SECONDS)
    assert rival.start() == 1
    play.pool.run_all()
    assert rival.collect() == 1
    assert play.attempts == [2]


def test_a_call_behind_another_of_its_key_waits_for_its_turn(play: Play) -> None:
    play.do(AskOutside(flow_id=an_id("a")))
    [first] = play.store.due("call", play.clock.now(), 1)
    play.store.due_rows = {"earlier": msgspec.structs.replace(first, id="earlier")}
    play.clock.tick(seconds=1)
    hold(play)
    behind = ask_at_once(play, "a")
    assert behind.begun == frozenset()
    assert play.calls.begin(behind) is True
    assert play.calls.start() == 1
    assert [due.id for due, _ in play.pool.waiting] == ["earlier"]


def test_no_more_calls_are_taken_than_there_is_room_for(play: Play) -> None:
    hold(play)
    changes = ask_at_once(play, *"abcdefghijkl")
    assert len(changes.begun) == 10
    assert play.calls.begin(changes) is True
    assert len(play.pool.waiting) == 10


def test_whoever_has_not_the_context_takes_no_call(play: Play) -> None:
    assert ask_at_once(play, "a").begun == frozenset()
    [waits] = play.store.due("call", play.clock.now(), 1)
    assert (waits.token, waits.attempts, waits.lease_until) == (0, 0, None)
