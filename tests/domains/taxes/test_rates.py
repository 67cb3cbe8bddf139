"""Rates: exact rounding in each way, and versions that begin and end."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.contracts.taxes import EndTaxRule, TaxRuleEnded, TaxRuleSet
from argosy.domains.taxes.domain.places import rule_id
from argosy.domains.taxes.domain.rate import ROUNDING_MODES, Rate, rate_in_force, rounded
from argosy.domains.taxes.domain.rule import NoSuchTaxRule, RateOutOfBounds, TaxRule, VersionIsInThePast
from argosy.shared_kernel.money import AMOUNT_MAX
from tests.domains.taxes.desk import amounts, quote, rule, stage_with, taxed
from tests.support import an_id

BY_DECIMAL = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "down": ROUND_DOWN, "up": ROUND_UP}
JULY, OCTOBER = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)
DE = rule_id("DE", "", "standard")


@given(st.integers(-(10**20), 10**20), st.integers(1, 2_000_000), st.sampled_from(ROUNDING_MODES))
def test_rounding_is_that_of_decimal_arithmetic_to_the_minor_unit(top: int, bottom: int, mode: str) -> None:
    with localcontext() as exact:
        exact.prec = 80
        expected = (Decimal(top) / Decimal(bottom)).quantize(Decimal(1), BY_DECIMAL[mode])
    # Where eighty digits end, so do halves: they are of denominators that divide them.
    assert rounded(top, bottom, mode) == int(expected)


@given(st.integers(0, AMOUNT_MAX), st.integers(0, 1_000_000), st.booleans(), st.sampled_from(ROUNDING_MODES))
def test_a_tax_is_never_negative_and_never_more_than_its_amount(
    amount: int, millionths: int, is_inclusive: bool, mode: str
) -> None:
    rate = Rate(basis_points=millionths // 100, hundredths=millionths % 100, is_inclusive=is_inclusive)
    assert 0 <= rate.tax(amount, mode) <= amount
    assert rate.tax(amount, "down") <= rate.tax(amount, mode) <= rate.tax(amount, "up") <= rate.tax(amount, "down") + 1


def test_a_rate_may_be_finer_than_a_basis_point() -> None:
    stage = stage_with(rule(887, "US", is_inclusive=False, hundredths=50))
    (line,) = taxed(stage, quote(("standard", 100_000), country="US"))
    assert (line.amount, line.basis_points, line.hundredths) == (8_875, 887, 50)


@pytest.mark.parametrize(("basis_points", "hundredths"), [(10_000, 1), (5, 100), (5, -1), (-1, 50)])
def test_a_rate_beyond_the_whole_is_refused(basis_points: int, hundredths: int) -> None:
    with pytest.raises(RateOutOfBounds):
        stage_with(rule(basis_points, hundredths=hundredths))


def test_a_planned_rate_counts_from_its_time_and_the_old_one_until_then() -> None:
    stage = stage_with(rule(1_900), rule(1_600, valid_from=JULY))
    assert amounts(stage, quote(("standard", 10_000))) == [1_597]
    stage.clock.time = JULY
    (line,) = taxed(stage, quote(("standard", 10_000)))
    assert (line.amount, line.basis_points, line.valid_from) == (1_379, 1_600, JULY)


def test_a_rule_that_ends_gives_way_to_the_next_nearest() -> None:
    stage = stage_with(rule(1_900), rule(700, category="books"))
    told = stage.send(EndTaxRule(rule_id=rule_id("DE", "", "books"), valid_from=JULY))
    assert told == [TaxRuleEnded(rule_id=rule_id("DE", "", "books"), valid_from=JULY)]
    assert stage.send(EndTaxRule(rule_id=rule_id("DE", "", "books"), valid_from=JULY)) == []
    assert [line.basis_points for line in taxed(stage, quote(("books", 100)))] == [700]
    stage.clock.time = JULY
    assert [line.basis_points for line in taxed(stage, quote(("books", 100)))] == [1_900]
    assert stage.undeclared_loads == 0


def test_a_rule_that_ended_may_begin_again_and_its_past_stays_on_record() -> None:
    stage = stage_with(rule(1_900), EndTaxRule(rule_id=DE, valid_from=JULY), rule(2_000, valid_from=OCTOBER))
    rates = stage.one(TaxRule, DE).rates
    assert [(rate.valid_from, rate.basis_points, rate.is_end) for rate in rates] == [
        (None, 1_900, False),
        (JULY, 0, True),
        (OCTOBER, 2_000, False),
    ]
    assert stage.one(TaxRule, DE).basis_points == 1_900, "the column shows what is in force"


def test_what_was_planned_for_a_moment_is_replaced_and_stays_planned_whatever_is_said_later() -> None:
    stage = stage_with(rule(1_900), rule(1_600, valid_from=JULY), rule(1_500, valid_from=JULY))
    assert [rate.basis_points for rate in stage.one(TaxRule, DE).rates] == [1_900, 1_500]
    assert stage.send(rule(1_500, valid_from=JULY)) == [], "the same again tells nothing"
    (told,) = stage.send(rule(1_900, valid_from=JULY))
    assert isinstance(told, TaxRuleSet)
    assert [rate.basis_points for rate in stage.one(TaxRule, DE).rates] == [1_900, 1_900]
    stage.send(rule(1_700, valid_from=datetime(2026, 6, 1, tzinfo=UTC)))
    stage.clock.time = JULY
    assert amounts(stage, quote(("standard", 119))) == [19], "it was said to be so again from July on"


def test_the_past_of_a_rule_is_not_changed() -> None:
    stage = stage_with(rule(1_900))
    with pytest.raises(VersionIsInThePast):
        stage.send(rule(1_600, valid_from=datetime(2025, 12, 31, tzinfo=UTC)))
    with pytest.raises(VersionIsInThePast):
        stage.send(EndTaxRule(rule_id=DE, valid_from=datetime(2025, 12, 31, tzinfo=UTC)))
    assert [rate.basis_points for rate in stage.one(TaxRule, DE).rates] == [1_900]


def test_a_new_rule_may_begin_at_any_time_and_does_not_count_before() -> None:
    stage = stage_with(rule(1_900, valid_from=JULY))
    assert amounts(stage, quote(("standard", 100))) == [0]
    stage.clock.time = JULY
    assert amounts(stage, quote(("standard", 119))) == [19]


def test_a_rule_that_is_none_cannot_end() -> None:
    with pytest.raises(NoSuchTaxRule):
        stage_with().send(EndTaxRule(rule_id=an_id("nothing")))
    with pytest.raises(NoSuchTaxRule):  # What is said of a place is no rule.
        stage_with(rule(1)).send(EndTaxRule(rule_id=rule_id("DE", "", "")))


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 3), st.booleans()), max_size=8),
    st.integers(0, 60),
)
def test_at_each_time_the_last_version_that_was_said_of_it_counts(said: list[tuple[int, int, bool]], day: int) -> None:
    """Against a model that remembers every saying: whatever is said is in the future of who says it."""
    kept = TaxRule(id=DE, country="DE")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    model: dict[int, int | None] = {-1: 5}
    kept.apply(Rate(basis_points=5, is_inclusive=True), start)
    kept.sequence = 1
    for at, points, is_end in said:
        moment = datetime.fromtimestamp(start.timestamp() + at * 86_400, UTC)
        if is_end:
            kept.end(moment, start)
        else:
            kept.apply(Rate(basis_points=points, is_inclusive=True, valid_from=moment), start)
        model[at] = None if is_end else points
    asked = datetime.fromtimestamp(start.timestamp() + day * 86_400, UTC)
    expected = model[max(at for at in model if at <= day)]
    found = rate_in_force(kept.rates, asked)
    assert (None if found is None else found.basis_points) == expected
