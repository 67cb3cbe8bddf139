"""Everything sums to the minor unit, whatever was quoted."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from argosy.contracts.products import QuotedLine
from argosy.contracts.promotions import Discount
from argosy.contracts.shipping import DeliveryCharge
from argosy.contracts.taxes import LineTax
from argosy.domains.checkout.domain.quote import (
    DELIVERY_LINES_FROM,
    Pricing,
    SharesOfSnapshot,
    Snapshot,
    StockOfSnapshot,
    hash_of,
    settled,
    taxable_lines,
)
from argosy.shared_kernel.codec import encode
from argosy.shared_kernel.money import share
from tests.domains.checkout.fakes import quoted
from tests.support import an_id

SELLERS = [an_id(f"seller {number}") for number in range(3)]


def discount(line_no: int, amount: int, funded_by: str = "platform") -> Discount:
    return Discount(
        line_no=line_no,
        amount=amount,
        coupon_id=an_id("coupon"),
        code="TEN",
        funded_by=funded_by,
        explanation=f"{amount} off",
    )


def free_delivery(line_no: int, funded_by: str, cap: int = 0) -> Discount:
    rule = an_id(f"free by {funded_by}")
    return msgspec.structs.replace(discount(line_no, 0, funded_by), coupon_id=rule, of_delivery=True, cap_amount=cap)


def charge(line: QuotedLine, amount: int) -> DeliveryCharge:
    return DeliveryCharge(
        line_no=line.line_no,
        seller_id=line.seller_id,
        method="standard",
        amount=amount,
        days_min=1,
        days_max=2,
        rate_id=an_id("rate"),
    )


def tax(line_no: int, amount: int, *, is_inclusive: bool) -> LineTax:
    return LineTax(line_no=line_no, amount=amount, is_inclusive=is_inclusive, basis_points=500, rule_id=an_id("rule"))


@st.composite
def quotes(draw: st.DrawFn) -> tuple[list[QuotedLine], list[Discount], list[DeliveryCharge], list[LineTax]]:
    lines, discounts, charges = [], [], []
    caps = {who: draw(st.sampled_from((0, 0, 1, 3_000))) for who in ("platform", *SELLERS)}
    for number in range(1, draw(st.integers(1, 6)) + 1):
        line = msgspec.structs.replace(
            quoted(number, an_id("v1"), draw(st.integers(1, 999))),
            unit_amount=draw(st.integers(0, 10**7)),
            seller_id=draw(st.sampled_from(SELLERS)),
            stock_unit_id=draw(st.sampled_from([an_id("u1"), an_id("u2")])),
            units_each=draw(st.integers(1, 12)),
        )
        lines.append(line)
        left = line.quantity * line.unit_amount
        for funded_by in ("platform", line.seller_id):
            amount = draw(st.integers(0, left))
            left -= amount
            discounts.append(discount(number, amount, funded_by))
        charges.append(charge(line, draw(st.integers(0, 5_000))))
        free_by = draw(st.sampled_from((None, "platform", line.seller_id)))
        if free_by is not None:
            discounts.append(free_delivery(number, free_by, caps[free_by]))
    taxes = []
    for line in taxable_lines(lines, discounts, charges):
        kind = draw(st.sampled_from(("none", "inclusive", "exclusive")))
        if kind != "none":
            taxes.append(
                tax(line.line_no, share(line.amount, draw(st.integers(0, 3_000))), is_inclusive=kind == "inclusive")
            )
    return lines, discounts, charges, taxes


@given(quotes())
def test_every_sum_is_exact(
    quote: tuple[list[QuotedLine], list[Discount], list[DeliveryCharge], list[LineTax]],
) -> None:
    lines, discounts, charges, taxes = quote
    snapshot = Pricing(*quote).snapshot(an_id("checkout"), "INR")

    goods = sum(line.quantity * line.unit_amount for line in lines)
    off = sum(found.amount for found in discounts)
    told = settled(discounts, charges)
    given = [found for found in told if found.of_delivery]
    costs = {found.line_no: found.amount for found in charges}
    delivery = sum(costs.values()) - sum(found.amount for found in given)
    for free in (found for found in discounts if found.of_delivery):
        of_one = [found for found in discounts if found.coupon_id == free.coupon_id and found.of_delivery]
        whole = sum(costs[found.line_no] for found in of_one)
        paid = sum(found.amount for found in given if found.coupon_id == free.coupon_id)
        assert paid == min(whole, free.cap_amount or whole)
    on_top = sum(found.amount for found in taxes if not found.is_inclusive)
    assert snapshot.total_amount == goods - off + delivery + on_top
    assert snapshot.total_amount == sum(order.total_amount for order in snapshot.orders)
    for order, part in zip(snapshot.orders, snapshot.shares, strict=True):
        assert order.order_id == part.order_id
        assert order.total_amount == part.goods_amount + part.shipping_amount + part.tax_amount
        assert order.total_amount == sum(
            line.total_amount + line.shipping_amount + line.shipping_tax_on_top for line in order.lines
        )
        for line in order.lines:
            assert line.total_amount == line.quantity * line.unit_amount - line.discount_amount + line.tax_on_top
        assert min(part.goods_amount, part.shipping_amount, part.tax_amount, part.subsidy_amount) >= 0
    assert sum(part.tax_amount for part in snapshot.shares) == sum(found.amount for found in taxes)
    assert sum(part.subsidy_amount for part in snapshot.shares) == sum(
        found.amount for found in discounts if found.funded_by == "platform"
    ) + sum(found.amount for found in given if found.funded_by == "platform")
    assert sum(found.amount for found in told) == off + sum(found.amount for found in charges) - delivery
    for line in (line for order in snapshot.orders for line in order.lines):
        told_of_line = [found.amount for found in told if found.line_no == line.line_no and found.of_delivery]
        assert [part.amount for part in line.delivery_parts] == told_of_line


@given(quotes())
def test_every_line_is_in_its_sellers_order_once(
    quote: tuple[list[QuotedLine], list[Discount], list[DeliveryCharge], list[LineTax]],
) -> None:
    lines = quote[0]
    snapshot = Pricing(*quote).snapshot(an_id("checkout"), "INR")
    found = sorted((line.line_no, order.seller_id) for order in snapshot.orders for line in order.lines)
    assert found == [(line.line_no, line.seller_id) for line in lines]
    assert [order.seller_id for order in snapshot.orders] == sorted({line.seller_id for line in lines})
    wanted = sum(line.quantity * line.units_each for line in lines)
    assert sum(line.quantity for line in snapshot.stock) == wanted
    assert len({(line.order_id, line.stock_unit_id) for line in snapshot.stock}) == len(snapshot.stock)


def one_line(funded_by: str) -> Snapshot:
    """1,000 of goods, 100 off, 40 delivery, tax 5 % on top of both."""
    line = quoted(1, an_id("v1"), 2)
    return Pricing(
        [line],
        [discount(1, 100, funded_by)],
        [charge(line, 40)],
        [tax(1, 45, is_inclusive=False), tax(DELIVERY_LINES_FROM + 1, 2, is_inclusive=False)],
    ).snapshot(an_id("checkout"), "INR")


def test_the_platform_pays_the_seller_for_its_own_coupons() -> None:
    (part,) = one_line("platform").shares
    assert (part.goods_amount, part.shipping_amount, part.tax_amount, part.subsidy_amount) == (900, 40, 47, 100)


def test_a_sellers_own_coupon_comes_out_of_the_sellers_goods() -> None:
    (part,) = one_line(an_id("seller-b")).shares
    assert (part.goods_amount, part.shipping_amount, part.tax_amount, part.subsidy_amount) == (900, 40, 47, 0)


def test_tax_within_the_price_raises_nothing() -> None:
    line = quoted(1, an_id("v1"), 1)
    snapshot = Pricing([line], [], [charge(line, 0)], [tax(1, 76, is_inclusive=True)]).snapshot(an_id("c"), "INR")
    (part,) = snapshot.shares
    assert (snapshot.total_amount, part.goods_amount, part.tax_amount) == (500, 424, 76)


def test_free_delivery_is_not_taxed() -> None:
    line = quoted(1, an_id("v1"), 1)
    assert [found.line_no for found in taxable_lines([line], [], [charge(line, 0)])] == [1]


def test_what_is_bounded_is_spread_by_what_each_line_costs_and_the_rest_is_the_buyers() -> None:
    lines = [quoted(number, an_id("v1"), 1) for number in (1, 2, 3)]
    free = [free_delivery(number, "platform", cap=100) for number in (1, 2, 3)]
    charges = [charge(lines[0], 200), charge(lines[1], 100), charge(lines[2], 0)]
    assert [(found.line_no, found.amount) for found in settled(free, charges)] == [(1, 67), (2, 33)]
    taxed = {found.line_no: found.amount for found in taxable_lines(lines, free, charges)}
    assert (taxed[DELIVERY_LINES_FROM + 1], taxed[DELIVERY_LINES_FROM + 2]) == (133, 67)
    snapshot = Pricing(lines, free, charges, []).snapshot(an_id("checkout"), "INR")
    (part,) = snapshot.shares
    assert (snapshot.total_amount, part.shipping_amount, part.subsidy_amount) == (1_700, 200, 100)


def test_the_first_who_delivers_free_pays_for_all_of_it_and_says_so() -> None:
    line = quoted(1, an_id("v1"), 2)
    free = [free_delivery(1, line.seller_id), free_delivery(1, "platform")]
    assert [found.line_no for found in taxable_lines([line], free, [charge(line, 40)])] == [1]
    snapshot = Pricing([line], free, [charge(line, 40)], []).snapshot(an_id("checkout"), "INR")
    (part,) = snapshot.shares
    assert (snapshot.total_amount, part.shipping_amount, part.subsidy_amount) == (1_000, 0, 0)
    ((told,),) = [sold.delivery_parts for order in snapshot.orders for sold in order.lines]
    assert (told.amount, told.funded_by) == (40, line.seller_id)
    by_platform = Pricing([line], free[1:], [charge(line, 40)], []).snapshot(an_id("checkout"), "INR")
    assert [(part.shipping_amount, part.subsidy_amount) for part in by_platform.shares] == [(0, 40)]


def test_order_ids_are_the_same_each_time_and_differ_by_checkout() -> None:
    line = quoted(1, an_id("v1"), 1)
    pricing = Pricing([line], [], [charge(line, 0)], [])
    first, again, other = (pricing.snapshot(an_id(name), "INR") for name in ("c", "c", "d"))
    assert first == again and first.orders[0].order_id != other.orders[0].order_id


def test_the_hash_tells_every_change_and_parts_can_be_read_alone() -> None:
    snapshot = one_line("platform")
    frozen = encode(snapshot)
    assert hash_of(frozen) == hash_of(encode(one_line("platform")))
    assert hash_of(frozen) != hash_of(frozen.replace(b"1", b"2", 1)) and len(hash_of(frozen)) == 64
    assert msgspec.json.decode(frozen, type=StockOfSnapshot).stock == snapshot.stock
    assert msgspec.json.decode(frozen, type=SharesOfSnapshot).shares == snapshot.shares
