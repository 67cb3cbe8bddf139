"""Coupons as tests need them, and a stage that plays promotions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from msgspec.structs import replace

from argosy.contracts.promotions import (
    ConsumeCoupons,
    CreateCoupon,
    PricedLine,
    ReleaseCoupons,
    ReserveCoupons,
)
from argosy.domains.promotions.application.books import Books
from argosy.domains.promotions.application.buyers import Buyers
from argosy.domains.promotions.application.campaigns import Campaigns
from argosy.domains.promotions.application.coupons import Coupons
from argosy.domains.promotions.application.promotions import Promotions, ending
from argosy.domains.promotions.application.reconciling import Drift, Drifts, Reconciling
from argosy.domains.promotions.application.redemptions import ExpiredUse, Redemptions
from argosy.domains.promotions.domain.buyer import Buyer
from argosy.domains.promotions.domain.campaign import Campaign
from argosy.domains.promotions.domain.coupon import Coupon
from argosy.domains.promotions.domain.promotion import EndedPromotion, Promotion
from argosy.domains.promotions.domain.redemption import BuyerUse, Redemption
from argosy.engine.work import Actor
from argosy.shared_kernel.ids import Id, named_id
from tests.support import Stage, an_id

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FLOW, BUYER, PURCHASE = an_id("flow"), an_id("buyer"), an_id("purchase")
STAFF = Actor(id=an_id("staff"), roles=frozenset({"staff"}))
ANNA = Actor(id=an_id("anna"), roles=frozenset({"seller"}), seller_id=an_id("seller anna"))


class Dice:
    """Bytes that are different each time, and the same in each run."""

    def __init__(self) -> None:
        self._count = 0

    def random_bytes(self, count: int) -> bytes:
        self._count += 1
        return sha256(self._count.to_bytes(8, "big")).digest()[:count]


def drifts_of(stage: Stage, limit: int) -> Drifts:
    """Rules whose counters are not their uses, as the database would find them."""
    uses = [use for use in stage.all(Redemption) if use.is_live]
    by_status = [
        (use.coupon_id, use.status, use.quantity if use.is_of_promotion else 1)
        for use in uses
        if use.coupon_id is not None
    ]

    def counts(id: str) -> tuple[int, int]:
        held, used = (
            sum(count for rule, is_in, count in by_status if (rule, is_in) == (id, status))
            for status in ("RESERVED", "CONSUMED")
        )
        return held, used

    coupons = [
        Drift(one.id, one.version, one.uses_reserved, one.uses_consumed, *counts(one.id)) for one in stage.all(Coupon)
    ]
    promotions = [
        Drift(one.id, one.version, one.units_reserved, one.units_sold, *counts(one.id)) for one in stage.all(Promotion)
    ]
    buyers = [
        Drift(one.id, one.version, one.uses, 0, sum(use.buyer_count for use in uses if use.buyer_use_id == one.id), 0)
        for one in stage.all(BuyerUse)
    ]
    found = [[one for one in all_of if one[2:4] != one[4:6]][:limit] for all_of in (coupons, promotions, buyers)]
    return Drifts(*found)


def promotions_stage() -> Stage:
    dice = Dice()

    def expired(until: datetime, limit: int) -> Sequence[ExpiredUse]:
        held = [use for use in stage.all(Redemption) if use.status == "RESERVED" and use.expires_at <= until]
        held.sort(key=lambda use: (use.expires_at, use.id))
        return [ExpiredUse(use.id, use.coupon_id, use.user_id, use.has_buyer_limit) for use in held[:limit]]

    def build(work: Any) -> tuple[object, ...]:
        coupons, promotions = work.repository(Coupon), work.repository(Promotion)
        buyers = work.repository(Buyer)
        uses, buyer_uses = work.repository(Redemption), work.repository(BuyerUse)
        campaigns = work.repository(Campaign)
        end = ending(work, promotions, work.repository(EndedPromotion))
        books = Books(work, coupons, campaigns, uses, buyer_uses, promotions, buyers, end)
        return (
            Coupons(work, coupons),
            Campaigns(work, campaigns, coupons, dice),
            Redemptions(work, books, expired),
            Buyers(work, buyers),
            Promotions(work, promotions, ended, end),
            Reconciling(work, coupons, promotions, buyer_uses, lambda limit: drifts_of(stage, limit)),
        )

    def ended(until: datetime, limit: int) -> Sequence[Id]:
        return sorted(one.id for one in stage.all(Promotion) if one.ends_at <= until)[:limit]

    stage = Stage(
        (Coupons, Campaigns, Redemptions, Buyers, Promotions, Reconciling),
        build,
        unique=((Coupon, ("code",)), (Redemption, ("flow_id", "coupon_id"))),
    )
    return stage


def with_coupons(*codes: str, **terms: Any) -> Stage:
    """A stage with a coupon per code, 10 % each unless said otherwise."""
    stage = promotions_stage()
    for code in codes:
        stage.send(CreateCoupon(code=code, **{"basis_points": 1000, **terms}), actor=STAFF)
    return stage


def coupon(stage: Stage, code: str) -> Coupon:
    return stage.one(Coupon, named_id("coupon", code))


def line(line_no: int, amount: int, seller: str = "seller anna") -> PricedLine:
    return PricedLine(
        line_no=line_no, seller_id=an_id(seller), product_id=an_id("product"), category="tea", quantity=1, amount=amount
    )


def reserve(*codes: str, **changes: Any) -> ReserveCoupons:
    command = ReserveCoupons(
        flow_id=FLOW,
        buyer_id=BUYER,
        codes=codes,
        currency="EUR",
        lines=(line(1, 1999), line(2, 501, "seller bert")),
        expires_at=NOW + timedelta(minutes=25),
    )
    return replace(command, **changes)


CONSUME = ConsumeCoupons(flow_id=FLOW, purchase_id=PURCHASE)
RELEASE = ReleaseCoupons(flow_id=FLOW)
