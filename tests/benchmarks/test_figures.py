"""The table of figures: what is promised, and what a measurement makes of it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from benchmarks.goals import GOALS, JOBS, Goal
from benchmarks.run import BEGIN, END, PAGE, cells, markdown, value_of, write_page

SPEED = Goal("speed", "engine", "per_second", "checkouts/s", ">=", 1_200, 1_800)
WAIT = Goal("wait", "engine", "p99_ms", "ms", "<=", 50)
SOLD = Goal("sold", "engine", "paid", "", "=", 50)


def found(**runs: list[float]) -> dict[str, Any]:
    """Runs of the job `engine`."""
    count = max(len(values) for values in runs.values())
    return {
        "engine": {
            "load": 0.5,
            "loop_seconds": 0.2,
            "sync_ms": 0.4,
            "runs": [{field: values[number] for field, values in runs.items()} for number in range(count)],
        }
    }


def test_every_figure_belongs_to_a_benchmark_that_exists() -> None:
    assert {goal.job for goal in GOALS} == set(JOBS)
    assert [job for job in JOBS.values() if importlib.util.find_spec(f"benchmarks.{job.module}") is None] == []


def test_a_figure_is_the_median_of_its_runs() -> None:
    assert value_of(SPEED, found(per_second=[900.0, 1_300.0, 1_250.0])) == 1_250.0


def test_of_what_must_be_exact_the_worst_run_counts() -> None:
    assert value_of(SOLD, found(paid=[50, 51, 50])) == 51


@pytest.mark.parametrize(
    ("goal", "runs", "shown"),
    [
        (SPEED, {"per_second": [1_200.0]}, "1,200"),
        (SPEED, {"per_second": [1_199.0]}, "1,199 **missed**"),
        (WAIT, {"p99_ms": [50.0]}, "50"),
        (WAIT, {"p99_ms": [50.1]}, "50.1 **missed**"),
        (SOLD, {"paid": [50]}, "50"),
        (SOLD, {"paid": [49]}, "49 **missed**"),
        (SOLD, {"p99_ms": [49]}, ""),
    ],
)
def test_a_missed_requirement_is_said_beside_the_figure(goal: Goal, runs: dict[str, list[float]], shown: str) -> None:
    assert cells(goal, found(**runs))[3] == shown


def test_a_quick_run_misses_nothing_because_it_measures_nothing() -> None:
    assert cells(SPEED, found(per_second=[10.0]), is_quick=True)[3] == "10"


def test_the_page_has_a_row_for_every_figure_with_its_command() -> None:
    text = PAGE.read_text()
    for goal in GOALS:
        assert f"| {goal.what} |" in text
        assert f"`{JOBS[goal.job].command}`" in text


def test_only_what_stands_between_the_markers_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"before\n{BEGIN}\noutdated\n{END}\nafter\n")
    write_page(found(per_second=[1_300.0]), page)
    text = page.read_text()
    assert text.startswith(f"before\n{BEGIN}\n\n| figure |") and text.endswith(f"{END}\nafter\n")
    assert "outdated" not in text
    assert markdown({}).count("\n") == len(GOALS) + 1
