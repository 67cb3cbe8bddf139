"""Counters that were written past the rules follow the uses again, unless that would break a limit."""

from __future__ import annotations

from typing import Any

from argosy.contracts.promotions import ReconcileUses, ReleaseCoupons, UsesReconciled
from argosy.domains.promotions.domain.coupon import Coupon
from argosy.domains.promotions.domain.promotion import Promotion
from argosy.domains.promotions.domain.redemption import BuyerUse
from tests.domains.promotions.coupons import FLOW, STAFF, coupon, reserve, with_coupons
from tests.domains.promotions.test_limited_promotions import FLASH
from tests.domains.promotions.test_promotions import LINE, make
from tests.support import Stage, an_id


def used() -> Stage:
    """One use of each of a coupon, a flash deal and a buyer's count."""
    stage = with_coupons("ONE", max_uses=2, max_uses_per_buyer=1)
    stage.send(make(terms=FLASH), actor=STAFF)
    stage.send(reserve("ONE", lines=(LINE,)))
    return stage


def write(stage: Stage, kind: type[Any], **columns: int) -> None:
    """Past every rule."""
    (row,) = stage.store.rows[kind].values()
    for name, value in columns.items():
        setattr(row, name, value)


def test_what_counts_right_is_left_alone() -> None:
    stage = used()
    assert stage.send(ReconcileUses()) == []
    assert stage.undeclared_loads == 0


def test_counters_follow_the_uses_and_that_is_told() -> None:
    stage = used()
    write(stage, Coupon, uses_reserved=0, uses_consumed=2)
    write(stage, Promotion, units_reserved=3)
    write(stage, BuyerUse, uses=0)
    told = stage.send(ReconcileUses())
    assert [(type(one), one.held, one.used) for one in told] == [(UsesReconciled, 1, 0)] * 3  # type: ignore[attr-defined]
    assert (coupon(stage, "ONE").uses_reserved, coupon(stage, "ONE").uses_consumed) == (1, 0)
    assert [(one.units_reserved, one.units_sold) for one in stage.all(Promotion)] == [(1, 0)]
    assert [one.uses for one in stage.all(BuyerUse)] == [1]
    assert stage.send(ReconcileUses()) == []
    assert stage.undeclared_loads == 0


def test_what_is_beyond_a_limit_is_for_a_person() -> None:
    stage = used()
    stage.send(reserve("ONE", flow_id=an_id("two"), buyer_id=an_id("other")))
    write(stage, Coupon, max_uses=1, uses_reserved=1)
    assert stage.send(ReconcileUses()) == []
    assert coupon(stage, "ONE").uses_reserved == 1


def test_a_rule_that_changes_beside_it_is_left_for_the_next_time() -> None:
    stage = used()
    write(stage, Coupon, uses_reserved=2)
    stage.send(ReleaseCoupons(flow_id=FLOW), ReconcileUses())
    assert coupon(stage, "ONE").uses_reserved == 1, "one was given back, and what was counted before is not written"
    stage.send(ReconcileUses())
    assert coupon(stage, "ONE").uses_reserved == 0
