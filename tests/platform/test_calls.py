"""The pool of outside calls: bounded, and no hung call holds it or its process up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from argosy.engine.store import CALL, Due
from argosy.platform import calls
from argosy.platform.calls import Hung, NotBegun, Share, ThreadPool
from argosy.shared_kernel.messages import Command
from tests.engine.counters import OutsideAnswered

ANSWER = OutsideAnswered(flow_id="f")


def due(name: str, seconds: float = 60) -> Due:
    now = datetime.now(UTC)
    return Due(
        id=name,
        kind=CALL,
        name="oracle",
        key=name,
        due_at=now,
        payload="{}",
        correlation_id="",
        cause_id="",
        lease_until=now + timedelta(seconds=seconds),
    )


def hang(until: threading.Event) -> Command:
    until.wait(10)
    return ANSWER


def wait_for(is_so: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < give_up
        time.sleep(0.002)


def test_answers_and_failures_come_back_and_wake() -> None:
    woken = threading.Event()
    pool = ThreadPool(woken.set, threads=2)

    def fail() -> Command:
        raise ConnectionError("reset")

    pool.submit(due("good"), lambda: ANSWER)
    pool.submit(due("bad"), fail)
    found: dict[str, object] = {}
    wait_for(lambda: found.update({one.id: outcome for one, outcome in pool.finished()}) or len(found) == 2)  # type: ignore[func-returns-value]
    assert found["good"] == ANSWER
    assert isinstance(found["bad"], ConnectionError)
    assert woken.is_set()
    assert pool.is_idle()
    pool.close()


def test_calls_that_wait_run_side_by_side_though_only_one_thread_is_called_for_them() -> None:
    pool, all_are_there = ThreadPool(lambda: None, threads=8), threading.Barrier(8)

    def meet() -> Command:
        all_are_there.wait(5)
        return ANSWER

    for number in range(16):
        pool.submit(due(str(number)), meet)
    answers: list[object] = []
    wait_for(lambda: answers.extend(outcome for _, outcome in pool.finished()) or len(answers) == 16)  # type: ignore[func-returns-value]
    assert answers == [ANSWER] * 16, "eight met, and then eight others"
    pool.close()


def test_no_call_is_left_lying_however_threads_and_submitting_meet() -> None:
    pool = ThreadPool(lambda: None, threads=4)
    answers: list[str] = []
    for number in range(3_000):
        pool.submit(due(str(number)), lambda: ANSWER)
        if number % 7 == 0:
            wait_for(lambda: answers.extend(one.id for one, _ in pool.finished()) or pool.is_idle())  # type: ignore[func-returns-value]
    wait_for(lambda: answers.extend(one.id for one, _ in pool.finished()) or pool.is_idle())  # type: ignore[func-returns-value]
    assert sorted(answers, key=int) == [str(number) for number in range(3_000)]
    pool.close()


def test_hung_calls_are_given_up_and_leave_their_threads_to_others() -> None:
    pool = ThreadPool(lambda: None, threads=2)
    never = threading.Event()
    for name in ("one", "two"):
        pool.submit(due(name, 0.05), lambda: hang(never))
    pool.submit(due("three"), lambda: ANSWER)
    outcomes: dict[str, object] = {}
    wait_for(lambda: outcomes.update({one.id: outcome for one, outcome in pool.finished()}) or len(outcomes) == 3)  # type: ignore[func-returns-value]
    assert isinstance(outcomes["one"], Hung)
    assert isinstance(outcomes["two"], Hung)
    assert outcomes["three"] == ANSWER
    never.set()
    time.sleep(0.02)
    assert pool.finished() == [], "an answer that came after all is nobody's"
    pool.close()


def test_closing_waits_for_what_runs_and_gives_back_what_has_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "CLOSE_SECONDS", 5.0)
    pool = ThreadPool(lambda: None, threads=1)
    begun, go = threading.Event(), threading.Event()

    def slow() -> Command:
        begun.set()
        go.wait(5)
        return ANSWER

    pool.submit(due("runs"), slow)
    pool.submit(due("waits"), lambda: ANSWER)
    begun.wait(5)
    threading.Timer(0.05, go.set).start()
    pool.close()
    outcomes = {one.id: outcome for one, outcome in pool.finished()}
    assert outcomes["runs"] == ANSWER
    assert isinstance(outcomes["waits"], NotBegun)


def test_closing_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "CLOSE_SECONDS", 0.05)
    pool = ThreadPool(lambda: None, threads=1)
    never = threading.Event()
    pool.submit(due("hangs"), lambda: hang(never))
    began = time.monotonic()
    pool.close()
    assert time.monotonic() - began < 2
    never.set()


def test_calls_are_given_up_by_the_clock_that_they_were_leased_by() -> None:
    """A machine whose own clock is wrong goes by the server's, and gives up nothing early."""

    class Server:
        now = staticmethod(lambda: datetime.now(UTC) - timedelta(hours=1))

    until, pool = threading.Event(), ThreadPool(lambda: None)
    pool.clock = Server()
    pool.submit(due("early", seconds=-60), lambda: hang(until))
    assert pool.finished() == []
    until.set()
    pool.close()


def test_each_context_gets_back_its_own_calls_and_nobody_elses() -> None:
    pool = ThreadPool(lambda: None, threads=2)
    one, other = Share(pool), Share(pool)
    one.submit(due("one"), lambda: ANSWER)
    other.submit(due("other"), lambda: ANSWER)
    found: list[str] = []
    wait_for(lambda: found.extend(done.id for done, _ in one.finished()) or len(found) == 1)  # type: ignore[func-returns-value]
    assert found == ["one"]
    wait_for(lambda: found.extend(done.id for done, _ in other.finished()) or len(found) == 2)  # type: ignore[func-returns-value]
    assert found == ["one", "other"]
    assert pool.is_idle()
    pool.close()
