"""Promotions: uses of coupons within their limits, by the uses and not by their counters (I27)."""

from __future__ import annotations

from collections.abc import Iterator

from argosy.apps.doctor.check import Check, Violation, all_of
from argosy.apps.doctor.databases import Databases
from argosy.domains.promotions.application.redemptions import EXPIRY_SLACK_SECONDS
from argosy.domains.promotions.domain.redemption import CONSUMED, RELEASED, RESERVED

SWEEP_SECONDS = EXPIRY_SLACK_SECONDS + 60
SWEEP_USES = "sweep coupon uses"
RECONCILE_USES = "reconcile uses"


def within_limit(databases: Databases) -> Iterator[Violation]:
    uses = (
        "SELECT coupon_id, CAST(sum(CASE WHEN status = ? THEN 1 ELSE 0 END) AS bigint) AS held, "
        "CAST(sum(CASE WHEN status = ? THEN 1 ELSE 0 END) AS bigint) AS used FROM coupon_redemptions "
        "WHERE coupon_id IS NOT NULL GROUP BY coupon_id"
    )
    for id, code, limit, counted_held, held, counted_used, used in databases.stream(
        "promotions",
        f"SELECT c.id, c.code, c.max_uses, c.uses_reserved, coalesce(u.held, 0), c.uses_consumed, "
        f"coalesce(u.used, 0) FROM coupons c LEFT JOIN ({uses}) u ON u.coupon_id = c.id WHERE c.uses_reserved <> "
        f"coalesce(u.held, 0) OR c.uses_consumed <> coalesce(u.used, 0) OR (c.max_uses > 0 AND "
        f"coalesce(u.held, 0) + coalesce(u.used, 0) > c.max_uses)",
        RESERVED,
        CONSUMED,
    ):
        yield Violation(
            f"coupons {id}",
            f"{code} of {limit or 'unlimited'} uses counts {counted_held} held and "
            f"{counted_used} consumed; there are {held} and {used}",
            cure=RECONCILE_USES if not limit or held + used <= limit else "",
        )
    for id, coupon_id in databases.stream(
        "promotions",
        "SELECT u.id, u.coupon_id FROM coupon_redemptions u WHERE u.status <> ? AND u.code <> '' AND NOT EXISTS "
        "(SELECT 1 FROM coupons c WHERE c.id = u.coupon_id)",
        RELEASED,
    ):
        yield Violation(f"coupon_redemptions {id}", f"uses coupon {coupon_id}, which is not there")


def within_buyers_limit(databases: Databases) -> Iterator[Violation]:
    for coupon_id, user_id, uses, limit in databases.stream(
        "promotions",
        "SELECT u.coupon_id, u.user_id, count(*), c.max_uses_per_buyer FROM coupon_redemptions u "
        "JOIN coupons c ON c.id = u.coupon_id WHERE u.status <> ? AND c.max_uses_per_buyer > 0 GROUP BY "
        "u.coupon_id, u.user_id, c.max_uses_per_buyer HAVING count(*) > c.max_uses_per_buyer",
        RELEASED,
    ):
        yield Violation(f"coupon_redemptions of {user_id}", f"are {uses} of coupon {coupon_id}, which allows {limit}")
    for promotion_id, user_id, had, limit in databases.stream(
        "promotions",
        "SELECT u.coupon_id, u.user_id, sum(u.buyer_count), p.buyer_limit FROM coupon_redemptions u "
        "JOIN promotions p ON p.id = u.coupon_id WHERE u.status <> ? AND u.has_buyer_limit AND p.buyer_limit > 0 "
        "GROUP BY u.coupon_id, u.user_id, p.buyer_limit HAVING sum(u.buyer_count) > p.buyer_limit",
        RELEASED,
    ):
        yield Violation(
            f"coupon_redemptions of {user_id}", f"have {had} of promotion {promotion_id}, which allows {limit}"
        )
    live = (
        "SELECT coupon_id, user_id, CAST(sum(buyer_count) AS bigint) AS uses FROM coupon_redemptions WHERE status <> ? "
        "AND has_buyer_limit GROUP BY coupon_id, user_id"
    )
    for id, counted, uses in databases.stream(
        "promotions",
        f"SELECT b.id, b.uses, coalesce(u.uses, 0) FROM coupon_buyer_uses b LEFT JOIN ({live}) u ON "
        f"u.coupon_id = b.coupon_id AND u.user_id = b.user_id WHERE b.uses <> coalesce(u.uses, 0)",
        RELEASED,
    ):
        yield Violation(f"coupon_buyer_uses {id}", f"counts {counted} uses, there are {uses}", cure=RECONCILE_USES)


def one_first_order(databases: Databases) -> Iterator[Violation]:
    """By whichever rules: of two checkouts at once one can be the first."""
    for user_id, flows in databases.stream(
        "promotions",
        "SELECT user_id, count(DISTINCT flow_id) FROM coupon_redemptions WHERE status <> ? AND is_first_order "
        "GROUP BY user_id HAVING count(DISTINCT flow_id) > 1",
        RELEASED,
    ):
        yield Violation(f"coupon_redemptions of {user_id}", f"have a first order in {flows} checkouts")


def within_units(databases: Databases) -> Iterator[Violation]:
    """Units of promotions that run; what has ended stands in the log alone."""
    uses = (
        "SELECT coupon_id, CAST(sum(CASE WHEN status = ? THEN quantity ELSE 0 END) AS bigint) AS held, "
        "CAST(sum(CASE WHEN status = ? THEN quantity ELSE 0 END) AS bigint) AS sold FROM coupon_redemptions "
        "WHERE coupon_id IS NOT NULL AND code = '' GROUP BY coupon_id"
    )
    for id, limit, counted_held, held, counted_sold, sold in databases.stream(
        "promotions",
        f"SELECT p.id, p.units_max, p.units_reserved, coalesce(u.held, 0), p.units_sold, coalesce(u.sold, 0) "
        f"FROM promotions p LEFT JOIN ({uses}) u ON u.coupon_id = p.id WHERE p.units_reserved <> coalesce(u.held, 0) "
        f"OR p.units_sold <> coalesce(u.sold, 0) OR (p.units_max > 0 AND "
        f"coalesce(u.held, 0) + coalesce(u.sold, 0) > p.units_max)",
        RESERVED,
        CONSUMED,
    ):
        yield Violation(
            f"promotions {id}",
            f"of {limit or 'unlimited'} units counts {counted_held} held and {counted_sold} sold; "
            f"there are {held} and {sold}",
            cure=RECONCILE_USES if not limit or held + sold <= limit else "",
        )


def one_per_checkout(databases: Databases) -> Iterator[Violation]:
    for flow_id, coupon_id, uses in databases.stream(
        "promotions",
        "SELECT flow_id, coupon_id, count(*) FROM coupon_redemptions WHERE status <> ? GROUP BY "
        "flow_id, coupon_id HAVING count(*) > 1",
        RELEASED,
    ):
        yield Violation(f"coupon_redemptions of checkout {flow_id}", f"are {uses} of coupon {coupon_id}")


def given_back(databases: Databases) -> Iterator[Violation]:
    for id, until in databases.stream(
        "promotions",
        "SELECT id, expires_at FROM coupon_redemptions WHERE status = ? AND expires_at < ?",
        RESERVED,
        databases.ago("promotions", SWEEP_SECONDS),
    ):
        yield Violation(f"coupon_redemptions {id}", f"is still held; its time was up at {until}", cure=SWEEP_USES)


CHECKS = (
    Check(
        "I27",
        "uses of coupons and units of promotions are within their limits, counted right, one per checkout, and given "
        "back in time",
        all_of(within_limit, within_buyers_limit, one_first_order, within_units, one_per_checkout, given_back),
    ),
)
