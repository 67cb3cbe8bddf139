"""Milliseconds to price a cart of 200 lines with 10 promotions and a coupon: the pure computation of every discount.

python -m benchmarks.promotions [--carts 500]
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from argosy.contracts.promotions import PricedLine, PromotionTerms, Tier
from argosy.domains.promotions.domain.coupon import PLATFORM
from argosy.domains.promotions.domain.evaluation import evaluate
from argosy.domains.promotions.domain.promotion import Promotion, scope_key_of
from argosy.domains.promotions.domain.redemption import Redemption
from argosy.shared_kernel.ids import Id, named_id
from benchmarks.results import parser, percentile, tell

LINES, NOW = 200, datetime(2026, 1, 1, tzinfo=UTC)
SELLERS = [named_id("bench", "seller", str(number)) for number in range(5)]
PRODUCTS = [named_id("bench", "product", str(number)) for number in range(LINES)]


def lines() -> list[PricedLine]:
    """A full cart: each line another product, of five sellers."""
    return [
        PricedLine(
            line_no=number + 1,
            seller_id=SELLERS[number % len(SELLERS)],
            product_id=PRODUCTS[number],
            category="things",
            quantity=1 + number % 5,
            amount=1_990 * (1 + number % 5) + number,
        )
        for number in range(LINES)
    ]


def promotions() -> list[Promotion]:
    """Ten that all apply: two of each effect, of sellers and of the platform."""
    tiers = (Tier(from_amount=1_000, basis_points=100), Tier(from_amount=100_000, basis_points=300))
    effects: list[dict[str, Any]] = [
        {"effect": "percentage", "basis_points": 500},
        {"effect": "fixed", "amount": 5_000, "currency": "EUR"},
        {"effect": "buy_x_get_y", "buy": 2, "get": 1, "basis_points": 5_000},
        {"effect": "tiered", "tiers": tiers, "currency": "EUR"},
        {"effect": "bundle", "product_ids": (PRODUCTS[0], PRODUCTS[5]), "basis_points": 1_000},
    ]
    return [
        _promotion(f"{terms['effect']} of {funder}", PromotionTerms(**terms), funder)
        for terms in effects
        for funder in (SELLERS[0], PLATFORM)
    ]


def _promotion(name: str, terms: PromotionTerms, funded_by: str) -> Promotion:
    return Promotion(
        id=named_id("bench", name),
        name=name,
        scope_key=scope_key_of(terms, funded_by),
        funded_by=funded_by,
        terms=terms,
        starts_at=NOW,
        ends_at=NOW + timedelta(days=1),
        created_at=NOW,
    )


def coupon() -> Redemption:
    return Redemption(
        id=named_id("bench", "use"),
        flow_id=named_id("bench", "flow"),
        coupon_id=named_id("bench", "coupon"),
        user_id=Id(named_id("bench", "buyer")),
        status="RESERVED",
        code="BENCH10",
        basis_points=1_000,
        funded_by=PLATFORM,
        expires_at=NOW,
    )


def measured(carts: int) -> dict[str, float]:
    cart, running, times = lines(), promotions(), []
    for _ in range(carts):
        started = time.perf_counter()
        discounts = evaluate(cart, "EUR", running, [coupon()]).discounts
        times.append((time.perf_counter() - started) * 1000)
    taken = len({discount.coupon_id for discount in discounts})
    return {"p50_ms": percentile(times, 0.5), "p99_ms": percentile(times, 0.99), "rules": taken}


def main(arguments: Sequence[str] | None = None) -> None:
    made = parser(__doc__)
    made.add_argument("--carts", type=int, default=0, help="in a run (500; 50 with --quick)")
    options = made.parse_args(arguments)
    tell(options, [measured(options.carts or (50 if options.quick else 500))])


if __name__ == "__main__":
    main()
