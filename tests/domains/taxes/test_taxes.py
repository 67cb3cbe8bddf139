"""Tax quotes: the nearest rule, rounded per line, never a minor unit from nowhere."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.contracts.taxes import LineTax, QuoteTax, SetTaxRule, TaxableLine, TaxQuoted, TaxRuleSet
from argosy.domains.taxes.context import SERVICES, build
from argosy.domains.taxes.domain.places import CountryNotReadable, RegionNotReadable, rule_id
from argosy.domains.taxes.domain.rate import Rate
from argosy.domains.taxes.domain.rule import CategoryNotReadable, MayNotSetTaxes, RateOutOfBounds, TaxRule
from argosy.engine.work import SYSTEM, Actor
from argosy.shared_kernel.errors import DomainError, Several
from argosy.shared_kernel.messages import Refused
from argosy.shared_kernel.money import AMOUNT_MAX
from tests.support import Stage, an_id

FLOW, SELLER = an_id("flow"), an_id("seller")
STAFF = Actor(id=an_id("staff"), roles=frozenset({"staff"}))


def rule(basis_points: int, *, is_inclusive: bool = True, **place: str) -> SetTaxRule:
    return SetTaxRule(**{"country": "DE"} | place, basis_points=basis_points, is_inclusive=is_inclusive)


def taxes_stage(*rules: SetTaxRule) -> Stage:
    stage = Stage(SERVICES, build)
    for one in rules:
        stage.send(one)
    return stage


def quote(*lines: tuple[str, int], country: str = "DE", region: str = "", currency: str = "EUR") -> QuoteTax:
    return QuoteTax(
        flow_id=FLOW,
        country=country,
        region=region,
        currency=currency,
        lines=tuple(
            TaxableLine(line_no=number, seller_id=SELLER, category=category, amount=amount)
            for number, (category, amount) in enumerate(lines, 1)
        ),
    )


def taxed(stage: Stage, command: QuoteTax) -> tuple[LineTax, ...]:
    (answer,) = stage.send(command)
    assert isinstance(answer, TaxQuoted)
    assert stage.undeclared_loads == 0
    return answer.lines


def rates(stage: Stage, command: QuoteTax) -> list[int]:
    return [line.basis_points for line in taxed(stage, command)]


def test_an_inclusive_rate_tells_the_part_that_the_price_contains() -> None:
    stage = taxes_stage(rule(1_900))
    assert taxed(stage, quote(("standard", 11_900), ("standard", 100))) == (
        LineTax(line_no=1, amount=1_900, is_inclusive=True, basis_points=1_900, rule_id=rule_id("DE", "", "standard")),
        LineTax(line_no=2, amount=16, is_inclusive=True, basis_points=1_900, rule_id=rule_id("DE", "", "standard")),
    )


def test_an_exclusive_rate_tells_what_comes_on_top() -> None:
    stage = taxes_stage(rule(825, is_inclusive=False, country="US", region="TX"))
    assert taxed(stage, quote(("standard", 1_000), ("standard", 1), country="US", region="TX")) == (
        LineTax(line_no=1, amount=83, is_inclusive=False, basis_points=825, rule_id=rule_id("US", "TX", "standard")),
        LineTax(line_no=2, amount=0, is_inclusive=False, basis_points=825, rule_id=rule_id("US", "TX", "standard")),
    )


def test_halves_are_rounded_away_from_zero_on_each_line() -> None:
    exclusive = taxes_stage(rule(500, is_inclusive=False))
    assert [line.amount for line in taxed(exclusive, quote(*[("standard", 10)] * 3))] == [1, 1, 1]
    inclusive = taxes_stage(rule(10_000))
    assert [line.amount for line in taxed(inclusive, quote(("standard", 1), ("standard", 3), ("standard", 2)))] == [
        1,
        2,
        1,
    ]


def test_no_rule_means_no_tax() -> None:
    assert taxed(taxes_stage(rule(1_900)), quote(("standard", 500), country="CH")) == (
        LineTax(line_no=1, amount=0, is_inclusive=True, basis_points=0, rule_id=None, reason="no_rule"),
    )


def test_the_nearest_rule_counts_category_before_standard_and_region_before_country() -> None:
    stage = taxes_stage(rule(1), rule(2, region="BY"), rule(3, category="food"), rule(4, region="BY", category="food"))
    assert rates(stage, quote(("food", 1), ("books", 1), region="BY")) == [4, 2]
    assert rates(stage, quote(("food", 1), ("books", 1), region="HH")) == [3, 1]
    assert rates(stage, quote(("food", 1), ("standard", 1))) == [3, 1]
    assert rates(taxes_stage(rule(2, region="BY"), rule(3, category="food")), quote(("food", 1), region="BY")) == [3]


def test_delivery_is_taxed_as_standard_until_it_has_a_rule_of_its_own() -> None:
    assert rates(taxes_stage(rule(1_900)), quote(("delivery", 500))) == [1_900]
    assert rates(taxes_stage(rule(1_900), rule(0, category="delivery")), quote(("delivery", 500))) == [0]


def test_a_region_is_read_as_people_write_it() -> None:
    stage = taxes_stage(rule(825, country="US", region=" new  york"))
    assert rates(stage, quote(("standard", 100), country="US", region="New York ")) == [825]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (quote(), "lines_not_readable"),
        (quote(("standard", -1)), "amount_out_of_bounds"),
        (quote(("standard", 2**53)), "amount_out_of_bounds"),
        (quote(("standard", 1), country=""), "country_not_readable"),
        (quote(("standard", 1), country="de"), "country_not_readable"),
        (quote(("standard", 1), currency="EURO"), "unknown_currency"),
    ],
)
def test_what_no_checkout_could_mean_is_refused_rather_than_untaxed(command: QuoteTax, code: str) -> None:
    (answer,) = taxes_stage(rule(1_900)).send(command)
    assert isinstance(answer, Refused)
    assert answer.code == code


def test_setting_a_rule_twice_tells_it_once_and_changing_it_tells_it_again() -> None:
    stage = taxes_stage()
    assert stage.send(rule(1_900, region="by")) == [
        TaxRuleSet(
            rule_id=rule_id("DE", "BY", "standard"),
            country="DE",
            region="BY",
            category="standard",
            basis_points=1_900,
            is_inclusive=True,
        )
    ]
    assert stage.result == rule_id("DE", "BY", "standard")
    assert stage.send(rule(1_900, region="BY")) == []
    assert len(stage.send(rule(1_900, region="BY", is_inclusive=False))) == 1
    assert len(stage.send(rule(0))) == 1
    assert len(stage.all(TaxRule)) == 2
    assert stage.undeclared_loads == 0


@pytest.mark.parametrize("actor", [STAFF, SYSTEM])
def test_our_own_people_set_taxes(actor: Actor) -> None:
    stage = taxes_stage()
    stage.send(rule(1), actor=actor)
    assert len(stage.all(TaxRule)) == 1


@pytest.mark.parametrize("role", ["buyer", "seller", ""])
def test_nobody_else_sets_taxes(role: str) -> None:
    stage = taxes_stage()
    with pytest.raises(MayNotSetTaxes):
        stage.send(rule(1), actor=Actor(id="x", roles=frozenset({role}), seller_id=SELLER))
    assert stage.all(TaxRule) == []


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        (rule(-1), RateOutOfBounds),
        (rule(10_001), RateOutOfBounds),
        (rule(1, country="Germany"), CountryNotReadable),
        (rule(1, category="Food!"), CategoryNotReadable),
        (rule(1, region="<script>"), RegionNotReadable),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(command: SetTaxRule, fault: type[DomainError]) -> None:
    stage = taxes_stage()
    with pytest.raises(fault):
        stage.send(command)
    assert stage.all(TaxRule) == []


def test_all_faults_of_a_rule_are_told_at_once() -> None:
    with pytest.raises(Several) as refused:
        taxes_stage().send(rule(-1, country="x", category=""))
    assert [fault.code for fault in refused.value.faults] == [
        "country_not_readable",
        "category_not_readable",
        "rate_out_of_bounds",
    ]


def inclusive_part(amount: int, basis_points: int) -> int:
    return Rate(basis_points=basis_points, is_inclusive=True).tax(amount)


def half_up(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


@given(st.integers(-AMOUNT_MAX, AMOUNT_MAX), st.integers(0, 10_000))
def test_the_inclusive_part_is_exact_arithmetic_rounded_half_away_from_zero(amount: int, basis_points: int) -> None:
    # Exactly: twice the part is within one of twice amount * rate / (10000 + rate), and halves go outwards.
    part, whole = inclusive_part(amount, basis_points), 10_000 + basis_points
    distance = 2 * (part * whole - amount * basis_points)
    assert -whole <= distance <= whole
    assert abs(distance) != whole or abs(part) * whole > abs(amount) * basis_points
    assert abs(part) <= abs(amount)
    assert inclusive_part(-amount, basis_points) == -part


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=20), st.integers(0, 10_000), st.booleans())
def test_each_line_is_taxed_as_if_it_were_alone(amounts: list[int], basis_points: int, is_inclusive: bool) -> None:
    stage = taxes_stage(rule(basis_points, is_inclusive=is_inclusive))
    divisor = Decimal(10_000 + basis_points if is_inclusive else 10_000)
    lines: Any = taxed(stage, quote(*(("standard", amount) for amount in amounts)))
    assert [line.amount for line in lines] == [half_up(amount * basis_points / divisor) for amount in amounts]
    assert all(0 <= line.amount <= amount for line, amount in zip(lines, amounts, strict=True))


@given(st.integers(0, 10**9), st.integers(0, 10_000))
def test_net_and_its_tax_on_top_make_the_gross_they_came_from(gross: int, basis_points: int) -> None:
    net = gross - inclusive_part(gross, basis_points)
    assert abs(net + half_up(net * basis_points / Decimal(10_000)) - gross) <= 1
