"""Commands from outside: refused or done as a whole, and once per Idempotency-Key."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.engine.memory import MemoryStore
from argosy.engine.outside import IdempotencyKeyReused, Keyed, Outside, TooBusy
from argosy.engine.participant import Participant, handlers_of
from argosy.engine.store import Contended, VersionConflict
from argosy.engine.work import SYSTEM
from tests.engine.counters import Answered, Count, Counter, Remind, TooMuch, counting
from tests.support import CountingIds, FakeClock, an_id


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore("counters")


@pytest.fixture
def outside(store: MemoryStore) -> Outside:
    return Outside(counting(), store, FakeClock(), CountingIds())


def count(by: int) -> Count:
    return Count(flow_id=an_id("f"), counter_id=an_id("a"), by=by)


def total(store: MemoryStore) -> int:
    return sum(counter.total for counter in store.rows.get(Counter, {}).values())  # type: ignore[attr-defined]


def keyed(key: str = "k", fingerprint: str = "body", actor: str = "me") -> Keyed:
    return Keyed(actor, "POST counters", key, fingerprint)


def respond(result: Any) -> tuple[int, str]:
    return 201, f'{{"total":{result}}}'


def test_gives_back_what_the_use_case_returns(outside: Outside, store: MemoryStore) -> None:
    assert outside.run(count(2), SYSTEM) == 2
    assert total(store) == 2


class Looking:
    """Tells how things stand, and changes nothing."""

    def look(self, command: Remind) -> str:
        return "as it was"


def test_what_is_told_of_whoever_asked_is_told_only_where_something_was_done(
    outside: Outside, store: MemoryStore
) -> None:
    who = Answered(flow_id=an_id("who"))
    looking = Outside(
        Participant("counters", handlers_of((Looking,)), lambda work: (Looking(),)), store, FakeClock(), CountingIds()
    )
    assert looking.run(Remind(flow_id=an_id("f")), SYSTEM, (who,)) == "as it was"
    assert (store.commits, store.log.records) == (0, [])
    outside.run(count(2), SYSTEM, (who,))
    assert [record.key for record in store.log.records][-2:] == [an_id("f"), an_id("who")]


def test_a_refusal_is_raised_and_nothing_is_written(outside: Outside, store: MemoryStore) -> None:
    with pytest.raises(TooMuch):
        outside.run(count(101), SYSTEM)
    assert store.log.records == []
    assert store.commits == 0


def test_an_error_is_raised_and_nothing_is_written(outside: Outside, store: MemoryStore) -> None:
    with pytest.raises(ZeroDivisionError):
        outside.run(count(13), SYSTEM)
    assert total(store) == 0


def test_the_same_key_and_body_are_done_once_and_answered_alike(outside: Outside, store: MemoryStore) -> None:
    answers = [outside.run_keyed(count(2), SYSTEM, keyed(), respond) for _ in range(10)]
    assert {(answer.status, answer.body) for answer in answers} == {(201, '{"total":2}')}
    assert [answer.is_repeat for answer in answers] == [False] + [True] * 9
    assert total(store) == 2


def test_the_same_key_with_another_body_is_refused(outside: Outside, store: MemoryStore) -> None:
    outside.run_keyed(count(2), SYSTEM, keyed(), respond)
    with pytest.raises(IdempotencyKeyReused):
        outside.run_keyed(count(3), SYSTEM, keyed(fingerprint="other"), respond)
    assert total(store) == 2


def test_the_same_key_of_another_actor_is_another_request(outside: Outside, store: MemoryStore) -> None:
    outside.run_keyed(count(2), SYSTEM, keyed(), respond)
    outside.run_keyed(count(2), SYSTEM, keyed(actor="you"), respond)
    assert total(store) == 4


def test_a_refusal_is_not_stored_with_its_key(outside: Outside, store: MemoryStore) -> None:
    with pytest.raises(TooMuch):
        outside.run_keyed(count(101), SYSTEM, keyed(), respond)
    assert outside.run_keyed(count(2), SYSTEM, keyed(), respond).status == 201
    assert total(store) == 2


def test_a_rival_with_the_same_key_gets_the_first_one_s_answer(outside: Outside, store: MemoryStore) -> None:
    """Both looked before either had written: the key's uniqueness decides."""
    rivals = [Outside(counting(), store, FakeClock(), CountingIds())]

    def race() -> None:
        if rivals:
            rivals.pop().run_keyed(count(2), SYSTEM, keyed(), respond)

    store.before_commit = race
    answer = outside.run_keyed(count(2), SYSTEM, keyed(), respond)
    assert (answer.body, answer.is_repeat) == ('{"total":2}', True)
    assert total(store) == 2


def test_what_a_rival_with_the_same_key_has_done_refuses_nobody(outside: Outside, store: MemoryStore) -> None:
    """Looked before the rival had written, and read what it had written: together they are too much."""
    first = outside.run_keyed(count(60), SYSTEM, keyed(), respond)
    answer = outside.run_keyed(count(60), SYSTEM, keyed(), respond, is_new=True)
    assert (answer.body, answer.is_repeat) == (first.body, True)
    with pytest.raises(TooMuch):
        outside.run_keyed(count(60), SYSTEM, keyed("another"), respond, is_new=True)
    assert total(store) == 60


class Refusing:
    """Refuses, and counts how often it is asked."""

    times = 0

    def count(self, command: Count) -> int:
        Refusing.times += 1
        raise TooMuch()


@pytest.mark.parametrize("key", [None, keyed()])
def test_a_refusal_costs_its_use_case_once(store: MemoryStore, key: Keyed | None) -> None:
    refusing = Outside(
        Participant("counters", handlers_of((Refusing,)), lambda work: (Refusing(),)), store, FakeClock(), CountingIds()
    )
    Refusing.times = 0
    with pytest.raises(TooMuch):
        refusing.run(count(2), SYSTEM) if key is None else refusing.run_keyed(count(2), SYSTEM, key, respond)
    assert (Refusing.times, store.commits) == (1, 0)


class Torn:
    """Reads what does not fit together, so many times."""

    times = 0

    def count(self, command: Count) -> int:
        if Torn.times:
            Torn.times -= 1
            raise AssertionError("below zero")
        return command.by


@pytest.mark.parametrize("key", [None, keyed()])
def test_an_error_counts_where_it_comes_again(store: MemoryStore, key: Keyed | None) -> None:
    torn = Outside(
        Participant("counters", handlers_of((Torn,)), lambda work: (Torn(),)), store, FakeClock(), CountingIds()
    )

    def done() -> Any:
        return torn.run(count(2), SYSTEM) if key is None else torn.run_keyed(count(2), SYSTEM, key, respond).body

    Torn.times = 2
    with pytest.raises(AssertionError, match="below zero"):
        done()
    Torn.times = 1
    assert done() == (2 if key is None else '{"total":2}')


def test_a_conflict_is_redone_on_fresh_rows(outside: Outside, store: MemoryStore) -> None:
    store.fail_next = [VersionConflict(), VersionConflict()]
    assert outside.run(count(2), SYSTEM) == 2


def test_endless_conflict_is_answered_as_busy(outside: Outside, store: MemoryStore) -> None:
    store.fail_next = [VersionConflict()] * 20
    with pytest.raises(TooBusy):
        outside.run(count(2), SYSTEM)
    assert total(store) == 0


def test_a_rival_waits_two_seconds_at_most(store: MemoryStore) -> None:
    clock = FakeClock()
    outside = Outside(counting(), store, clock, CountingIds())
    store.fail_next = [VersionConflict()] * 20
    store.before_commit = lambda: clock.tick(seconds=1.5)
    with pytest.raises(TooBusy):
        outside.run_keyed(count(2), SYSTEM, keyed(), respond)
    assert len(store.fail_next) == 18
    assert total(store) == 0


def test_what_others_hold_for_too_long_is_answered_as_busy(outside: Outside, store: MemoryStore) -> None:
    store.fail_next = [Contended(), Contended()]
    with pytest.raises(TooBusy):
        outside.run_keyed(count(2), SYSTEM, keyed(), respond)
    with pytest.raises(TooBusy):
        outside.run(count(2), SYSTEM)
