"""Promotions that run now: of a product, or of whoever gives them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from argosy.read_models.active_promotions.projector import PLATFORM, ActivePromotion, funder, goods, product
from argosy.read_models.slots import live_table, search
from argosy.read_models.stored import ROWS_MAX, Listed
from argosy.shared_kernel.ids import is_id

VIEW = "active_promotions"


def of_product(
    product_id: str, seller_id: str, category: str, now: datetime, after: str = "", limit: int = 20
) -> list[Listed]:
    """What a product of this seller and category could get now."""
    targets = [
        where
        for who in (seller_id, PLATFORM)
        for where in {product(product_id, who): 0, goods(who, ""): 0, goods(who, category): 0}
    ]
    return _running(targets, now, after, limit)


def given_by(funded_by: str, now: datetime, after: str = "", limit: int = 20) -> list[Listed]:
    """What a seller or the platform gives now."""
    return _running([funder(funded_by)], now, after, limit)


def _running(targets: Sequence[str], now: datetime, after: str, limit: int) -> list[Listed]:
    dialect = search()
    places = ", ".join("?" for _ in targets)
    instant = dialect.instant(now)
    condition, parameters = "", [*targets, instant, instant]
    if is_id(after):
        condition = "AND promotion_id > ?"
        parameters.append(after)
    promotion_id = dialect.selected("promotion_id", "uuid")
    rows = dialect.query(
        f"SELECT body, {promotion_id} FROM {live_table(VIEW, ActivePromotion)} WHERE target IN ({places}) "
        f"AND starts_at <= ? AND ends_at > ? {condition} ORDER BY promotion_id LIMIT ?",
        (*parameters, min(limit, ROWS_MAX)),
    )
    return [Listed(msgspec.Raw(body.encode()), ("", id)) for body, id in rows]
