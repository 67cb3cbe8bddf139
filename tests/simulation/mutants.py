"""Deliberate bugs, each of a kind that somebody could write: the simulation must find every one of them.

A mutant is a function that plants its bug with `patch`; its first line says what is wrong. None of the oracles knows
of any mutant: they state the invariants, and the seeds bring about what breaks them.
"""

from __future__ import annotations

from tests.simulation import (
    address_mutants,
    business_mutants,
    buying_mutants,
    capture_mutants,
    commission_mutants,
    credit_mutants,
    currency_mutants,
    engine_mutants,
    file_mutants,
    guest_mutants,
    money_mutants,
    program_mutants,
    promising_mutants,
    team_mutants,
)
from tests.simulation.planting import MUTANTS, Mutant, kills

coupon_uses_count_after_payment = business_mutants.coupon_uses_count_after_payment
MODULES = (
    address_mutants,
    business_mutants,
    buying_mutants,
    capture_mutants,
    commission_mutants,
    credit_mutants,
    currency_mutants,
    engine_mutants,
    file_mutants,
    guest_mutants,
    money_mutants,
    program_mutants,
    promising_mutants,
    team_mutants,
)
assert len(MUTANTS) == sum(len([one for one in vars(module).values() if one in MUTANTS]) for module in MODULES)
__all__ = ["MUTANTS", "Mutant", "coupon_uses_count_after_payment", "kills"]
