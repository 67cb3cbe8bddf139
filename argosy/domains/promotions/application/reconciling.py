"""Counters of uses against the uses that they count. Uses are the truth, and counters follow where that breaks no
limit; what is beyond a limit is a person's to decide, and the doctor tells it (I27)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from argosy.contracts.promotions import ReconcileUses, UsesReconciled
from argosy.domains.promotions.domain.coupon import Coupon
from argosy.domains.promotions.domain.promotion import Promotion
from argosy.domains.promotions.domain.redemption import BuyerUse
from argosy.engine.reads import then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id

RECONCILED_AT_ONCE_MAX = 500


class Drift(NamedTuple):
    """A rule whose counters are not its uses, both as one statement saw them, at this version of the rule."""

    rule_id: Id
    version: int
    counted_held: int
    counted_used: int
    held: int
    used: int

    def saw(self, version: int, held: int, used: int) -> bool:
        """Whether the rule still is as it was when its uses were counted."""
        return (self.version, self.counted_held, self.counted_used) == (version, held, used)


class Drifts(NamedTuple):
    """Coupons, promotions and counts per buyer that are wrong; of a count per buyer all is `held`."""

    coupons: Sequence[Drift]
    promotions: Sequence[Drift]
    buyer_uses: Sequence[Drift]


FindDrifts = Callable[[int], Drifts]
"""Port: at most so many of each."""


class Reconciling:
    """Mends counters. A rule that changed since it was looked at is left for the next time."""

    def __init__(
        self,
        work: UnitOfWork,
        coupons: Repository[Coupon],
        promotions: Repository[Promotion],
        buyer_uses: Repository[BuyerUse],
        find: FindDrifts,
    ) -> None:
        self.work = work
        self.coupons = coupons
        self.promotions = promotions
        self.buyer_uses = buyer_uses
        self.find = find
        self._found: Drifts | None = None

    @then_reads(
        coupons=lambda self, command: [drift.rule_id for drift in self._drifts().coupons],
        promotions=lambda self, command: [drift.rule_id for drift in self._drifts().promotions],
        buyer_uses=lambda self, command: [drift.rule_id for drift in self._drifts().buyer_uses],
    )
    def reconcile_uses(self, command: ReconcileUses) -> None:
        """Every counter that is wrong and may be mended is, and told."""
        for drift in self._drifts().coupons:
            coupon = self.coupons.find(drift.rule_id)
            if coupon is None or not coupon.can_count(drift.held, drift.used):
                continue
            if drift.saw(coupon.version, coupon.uses_reserved, coupon.uses_consumed):
                coupon.uses_reserved, coupon.uses_consumed = drift.held, drift.used
                self._tell(drift)
        for drift in self._drifts().promotions:
            promotion = self.promotions.find(drift.rule_id)
            if promotion is None or not promotion.can_count(drift.held, drift.used):
                continue
            if drift.saw(promotion.version, promotion.units_reserved, promotion.units_sold):
                promotion.units_reserved, promotion.units_sold = drift.held, drift.used
                self._tell(drift)
        for drift in self._drifts().buyer_uses:
            count = self.buyer_uses.find(drift.rule_id)
            if count is not None and drift.saw(count.version, count.uses, 0):
                count.uses = drift.held
                self._tell(drift)

    def _tell(self, drift: Drift) -> None:
        self.work.announce(
            UsesReconciled(
                rule_id=drift.rule_id,
                counted_held=drift.counted_held,
                counted_used=drift.counted_used,
                held=drift.held,
                used=drift.used,
            )
        )

    def _drifts(self) -> Drifts:
        """Looked up once per unit of work."""
        if self._found is None:
            self._found = self.find(RECONCILED_AT_ONCE_MAX)
        return self._found
