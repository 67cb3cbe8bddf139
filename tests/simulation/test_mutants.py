"""Every deliberate bug is found by a few seeds, and by oracles that know of none of them."""

from __future__ import annotations

import pytest

from argosy.simulation.run import Plan, simulate
from argosy.simulation.shrink import Shrinking
from tests.architecture.sources import PROJECT
from tests.simulation.mutants import MUTANTS, Mutant, coupon_uses_count_after_payment, kills
from tests.simulation.seeds_to_kill import SEEDS

PAGE = (PROJECT / "docs" / "reliability.md").read_text(encoding="utf-8")


def test_every_mutant_has_a_seed_that_kills_it() -> None:
    assert sorted(SEEDS) == sorted(mutant.__name__ for mutant in MUTANTS)
    assert len(MUTANTS) >= 25


def test_the_page_shows_how_many_seeds_each_takes() -> None:
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if line.startswith("| ")]
    shown = {row[0].replace(" ", "_"): row[2] for row in rows if len(row) == 4 and row[0].replace(" ", "_") in SEEDS}
    assert shown == {name: str(seeds) for name, seeds in SEEDS.items()}


@pytest.mark.mutants
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_the_simulation_finds_every_deliberate_bug(mutant: Mutant) -> None:
    assert kills(mutant, [SEEDS[mutant.__name__]]) == SEEDS[mutant.__name__]


@pytest.mark.mutants
def test_without_a_bug_the_same_seeds_hold() -> None:
    assert all(simulate(Plan(seed, rushes=(0, 1, 2)), with_digest=False).is_sound for seed in set(SEEDS.values()))


@pytest.mark.mutants
def test_a_failure_is_shrunk_to_fewer_actors_and_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    coupon_uses_count_after_payment(monkeypatch)
    failing = simulate(Plan(1, rushes=(1, 2, 3, 4)), with_digest=False)
    smallest = Shrinking(failing).shrink()
    assert smallest.violations[0].id == failing.violations[0].id
    assert len(smallest.plan.rushes) <= 2
    assert len(smallest.plan.buyers) <= 5
    assert len(smallest.plan.without) > 30
    assert simulate(smallest.plan, with_digest=False).violations == smallest.violations
