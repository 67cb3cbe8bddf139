"""What everything together takes off a purchase: promotions and coupons, level by level, exact and explained.

Each level takes from what those before it left: item discounts, store discounts, sellers' coupons, the platform's
coupons for selected goods, its coupons for everything, its discounts. Within a level of promotions the higher priority
comes first, then the older one. An exclusive promotion takes only from lines that no other of its level has taken from,
and closes them to the others. So nothing is ever taken below zero, and a promotion's `cap_amount` bounds what it takes
of one purchase.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from argosy.contracts.promotions import Discount, PricedLine
from argosy.domains.promotions.domain.buyer import for_whom
from argosy.domains.promotions.domain.coupon import PLATFORM
from argosy.domains.promotions.domain.discount import Evaluation, discounts_of
from argosy.domains.promotions.domain.promotion import (
    BUNDLE,
    BUY_X_GET_Y,
    FIXED,
    FREE_DELIVERY,
    ITEM_DISCOUNT,
    PLATFORM_DISCOUNT,
    STORE_DISCOUNT,
    TIERED,
    Promotion,
)
from argosy.domains.promotions.domain.redemption import Redemption
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.money import allocate, share

_PRICE_SCALE = 1_000_000
"""Prices of pieces are compared as integers: two that differ, of at most 999 pieces a line, differ by more than a
millionth."""


def evaluate(
    lines: Sequence[PricedLine],
    currency: str,
    promotions: Iterable[Promotion],
    uses: Sequence[Redemption],
    units: Mapping[Id, int] | None = None,
) -> Evaluation:
    """Every discount of a purchase, and each use's sum noted on it. `units` are those that it holds of limited
    promotions already; where nothing is said, as many as are left."""
    left = {line.line_no: line.amount for line in lines}
    by_level: dict[str, list[Promotion]] = {}
    for promotion in sorted(promotions, key=lambda one: (-one.terms.priority, one.created_at, one.id)):
        if promotion.terms.currency in ("", currency):
            by_level.setdefault(promotion.level, []).append(promotion)
    found = Evaluation()
    for level in (ITEM_DISCOUNT, STORE_DISCOUNT):
        _level(by_level.get(level, ()), lines, left, found, units)
    coupons = discounts_of(uses, lines, left)
    found.discounts += coupons.discounts
    found.short = coupons.short
    _level(by_level.get(PLATFORM_DISCOUNT, ()), lines, left, found, units)
    return found


def _level(
    promotions: Iterable[Promotion],
    lines: Sequence[PricedLine],
    left: dict[int, int],
    found: Evaluation,
    units: Mapping[Id, int] | None,
) -> None:
    taken_from: set[int] = set()
    closed: set[int] = set()
    for promotion in promotions:
        if promotion.terms.effect == FREE_DELIVERY:
            _deliver_free(promotion, _matching(promotion, lines, set()), left, found)
            continue
        shut = taken_from if promotion.terms.is_exclusive else closed
        pieces = None
        if promotion.terms.units_max:
            pieces = promotion.units_left if units is None else units.get(promotion.id, 0)
        matching = _matching(promotion, lines, shut)
        taken = _take(promotion, matching, left, pieces)
        touched = {discount.line_no for discount in taken}
        taken_from |= touched
        if promotion.terms.is_exclusive:
            closed |= touched
        if taken and promotion.is_limited:
            found.drawn[promotion.id] = 0 if pieces is None else sum(_first(matching, pieces))
        found.discounts += taken


def _deliver_free(promotion: Promotion, lines: Sequence[PricedLine], left: dict[int, int], found: Evaluation) -> None:
    """Delivery of these lines, where nobody pays for it yet: what comes first in the order of levels pays."""
    terms, base = promotion.terms, sum([left[line.line_no] for line in lines])
    if base < terms.min_amount or sum([line.quantity for line in lines]) < terms.min_quantity:
        return
    free = {discount.line_no for discount in found.discounts if discount.of_delivery}
    payer = "platform" if promotion.funded_by == PLATFORM else "seller"
    words = f"delivery is free{for_whom(terms)}, {base} of goods reach {terms.min_amount}"
    for line in lines:
        if line.line_no not in free:
            found.discounts.append(
                Discount(
                    line_no=line.line_no,
                    amount=0,
                    coupon_id=promotion.id,
                    code="",
                    funded_by=promotion.funded_by,
                    explanation=f"{promotion.name}: {words}; paid by {payer}",
                    of_delivery=True,
                )
            )
            if promotion.is_limited:
                found.drawn[promotion.id] = 0


def _matching(promotion: Promotion, lines: Sequence[PricedLine], shut: set[int]) -> list[PricedLine]:
    """The lines that a promotion is for and may take from."""
    terms, funded_by = promotion.terms, promotion.funded_by
    # One condition after the other, each only where there is one: most promotions have one or none.
    found: Sequence[PricedLine] = lines
    if funded_by != PLATFORM:
        found = [line for line in found if line.seller_id == funded_by]
    if terms.product_ids:
        products = frozenset(terms.product_ids)
        found = [line for line in found if line.product_id in products]
    if terms.category:
        found = [line for line in found if line.category == terms.category]
    return [line for line in found if line.line_no not in shut]


def _take(
    promotion: Promotion, lines: Sequence[PricedLine], left: dict[int, int], pieces: int | None
) -> list[Discount]:
    """What one promotion takes off these lines, or off so many `pieces` of them. Its total is decided first, then
    spread (largest remainder)."""
    terms, base = promotion.terms, sum([left[line.line_no] for line in lines])
    if base == 0 or base < terms.min_amount:
        return []
    if terms.min_quantity and sum([line.quantity for line in lines]) < terms.min_quantity:
        return []
    weights, how = _bases(promotion, lines, left, pieces)
    counted = sum(weights)
    if terms.effect == FIXED:
        total = min(terms.amount, counted)
    else:
        total = share(counted, _share_of(promotion, base))
    how += for_whom(terms)
    if terms.cap_amount and total > terms.cap_amount:
        total, how = terms.cap_amount, f"{how}, at most {terms.cap_amount}"
    if total == 0:
        return []
    payer = "platform" if promotion.funded_by == PLATFORM else "seller"
    how, paid = f"{promotion.name}: {how} of {counted} is {total}; ", f"; paid by {payer}"
    rule_id, funded_by, taken = promotion.id, promotion.funded_by, []
    for line, weight, amount in zip(lines, weights, allocate(total, weights), strict=True):
        if amount == 0:
            continue
        number = line.line_no
        before = left[number]
        assert amount <= weight <= before, "a discount takes off at most what is left"
        left[number] = before - amount
        taken.append(
            Discount(
                line_no=number,
                amount=amount,
                coupon_id=rule_id,
                code="",
                funded_by=funded_by,
                explanation=f"{how}{amount} on {weight}{paid}",
            )
        )
    return taken


def _share_of(promotion: Promotion, base: int) -> int:
    terms = promotion.terms
    if terms.effect != TIERED:
        return terms.basis_points
    reached = [tier.basis_points for tier in terms.tiers if tier.from_amount <= base]
    return reached[-1] if reached else 0


def _bases(
    promotion: Promotion, lines: Sequence[PricedLine], left: dict[int, int], pieces: int | None
) -> tuple[list[int], str]:
    """Of each line the part that counts, and how it is computed."""
    terms = promotion.terms
    whole = [left[line.line_no] for line in lines]
    if pieces is not None:
        counts = _first(lines, pieces)
        return _worth(lines, left, counts), f"{_percent(terms.basis_points)} on {sum(counts)} pieces"
    if terms.effect == FIXED:
        return whole, f"{terms.amount} off"
    if terms.effect == TIERED:
        basis_points = _share_of(promotion, sum(whole))
        return whole, f"{_percent(basis_points)} by tier"
    if terms.effect == BUY_X_GET_Y:
        counts = _cheapest(lines, left, sum(line.quantity for line in lines) // (terms.buy + terms.get) * terms.get)
        how = f"{_percent(terms.basis_points)} on {sum(counts)} of {terms.buy} + {terms.get}"
        return _worth(lines, left, counts), how
    if terms.effect == BUNDLE:
        counts, sets = _sets(promotion, lines, left)
        return _worth(lines, left, counts), f"{_percent(terms.basis_points)} on {sets} sets"
    return whole, _percent(terms.basis_points)


def _worth(lines: Sequence[PricedLine], left: dict[int, int], counts: Sequence[int]) -> list[int]:
    """What so many pieces of each line cost now, rounded down."""
    return [left[line.line_no] * count // line.quantity for line, count in zip(lines, counts, strict=True)]


def _first(lines: Sequence[PricedLine], pieces: int) -> list[int]:
    """So many pieces, in the order of the lines."""
    counts = []
    for line in lines:
        counts.append(min(max(pieces, 0), line.quantity))
        pieces -= counts[-1]
    return counts


def _cheapest(lines: Sequence[PricedLine], left: dict[int, int], pieces: int) -> list[int]:
    """So many pieces, the cheapest first; ties to the earlier line."""
    counts = [0] * len(lines)
    prices = [left[line.line_no] * _PRICE_SCALE // line.quantity for line in lines]
    for index in sorted(range(len(lines)), key=prices.__getitem__):
        counts[index] = min(pieces, lines[index].quantity)
        pieces -= counts[index]
    return counts


def _sets(promotion: Promotion, lines: Sequence[PricedLine], left: dict[int, int]) -> tuple[list[int], int]:
    """Pieces of each line that are in whole sets: one of each product, the cheapest pieces of it."""
    indexes: dict[str, list[int]] = {id: [] for id in promotion.terms.product_ids}
    for index, line in enumerate(lines):
        indexes[line.product_id].append(index)
    sets = min(sum(lines[index].quantity for index in of_one) for of_one in indexes.values())
    counts = [0] * len(lines)
    for of_one in indexes.values():
        for index, count in zip(of_one, _cheapest([lines[at] for at in of_one], left, sets), strict=True):
            counts[index] = count
    return counts, sets


def _percent(basis_points: int) -> str:
    return f"{basis_points // 100}.{basis_points % 100:02} %"
