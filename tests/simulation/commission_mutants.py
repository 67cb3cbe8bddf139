"""Deliberate bugs of commission."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from argosy.domains.payments.domain import commission, shares
from argosy.domains.payments.domain.commission import CommissionRule
from tests.simulation.planting import Patch, around, mutant


@mutant
def commission_counts_at_once(patch: Patch) -> None:
    """What the platform will take from a time on is taken from now on."""
    around(
        patch,
        commission,
        "rate",
        lambda original, rules, seller_id, category, at: original(rules, seller_id, category, at + timedelta(days=1)),
    )


@mutant
def last_word_on_commission_counts(patch: Patch) -> None:
    """The latest rule counts for everybody whom it fits, whatever their seller was promised."""

    def rate(original: Any, rules: Any, seller_id: Any, category: str, at: Any) -> Any:
        begun = [rule for rule in rules if rule.effective_from <= at and rule.seller_id in (None, seller_id)]
        fitting = [rule for rule in begun if rule.category in ("", category)]
        return original(sorted(fitting, key=lambda rule: rule.effective_from)[-1:], seller_id, category, at)

    around(patch, commission, "rate", rate)


@mutant
def one_category_stands_for_all(patch: Patch) -> None:
    """Commission on a seller's goods is that of the first category among them."""

    def frozen(original: Any, one: Any, rates: Any) -> Any:
        first = one.goods[0].category if one.goods else ""
        return original(one, lambda seller_id, category: rates(seller_id, first))

    around(patch, shares, "_frozen", frozen)


@mutant
def categories_of_commission_are_not_looked_at(patch: Patch) -> None:
    """A rule for a category counts for everything."""

    def add(original: Any, cls: Any, id: Any, command: Any, *rest: Any) -> CommissionRule:
        return original.__func__(cls, id, msgspec.structs.replace(command, category=""), *rest)

    kept = CommissionRule.add
    patch.setattr(CommissionRule, "add", classmethod(lambda cls, *given: add(kept, cls, *given)))
