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
from argosy.domains.promotions.domain.discount import Evaluation, discounts_of, free_delivery
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
    units: Mapping[Id, int | None] | None = None,
) -> Evaluation:
    """Every discount of a purchase, and each use's sum noted on it. `units` are how many it can have, or holds
    already, of promotions that count them; where nothing is said, as many as are left."""
    left = {line.line_no: line.amount for line in lines}
    by_level: dict[str, list[Promotion]] = {}
    for promotion in sorted(promotions, key=lambda one: (-one.terms.priority, one.created_at, one.id)):
        if promotion.terms.currency in ("", currency):
            by_level.setdefault(promotion.level, []).append(promotion)
    found = Evaluation()
    for level in (ITEM_DISCOUNT, STORE_DISCOUNT):
        _level(by_level.get(level, ()), lines, left, found, units)
    discounts_of(uses, lines, left, found)
    _level(by_level.get(PLATFORM_DISCOUNT, ()), lines, left, found, units)
    return found


def _level(
    promotions: Iterable[Promotion],
    lines: Sequence[PricedLine],
    left: dict[int, int],
    found: Evaluation,
    units: Mapping[Id, int | None] | None,
) -> None:
    taken_from: set[int] = set()
    closed: set[int] = set()
    for promotion in promotions:
        pieces = None
        if promotion.counts_units:
            pieces = promotion.units_for(0) if units is None else units.get(promotion.id, 0)
        if pieces == 0:
            continue
        if promotion.terms.effect == FREE_DELIVERY:
            _deliver_free(promotion, _matching(promotion, lines, set()), left, found)
            continue
        shut = taken_from if promotion.terms.is_exclusive else closed
        taken, drawn = _take(promotion, _matching(promotion, lines, shut), left, pieces)
        touched = {discount.line_no for discount in taken}
        taken_from |= touched
        if promotion.terms.is_exclusive:
            closed |= touched
        if taken and promotion.is_limited:
            found.drawn[promotion.id] = drawn
        found.discounts += taken


def _deliver_free(promotion: Promotion, lines: Sequence[PricedLine], left: dict[int, int], found: Evaluation) -> None:
    """Delivery of these lines, where nobody pays for it yet: what comes first in the order of levels pays."""
    terms, base = promotion.terms, sum([left[line.line_no] for line in lines])
    if base < terms.min_amount or sum([line.quantity for line in lines]) < terms.min_quantity:
        return
    if found.deliver_free(lines, free_delivery(promotion, promotion.name, base)) and promotion.is_limited:
        found.drawn[promotion.id] = int(promotion.counts_units)


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
) -> tuple[list[Discount], int]:
    """What one promotion takes off these lines, or off at most so many `pieces` of them, and how many of those it
    draws. Its total is decided first, then spread (largest remainder)."""
    terms, base = promotion.terms, sum([left[line.line_no] for line in lines])
    if base == 0 or base < terms.min_amount:
        return [], 0
    if terms.min_quantity and sum([line.quantity for line in lines]) < terms.min_quantity:
        return [], 0
    counts, how = _counted(promotion, lines, left, pieces)
    weights = [left[line.line_no] for line in lines] if counts is None else _worth(lines, left, counts)
    counted = sum(weights)
    if terms.effect == FIXED:
        total = min(terms.amount, counted)
    else:
        total = share(counted, _share_of(promotion, base))
    how += for_whom(terms)
    if terms.cap_amount and total > terms.cap_amount:
        total, how = terms.cap_amount, f"{how}, at most {terms.cap_amount}"
    if total == 0:
        return [], 0
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
    return taken, 0 if pieces is None or counts is None else sum(counts)


def _share_of(promotion: Promotion, base: int) -> int:
    terms = promotion.terms
    if terms.effect != TIERED:
        return terms.basis_points
    reached = [tier.basis_points for tier in terms.tiers if tier.from_amount <= base]
    return reached[-1] if reached else 0


def _counted(
    promotion: Promotion, lines: Sequence[PricedLine], left: dict[int, int], pieces: int | None
) -> tuple[list[int] | None, str]:
    """How many pieces of each line count, at most so many (None: all of all lines), and how it is computed. Sets count
    whole or not at all."""
    terms = promotion.terms
    if terms.effect == BUY_X_GET_Y:
        sets = sum([line.quantity for line in lines]) // (terms.buy + terms.get)
        if pieces is not None:
            sets = min(sets, pieces // terms.get)
        counts = _cheapest(lines, left, sets * terms.get)
        return counts, f"{_percent(terms.basis_points)} on {sum(counts)} of {terms.buy} + {terms.get}"
    if terms.effect == BUNDLE:
        counts, sets = _sets(promotion, lines, left, pieces)
        return counts, f"{_percent(terms.basis_points)} on {sets} sets"
    first, of_them = None, ""
    if pieces is not None:
        first = _first(lines, pieces)
        of_them = f" on {sum(first)} pieces"
    if terms.effect == FIXED:
        return first, f"{terms.amount} off{of_them}"
    if terms.effect == TIERED:
        basis_points = _share_of(promotion, sum([left[line.line_no] for line in lines]))
        return first, f"{_percent(basis_points)} by tier{of_them}"
    return first, f"{_percent(terms.basis_points)}{of_them}"


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


def _sets(
    promotion: Promotion, lines: Sequence[PricedLine], left: dict[int, int], pieces: int | None
) -> tuple[list[int], int]:
    """Pieces of each line that are in whole sets: one of each product, the cheapest pieces of it."""
    indexes: dict[str, list[int]] = {id: [] for id in promotion.terms.product_ids}
    for index, line in enumerate(lines):
        indexes[line.product_id].append(index)
    sets = min(sum(lines[index].quantity for index in of_one) for of_one in indexes.values())
    if pieces is not None:
        sets = min(sets, pieces // len(indexes))
    counts = [0] * len(lines)
    for of_one in indexes.values():
        for index, count in zip(of_one, _cheapest([lines[at] for at in of_one], left, sets), strict=True):
            counts[index] = count
    return counts, sets


def _percent(basis_points: int) -> str:
    return f"{basis_points // 100}.{basis_points % 100:02} %"
