"""How a deliberate bug is planted, and how many seeds it takes to find it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import pytest

from argosy.simulation.run import Plan, simulate

Patch = pytest.MonkeyPatch
Mutant = Callable[[Patch], None]
MUTANTS: list[Mutant] = []


def mutant(plant: Mutant) -> Mutant:
    MUTANTS.append(plant)
    return plant


def kills(plant: Mutant, seeds: Iterable[int]) -> int:
    """The first of these seeds that finds the bug; 0 where none does."""
    with pytest.MonkeyPatch.context() as patch:
        plant(patch)
        for seed in seeds:
            if not simulate(Plan(seed), with_digest=False).is_sound:
                return seed
    return 0


def around(patch: Patch, owner: Any, name: str, instead: Callable[..., Any]) -> None:
    """Put `instead` in a method's place; it gets the method, and what that is called with. Its declared reads stay."""
    original = getattr(owner, name)

    @wraps(original)
    def replaced(*given: Any, **named: Any) -> Any:
        return instead(original, *given, **named)

    patch.setattr(owner, name, replaced)
