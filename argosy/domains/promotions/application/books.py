"""How often each coupon and each limited promotion is used, and by whom: counted where a use is held, consumed or given
back, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from argosy.contracts.promotions import QuoteDiscounts, ReserveCoupons
from argosy.domains.promotions.application.promotions import live
from argosy.domains.promotions.domain.buyer import Buyer, asks_who, reason_against_buyer
from argosy.domains.promotions.domain.coupon import Coupon, UsagePolicy, is_code, normal
from argosy.domains.promotions.domain.discount import applies_to
from argosy.domains.promotions.domain.promotion import Promotion
from argosy.domains.promotions.domain.redemption import CONSUMED, RELEASED, BuyerUse, Redemption, buyer_use_id
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id

Asked = ReserveCoupons | QuoteDiscounts

NOT_FOR_GUESTS = "sign_in_needed"
"""Anybody is as many guests as they like: what a buyer may have so often needs an account."""


@dataclass
class Books:
    """Coupons, promotions and their uses, in one unit of work. `end` ends a promotion that is sold out."""

    work: UnitOfWork
    coupons: Repository[Coupon]
    uses: Repository[Redemption]
    buyer_uses: Repository[BuyerUse]
    promotions: Repository[Promotion]
    buyers: Repository[Buyer]
    end: Callable[[Promotion], None]

    def hold(self, use: Redemption, currency: str) -> None:
        """One live use more."""
        assert use.coupon_id is not None
        use.currency = currency
        if use.is_of_promotion:
            self.promotions.get(use.coupon_id).hold_units(use.quantity)
        else:
            self.coupons.get(use.coupon_id).hold_use()
        if use.has_buyer_limit:
            self._buyer_use(use).hold_use()
        self.uses.add(use)

    def consume(self, use: Redemption, purchase_id: Id) -> None:
        """A held use counts for good. A promotion ends with its last unit; of one that has ended nothing is counted."""
        assert use.coupon_id is not None
        assert use.user_id is not None
        if not use.is_of_promotion:
            self.coupons.get(use.coupon_id).consume_use(use.user_id, purchase_id)
            return
        promotion = self.promotions.find(use.coupon_id)
        if promotion is not None:
            promotion.sell_units(use.quantity)
            if promotion.is_sold_out:
                self.end(promotion)

    def give_back(self, use: Redemption) -> None:
        """One live use fewer."""
        if not use.is_live or use.coupon_id is None:
            return
        was_consumed = use.status == CONSUMED
        if use.is_of_promotion:
            promotion = self.promotions.find(use.coupon_id)
            if promotion is not None:
                promotion.give_back_units(use.quantity, was_consumed=was_consumed)
        else:
            self.coupons.get(use.coupon_id).give_back_use(was_consumed=was_consumed)
        if use.has_buyer_limit:
            self.buyer_uses.get(use.buyer_use_id).give_back_use()
        use.move_to(RELEASED)

    def coupon(self, code: str) -> Coupon | None:
        return self.coupons.find_by("code", code) if is_code(code) else None

    def reason_against(self, coupon: Coupon | None, asked: Asked) -> str:
        """Why this coupon does not count for this purchase; empty where it does."""
        if coupon is None:
            return "unknown_coupon"
        reason = coupon.reason_against(self.work.now, asked.currency)
        if not reason and asked.is_guest and (coupon.has_buyer_limit or asks_who(coupon.terms)):
            reason = NOT_FOR_GUESTS
        if not reason and coupon.has_buyer_limit:
            known = self.buyer_uses.find(buyer_use_id(coupon.id, asked.buyer_id))
            if not UsagePolicy(coupon.max_uses_per_buyer).allows_one_more(known.uses if known else 0):
                reason = "used_up_by_you"
        # A quote has no lines any more: what it is for, and for whom, was decided with it.
        if not reason and asked.lines:
            if not any(applies_to(coupon.funded_by, coupon.terms, line) for line in asked.lines):
                reason = "not_for_these_goods"
            elif asks_who(coupon.terms):
                reason = reason_against_buyer(coupon.terms, self.buyers.find(asked.buyer_id))
        return reason

    def counts_for(self, promotion: Promotion, asked: Asked) -> bool:
        """Whether a promotion that runs is for this buyer."""
        if not asks_who(promotion.terms):
            return True
        if asked.is_guest or reason_against_buyer(promotion.terms, self.buyers.find(asked.buyer_id)):
            return False
        return not self.is_used_up_by(promotion, asked.buyer_id)

    def is_used_up_by(self, promotion: Promotion, buyer_id: Id) -> bool:
        """A promotion for first orders is had once, also by who pays for two of them at the same time."""
        if not promotion.terms.is_first_order:
            return False
        known = self.buyer_uses.find(buyer_use_id(promotion.id, buyer_id))
        return known is not None and known.uses > 0

    # What is declared to be read.

    def limited(self, asked: Asked) -> list[Id]:
        """Counts of this buyer's uses, for the rules that limit them."""
        rules: list[Id] = [
            coupon.id
            for coupon in map(self.coupon, map(normal, asked.codes))
            if coupon is not None and coupon.has_buyer_limit
        ]
        rules += [one.id for one in self._could_count(asked) if one.terms.is_first_order]
        return [buyer_use_id(id, asked.buyer_id) for id in rules]

    def asked_about(self, asked: Asked) -> list[Id]:
        """The buyer, where it matters who they are."""
        coupons = [coupon for coupon in map(self.coupon, map(normal, asked.codes)) if coupon is not None]
        rules: Iterable[Coupon | Promotion] = [*coupons, *self._could_count(asked)]
        return [asked.buyer_id] if any(asks_who(rule.terms) for rule in rules) else []

    def draws_units(self, asked: Asked) -> bool:
        """Whether uses may be held although no code was named."""
        return any(promotion.is_limited for promotion in self._could_count(asked))

    def rules_used(self, flow_id: Id, *, of_promotions: bool) -> list[Id]:
        return [
            use.coupon_id
            for use in self.uses.all_by("flow_id", flow_id)
            if use.coupon_id is not None and use.is_of_promotion == of_promotions
        ]

    def _could_count(self, asked: Asked) -> list[Promotion]:
        if asked.lines:
            return live(self.promotions, asked.lines, self.work.now)
        quoted = asked.quoted if isinstance(asked, ReserveCoupons) else ()
        found = [self.promotions.find(use.rule_id) for use in quoted if not use.code]
        return [promotion for promotion in found if promotion is not None]

    def _buyer_use(self, use: Redemption) -> BuyerUse:
        """The count of a buyer's uses, which comes to be with the first."""
        found = self.buyer_uses.find(use.buyer_use_id)
        if found is None:
            assert use.coupon_id is not None
            assert use.user_id is not None
            found = BuyerUse(id=use.buyer_use_id, coupon_id=use.coupon_id, user_id=use.user_id)
            self.buyer_uses.add(found)
        return found
