"""Promotions as their owners see them: made, tried on a cart, and ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from argosy.contracts.promotions import (
    CreatePromotion,
    Discount,
    EndPromotion,
    ExpirePromotions,
    PricedLine,
    PromotionEnded,
    SimulatePromotion,
)
from argosy.domains.promotions.application.coupons import CouponsAreNotYoursToMake, may_decide
from argosy.domains.promotions.domain.buyer import reason_against_buyer
from argosy.domains.promotions.domain.discount import check_lines
from argosy.domains.promotions.domain.evaluation import evaluate
from argosy.domains.promotions.domain.promotion import EndedPromotion, NoSuchPromotion, Promotion, PromotionIdIsTaken
from argosy.engine.reads import By, by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id, is_id
from argosy.shared_kernel.messages import Value

EXPIRED_AT_ONCE_MAX = 500
QUOTE_SECONDS = 15 * 60
"""How long checkout's quotes stand: units that one counted with can be held until then."""

EndedPromotions = Callable[[datetime, int], Sequence[Id]]
"""Port: at most so many promotions whose time ended by then, earliest first."""


class SimulatedDiscounts(Value):
    """What everything that runs would take off together with the promotion that was tried; nothing is kept of it."""

    total_amount: int
    discounts: tuple[Discount, ...]


def scopes_of(lines: Iterable[PricedLine]) -> list[By]:
    """The look-ups that find every promotion which could apply to these lines."""
    keys = {"all": None}
    for line in lines:
        keys[f"seller:{line.seller_id}"] = None
        keys[f"product:{line.product_id}"] = None
        keys[f"category:{line.category}"] = None
    return [by("scope_key", key) for key in keys]


def live(promotions: Repository[Promotion], lines: Iterable[PricedLine], now: datetime) -> list[Promotion]:
    """The promotions that run now and could apply to these lines."""
    found = [one for want in scopes_of(lines) for one in promotions.all_by(want.column, want.value)]
    return [promotion for promotion in found if promotion.is_live(now)]


def ending(
    work: UnitOfWork, promotions: Repository[Promotion], kept: Repository[EndedPromotion]
) -> Callable[[Promotion], None]:
    """How a promotion ends: it is told, and what it was is kept apart, where no purchase looks."""

    def end(promotion: Promotion) -> None:
        work.announce(PromotionEnded(promotion_id=promotion.id))
        kept.add(EndedPromotion.of(promotion, work.now))
        promotions.remove(promotion)

    return end


class Promotions:
    """What is taken off without a code."""

    def __init__(
        self,
        work: UnitOfWork,
        promotions: Repository[Promotion],
        ended: EndedPromotions,
        end: Callable[[Promotion], None],
    ) -> None:
        self.work = work
        self.promotions = promotions
        self.ended = ended
        self._end = end
        self._over: Sequence[Id] | None = None

    @reads(promotions=lambda command: filter(is_id, [command.promotion_id]))
    def create_promotion(self, command: CreatePromotion) -> Id:
        """A promotion that runs in its time. The same terms again under its id are the same promotion."""
        self._check_owner(command.funded_by)
        made = Promotion.create(command, command.promotion_id or self.work.new_id(), self.work.now)
        known = self.promotions.find(made.id) if command.promotion_id else None
        if known is None:
            self.promotions.add(made)
        elif not known.has_terms_of(command):
            raise PromotionIdIsTaken()
        return made.id

    @reads(promotions=lambda command: [command.promotion_id])
    def end_promotion(self, command: EndPromotion) -> Id:
        """It takes nothing off any more, but for quotes that stand. A stranger's is answered like one that is not."""
        promotion = self.promotions.find(command.promotion_id)
        if promotion is None or not may_decide(self.work.actor, promotion.funded_by):
            raise NoSuchPromotion()
        self._end(promotion)
        return promotion.id

    @reads(promotions=lambda command: scopes_of(command.lines))
    def simulate_promotion(self, command: SimulatePromotion) -> SimulatedDiscounts:
        """What these lines would cost less if the promotion ran now, for a buyer of no group with a first order.
        Nothing comes to be."""
        self._check_owner(command.funded_by)
        check_lines(command.currency, command.lines)
        tried = Promotion.tried(command, self.work.new_id(), self.work.now)
        running = live(self.promotions, command.lines, self.work.now)
        running = [one for one in running if not reason_against_buyer(one.terms, None)]
        discounts = tuple(evaluate(command.lines, command.currency, [*running, tried], []).discounts)
        return SimulatedDiscounts(total_amount=sum(one.amount for one in discounts), discounts=discounts)

    @then_reads(promotions=lambda self, command: self._over_now())
    def expire_promotions(self, command: ExpirePromotions) -> None:
        """Promotions whose time has ended are told so and put away, limited ones when no quote stands with them."""
        for id in self._over_now():
            promotion = self.promotions.find(id)
            if promotion is None:
                continue
            kept = timedelta(seconds=QUOTE_SECONDS if promotion.is_limited else 0)
            if promotion.ends_at + kept <= self.work.now:
                self._end(promotion)

    def _over_now(self) -> Sequence[Id]:
        """Looked up once per unit of work."""
        if self._over is None:
            self._over = self.ended(self.work.now, EXPIRED_AT_ONCE_MAX)
        return self._over

    def _check_owner(self, funded_by: str) -> None:
        if not may_decide(self.work.actor, funded_by):
            raise CouponsAreNotYoursToMake()
