"""Experiments run side by side as far as one does not spoil what another measures."""

from __future__ import annotations

from pathlib import Path

import pytest

from argosy.apps.chaos import runner
from argosy.apps.chaos.experiment import PASSED, WAITING, Experiment, Outcome


def an_experiment(name: str, *, is_alone: bool = False, waits_for: str = "") -> Experiment:
    return Experiment(
        name=name,
        level="L1",
        proves="",
        target="",
        failure="",
        expected="",
        rollback="",
        owner="",
        inject=None if waits_for else lambda scene: None,
        waits_for=waits_for,
        is_alone=is_alone,
    )


class Stage:
    """Stands in for the processes: each lasts for two looks."""

    running: list[str] = []
    seen: list[frozenset[str]] = []

    def __init__(self, experiment: Experiment, seconds: float, seed: int, template: Path, keep: bool) -> None:
        self.experiment = experiment
        self.looks = 0
        Stage.running.append(experiment.name)
        Stage.seen.append(frozenset(Stage.running))

    @property
    def has_ended(self) -> bool:
        self.looks += 1
        return self.looks > 2

    def end(self) -> None:
        self.looks = 99

    def outcome(self) -> Outcome:
        Stage.running.remove(self.experiment.name)
        return Outcome(name=self.experiment.name, status=PASSED)


def test_two_run_at_a_time_and_who_wants_the_machine_alone_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "_Run", Stage)
    monkeypatch.setattr(runner, "LOOK_SECONDS", 0.0)
    Stage.running, Stage.seen = [], []
    plan = [
        an_experiment("measures", is_alone=True),
        an_experiment("a"),
        an_experiment("later", waits_for="something"),
        an_experiment("b"),
        an_experiment("c"),
    ]
    outcomes = runner.run_all(plan, lambda one: 1.0, 1, lambda line: None, jobs=2)
    assert [(one.name, one.status) for one in outcomes] == [
        ("measures", PASSED),
        ("a", PASSED),
        ("later", WAITING),
        ("b", PASSED),
        ("c", PASSED),
    ]
    assert max(map(len, Stage.seen)) == 2
    assert [one for one in Stage.seen if "measures" in one] == [{"measures"}]
