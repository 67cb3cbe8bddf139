"""What a discount decision loads beyond what its message names, declared so that batches load it in one go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from argosy.contracts.promotions import ReserveCoupons
from argosy.domains.promotions.application.books import Asked, Books
from argosy.domains.promotions.application.promotions import live
from argosy.domains.promotions.domain.buyer import asks_who
from argosy.domains.promotions.domain.coupon import Coupon, normal
from argosy.domains.promotions.domain.promotion import Promotion
from argosy.domains.promotions.domain.redemption import buyer_use_id
from argosy.shared_kernel.ids import Id


@dataclass
class Loads:
    """Ids of what the rules that could count ask for."""

    books: Books

    def limited(self, asked: Asked) -> list[Id]:
        """Counts of this buyer's uses, for the rules that limit them."""
        rules: list[Id] = [
            coupon.id
            for coupon in map(self.books.coupon, map(normal, asked.codes))
            if coupon is not None and coupon.has_buyer_limit
        ]
        rules += [one.id for one in self._could_count(asked) if one.buyer_limit]
        return [buyer_use_id(id, asked.buyer_id) for id in rules]

    def asked_about(self, asked: Asked) -> list[Id]:
        """The buyer, where it matters who they are."""
        coupons = [coupon for coupon in map(self.books.coupon, map(normal, asked.codes)) if coupon is not None]
        rules: Iterable[Coupon | Promotion] = [*coupons, *self._could_count(asked)]
        return [asked.buyer_id] if any(asks_who(rule.terms) for rule in rules) else []

    def campaigns_of(self, asked: Asked) -> list[Id]:
        """The campaigns that these codes are of."""
        coupons = [self.books.coupon(normal(code)) for code in asked.codes]
        return [coupon.campaign_id for coupon in coupons if coupon is not None and coupon.campaign_id is not None]

    def draws_units(self, asked: Asked) -> bool:
        """Whether uses may be held although no code was named."""
        return any(promotion.is_limited for promotion in self._could_count(asked))

    def rules_used(self, flow_id: Id, *, of_promotions: bool) -> list[Id]:
        return [
            use.coupon_id
            for use in self.books.uses.all_by("flow_id", flow_id)
            if use.coupon_id is not None and use.is_of_promotion == of_promotions
        ]

    def first_orders(self, flow_id: Id) -> list[Id]:
        """The buyer, where this checkout holds what is for a first order."""
        uses = self.books.uses.all_by("flow_id", flow_id)
        return [use.user_id for use in uses if use.is_first_order and use.user_id is not None]

    def _could_count(self, asked: Asked) -> list[Promotion]:
        if asked.lines:
            return live(self.books.promotions, asked.lines, self.books.work.now)
        quoted = asked.quoted if isinstance(asked, ReserveCoupons) else ()
        found = [self.books.promotions.find(use.rule_id) for use in quoted if not use.code]
        return [promotion for promotion in found if promotion is not None]
