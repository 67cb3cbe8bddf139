"""The doctor on its rounds: it looks at everything in turn, keeps what it found, and says so once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from argosy.apps.doctor import main as doctor
from argosy.apps.doctor import rounds as going
from argosy.apps.doctor.rounds import LOOKED_AT, ROUND_SECONDS, InBackground, Rounds
from argosy.apps.doctor.verdicts import verdicts
from argosy.observability import metrics
from argosy.platform.system import SystemClock
from tests.doctor.planting import write
from tests.marketplace import Marketplace


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def rounds(sold: Marketplace, said: list[str]) -> Iterator[Rounds]:
    found = Rounds(sold.runtime, said.append)
    found.look_again_seconds = ()
    yield found
    found.give_back()


def whole(rounds: Rounds) -> list[str]:
    """The invariants that were looked at until there was nothing left to look at."""
    looked: list[str] = []
    while found := rounds.turn():
        looked += [verdict.id for verdict in found]
    return looked


def metric(name: str, **labels: str) -> float | None:
    return metrics.REGISTRY.get_sample_value(name, labels)


def test_every_invariant_is_looked_at_once_a_round(rounds: Rounds, said: list[str]) -> None:
    assert whole(rounds) == [check.id for check in LOOKED_AT]
    assert [verdict.id for verdict in verdicts()] == [check.id for check in LOOKED_AT]
    assert said == []
    assert metric("argosy_doctor_is_sound") == 1
    assert rounds.turn() == [], "nothing is due before the next round"


def test_a_turn_is_bounded_and_the_next_goes_on(rounds: Rounds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(going, "TURN_SECONDS", 0.0)
    assert [rounds.turn()[0].id for _ in range(3)] == [check.id for check in LOOKED_AT[:3]]
    another = Rounds(rounds.runtime)
    another.look_again_seconds = ()
    assert another.turn() == [], "one worker goes the rounds"
    rounds.give_back()
    assert another.turn()[0].id == LOOKED_AT[3].id, "and another goes on where it stopped"
    another.give_back()


def test_a_violation_is_said_once_measured_and_kept_and_so_is_its_end(
    sold: Marketplace,
    rounds: Rounds,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wrong = "UPDATE ledger_accounts SET balance = balance {} 1 WHERE name = 'commission'"
    write(sold, "payments", "ledger_accounts", wrong.format("+"))
    whole(rounds)
    assert len(said) == 1
    assert said[0].startswith("VIOLATED I09 (")
    assert metric("argosy_doctor_violations", invariant="I09") == 1
    assert metric("argosy_doctor_violations", invariant="I07") == 0
    assert metric("argosy_doctor_is_sound") == 0
    assert doctor.show_last() == doctor.VIOLATED
    assert "I09  violated 1" in capsys.readouterr().out
    ahead = timedelta(seconds=ROUND_SECONDS)
    monkeypatch.setattr(SystemClock, "now", lambda self: datetime.now(UTC) + ahead)
    whole(rounds)
    assert len(said) == 1, "it is not said again while it lasts"
    write(sold, "payments", "ledger_accounts", wrong.format("-"))
    ahead *= 2
    whole(rounds)
    assert said[1].startswith("I09 holds again: ")
    assert doctor.show_last(is_json=True) == doctor.SOUND
    told = json.loads(capsys.readouterr().out)
    assert told["sound"]
    assert {check["id"] for check in told["checks"]} == {check.id for check in LOOKED_AT}


def test_whoever_never_looked_says_so(marketplace: Marketplace, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.show_last() == doctor.COULD_NOT_CHECK
    assert capsys.readouterr().err.count("\n") == 1


def test_it_rests_nine_times_as_long_as_it_worked(rounds: Rounds) -> None:
    background = InBackground(rounds, rest_seconds=15.0, share=0.1)
    assert background.rest_after(0.5) == 15.0
    assert background.rest_after(10.0) == pytest.approx(90.0)


def test_in_the_background_a_fault_is_nobody_else_s(rounds: Rounds, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def fail() -> None:
        tried.append(1)
        raise RuntimeError("broken")

    monkeypatch.setattr(rounds, "turn", fail)
    background = InBackground(rounds, rest_seconds=0.01)
    background.start()
    while len(tried) < 3:
        time.sleep(0.01)
    background.stop()
    assert not background._thread.is_alive()
