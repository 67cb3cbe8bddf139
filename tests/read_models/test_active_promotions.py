"""Promotions by what they are for, while they are planned or run."""

from __future__ import annotations

import msgspec

from argosy.contracts.promotions import PromotionEnded
from argosy.read_models.active_promotions.projector import ActivePromotion, funder, goods, product
from argosy.read_models.views import ACTIVE_PROMOTIONS
from tests.read_models.staging import SELLER, promoted, rows_of, stage_of
from tests.support import Stage, an_id


def targets(stage: Stage, name: str) -> list[str]:
    return sorted(row.target for row in stage.all(ActivePromotion) if row.promotion_id == an_id(name))


def test_a_promotion_lies_under_all_that_it_is_for_until_it_ends() -> None:
    stage = stage_of(ACTIVE_PROMOTIONS)
    stage.send(
        promoted("all"),
        promoted("toys", SELLER, category="toys"),
        promoted("two", SELLER, product_ids=(an_id("bear"), an_id("car"))),
        promoted("secret", buyer_group="vip"),
    )
    assert targets(stage, "all") == [funder("platform"), goods("platform", "")]
    assert targets(stage, "toys") == [funder(SELLER), goods(SELLER, "toys")]
    both = [product(an_id(name), SELLER) for name in ("bear", "car")]
    assert targets(stage, "two") == sorted([funder(SELLER), *both])
    assert targets(stage, "secret") == []
    document = msgspec.json.decode(next(row.body for row in stage.all(ActivePromotion) if row.target == both[0]))
    assert (document["name"], document["terms"]["basis_points"]) == ("two", 500)
    stage.send(PromotionEnded(promotion_id=an_id("two")), PromotionEnded(promotion_id=an_id("unknown")))
    assert targets(stage, "two") == []
    assert stage.undeclared_loads == 0


def test_events_that_come_again_change_nothing() -> None:
    stage = stage_of(ACTIVE_PROMOTIONS)
    stage.send(promoted("all"))
    before = rows_of(stage, ACTIVE_PROMOTIONS)
    stage.send(promoted("all"))
    assert rows_of(stage, ACTIVE_PROMOTIONS) == before
