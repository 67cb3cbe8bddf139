"""How an order came to cost what it costs: from the frozen lines alone."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from argosy.contracts.orders import LineDiscount, TaxApplied
from argosy.domains.orders.domain.explanation import ROUNDING, UNKNOWN_FUNDER, Frozen, Funding, OrderExplained, explain
from argosy.domains.orders.domain.order import OrderItem
from tests.domains.orders.purchases import line
from tests.support import FakeClock, an_id

FROZEN = Frozen(
    order_id=an_id("order"),
    order_number="7KQ2-M9XT-4HBC",
    placed_at=FakeClock().now(),
    currency="EUR",
    snapshot_hash="hash",
    total_amount=2880,
)
PARTS = (
    LineDiscount(amount=70, code="TENTH", funded_by="platform", explanation="10 % of 7.00"),
    LineDiscount(amount=30, code="SHOP", funded_by=an_id("anna"), explanation="30 off"),
)


def test_every_part_of_a_price_is_told_and_who_paid_for_it() -> None:
    sold = replace(
        line(1, discount=100, on_top=380, shipping=500, shipping_on_top=100),
        discount_parts=PARTS,
        category="home",
        tax_category="standard",
        tax_rule_id=an_id("rule"),
    )
    found = explain(FROZEN, [OrderItem.sold(an_id("item"), sold)])
    (told,) = found.lines
    assert (told.price.price_id, told.price.goods_amount) == (an_id("price"), 2000)
    assert [(one.amount, one.code, one.funded_by, one.explanation) for one in told.discounts] == [
        (70, "TENTH", "platform", "10 % of 7.00"),
        (30, "SHOP", an_id("anna"), "30 off"),
    ]
    assert (told.tax.rule_id, told.tax.basis_points, told.tax.taxed_amount, told.tax.tax_amount) == (
        an_id("rule"),
        2000,
        1900,
        380,
    )
    assert not told.tax.is_inclusive
    assert set(found.funding) == {Funding("platform", 70), Funding(an_id("anna"), 30)}
    total = found.goods_amount - found.discount_amount + found.delivery_amount + found.tax_on_top
    assert total == found.total_amount == 2880
    assert explain(FROZEN, [OrderItem.sold(an_id("item"), sold)]) == found


def test_discounts_from_before_their_parts_were_kept_have_their_words_and_sum() -> None:
    sold = replace(line(1, discount=100), discounts=("10 % off", "5 off"))
    (told,) = explain(FROZEN, [OrderItem.sold(an_id("item"), sold)]).lines
    (one,) = told.discounts
    assert (one.amount, one.funded_by, one.explanation) == (100, UNKNOWN_FUNDER, "10 % off; 5 off")


def test_a_tax_within_the_price_is_told_as_such() -> None:
    sold = replace(line(1), tax_amount=333)
    (told,) = explain(FROZEN, [OrderItem.sold(an_id("item"), sold)]).lines
    assert told.tax.is_inclusive and told.tax.tax_amount == 333


def explained(*applied: TaxApplied, **changes: object) -> OrderExplained:
    sold = replace(line(1, on_top=380, shipping=500, shipping_on_top=100), taxes_applied=applied, **changes)
    return explain(FROZEN, [OrderItem.sold(an_id("item"), sold)])


def test_it_is_told_by_what_terms_goods_and_their_delivery_were_taxed() -> None:
    since = FakeClock().now()
    goods = TaxApplied(rule_id=an_id("rule"), hundredths=50, valid_from=since, collected_by="platform")
    delivery = TaxApplied(of_delivery=True, rule_id=an_id("other rule"), basis_points=2000)
    (told,) = explained(goods, delivery, tax_rule_id=an_id("rule")).lines
    assert (told.tax.hundredths, told.tax.valid_from, told.tax.collected_by) == (50, since, "platform")
    tax = told.delivery.tax
    assert tax is not None
    assert (tax.rule_id, tax.basis_points, tax.taxed_amount, tax.tax_amount) == (an_id("other rule"), 2000, 500, 100)


@pytest.mark.parametrize("reason", ["exempt", "reverse_charge", "not_registered", "service"])
def test_why_nothing_or_another_sum_was_taxed_is_told(reason: str) -> None:
    (told,) = explained(TaxApplied(reason=reason)).lines
    assert told.tax.reason == reason


def test_what_no_rule_taxed_is_told_as_such_and_what_one_did_as_that() -> None:
    assert explained().lines[0].tax.reason == "no_rule"
    assert explained(tax_rule_id=an_id("rule")).lines[0].tax.reason == "rule"
    assert explained().lines[0].delivery.tax is None


def test_rounding_is_told_as_the_destination_has_it() -> None:
    assert explained().rounding == ROUNDING
    told = explained(TaxApplied(rounding="order", rounding_mode="half_even")).rounding
    assert told.startswith("tax of all that a seller sells by one rule at once")
    assert "half to even" in told and told.endswith(ROUNDING)
