"""One clock for all: a machine whose own is wrong, or jumps, goes by the database server's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from argosy.engine.store import StoreUnavailable
from argosy.platform import server_clock
from argosy.platform.server_clock import ServerClock

TRUE = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Own:
    """A machine's clock, and time that passes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, ahead: timedelta) -> None:
        self.ahead = ahead
        self.passed = 0.0
        self.is_away = False
        self.asked = 0
        monkeypatch.setattr(server_clock.time, "monotonic", lambda: 1_000 + self.passed)

    def now(self) -> datetime:
        return self.true() + self.ahead

    def true(self) -> datetime:
        return TRUE + timedelta(seconds=self.passed)

    def ask(self) -> datetime:
        self.asked += 1
        if self.is_away:
            raise StoreUnavailable("away")
        return self.true()


@pytest.mark.parametrize("minutes", [10, -10, 24 * 60])
def test_a_wrong_clock_is_corrected(monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    own = Own(monkeypatch, timedelta(minutes=minutes))
    assert ServerClock(own.ask, own).now() == TRUE


def test_a_clock_that_is_near_enough_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Own(monkeypatch, timedelta(milliseconds=300))
    assert ServerClock(own.ask, own).now() == TRUE + timedelta(milliseconds=300)


def test_the_server_is_asked_now_and_then_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Own(monkeypatch, timedelta(minutes=10))
    clock = ServerClock(own.ask, own)
    for _ in range(100):
        own.passed += 0.1
        assert clock.now() == own.true()
    assert own.asked == 1


def test_a_jump_of_the_own_clock_is_noticed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Own(monkeypatch, timedelta())
    clock = ServerClock(own.ask, own)
    assert clock.now() == TRUE
    own.ahead, own.passed = timedelta(hours=-1), 1.0
    assert clock.now() == own.true()


def test_what_was_learnt_counts_on_while_the_server_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Own(monkeypatch, timedelta(minutes=10))
    clock = ServerClock(own.ask, own)
    assert clock.now() == TRUE
    own.is_away, own.passed = True, 600.0
    assert clock.now() == own.true()
