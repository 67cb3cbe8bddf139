"""Every experiment is declared in the template, and a command that means none is one clear line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from argosy.apps.chaos.catalogue import EXPERIMENTS, NoSuchExperiment, chosen
from argosy.apps.chaos.experiment import FAILED, PASSED, SKIPPED, WAITING, Experiment, Outcome
from argosy.apps.chaos.runner import is_sound, table, told

ROWS = {f"R{number:02}" for number in range(1, 15)}
SCENARIOS = {f"scenario {number}" for number in range(1, 9)}
FULL_SECONDS_MAX, SHORT_SECONDS_MAX = 360, 60
"""Of harm alone: coming to rest and judging takes about as long again, and more on a busy machine."""


def argosy(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "argosy.apps.cli.main", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=EXPERIMENTS.keys())
def test_every_field_of_the_template_is_filled(experiment: Experiment) -> None:
    fields = ("target", "failure", "expected", "rollback", "owner", "proves", "invariants")
    assert [name for name in fields if not getattr(experiment, name)] == []
    owners = Path("docs/owners.md").read_text()
    assert all(f"| {owner} |" in owners for owner in experiment.owner.split(" + "))
    assert all(re.fullmatch(r"I(0[1-9]|[1-3]\d|40)", id) for id in experiment.invariants)


def test_every_scenario_and_every_row_of_the_catalogue_has_its_experiment() -> None:
    proven = {experiment.proves for experiment in EXPERIMENTS.values()}
    assert proven >= ROWS | SCENARIOS


def test_what_waits_says_for_what_and_is_not_run() -> None:
    waiting = {experiment.proves for experiment in EXPERIMENTS.values() if experiment.waits_for}
    assert {"scenario 5", "scenario 6", "scenario 8"} <= waiting
    assert all(bool(one.inject) != bool(one.waits_for) for one in EXPERIMENTS.values())


def test_all_and_the_short_selection_keep_to_their_time() -> None:
    running = [one for one in chosen(["all"]) if one.inject]
    assert sum(one.seconds for one in running) <= FULL_SECONDS_MAX
    short = chosen(["all"], is_short=True)
    assert sum(one.short_seconds for one in short) <= SHORT_SECONDS_MAX
    assert {"scenario 1", "scenario 2", "scenario 3", "scenario 4", "scenario 7"} <= {one.proves for one in short}


def test_an_experiment_that_is_none_is_refused() -> None:
    with pytest.raises(NoSuchExperiment, match="there is no experiment nonsense; there are all, random-kills"):
        chosen(["random-kills", "nonsense"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nonsense",), "there is no experiment nonsense"),
        ((), "name an experiment, or all"),
        (("all", "--minutes", "0"), "0 is no number of minutes"),
        (("all", "--minutes", "many"), "many is no number of minutes"),
    ],
)
def test_a_command_that_means_no_experiment_is_one_line(words: tuple[str, ...], said: str) -> None:
    done = argosy("chaos", *words)
    assert done.returncode != 0
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_list_shows_the_template_of_each() -> None:
    done = argosy("chaos", "--list")
    assert done.returncode == 0
    assert all(f"{name}  (L" in done.stdout for name in EXPERIMENTS)
    listed = json.loads(argosy("chaos", "--list", "--json").stdout)
    assert [one["name"] for one in listed] == list(EXPERIMENTS)
    assert all(one["rollback criteria"] and one["owner"] for one in listed)


def test_the_summary_tells_injections_what_was_seen_and_the_verdict() -> None:
    outcomes = [
        Outcome(name="one", status=PASSED, injected={"workers killed": 3}, seen={"accepted": 12}, seconds_to_calm=1.5),
        Outcome(name="two", status=FAILED, faults=["a cent is gone"]),
        Outcome(name="three", status=WAITING, reason="parcels"),
        Outcome(name="four", status=SKIPPED, reason="PostgreSQL is not installed here"),
    ]
    drawn = table(outcomes)
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in drawn.splitlines()]
    assert lines[2] == ["one", "3 workers killed", "12", "0", "0", "0", "1.5 s", "passed"]
    assert [line[-1] for line in lines[3:]] == [
        "FAILED",
        "waiting: parcels",
        "skipped: PostgreSQL is not installed here",
    ]
    assert "FAULT a cent is gone" in told(outcomes[1])
    assert not is_sound(outcomes)
    assert is_sound([outcomes[0], *outcomes[2:]])
