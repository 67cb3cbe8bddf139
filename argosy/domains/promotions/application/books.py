"""How often each coupon and each limited promotion is used, and by whom: counted where a use is held, consumed or given
back, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from argosy.contracts.promotions import CouponTerms, PromotionTerms, QuoteDiscounts, ReserveCoupons
from argosy.domains.promotions.domain.buyer import Buyer, asks_who, reason_against_buyer
from argosy.domains.promotions.domain.campaign import Campaign
from argosy.domains.promotions.domain.coupon import Coupon, UsagePolicy, is_code
from argosy.domains.promotions.domain.discount import applies_to
from argosy.domains.promotions.domain.promotion import Promotion
from argosy.domains.promotions.domain.redemption import CONSUMED, RELEASED, BuyerUse, Redemption, buyer_use_id
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id

Asked = ReserveCoupons | QuoteDiscounts

FIRST_ORDER_TAKEN = "first_order_taken"
"""Another checkout of theirs, which is not confirmed yet, was cheaper for being the first."""
NOT_FOR_GUESTS = "sign_in_needed"
"""Anybody is as many guests as they like: what a buyer may have so often needs an account."""


@dataclass
class Books:
    """Coupons, promotions and their uses, in one unit of work. `end` ends a promotion that is sold out."""

    work: UnitOfWork
    coupons: Repository[Coupon]
    campaigns: Repository[Campaign]
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
            self._buyer_use(use).hold_use(use.buyer_count)
        if use.is_first_order:
            self._buyer(use).begin_first_order(use.flow_id)
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
            self.buyer_uses.get(use.buyer_use_id).give_back_use(use.buyer_count)
        buyer = self.buyers.find(use.user_id) if use.is_first_order and use.user_id is not None else None
        if buyer is not None:
            buyer.give_back_first_order(use.flow_id)
        use.move_to(RELEASED)

    def coupon(self, code: str) -> Coupon | None:
        return self.coupons.find_by("code", code) if is_code(code) else None

    def reason_against(self, coupon: Coupon | None, asked: Asked) -> str:
        """Why this coupon does not count for this purchase; empty where it does."""
        if coupon is None:
            return "unknown_coupon"
        reason = coupon.reason_against(self.work.now, asked.currency)
        if not reason and coupon.campaign_id is not None and self.campaigns.get(coupon.campaign_id).is_disabled:
            reason = "disabled"
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
        if not reason and self.is_first_order_taken(coupon.terms, asked):
            reason = FIRST_ORDER_TAKEN
        return reason

    def counts_for(self, promotion: Promotion, asked: Asked) -> bool:
        """Whether a promotion that runs is for this buyer."""
        terms, limit = promotion.terms, promotion.buyer_limit
        if not limit and not asks_who(terms):
            return True
        if asked.is_guest or (limit and self.had(promotion, asked.buyer_id) >= limit):
            return False
        if not asks_who(terms):
            return True
        return not (
            reason_against_buyer(terms, self.buyers.find(asked.buyer_id)) or self.is_first_order_taken(terms, asked)
        )

    def had(self, promotion: Promotion, buyer_id: Id) -> int:
        """How much of what each buyer can have of it this one has, also in checkouts that are not paid yet."""
        known = self.buyer_uses.find(buyer_use_id(promotion.id, buyer_id)) if promotion.buyer_limit else None
        return 0 if known is None else known.uses

    def is_first_order_taken(self, terms: CouponTerms | PromotionTerms, asked: Asked) -> bool:
        """Whether another checkout of this buyer holds what is for a first order, by whichever rule: of two at once one
        can be the first."""
        if not terms.is_first_order:
            return False
        buyer = self.buyers.find(asked.buyer_id)
        return buyer is not None and buyer.has_first_order_beside(asked.flow_id)

    def units_for(self, promotion: Promotion, buyer_id: Id) -> int | None:
        """How many units of it this buyer can have now; None where nobody counts them."""
        return promotion.units_for(self.had(promotion, buyer_id)) if promotion.counts_units else None

    def _buyer(self, use: Redemption) -> Buyer:
        """What is known of the buyer, from their first order on at the latest."""
        assert use.user_id is not None
        found = self.buyers.find(use.user_id)
        if found is None:
            found = Buyer(id=use.user_id)
            self.buyers.add(found)
        return found

    def _buyer_use(self, use: Redemption) -> BuyerUse:
        """The count of a buyer's uses, which comes to be with the first."""
        found = self.buyer_uses.find(use.buyer_use_id)
        if found is None:
            assert use.coupon_id is not None
            assert use.user_id is not None
            found = BuyerUse(id=use.buyer_use_id, coupon_id=use.coupon_id, user_id=use.user_id)
            self.buyer_uses.add(found)
        return found
