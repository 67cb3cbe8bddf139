"""Where counters of uses are not what they count."""

from __future__ import annotations

from typing import Any

from argosy.domains.promotions.application.reconciling import Drift, Drifts
from argosy.domains.promotions.domain.redemption import CONSUMED, RELEASED, RESERVED
from argosy.platform.runtime import runtime

_COUNTED = """
    SELECT {id}, r.version, r.{held}, r.{used}, coalesce(u.held, 0), coalesce(u.used, 0) FROM {table} r LEFT JOIN (
        SELECT coupon_id, CAST(sum(CASE WHEN status = ? THEN {each} ELSE 0 END) AS bigint) AS held,
        CAST(sum(CASE WHEN status = ? THEN {each} ELSE 0 END) AS bigint) AS used
        FROM coupon_redemptions WHERE coupon_id IS NOT NULL GROUP BY coupon_id
    ) u ON u.coupon_id = r.id WHERE r.{held} <> coalesce(u.held, 0) OR r.{used} <> coalesce(u.used, 0) LIMIT ?
"""
_BUYERS = """
    SELECT {id}, b.version, b.uses, 0, coalesce(u.uses, 0), 0 FROM coupon_buyer_uses b LEFT JOIN (
        SELECT coupon_id, user_id, CAST(sum(buyer_count) AS bigint) AS uses FROM coupon_redemptions
        WHERE status <> ? AND has_buyer_limit GROUP BY coupon_id, user_id
    ) u ON u.coupon_id = b.coupon_id AND u.user_id = b.user_id WHERE b.uses <> coalesce(u.uses, 0) LIMIT ?
"""


def drifts(limit: int) -> Drifts:
    """At most `limit` coupons, promotions and counts per buyer that are wrong."""
    dialect = runtime().stores["promotions"].dialect

    def found(statement: str, *parameters: Any) -> list[Drift]:
        return [Drift(*row) for row in dialect.query(statement, (*parameters, limit))]

    id = dialect.selected("r.id", "uuid")
    coupons = _COUNTED.format(id=id, table="coupons", held="uses_reserved", used="uses_consumed", each="1")
    promotions = _COUNTED.format(id=id, table="promotions", held="units_reserved", used="units_sold", each="quantity")
    return Drifts(
        coupons=found(coupons, RESERVED, CONSUMED),
        promotions=found(promotions, RESERVED, CONSUMED),
        buyer_uses=found(_BUYERS.format(id=dialect.selected("b.id", "uuid")), RELEASED),
    )
