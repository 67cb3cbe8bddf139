"""How a deliberate bug is planted, and how many seeds it takes to find it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import pytest

from argosy.simulation.run import Plan, simulate

Patch = pytest.MonkeyPatch
Mutant = Callable[[Patch], None]
MISPLANTED = ("TypeError:", "NameError:", "AttributeError:", "ImportError:")
"""How a bug fails that fits the code no more into which it is planted: then nothing was found."""
MUTANTS: list[Mutant] = []


def mutant(plant: Mutant) -> Mutant:
    MUTANTS.append(plant)
    return plant


def kills(plant: Mutant, seeds: Iterable[int]) -> int:
    """The first of these seeds that finds the bug; 0 where none does."""
    with pytest.MonkeyPatch.context() as patch:
        plant(patch)
        for seed in seeds:
            outcome = simulate(Plan(seed), with_digest=False)
            if not outcome.is_sound:
                broken = [one for one in outcome.violations if any(error in one.what for error in MISPLANTED)]
                assert not broken, f"{plant.__name__} is itself broken: {broken[0]}"
                return seed
    return 0


def around(patch: Patch, owner: Any, name: str, instead: Callable[..., Any]) -> None:
    """Put `instead` in a method's place; it gets the method, and what that is called with. Its declared reads stay."""
    original = getattr(owner, name)

    @wraps(original)
    def replaced(*given: Any, **named: Any) -> Any:
        return instead(original, *given, **named)

    patch.setattr(owner, name, replaced)
