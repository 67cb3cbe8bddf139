"""A dozen seeds hold; a run repeats to the byte; what is typed wrongly is one line. Many seeds run in `.ci/run`."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from argosy.apps.cli.main import main
from argosy.simulation.faults import KINDS, Faults
from argosy.simulation.jobs import COUNTED, TOLD
from argosy.simulation.report import Summary
from argosy.simulation.run import Outcome, Plan, simulate
from argosy.simulation.seeds import outcomes_of
from argosy.simulation.tracing import story_of

DOZEN = range(1, 13)


@pytest.fixture(scope="module")
def dozen() -> list[Outcome]:
    return list(outcomes_of(DOZEN, jobs=2))


def test_every_invariant_holds_whatever_goes_wrong(dozen: list[Outcome]) -> None:
    assert [(one.plan.seed, one.violations[:3]) for one in dozen if not one.is_sound] == []


def test_a_seed_is_thirty_days_with_three_hundred_checkouts(dozen: list[Outcome]) -> None:
    assert min(one.checkouts for one in dozen) >= 300
    assert min(one.days for one in dozen) >= 30


def test_most_checkouts_go_through_and_some_end_in_each_way(dozen: list[Outcome]) -> None:
    completed = sum(one.outcomes.get("COMPLETED", 0) for one in dozen)
    assert completed > sum(one.checkouts for one in dozen) // 2
    for status in ("FAILED", "EXPIRED", "ABORTED"):
        assert sum(one.outcomes.get(status, 0) for one in dozen) > 0


def test_most_kinds_of_faults_happen_within_a_dozen_seeds(dozen: list[Outcome]) -> None:
    happened = {kind for one in dozen for kind, times in one.faults.items() if times}
    assert len(KINDS) - len(happened) <= 5


def test_recurring_jobs_find_what_was_left_over_and_people_are_forgotten(dozen: list[Outcome]) -> None:
    found = {name: sum(one.jobs[name] for one in dozen) for name in COUNTED}
    assert all(found[name] for name in (*TOLD.values(), "flow asked after", "person forgotten", "person held back"))
    assert len([name for name in COUNTED if not found[name]]) <= 3


def test_what_never_came_about_in_many_runs_is_named() -> None:
    summary = Summary()
    summary.add(Outcome(Plan(1), faults=dict.fromkeys(KINDS, 1), jobs=dict.fromkeys(COUNTED, 1)))
    assert summary.never == []
    summary = Summary()
    summary.add(Outcome(Plan(1), faults={**dict.fromkeys(KINDS, 1), "poison": 0}, jobs={"person forgotten": 0}))
    assert summary.never == ["poison", *COUNTED]


def test_steps_are_interrupted_by_others(dozen: list[Outcome]) -> None:
    assert sum(one.interleaved for one in dozen) > 100


def test_a_fault_that_is_left_out_never_strikes() -> None:
    faults = Faults(3, without=["commit lost"])
    assert not any(faults.strikes("commit lost") for _ in range(10_000))


def test_leaving_one_fault_out_moves_no_other() -> None:
    both, one = Faults(3), Faults(3, without=["commit lost"])
    for kind in KINDS:
        if kind != "commit lost":
            assert [both.strikes(kind) for _ in range(50)] == [one.strikes(kind) for _ in range(50)]


def test_without_any_fault_nothing_but_money_and_stock_ends_a_checkout() -> None:
    calm = simulate(Plan(5, rushes=(0, 1, 2), without=tuple(KINDS)))
    assert calm.is_sound
    assert set(calm.outcomes) <= {"COMPLETED", "FAILED"}
    assert sum(calm.faults.values()) == 0


def test_the_story_of_a_purchase_begins_with_its_start_and_is_in_order() -> None:
    story = story_of(Plan(5, rushes=(0, 1)), "1")
    assert "checkout becomes STARTED" in story[0]
    times = [line[: line.index("  ", 7)] for line in story]
    assert times == sorted(times)


def argosy(*words: str, hash_seed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "argosy.apps.cli.main", "simulate", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
    )


def test_two_runs_of_a_seed_are_equal_to_the_byte_under_any_hash_seed() -> None:
    words = ("--seed", "3", "--rushes", "0,1,2,3,4")
    one, other = (argosy(*words, hash_seed=hash_seed) for hash_seed in ("1", "2"))
    assert one.returncode == other.returncode == 0
    assert "digest" in one.stdout
    assert one.stdout == other.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["--seeds", "9-3"],
        ["--seeds", "all"],
        ["--seed", "-1"],
        ["--seed", "1", "--without", "rain"],
        ["--seed", "1", "--buyers", "20"],
        ["--seeds", "1-2", "--shrink"],
        ["--jobs", "0"],
        ["--seed", "1", "--rushes", "0", "--trace", "9999"],
    ],
)
def test_what_cannot_be_run_is_told_in_one_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status = main(["simulate", *words])
    except SystemExit as ended:
        status = int(str(ended.code))
    said = capsys.readouterr()
    assert status != 0
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
