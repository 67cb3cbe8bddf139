"""How taxes of many lines are rounded and how delivery is taxed: to the minor unit, whatever comes together."""

from __future__ import annotations

import time
from collections import defaultdict
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.contracts.taxes import SetSellerTaxes, SetTaxTerms, TaxRegistration
from argosy.domains.taxes.domain.places import rule_id
from argosy.domains.taxes.domain.rate import Rate
from argosy.domains.taxes.domain.rule import TaxRule
from tests.domains.taxes.desk import OTHER, SELLER, amounts, lines_of, quote, rule, stage_with, taxed
from tests.support import Stage, an_id

SELLERS = [SELLER, OTHER, an_id("third")]
BOOKS, STANDARD = rule_id("DE", "", "books"), rule_id("DE", "", "standard")


def germany(**terms: object) -> Stage:
    return stage_with(
        rule(1_900),
        rule(700, category="books"),
        rule(0, category="stamps"),
        SetTaxTerms(country="DE", **terms),  # type: ignore[arg-type]
    )


def test_per_line_each_line_is_rounded_and_per_order_only_their_sum() -> None:
    lines = [("standard", 3)] * 5  # 0.479 of tax each
    assert amounts(germany(rounding="line"), quote(*lines)) == [0, 0, 0, 0, 0]
    assert amounts(germany(rounding="order"), quote(*lines)) == [1, 1, 0, 0, 0]


def test_an_order_is_one_sellers_part_and_each_rule_is_rounded_for_itself() -> None:
    stage = germany(rounding="order")
    lines = [("standard", 3), ("standard", 3, OTHER), ("books", 6), ("books", 6)]
    assert amounts(stage, quote(*lines)) == [0, 0, 1, 0]


def test_a_line_says_how_it_was_rounded() -> None:
    (line,) = taxed(germany(rounding="order", rounding_mode="half_even"), quote(("standard", 100)))
    assert (line.rounding, line.rounding_mode) == ("order", "half_even")


@pytest.mark.parametrize(("mode", "expected"), [("half_up", 3), ("half_even", 2), ("down", 2), ("up", 3)])
def test_a_half_goes_where_the_terms_say(mode: str, expected: int) -> None:
    stage = stage_with(rule(500, is_inclusive=False), SetTaxTerms(country="DE", rounding_mode=mode))
    assert amounts(stage, quote(("standard", 50))) == [expected]


goods = st.lists(
    st.tuples(
        st.sampled_from(["standard", "books", "stamps", "delivery"]),
        st.integers(0, 10**9) | st.integers(0, 20),
        st.sampled_from(SELLERS),
    ),
    min_size=1,
    max_size=25,
)


@settings(deadline=None, max_examples=150)
@given(
    goods,
    st.sampled_from(["half_up", "half_even", "down", "up"]),
    st.sampled_from(["own", "pro_rata", "highest"]),
    st.booleans(),
)
def test_per_order_the_taxes_of_its_lines_are_the_rounded_tax_of_their_sum(
    lines: list[tuple[str, int, str]], mode: str, delivery: str, is_inclusive: bool
) -> None:
    stage = stage_with(
        *[rule(points, category=kind, is_inclusive=is_inclusive) for kind, points in RATES.items()],
        SetTaxTerms(country="DE", rounding="order", rounding_mode=mode, delivery=delivery),
    )
    found = taxed(stage, quote(*lines))  # type: ignore[arg-type]
    asked = lines_of(*lines)  # type: ignore[arg-type]
    assert [line.line_no for line in found] == [line.line_no for line in asked]
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for line, tax in zip(asked, found, strict=True):
        assert 0 <= tax.amount <= line.amount
        parts = [(part.rule_id, part.taxed_amount, part.amount) for part in tax.parts]
        parts = parts or [(tax.rule_id, line.amount, tax.amount)]
        assert sum(taxed_amount for _, taxed_amount, _ in parts) == line.amount, "parts are all of the line"
        assert sum(amount for _, _, amount in parts) == tax.amount
        for id, taxed_amount, amount in parts:
            sums[line.seller_id, id or ""][0] += taxed_amount
            sums[line.seller_id, id or ""][1] += amount
    for (_, id), (whole, tax_amount) in sums.items():
        points = next(points for kind, points in RATES.items() if rule_id("DE", "", kind) == id)
        assert tax_amount == Rate(basis_points=points, is_inclusive=is_inclusive).tax(whole, mode)


RATES = {"standard": 1_900, "books": 700, "stamps": 0}


@settings(deadline=None, max_examples=150)
@given(goods, st.sampled_from(["pro_rata", "highest"]))
def test_per_line_what_is_rounded_is_less_than_one_unit_from_the_exact_tax_of_each_part(
    lines: list[tuple[str, int, str]], delivery: str
) -> None:
    for line in taxed(germany(delivery=delivery), quote(*lines)):  # type: ignore[arg-type]
        for part in line.parts:
            rate = part.basis_points * 100 + part.hundredths
            exact = Fraction(part.taxed_amount * rate, 1_000_000 + rate)
            assert abs(part.amount - exact) <= Fraction(1, 2)


def test_delivery_by_its_own_rule_is_as_before() -> None:
    stage = germany()
    stage.send(rule(0, category="delivery"))
    assert amounts(stage, quote(("books", 10_700), ("delivery", 1_190))) == [700, 0]


def test_delivery_pro_rata_is_taxed_as_the_goods_that_it_brings() -> None:
    *_, delivery = taxed(
        germany(delivery="pro_rata"),
        quote(("standard", 3_000), ("books", 1_000), ("standard", 99_999, OTHER), ("delivery", 400)),
    )
    assert [(part.rule_id, part.taxed_amount, part.amount, part.basis_points) for part in delivery.parts] == [
        (STANDARD, 300, 48, 1_900),
        (BOOKS, 100, 7, 700),
    ]
    assert (delivery.amount, delivery.basis_points, delivery.is_inclusive) == (55, 1_600, True)


def test_delivery_by_the_highest_rate_looks_at_its_own_sellers_goods_alone() -> None:
    stage = germany(delivery="highest")
    lines = [("books", 1_070), ("stamps", 100), ("delivery", 1_070), ("standard", 119, OTHER), ("delivery", 119, OTHER)]
    assert [line.rule_id for line in taxed(stage, quote(*lines))] == [  # type: ignore[arg-type]
        BOOKS,
        rule_id("DE", "", "stamps"),
        BOOKS,
        STANDARD,
        STANDARD,
    ]


def test_delivery_that_brings_nothing_is_taxed_by_its_own_rule() -> None:
    for way in ("pro_rata", "highest"):
        assert amounts(germany(delivery=way), quote(("books", 107), ("delivery", 119, OTHER))) == [7, 19]


def test_delivery_of_goods_that_bear_no_tax_bears_none_and_says_why() -> None:
    for way in ("pro_rata", "highest"):
        stage = germany(delivery=way, checks_registrations=True)
        *_, delivery = taxed(stage, quote(("books", 100), ("delivery", 500)))
        assert (delivery.amount, delivery.reason, delivery.rule_id) == (0, "not_registered", None)


def test_delivery_of_goods_taxed_within_and_on_top_follows_the_highest_rate() -> None:
    stage = germany(delivery="pro_rata")
    stage.send(rule(800, category="books", is_inclusive=False))
    *_, delivery = taxed(stage, quote(("standard", 100), ("books", 100), ("delivery", 119)))
    assert (delivery.rule_id, delivery.amount, delivery.parts) == (STANDARD, 19, ())


def test_a_quote_of_two_hundred_lines_loads_only_what_it_declares_and_is_fast() -> None:
    stage = germany(rounding="order", delivery="pro_rata", checks_registrations=True, reverse_charge=True)
    sellers = [an_id(f"seller {number}") for number in range(40)]
    for seller in sellers:
        home = TaxRegistration(country="DE")
        stage.send(SetSellerTaxes(seller_id=seller, country="PT", registrations=(home,)))
    kinds = ["standard", "books", "stamps"]
    lines = [(kinds[number % 3], 1_000 + number, sellers[number % 40]) for number in range(200)]
    lines += [("delivery", 499, sellers[number % 40]) for number in range(200)]
    command = quote(*lines)
    began = time.perf_counter()
    found = taxed(stage, command)
    took = time.perf_counter() - began
    assert len(found) == 400
    assert not stage.due(), "a quote writes no row but its answer"
    # 9 ms on the machine that this was written on; the bound is for the slowest, and for what grows with the square.
    assert took < 0.5
    assert stage.one(TaxRule, STANDARD).version == 1
