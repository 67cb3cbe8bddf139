"""What can be asked about commission."""

from __future__ import annotations

from argosy.contracts.payments import SetCommission
from argosy.domains.payments.domain.commission import CommissionRule
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id


class Commissions:
    """Rules for sales to come. What was sold keeps what counted then."""

    def __init__(self, work: UnitOfWork, rules: Repository[CommissionRule]) -> None:
        self.work = work
        self.rules = rules

    def set_commission(self, command: SetCommission) -> Id:
        rule = CommissionRule.add(self.work.new_id(), command, self.work.actor.id, self.work.now)
        self.rules.add(rule)
        return rule.id
