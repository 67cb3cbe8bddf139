"""How a payment is shared out: what each seller, the platform and the state get of it, and give back of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec

from argosy.contracts.payments import SellerShare
from argosy.shared_kernel.errors import DomainError, Invalid, refuse
from argosy.shared_kernel.ids import Id, is_id
from argosy.shared_kernel.money import AMOUNT_MAX, allocate, share

COMMISSION_BASIS_POINTS = 500
SHARES_MAX = 500


class ShareIsWrong(Invalid):
    """A share names an order and a seller, and its amounts are minor units from zero up."""


class OrderIsSharedTwice(Invalid):
    """Each order has one share of a payment."""


class SharesDoNotAddUp(Invalid):
    """The shares sum to another amount than the payment."""


class CommissionPart(msgspec.Struct, frozen=True, kw_only=True):
    """Commission on goods of one category, by the rule that counted."""

    category: str
    goods_amount: int
    basis_points: int
    commission_amount: int
    rule_id: Id | None = None


class PaidShare(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One seller's share as frozen at capture, and how much of each part was paid back since.

    The seller's part is goods + delivery - commission (delivery is passed through: who ships is paid for it), and the
    subsidy on top. Commission is taken on what the buyer paid for the goods; `commission_parts` say how it came about
    where a rule counted, and `commission_basis_points` is then what they come to.
    """

    order_id: Id
    seller_id: Id
    goods_amount: int
    shipping_amount: int
    tax_amount: int
    subsidy_amount: int
    commission_amount: int
    commission_basis_points: int
    commission_parts: tuple[CommissionPart, ...] = ()
    refunded_seller: int = 0
    refunded_commission: int = 0
    refunded_tax: int = 0
    refunded_subsidy: int = 0

    @property
    def paid_amount(self) -> int:
        """What the buyer paid for it."""
        return self.goods_amount + self.shipping_amount + self.tax_amount

    @property
    def seller_amount(self) -> int:
        """The seller's part of what the buyer paid."""
        return self.goods_amount + self.shipping_amount - self.commission_amount

    @property
    def refunded_amount(self) -> int:
        """What the buyer got back of it."""
        return self.refunded_seller + self.refunded_commission + self.refunded_tax

    def left(self) -> tuple[int, int, int]:
        """What can still be paid back of the seller's part, the commission and the tax."""
        return (
            self.seller_amount - self.refunded_seller,
            self.commission_amount - self.refunded_commission,
            self.tax_amount - self.refunded_tax,
        )

    def taken(self, part: RefundedPart, sign: int = 1) -> PaidShare:
        return msgspec.structs.replace(
            self,
            refunded_seller=self.refunded_seller + sign * part.seller,
            refunded_commission=self.refunded_commission + sign * part.commission,
            refunded_tax=self.refunded_tax + sign * part.tax,
            refunded_subsidy=self.refunded_subsidy + sign * part.subsidy,
        )


class RefundedPart(NamedTuple):
    """What one refund takes out of one share."""

    seller: int
    commission: int
    tax: int
    subsidy: int


class Rate(NamedTuple):
    """What the platform takes of goods, and by which rule; the default has none."""

    basis_points: int
    rule_id: Id | None = None


Rates = Callable[[Id, str], Rate]
"""The rate that counts for a seller's goods of a category."""


def default_rate(seller_id: Id, category: str) -> Rate:
    return Rate(COMMISSION_BASIS_POINTS)


def freeze(shares: Iterable[SellerShare], rates: Rates = default_rate) -> tuple[PaidShare, ...]:
    """The shares with the commission that is in force now."""
    return tuple([_frozen(one, rates) for one in shares])


def _frozen(one: SellerShare, rates: Rates) -> PaidShare:
    goods = [(each.category, each.amount) for each in one.goods] or [("", one.goods_amount)]
    found = [(category, amount, rates(one.seller_id, category)) for category, amount in goods]
    basis_points = found[0][2].basis_points
    commission = share(one.goods_amount, basis_points)
    parts: tuple[CommissionPart, ...] = ()
    if any(rate.rule_id is not None or rate.basis_points != basis_points for _, _, rate in found):
        parts = tuple([_commission(category, amount, rate) for category, amount, rate in found])
        commission = sum(part.commission_amount for part in parts)
        basis_points = commission * 10_000 // one.goods_amount if one.goods_amount else basis_points
    return PaidShare(
        order_id=one.order_id,
        seller_id=one.seller_id,
        goods_amount=one.goods_amount,
        shipping_amount=one.shipping_amount,
        tax_amount=one.tax_amount,
        subsidy_amount=one.subsidy_amount,
        commission_amount=commission,
        commission_basis_points=basis_points,
        commission_parts=parts,
    )


def _commission(category: str, amount: int, rate: Rate) -> CommissionPart:
    return CommissionPart(
        category=category,
        goods_amount=amount,
        basis_points=rate.basis_points,
        commission_amount=share(amount, rate.basis_points),
        rule_id=rate.rule_id,
    )


def check(shares: Sequence[SellerShare], amount: int | None) -> None:
    """Refuses shares that are no shares, and shares that are not the whole amount, if one is named, to the minor
    unit."""
    faults: list[DomainError] = []
    orders: set[str] = set()
    total = 0
    for index, one in enumerate(shares):
        amounts = (one.goods_amount, one.shipping_amount, one.tax_amount, one.subsidy_amount)
        if (
            not is_id(one.order_id)
            or not is_id(one.seller_id)
            or any(type(each) is not int or not 0 <= each <= AMOUNT_MAX for each in amounts)
        ):
            faults.append(ShareIsWrong(share=index))
            continue
        if one.goods and (sum(each.amount for each in one.goods), min(each.amount for each in one.goods) < 0) != (
            one.goods_amount,
            False,
        ):
            faults.append(ShareIsWrong(share=index, field="goods"))
        if one.order_id in orders:
            faults.append(OrderIsSharedTwice(order_id=one.order_id))
        orders.add(one.order_id)
        total += one.goods_amount + one.shipping_amount + one.tax_amount
    if not faults and amount is not None and total != amount:
        faults.append(SharesDoNotAddUp(shares=total, amount=amount))
    if len(shares) > SHARES_MAX:
        faults = [ShareIsWrong(shares=len(shares), at_most=SHARES_MAX)]
    refuse(faults)


def left_of(shares: Iterable[PaidShare], order_id: Id | None = None) -> int:
    """What can still be paid back of all shares, or of one order's."""
    return sum(sum(one.left()) for one in shares if order_id in (None, one.order_id))


def take_back(shares: Sequence[PaidShare], amount: int, order_id: Id | None = None) -> tuple[RefundedPart, ...]:
    """What a refund of `amount` takes out of each share, or out of one order's alone: in proportion to what is left of
    each part, and never more.

    The subsidy goes back to the platform in step with what the buyer got back of the share; the refund that empties
    what it takes from takes back the rest of it to the minor unit.
    """
    weights = [left if order_id in (None, one.order_id) else 0 for one in shares for left in one.left()]
    assert 0 < amount <= sum(weights), "a refund is positive and within what is left"
    parts = allocate(amount, weights)
    is_last = amount == sum(weights)
    return tuple(
        _part(one, parts[3 * index : 3 * index + 3], is_last)
        if order_id in (None, one.order_id)
        else RefundedPart(0, 0, 0, 0)
        for index, one in enumerate(shares)
    )


def _part(one: PaidShare, parts: Sequence[int], is_last: bool) -> RefundedPart:
    seller, commission, tax = parts
    if is_last:
        subsidy = one.subsidy_amount - one.refunded_subsidy
    elif one.paid_amount == 0:
        subsidy = 0
    else:
        due = one.subsidy_amount * (one.refunded_amount + sum(parts)) // one.paid_amount
        subsidy = max(0, due - one.refunded_subsidy)
    return RefundedPart(seller, commission, tax, subsidy)


def subsidies_left(shares: Sequence[PaidShare], order_id: Id | None = None) -> tuple[RefundedPart, ...]:
    """What the platform gets back where nothing is left that a buyer paid: the rest of each subsidy, or one order's."""
    return tuple(
        RefundedPart(0, 0, 0, one.subsidy_amount - one.refunded_subsidy if order_id in (None, one.order_id) else 0)
        for one in shares
    )


def after(shares: Sequence[PaidShare], parts: Sequence[RefundedPart]) -> tuple[PaidShare, ...]:
    """The shares once the parts were taken out of them."""
    return tuple(one.taken(part) for one, part in zip(shares, parts, strict=True))


def before(shares: Sequence[PaidShare], parts: Sequence[RefundedPart]) -> tuple[PaidShare, ...]:
    """The shares once the parts were put back: the refund did not happen."""
    return tuple(one.taken(part, -1) for one, part in zip(shares, parts, strict=True))
