"""Commission: what the platform takes of goods, by seller and category, from a time on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from argosy.contracts.payments import CommissionSet, SetCommission
from argosy.domains.payments.domain.shares import COMMISSION_BASIS_POINTS, Rate
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import DomainError, Invalid, RuleBroken, refuse
from argosy.shared_kernel.ids import Id, is_id

NOTICE_SECONDS = 60
"""A rule counts from a minute on at the earliest: by then every worker has read it, and all freeze the same."""
BASIS_POINTS_MAX = 10_000
CATEGORY_LETTERS_MAX = 100


class CommissionOutOfRange(Invalid):
    """Commission is from 0 to 10,000 ten-thousandths of what was paid for goods."""


class CommissionScopeUnreadable(Invalid):
    """A rule is for a seller's id or all, and for a category of at most 100 letters or all."""


class CommissionComesTooSoon(RuleBroken):
    """A rule counts from a minute on at the earliest, and never for sales that were made."""


@dataclass(kw_only=True, eq=False)
class CommissionRule(Aggregate):
    """Added and never changed: a later one takes its place."""

    seller_id: Id | None
    category: str
    basis_points: int
    effective_from: datetime
    set_by: str
    set_at: datetime

    @classmethod
    def add(cls, id: Id, command: SetCommission, set_by: str, now: datetime) -> CommissionRule:
        earliest = now + timedelta(seconds=NOTICE_SECONDS)
        check(command, earliest)
        rule = cls(
            id=id,
            seller_id=command.seller_id,
            category=command.category.strip(),
            basis_points=command.basis_points,
            effective_from=command.effective_from or earliest,
            set_by=set_by,
            set_at=now,
        )
        rule.record(
            CommissionSet(
                rule_id=id,
                seller_id=rule.seller_id,
                category=rule.category,
                basis_points=rule.basis_points,
                effective_from=rule.effective_from,
            )
        )
        return rule


def check(command: SetCommission, earliest: datetime) -> None:
    faults: list[DomainError] = []
    if type(command.basis_points) is not int or not 0 <= command.basis_points <= BASIS_POINTS_MAX:
        faults.append(CommissionOutOfRange(field="basis_points", minimum=0, maximum=BASIS_POINTS_MAX))
    if command.seller_id is not None and not is_id(command.seller_id):
        faults.append(CommissionScopeUnreadable(field="seller_id"))
    if len(command.category) > CATEGORY_LETTERS_MAX or not command.category.isprintable():
        faults.append(CommissionScopeUnreadable(field="category"))
    if command.effective_from is not None and command.effective_from < earliest:
        faults.append(CommissionComesTooSoon(field="effective_from", earliest=earliest.isoformat()))
    refuse(faults)


def rate(rules: Sequence[CommissionRule], seller_id: Id, category: str, at: datetime) -> Rate:
    """The most particular rule that counts at a time: a seller's for a category, a seller's, a category's, everybody's;
    of several the latest."""
    fitting = [
        rule
        for rule in rules
        if rule.effective_from <= at
        and rule.seller_id in (None, seller_id)
        and (not rule.category or rule.category == category)
    ]
    if not fitting:
        return Rate(COMMISSION_BASIS_POINTS)
    best = max(
        fitting,
        key=lambda rule: (rule.seller_id is not None, bool(rule.category), rule.effective_from, rule.set_at, rule.id),
    )
    return Rate(best.basis_points, best.id)
