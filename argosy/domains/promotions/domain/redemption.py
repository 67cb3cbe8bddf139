"""Redemptions: one use of one coupon by one checkout, held first and then consumed or given back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from argosy.contracts.promotions import NO_TERMS, CouponTerms, QuotedUse
from argosy.domains.promotions.domain.coupon import Coupon
from argosy.domains.promotions.domain.promotion import Promotion
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.codec import encode
from argosy.shared_kernel.errors import RuleBroken
from argosy.shared_kernel.ids import Id, child_id, named_id

RESERVED, CONSUMED, RELEASED = "RESERVED", "CONSUMED", "RELEASED"
STATUSES = (RESERVED, CONSUMED, RELEASED)


class Move(NamedTuple):
    from_status: str
    to_status: str
    by: str


MOVES = (
    Move("", RESERVED, "ReserveCoupons"),
    Move("", RELEASED, "ReleaseCoupons that came before its request"),
    Move(RESERVED, CONSUMED, "ConsumeCoupons"),
    Move(RESERVED, RELEASED, "ReleaseCoupons, or ExpireCouponUses once its time has passed"),
    Move(CONSUMED, RELEASED, "ReleaseCoupons of a checkout that was undone to the end"),
)
_LEGAL = frozenset((move.from_status, move.to_status) for move in MOVES)


class CouponsWereReleased(RuleBroken):
    """The uses of this checkout were given back: it cannot hold or consume them any more."""


class OtherCouponsAreHeld(RuleBroken):
    """This checkout holds uses of other coupons, or for other goods, already."""


@dataclass(kw_only=True, eq=False)
class Redemption(Aggregate):
    """A use with the terms that it was held under: whatever becomes of the coupon, the discount stays what it was.

    One without a coupon is the memory of a release that came before its request.
    """

    flow_id: Id
    coupon_id: Id | None
    user_id: Id | None
    purchase_id: Id | None = None
    order_id: Id | None = None
    status: str
    code: str = ""
    basis_points: int = 0
    funded_by: str = ""
    has_buyer_limit: bool = False
    discount_amount: int = 0
    currency: str = ""
    expires_at: datetime
    redeemed_at: datetime | None = None
    terms: CouponTerms = NO_TERMS
    quantity: int = 0
    is_first_order: bool = False
    buyer_count: int = 1
    """How much of the buyer's limit it takes."""

    @classmethod
    def hold(cls, coupon: Coupon, flow_id: Id, buyer_id: Id, expires_at: datetime) -> Redemption:
        return cls(
            id=child_id(flow_id, "use", coupon.id),
            flow_id=flow_id,
            coupon_id=coupon.id,
            user_id=buyer_id,
            status=RESERVED,
            code=coupon.code,
            basis_points=coupon.basis_points,
            funded_by=coupon.funded_by,
            has_buyer_limit=coupon.has_buyer_limit,
            expires_at=expires_at,
            terms=coupon.terms,
            is_first_order=coupon.terms.is_first_order,
        )

    @classmethod
    def draw(cls, promotion: Promotion, flow_id: Id, buyer_id: Id, expires_at: datetime, quantity: int) -> Redemption:
        """A use of a promotion that has only so many units, or of which each buyer has only so much; it has no code."""
        return cls(
            id=child_id(flow_id, "use", promotion.id),
            flow_id=flow_id,
            coupon_id=promotion.id,
            user_id=buyer_id,
            status=RESERVED,
            basis_points=promotion.terms.basis_points,
            funded_by=promotion.funded_by,
            has_buyer_limit=promotion.buyer_limit > 0,
            expires_at=expires_at,
            quantity=quantity,
            is_first_order=promotion.terms.is_first_order,
            buyer_count=promotion.counts_for_buyer(quantity),
        )

    @classmethod
    def released_before(cls, flow_id: Id, now: datetime) -> Redemption:
        """What is remembered of a release that came before its request."""
        return cls(
            id=child_id(flow_id, "use"), flow_id=flow_id, coupon_id=None, user_id=None, status=RELEASED, expires_at=now
        )

    def as_quoted(self) -> QuotedUse:
        """This use as a quote names it."""
        assert self.coupon_id is not None
        return QuotedUse(
            rule_id=self.coupon_id,
            code=self.code,
            amount=self.discount_amount,
            terms=self._terms_in_words(),
            quantity=self.quantity,
        )

    def _terms_in_words(self) -> str:
        """Equal exactly where the terms are. Terms with a share alone are told as they were before there were others:
        quotes stand while a program is replaced."""
        words = f"{self.basis_points} of {self.funded_by}"
        return words if self.terms == NO_TERMS else f"{words}, {encode(self.terms).decode()}"

    @property
    def is_of_promotion(self) -> bool:
        """Whether `coupon_id` is a promotion's."""
        return self.coupon_id is not None and self.code == ""

    @property
    def is_live(self) -> bool:
        return self.status != RELEASED

    @property
    def buyer_use_id(self) -> Id:
        assert self.coupon_id is not None
        assert self.user_id is not None
        return buyer_use_id(self.coupon_id, self.user_id)

    def move_to(self, status: str) -> None:
        if (self.status, status) not in _LEGAL:
            raise CouponsWereReleased(flow_id=self.flow_id)
        self.status = status

    def consume(self, purchase_id: Id, order_id: Id | None, now: datetime) -> None:
        self.move_to(CONSUMED)
        self.purchase_id, self.order_id, self.redeemed_at = purchase_id, order_id, now


@dataclass(kw_only=True, eq=False)
class BuyerUse(Aggregate):
    """How many live uses of one coupon or promotion one buyer has, or how many pieces; kept only where that is
    limited."""

    coupon_id: Id
    user_id: Id
    uses: int = 0

    def hold_use(self, count: int) -> None:
        self.uses += count

    def give_back_use(self, count: int) -> None:
        assert self.uses >= count, "only a live use is given back"
        self.uses -= count


def buyer_use_id(coupon_id: Id, buyer_id: Id) -> Id:
    return named_id("buyer-use", coupon_id, buyer_id)
