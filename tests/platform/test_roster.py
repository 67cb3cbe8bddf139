"""Workers share the contexts evenly, hand over what is another's turn, and take over what a dead one had."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.engine.store import StoreUnavailable
from argosy.platform.leases import LEASE_SECONDS, PATIENCE_SECONDS, Leases
from argosy.platform.roster import FORGOTTEN_SECONDS, Roster, shares
from argosy.platform.worker import Worker
from tests.marketplace import Marketplace
from tests.support import FakeClock

LABELS = (
    "accounts products inventory carts promotions taxes checkout orders payments shipping notifications integrations "
    "search"
).split()


def all_ready(*workers: str) -> dict[str, list[str]]:
    return dict.fromkeys(workers, LABELS)


@given(st.sets(st.text(min_size=1), min_size=1, max_size=15))
def test_equal_workers_have_as_many_as_any_other_or_one_more(workers: set[str]) -> None:
    held = Counter(shares(all_ready(*workers)).values())
    counts = [held[worker] for worker in workers]
    assert sum(counts) == len(LABELS)
    assert max(counts) - min(counts) <= 1


@settings(max_examples=200)
@given(st.dictionaries(st.text(min_size=1), st.sets(st.sampled_from(LABELS), min_size=1), min_size=1, max_size=6))
def test_every_context_that_anybody_is_ready_for_is_somebodys_turn(ready: dict[str, set[str]]) -> None:
    turns = shares(ready)
    assert set(turns) == set().union(*ready.values())
    assert all(label in ready[worker] for label, worker in turns.items())


def test_few_contexts_move_when_a_worker_comes() -> None:
    moved = []
    for number in range(100):
        before = shares(all_ready(f"a{number}", f"b{number}"))
        after = shares(all_ready(f"a{number}", f"b{number}", f"c{number}"))
        moved.append(sum(before[label] != after[label] for label in LABELS))
    assert sum(moved) / len(moved) < 6, "four must; twice that would be as good as drawing lots"


def test_a_worker_of_one_context_has_it_and_the_others_share_the_rest() -> None:
    turns = shares({**all_ready("a", "b"), "pinned": ["orders"]})
    assert turns["orders"] == "pinned"
    assert sorted(Counter(turns.values()).values()) == [1, 5, 7]


class Crew:
    """Workers' leases on real databases, on a clock of their own; nobody knows who has died."""

    def __init__(self, place: Marketplace) -> None:
        self.place, self.clock, self.elapsed = place, FakeClock(), 0.0
        self.home = place.runtime.stores["accounts"]

    def worker(self, name: str) -> Leases:
        holder = f"{name}:1:{name}"
        roster = Roster(self.home, self.clock, holder, lambda holder: False)
        return Leases(dict(self.place.runtime.stores), self.clock, holder, roster)

    def pass_time(self, seconds: int, *alive: Leases) -> None:
        for _ in range(seconds):
            self.clock.tick(seconds=1)
            self.elapsed += 1
            for worker in alive:
                worker.look(self.elapsed)


@pytest.fixture
def crew(marketplace: Marketplace) -> Crew:
    return Crew(marketplace)


def test_one_that_comes_is_handed_its_share_and_nobody_has_what_another_has(crew: Crew) -> None:
    first, second = crew.worker("first"), crew.worker("second")
    crew.pass_time(1, first)
    everything = set(first.held)
    assert len(everything) == len(crew.place.runtime.stores)
    crew.pass_time(3, first, second)
    assert abs(len(first.held) - len(second.held)) <= 1
    assert set(first.held) | set(second.held) == everything
    assert not set(first.held) & set(second.held)


def test_what_a_dead_one_had_is_taken_over_within_ten_seconds(crew: Crew) -> None:
    first, second = crew.worker("first"), crew.worker("second")
    crew.pass_time(5, first, second)
    had = {label: first.fence(label) for label in first.held}
    assert had
    crew.pass_time(9, second)
    assert len(second.held) == len(crew.place.runtime.stores)
    for label, fence in had.items():
        taken = second.fence(label)
        assert fence is not None and taken is not None and taken.token > fence.token


def test_one_that_leaves_is_followed_at_once(crew: Crew) -> None:
    first, second = crew.worker("first"), crew.worker("second")
    crew.pass_time(5, first, second)
    rung = []
    first.given_back = lambda: rung.append(1)
    first.give_back()
    assert rung
    second.look(crew.elapsed)
    assert len(second.held) == len(crew.place.runtime.stores)


def test_what_its_turn_does_not_take_goes_to_another_and_stays_for_a_while(crew: Crew) -> None:
    first, blind = crew.worker("first"), crew.worker("blind")
    blind.stores = {}
    blind.roster.look = lambda labels, elapsed: Roster.look(blind.roster, crew.place.runtime.stores, elapsed)  # type: ignore
    crew.pass_time(2, blind)
    crew.pass_time(1 + LEASE_SECONDS + 2 * PATIENCE_SECONDS, first, blind)
    assert len(first.held) == len(crew.place.runtime.stores)
    crew.pass_time(20, first, blind)
    assert len(first.held) == len(crew.place.runtime.stores)


def test_without_the_roster_all_keep_what_they_have(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = crew.worker("first"), crew.worker("second")
    crew.pass_time(5, first, second)
    before = set(first.held), set(second.held)

    def away(*args: object) -> None:
        raise StoreUnavailable("accounts")

    for worker in (first, second):
        monkeypatch.setattr(worker.roster, "look", away)
    crew.pass_time(30, first, second)
    assert (set(first.held), set(second.held)) == before
    crew.pass_time(LEASE_SECONDS + PATIENCE_SECONDS + 2, second)
    assert len(second.held) == len(crew.place.runtime.stores)


def test_the_roster_forgets_those_who_are_long_gone(crew: Crew) -> None:
    first, second = crew.worker("first"), crew.worker("second")
    crew.pass_time(2, first, second)
    crew.pass_time(LEASE_SECONDS + FORGOTTEN_SECONDS + 2, second)
    rows = crew.place.rows("accounts", "SELECT DISTINCT holder FROM accounts_leases WHERE name LIKE '%/%'")
    assert rows == [("second:1:second",)]


def test_a_worker_rings_for_messages_that_another_one_works_off(marketplace: Marketplace) -> None:
    first = marketplace.worker
    assert not first._heard_elsewhere
    second = Worker(marketplace.runtime, marketplace.runtime.contexts)
    first._look_at_leases()
    second._look_at_leases()
    assert set(first.leases.held).isdisjoint(second.leases.held)
    names = {
        name
        for label in second.leases.held
        for subscription in marketplace.runtime.contexts[label].subscriptions(marketplace.runtime)
        for heard in subscription.participant.wire_names().values()
        for name in heard
    }
    assert names and names <= first._heard_elsewhere
    second.close()
    first._look_at_leases()
    assert not first._heard_elsewhere
