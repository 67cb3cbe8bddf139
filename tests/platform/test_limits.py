"""Limits: as many as allowed and not one more, whoever asks at once; and none at all where nobody can count."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import redis
from django.db import connections
from django.test import RequestFactory

from argosy.engine.store import StoreUnavailable
from argosy.platform import limits as module
from argosy.platform.limits import (
    Limit,
    LimitsSettingIsWrong,
    PostgresLimits,
    SqliteLimits,
    address_of,
    counted_as,
    limits_redis,
    seconds,
)
from argosy.platform.redis_limits import RedisLimits
from tests.marketplace import Marketplace
from tests.needed_services import demand

THREE = Limit(burst=3, every=10)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture(params=["databases", pytest.param("redis", marks=pytest.mark.redis)])
def store(request: pytest.FixtureRequest, tmp_path: Path, marketplace: Marketplace) -> Iterator[Any]:
    """The one that this run's databases call for, and Redis."""
    if request.param == "redis":
        client = redis.Redis.from_url(demand("redis"))
        client.flushdb()
        yield RedisLimits(demand("redis"))
        client.close()
    elif connections["default"].vendor == "postgresql":
        yield PostgresLimits()
    else:
        yield SqliteLimits(tmp_path / "limits.sqlite3")


def test_a_burst_passes_and_then_one_more_each_time_one_has_come_back(store: Any, clock: Clock) -> None:
    assert [store.take([("a", THREE)]) for _ in range(4)] == [0, 0, 0, 10]
    clock.now += 4
    assert store.take([("a", THREE)]) == pytest.approx(6)
    clock.now += 6
    assert [store.take([("a", THREE)]), store.take([("a", THREE)])] == [0, 10]
    clock.now += 1_000
    assert [store.take([("a", THREE)]) for _ in range(4)] == [0, 0, 0, 10], "no more than a burst is saved up"


def test_several_are_drawn_together_as_far_as_there_are_any(store: Any, clock: Clock) -> None:
    ten = Limit(burst=10, every=6)
    assert store.draw("a", ten, 4) == (4, 0, 6)
    assert store.draw("a", ten, 4) == (4, 0, 2)
    assert store.draw("a", ten, 4) == (2, 0, 0)
    assert store.draw("a", ten, 4) == (0, pytest.approx(6), 0)
    clock.now += 13
    assert store.draw("a", ten, 4) == (2, 0, 0)
    assert store.draw("b", ten, 1) == (1, 0, 9)


def test_keys_are_counted_apart(store: Any, clock: Clock) -> None:
    for _ in range(3):
        store.take([("a", THREE)])
    assert store.take([("b", THREE)]) == 0


def test_of_several_all_are_taken_or_none(store: Any, clock: Clock) -> None:
    one = Limit(burst=1, every=100)
    assert store.take([("a", one), ("b", THREE)]) == 0
    assert store.take([("a", one), ("b", THREE)]) == 100
    assert [store.take([("b", THREE)]) for _ in range(3)] == [0, 0, 10], "the refused one took nothing of b"


def test_what_is_given_back_was_no_attempt(store: Any, clock: Clock) -> None:
    for _ in range(20):
        assert store.take([("a", THREE)]) == 0
        store.give_back([("a", THREE)])
    assert [store.take([("a", THREE)]) for _ in range(4)] == [0, 0, 0, 10]


def test_a_key_is_known_for_its_time(store: Any, clock: Clock) -> None:
    assert not store.knows("k")
    store.remember("k", 60)
    assert store.knows("k")
    clock.now += 61
    assert not store.knows("k")


def test_what_has_come_back_is_forgotten(store: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SWEEP_EVERY", 2)
    store.take([("old", THREE)])
    if isinstance(store, RedisLimits):
        # Redis forgets by itself, when all has come back.
        store.take([("old", THREE)])
        store.remember("known", 60)
        left = {key.rpartition(":")[2]: store._client.pttl(key) for key in store._client.scan_iter()}
        assert 19_000 < left.pop("old") <= 20_000
        assert 59_000 < left.pop("known") <= 60_000
        assert not left
        return
    clock.now += 3_600
    store.take([("new", THREE)])
    with store._rows(["old", "new"]) as rows:
        # PostgreSQL makes the rows that it is asked for.
        assert {key for key, until in rows.items() if until} == {"new"}


def test_many_at_once_take_no_more_than_there_is(store: Any) -> None:
    passed: list[float] = []
    slow = Limit(burst=5, every=3_600)

    def take() -> None:
        passed.append(store.take([("a", slow), ("b", slow)]))
        connections.close_all()

    threads = [threading.Thread(target=take) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(passed), passed.count(0)) == (20, 5)


def test_a_store_that_is_away_lets_nobody_through(tmp_path: Path) -> None:
    away = SqliteLimits(tmp_path / "nowhere" / "limits.sqlite3")
    for ask in (lambda: away.take([("a", THREE)]), lambda: away.knows("a"), lambda: away.remember("a", 1)):
        with pytest.raises(StoreUnavailable):
            ask()
    broken = tmp_path / "limits.sqlite3"
    broken.write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreUnavailable):
        SqliteLimits(broken).take([("a", THREE)])


def test_a_redis_that_is_away_lets_nobody_through() -> None:
    away = RedisLimits("redis://127.0.0.1:1")
    asked = (
        lambda: away.take([("a", THREE)]),
        lambda: away.give_back([("a", THREE)]),
        lambda: away.draw("a", THREE, 1),
        lambda: away.knows("a"),
        lambda: away.remember("a", 1),
    )
    for ask in asked:
        with pytest.raises(StoreUnavailable, match="limits cannot be counted"):
            ask()


@pytest.mark.redis
def test_what_cannot_be_counted_is_refused_also_where_redis_answers() -> None:
    """A key that is none of ours, or a server that lets nobody write."""
    client = redis.Redis.from_url(demand("redis"))
    client.flushdb()
    client.lpush("{argosy-limits}:a", "no number")
    with pytest.raises(StoreUnavailable):
        RedisLimits(demand("redis")).take([("a", THREE)])
    client.flushdb()


@pytest.mark.parametrize(
    ("settings", "store"),
    [
        ({}, ""),
        ({"ARGOSY_REDIS": "redis://h"}, ""),
        ({"ARGOSY_LIMITS": "redis", "ARGOSY_REDIS": "redis://h"}, "redis://h"),
    ],
)
def test_settings_alone_decide_where_is_counted(settings: dict[str, str], store: str) -> None:
    assert limits_redis(settings) == store


@pytest.mark.parametrize(
    "wrong", [{"ARGOSY_LIMITS": "redis"}, {"ARGOSY_LIMITS": "memory", "ARGOSY_REDIS": "redis://h"}]
)
def test_a_store_that_there_is_none_of_is_refused_by_name(wrong: dict[str, str]) -> None:
    with pytest.raises(LimitsSettingIsWrong, match="ARGOSY_LIMITS"):
        limits_redis(wrong)


def test_a_file_that_was_taken_away_is_not_counted_in(tmp_path: Path) -> None:
    one, other = SqliteLimits(tmp_path / "limits.sqlite3"), SqliteLimits(tmp_path / "limits.sqlite3")
    assert one.take([("a", THREE)]) == 0
    for path in tmp_path.glob("limits.sqlite3*"):
        if path.suffix != ".lock":
            path.unlink()
    taken = [store.take([("a", THREE)]) for store in (one, other, one, other)]
    assert [wait == 0 for wait in taken] == [True, True, True, False]


def test_keys_say_nothing_of_who_they_count() -> None:
    key = counted_as("account", "ana@example.com")
    assert "ana" not in key
    assert key == counted_as("account", "ana@example.com")
    assert key != counted_as("account", "eva@example.com")
    assert counted_as("here", "ab", "c") != counted_as("here", "a", "bc")
    assert seconds(0.2) == 1
    assert seconds(61.1) == 62


@pytest.mark.parametrize(
    ("remote", "forwarded", "address"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("", "", "unknown"),
        ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::"),
        ("::ffff:203.0.113.9", "", "203.0.113.9"),
    ],
)
def test_only_our_own_proxies_are_believed(
    remote: str, forwarded: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.conf import settings

    monkeypatch.setattr(settings, "TRUSTED_PROXIES", [ip_network("10.0.0.0/8")])
    sent = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    assert address_of(RequestFactory().get("/", REMOTE_ADDR=remote, **sent)) == address
