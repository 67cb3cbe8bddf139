"""Several taxes of one rule, also a tax on a tax: exact, rounded once, and each told with what it is on."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.contracts.taxes import EndTaxRule, FurtherTax, SetTaxTerms, TaxRuleSet
from argosy.domains.taxes.domain.places import rule_id
from argosy.domains.taxes.domain.rate import ROUNDING_MODES, WHOLE, Rate, rounded
from argosy.domains.taxes.domain.rule import FurtherTaxesNotReadable, RateOutOfBounds, TaxRule
from argosy.shared_kernel.errors import DomainError
from tests.domains.taxes.desk import OTHER, quote, rule, stage_with, taxed

ON_TOP = FurtherTax(name="QST", basis_points=950, is_compound=True)
QUEBEC = {"region": "QC", "name": "GST", "is_inclusive": False, "further": (ON_TOP,)}
WHERE = {"country": "CA", "region": "QC"}


def test_a_tax_on_a_tax_is_told_with_what_it_is_on() -> None:
    stage = stage_with(rule(500, "CA", **QUEBEC))
    (line,) = taxed(stage, quote(("standard", 10_000), **WHERE))
    assert (line.amount, line.basis_points, line.hundredths, line.is_inclusive) == (1_498, 1_497, 50, False)
    assert [(one.name, one.taxed_amount, one.amount, one.basis_points) for one in line.parts] == [
        ("GST", 10_000, 500, 500),
        ("QST", 10_500, 998, 950),
    ]


def test_taxes_beside_each_other_are_each_on_the_price() -> None:
    beside = FurtherTax(name="PST", basis_points=700)
    stage = stage_with(rule(500, "CA", **{**QUEBEC, "further": (beside,)}))
    (line,) = taxed(stage, quote(("standard", 10_000), **WHERE))
    assert [(one.name, one.taxed_amount, one.amount) for one in line.parts] == [
        ("GST", 10_000, 500),
        ("PST", 10_000, 700),
    ]


def test_within_a_price_the_first_is_on_what_is_left_without_taxes() -> None:
    stage = stage_with(rule(1_000, "BR", is_inclusive=True, name="A", further=(FurtherTax("B", 1_000, 0, True),)))
    (line,) = taxed(stage, quote(("standard", 12_100), country="BR"))
    assert line.amount == 2_100
    assert [(one.taxed_amount, one.amount) for one in line.parts] == [(10_000, 1_000), (11_000, 1_100)]


def test_per_order_all_lines_of_a_seller_are_rounded_at_once_and_their_parts_still_sum() -> None:
    stage = stage_with(rule(500, "CA", **QUEBEC), SetTaxTerms(country="CA", rounding="order"))
    lines = taxed(stage, quote(*[("standard", 333)] * 3, ("standard", 100, OTHER), **WHERE))
    assert sum(line.amount for line in lines[:3]) == rounded(999 * 149_750, WHOLE, "half_up")
    assert all(sum(part.amount for part in line.parts) == line.amount for line in lines)


def test_delivery_that_follows_its_goods_bears_what_all_taxes_come_to() -> None:
    stage = stage_with(rule(500, "CA", **QUEBEC), SetTaxTerms(country="CA", delivery="highest"))
    goods, delivery = taxed(stage, quote(("standard", 10_000), ("delivery", 1_000), **WHERE))
    assert (delivery.amount, delivery.basis_points, delivery.hundredths) == (150, 1_497, 50)
    assert [one.name for one in delivery.parts] == ["GST", "QST"] and goods.parts


def test_versions_keep_their_taxes_and_the_same_again_tells_nothing() -> None:
    stage = stage_with()
    said = rule(500, "CA", **QUEBEC)
    (told,) = stage.send(said)
    assert isinstance(told, TaxRuleSet) and told.further == (ON_TOP,)
    assert stage.send(said) == []
    id = rule_id("CA", "QC", "standard")
    stage.clock.tick(days=1)
    stage.send(rule(500, "CA", region="QC", is_inclusive=False))
    assert [one.further for one in stage.one(TaxRule, id).versions] == [(ON_TOP,), ()]
    stage.send(EndTaxRule(rule_id=id))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"name": ""}, FurtherTaxesNotReadable),
        ({"further": ()}, FurtherTaxesNotReadable),
        ({"further": (FurtherTax("GST", 1),)}, FurtherTaxesNotReadable),
        ({"further": tuple(FurtherTax(str(number), 1) for number in range(5))}, FurtherTaxesNotReadable),
        ({"further": (FurtherTax("x", -1),)}, RateOutOfBounds),
        ({"further": (FurtherTax("x", 9_999, 0, True),)}, RateOutOfBounds),
    ],
)
def test_what_no_law_could_mean_is_refused(changes: dict[str, Any], error: type[DomainError]) -> None:
    with pytest.raises(error):
        stage_with(rule(500, "CA", **{**QUEBEC, **changes}))


FURTHER = st.builds(
    FurtherTax,
    name=st.uuids().map(str),
    basis_points=st.integers(0, 3_000),
    hundredths=st.integers(0, 99),
    is_compound=st.booleans(),
)


@given(
    st.integers(0, 2**53 - 1),
    st.integers(0, 3_000),
    st.integers(0, 99),
    st.lists(FURTHER, min_size=1, max_size=4),
    st.booleans(),
    st.sampled_from(ROUNDING_MODES),
)
def test_the_whole_is_exact_arithmetic_rounded_once_and_the_parts_sum_to_it(
    amount: int, basis_points: int, hundredths: int, further: list[FurtherTax], is_inclusive: bool, mode: str
) -> None:
    rate = Rate(
        basis_points=basis_points, hundredths=hundredths, is_inclusive=is_inclusive, name="0", further=tuple(further)
    )
    exact = [Fraction(rate.basis_points * 100 + rate.hundredths, WHOLE)]
    for one in further:
        own = Fraction(one.basis_points * 100 + one.hundredths, WHOLE)
        exact.append(own * (1 + sum(exact)) if one.is_compound else own)
    whole = sum(exact) / (1 + sum(exact)) if is_inclusive else sum(exact)
    tax = rate.tax(amount, mode)
    assert tax == rounded(amount * whole.numerator, whole.denominator, mode)
    parts = [part for _, _, part, _, _ in rate.parts(amount, tax)]
    assert sum(parts) == tax
    for part, share in zip(parts, exact, strict=True):
        assert abs(part - (tax * share / sum(exact) if sum(exact) else 0)) < 1
