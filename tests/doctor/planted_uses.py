"""Uses of coupons and promotions that break their limits, written past every rule."""

from __future__ import annotations

from tests.doctor.cases import OLD, OTHER, Case
from tests.doctor.planting import write
from tests.marketplace import Marketplace


def use_never_given_back(place: Marketplace) -> None:
    """Counted as it should be, and held by a checkout that is long over."""
    write(
        place,
        "promotions",
        "coupon_redemptions",
        f"UPDATE coupon_redemptions SET flow_id = '{OTHER}', expires_at = '{OLD}', status = 'RESERVED' "
        f"WHERE status = 'CONSUMED'",
    )
    counted = "uses_reserved = uses_reserved + 1, uses_consumed = uses_consumed - 1"
    write(place, "promotions", "coupons", f"UPDATE coupons SET {counted}")


def sold_beyond_its_units(place: Marketplace) -> None:
    """A flash deal of one unit, of which nothing is counted, and a use that drew two."""
    write(
        place,
        "promotions",
        "promotions",
        f"INSERT INTO promotions (id, version, sequence, name, scope_key, funded_by, terms, starts_at, ends_at, "
        f"created_at, units_max, units_reserved, units_sold) VALUES ('{OTHER}', 1, 0, 'Deal', 'all', "
        f"'platform', '{{}}', '{OLD}', '2999-01-01 00:00:00.000001', '{OLD}', 1, 0, 0)",
    )
    write(
        place,
        "promotions",
        "coupon_redemptions",
        f"UPDATE coupon_redemptions SET coupon_id = '{OTHER}', code = '', quantity = 2 WHERE status = 'CONSUMED'",
    )


def used_twice_by_one_buyer(place: Marketplace) -> None:
    """Counted as it should be, in both places."""
    write(
        place,
        "promotions",
        "coupon_redemptions",
        f"INSERT INTO coupon_redemptions (id, version, sequence, flow_id, coupon_id, user_id, purchase_id, order_id, "
        f"status, code, basis_points, funded_by, has_buyer_limit, discount_amount, currency, expires_at, redeemed_at) "
        f"SELECT '{OTHER}', 1, 0, '{OTHER}', coupon_id, user_id, purchase_id, order_id, status, code, basis_points, "
        f"funded_by, has_buyer_limit, discount_amount, currency, expires_at, redeemed_at FROM coupon_redemptions "
        f"WHERE status = 'CONSUMED'",
    )
    write(place, "promotions", "coupons", "UPDATE coupons SET uses_consumed = uses_consumed + 1")
    write(place, "promotions", "coupon_buyer_uses", "UPDATE coupon_buyer_uses SET uses = uses + 1")


def first_order_in_two_checkouts(place: Marketplace) -> None:
    """By two rules, neither of which was used too often."""
    for number, flow in enumerate((OTHER, "00000000-0000-8000-8000-000000000077")):
        write(
            place,
            "promotions",
            "coupon_redemptions",
            f"INSERT INTO coupon_redemptions (id, version, sequence, flow_id, coupon_id, user_id, status, code, "
            f"basis_points, funded_by, has_buyer_limit, discount_amount, currency, expires_at, is_first_order) VALUES "
            f"('{flow}', 1, 0, '{flow}', '00000000-0000-8000-8000-00000000009{number}', '{OTHER}', 'RESERVED', '', 0, "
            f"'platform', 0, 0, 'EUR', '2999-01-01 00:00:00', 1)",
        )


def more_of_a_promotion_than_a_buyer_may(place: Marketplace) -> None:
    """Two pieces of a promotion that allows each buyer one, counted as they are."""
    rule = "00000000-0000-8000-8000-000000000088"
    write(
        place,
        "promotions",
        "promotions",
        f"INSERT INTO promotions (id, version, sequence, name, scope_key, funded_by, terms, starts_at, ends_at, "
        f"created_at, units_reserved, buyer_limit) VALUES ('{rule}', 1, 0, 'Deal', 'all', 'platform', '{{}}', "
        f"'2026-01-01 00:00:00', '2999-01-01 00:00:00', '2026-01-01 00:00:00', 2, 1)",
    )
    write(
        place,
        "promotions",
        "coupon_redemptions",
        f"INSERT INTO coupon_redemptions (id, version, sequence, flow_id, coupon_id, user_id, status, code, "
        f"basis_points, funded_by, has_buyer_limit, discount_amount, currency, expires_at, quantity, buyer_count) "
        f"VALUES ('{OTHER}', 1, 0, '{OTHER}', '{rule}', '{OTHER}', 'RESERVED', '', 0, 'platform', 1, 0, 'EUR', "
        f"'2999-01-01 00:00:00', 2, 2)",
    )
    write(
        place,
        "promotions",
        "coupon_buyer_uses",
        f"INSERT INTO coupon_buyer_uses (id, version, sequence, coupon_id, user_id, uses) VALUES ('{OTHER}', 1, 0, "
        f"'{rule}', '{OTHER}', 2)",
    )


USES = (
    Case(
        "I27",
        "more units sold than a flash deal has",
        sold_beyond_its_units,
    ),
    Case(
        "I27",
        "a buyer's uses beyond what the coupon allows each",
        used_twice_by_one_buyer,
    ),
    Case(
        "I27",
        "a first order in two checkouts",
        first_order_in_two_checkouts,
    ),
    Case(
        "I27",
        "more of a promotion than it allows each buyer",
        more_of_a_promotion_than_a_buyer_may,
    ),
    Case(
        "I27",
        "a use that nobody gave back",
        use_never_given_back,
    ),
)
