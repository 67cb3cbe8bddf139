"""What coupons take off each line: exact to the minor unit, explained, and never more than there is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from argosy.contracts.promotions import CouponTerms, Discount, PricedLine, QuoteDiscounts, ReserveCoupons
from argosy.domains.promotions.domain.buyer import for_whom
from argosy.domains.promotions.domain.coupon import PLATFORM
from argosy.domains.promotions.domain.promotion import Promotion
from argosy.domains.promotions.domain.redemption import Redemption
from argosy.shared_kernel.errors import Invalid
from argosy.shared_kernel.ids import Id, is_id
from argosy.shared_kernel.money import AMOUNT_MAX, allocate, exponent, share

_with: Any = msgspec.structs.replace

LINES_MAX = 200
QUANTITY_MAX = 999


class LinesAreMalformed(Invalid):
    """Discounts are decided on 1 to 200 lines, each with its own number, a quantity and an amount."""


@dataclass(frozen=True, slots=True)
class StackingPolicy:
    """Which coupons go together, and in which order they take off.

    Coupons of different codes stack, at most `coupons_max` of them. Each takes its share of what the ones before it
    left: sellers' coupons first, on their own goods, then the platform's for selected goods, then the platform's on all
    that is left; coupons of one rank in the order in which the buyer named them. So nothing is ever taken below zero,
    and no cap is needed.
    """

    coupons_max: int = 10

    def in_order(self, uses: Iterable[Redemption]) -> list[Redemption]:
        return sorted(uses, key=rank)


STACKING = StackingPolicy()


@dataclass(slots=True)
class Evaluation:
    """What is taken off a purchase. `short` are the uses of coupons whose minimum it does not reach, `idle` those for a
    delivery that is free without them; `drawn` the units of limited promotions, by their ids."""

    discounts: list[Discount] = field(default_factory=list)
    short: list[Redemption] = field(default_factory=list)
    idle: list[Redemption] = field(default_factory=list)
    drawn: dict[Id, int] = field(default_factory=dict)

    def deliver_free(self, lines: Iterable[PricedLine], given: Discount) -> bool:
        """Give this to those of the lines whose delivery nobody pays for yet; whether there is one."""
        free = {discount.line_no for discount in self.discounts if discount.of_delivery}
        numbers = [line.line_no for line in lines if line.line_no not in free]
        self.discounts += [_with(given, line_no=number) for number in numbers]
        return bool(numbers)


def rank(use: Redemption) -> int:
    """Its level among coupons: store coupon, selected coupon, platform coupon."""
    if use.funded_by != PLATFORM:
        return 0
    return 1 if use.terms.is_for_selected_goods else 2


def applies_to(funded_by: str, terms: CouponTerms, line: PricedLine) -> bool:
    """A seller pays for discounts on their own goods, the platform on any; either may select some of them."""
    if funded_by not in (PLATFORM, line.seller_id):
        return False
    return (
        (not terms.product_ids or line.product_id in terms.product_ids)
        and terms.category in ("", line.category)
        and (not terms.seller_ids or line.seller_id in terms.seller_ids)
    )


def discounts_of(
    uses: Sequence[Redemption],
    lines: Sequence[PricedLine],
    left: dict[int, int] | None = None,
    found: Evaluation | None = None,
) -> Evaluation:
    """What coupons take of what is `left` of each line (all of it, where nothing is said), beside what was `found`
    before, and each use's sum noted on it."""
    if left is None:
        left = {line.line_no: line.amount for line in lines}
    if found is None:
        found = Evaluation()
    for use in STACKING.in_order(uses):
        matching = [line for line in lines if applies_to(use.funded_by, use.terms, line)]
        numbers = [line.line_no for line in matching]
        base = sum([left[number] for number in numbers])
        if base < use.terms.min_amount:
            found.short.append(use)
            continue
        if use.terms.is_free_delivery:
            if not found.deliver_free(matching, free_delivery(use, use.code, base)):
                found.idle.append(use)
            continue
        taken = _take(use, numbers, left)
        use.discount_amount = sum(discount.amount for discount in taken)
        found.discounts += taken
    return found


def free_delivery(rule: Redemption | Promotion, name: str, base: int) -> Discount:
    """What says of a line that its delivery is free, by which rule, and who pays. What that costs is not known here."""
    terms = rule.terms
    rule_id, code = (rule.id, "") if isinstance(rule, Promotion) else (rule.coupon_id, rule.code)
    assert rule_id is not None
    payer = "platform" if rule.funded_by == PLATFORM else "seller"
    bound = f", at most {terms.cap_amount} of it" if terms.cap_amount else ""
    words = f"delivery is free{bound}{for_whom(terms)}, {base} of goods reach {terms.min_amount}"
    return Discount(
        line_no=0,
        amount=0,
        coupon_id=rule_id,
        code=code,
        funded_by=rule.funded_by,
        explanation=f"{name}: {words}; paid by {payer}",
        of_delivery=True,
        cap_amount=terms.cap_amount,
    )


def _take(use: Redemption, numbers: Sequence[int], left: dict[int, int]) -> list[Discount]:
    """What one coupon takes of what is left, spread over its lines by what is left of each (largest remainder)."""
    assert use.coupon_id is not None
    if not numbers:
        return []
    bases = [left[number] for number in numbers]
    base = sum(bases)
    total, how = _total(use, base)
    how += for_whom(use.terms)
    payer = "platform" if use.funded_by == PLATFORM else "seller"
    taken = []
    for number, line_base, amount in zip(numbers, bases, allocate(total, bases), strict=True):
        if amount == 0:
            continue
        left[number] -= amount
        assert left[number] >= 0, "a discount takes off at most what is left"
        taken.append(
            Discount(
                line_no=number,
                amount=amount,
                coupon_id=use.coupon_id,
                code=use.code,
                funded_by=use.funded_by,
                explanation=f"{use.code}: {how} of {base} is {total}; {amount} on {line_base}; paid by {payer}",
            )
        )
    return taken


def _total(use: Redemption, base: int) -> tuple[int, str]:
    """What one coupon takes of so much, and how it is computed."""
    terms = use.terms
    if terms.amount:
        return min(terms.amount, base), f"{terms.amount} off"
    total, how = share(base, use.basis_points), f"{use.basis_points // 100}.{use.basis_points % 100:02} %"
    if terms.cap_amount and total > terms.cap_amount:
        return terms.cap_amount, f"{how}, at most {terms.cap_amount},"
    return total, how


def check(command: ReserveCoupons | QuoteDiscounts) -> None:
    """Discounts are decided on lines that can be read; every fault is told at once."""
    check_lines(
        command.currency,
        command.lines,
        [{"field": name} for name in ("flow_id", "buyer_id") if not is_id(getattr(command, name))],
    )


def check_lines(currency: str, lines: Sequence[PricedLine], others: Sequence[dict[str, Any]] = ()) -> None:
    exponent(currency)
    faults = [*others, *_malformed(lines)]
    if faults:
        raise LinesAreMalformed(faults=faults)


def _malformed(lines: Sequence[PricedLine]) -> Iterator[dict[str, Any]]:
    if not 1 <= len(lines) <= LINES_MAX:
        yield {"field": "lines", "maximum": LINES_MAX}
    if len({line.line_no for line in lines}) != len(lines):
        yield {"field": "line_no", "fault": "repeated"}
    for line in lines:
        if not 1 <= line.quantity <= QUANTITY_MAX:
            yield {"line_no": line.line_no, "field": "quantity", "maximum": QUANTITY_MAX}
        if not 0 <= line.amount <= AMOUNT_MAX:
            yield {"line_no": line.line_no, "field": "amount", "minimum": 0, "maximum": AMOUNT_MAX}
