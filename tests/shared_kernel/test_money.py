"""Money is whole minor units; what is split sums up again."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.shared_kernel.money import (
    AMOUNT_MAX,
    CurrencyMismatch,
    Money,
    NotAnAmount,
    UnknownCurrency,
    allocate,
    exponent,
    share,
)

amounts = st.integers(-AMOUNT_MAX, AMOUNT_MAX)
weights = st.lists(st.integers(0, 10**12), min_size=1, max_size=30)


@given(amounts, weights)
def test_parts_sum_to_the_whole(amount: int, weights: list[int]) -> None:
    assert sum(allocate(amount, weights)) == amount


@given(st.integers(0, AMOUNT_MAX), weights)
def test_no_part_is_a_whole_unit_away_from_its_due(amount: int, weights: list[int]) -> None:
    fair = weights if sum(weights) else [1] * len(weights)
    for part, weight in zip(allocate(amount, weights), fair, strict=True):
        assert abs(part - Fraction(amount * weight, sum(fair))) < 1
        assert weight or part == 0


@given(st.integers(0, 10**6), st.integers(1, 30), st.integers(1, 1000))
def test_ties_go_to_the_earlier_part(amount: int, count: int, weight: int) -> None:
    parts = allocate(amount, [weight] * count)
    assert parts == sorted(parts, reverse=True) and parts[0] - parts[-1] <= 1


@given(st.integers(0, AMOUNT_MAX), weights)
def test_a_debt_is_split_as_its_mirror(amount: int, weights: list[int]) -> None:
    assert allocate(-amount, weights) == [-part for part in allocate(amount, weights)]


@pytest.mark.parametrize(
    ("amount", "by", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (2, [1, 1, 1], [1, 1, 0]),
        (5, [0, 0], [3, 2]),
        (7, [0, 1], [0, 7]),
        (10, [1, 2, 2], [2, 4, 4]),
        (1, [1, 2], [0, 1]),
        (0, [3, 4], [0, 0]),
        (-100, [1, 1, 1], [-34, -33, -33]),
    ],
)
def test_splits_are_these_and_no_others(amount: int, by: list[int], parts: list[int]) -> None:
    assert allocate(amount, by) == parts
    assert Money(amount, "EUR").allocate(by) == [Money(part, "EUR") for part in parts]


@pytest.mark.parametrize("by", [[], [1, -1]])
def test_nothing_is_split_among_nobody_or_by_negative_weights(by: list[int]) -> None:
    with pytest.raises(AssertionError):
        allocate(1, by)


@given(amounts, st.integers(0, 20_000))
def test_a_share_is_rounded_half_away_from_zero(amount: int, basis_points: int) -> None:
    exact = Fraction(amount * basis_points, 10_000)
    part = share(amount, basis_points)
    assert abs(part - exact) <= Fraction(1, 2) and share(-amount, basis_points) == -part
    if abs(part - exact) == Fraction(1, 2):
        assert abs(part) > abs(exact)


@pytest.mark.parametrize(("currency", "places"), [("JPY", 0), ("EUR", 2), ("INR", 2), ("KWD", 3), ("CLF", 4)])
def test_each_currency_has_its_own_decimals(currency: str, places: int) -> None:
    assert exponent(currency) == places
    assert Money.of("7", currency).amount == 7 * 10**places
    assert str(Money(7 * 10**places, currency)) == f"{Decimal(7):.{places}f} {currency}"


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("58.9", "EUR", 5890),
        ("0.01", "EUR", 1),
        ("-0.01", "EUR", -1),
        ("1000", "JPY", 1000),
        ("1.234", "KWD", 1234),
        (" 5 ", "EUR", 500),
        ("1.50", "EUR", 150),
        ("5.000", "EUR", 500),
        ("100.0", "JPY", 100),
    ],
)
def test_decimal_text_is_read_exactly(text: str, currency: str, amount: int) -> None:
    assert Money.of(text, currency) == Money(amount, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("\uff15\uff18.\uff19", "EUR"),
        ("\u0665", "EUR"),
        ("1_000", "EUR"),
        ("NaN", "EUR"),
        ("sNaN", "EUR"),
        ("Infinity", "EUR"),
        ("-inf", "EUR"),
        ("0.001", "EUR"),
        ("1.5", "JPY"),
        ("1.2345", "KWD"),
        ("", "EUR"),
        ("five", "EUR"),
        ("1,5", "EUR"),
        ("1 000", "EUR"),
        ("--1", "EUR"),
        ("0x10", "EUR"),
        ("1e30", "EUR"),
        ("90071992547409.92", "EUR"),
        ("5\u00a0", "EUR"),
        ("1e999999999", "EUR"),
        ("1e-999999999", "EUR"),
        ("1e2", "EUR"),
        ("0.01" + "0" * 36 + "1", "EUR"),
        ("9" * 5000, "JPY"),
        (".5", "EUR"),
        ("5.", "EUR"),
        ("-", "EUR"),
        ("1\n", "EUR"),
    ],
)
def test_what_is_no_amount_is_refused_and_never_rounded(text: str, currency: str) -> None:
    with pytest.raises(NotAnAmount):
        Money.of(text, currency)


@given(amounts, st.sampled_from(["JPY", "EUR", "KWD"]))
def test_what_is_written_is_read_again(amount: int, currency: str) -> None:
    money = Money(amount, currency)
    assert Money.of(str(money).split()[0], currency) == money


@pytest.mark.parametrize("amount", [1.0, True, "1", AMOUNT_MAX + 1, -AMOUNT_MAX - 1])
def test_only_whole_numbers_that_every_reader_holds_are_amounts(amount: object) -> None:
    with pytest.raises(NotAnAmount):
        Money(amount, "EUR")  # type: ignore[arg-type]


@pytest.mark.parametrize("currency", ["", "eur", "EURO", "XYZ", "XXX"])
def test_an_unknown_currency_is_refused(currency: str) -> None:
    with pytest.raises(UnknownCurrency):
        Money(1, currency)


def test_two_currencies_never_mix() -> None:
    euro, yen = Money(1, "EUR"), Money(1, "JPY")
    for mix in (lambda: euro + yen, lambda: euro - yen, lambda: euro < yen, lambda: euro <= yen):
        with pytest.raises(CurrencyMismatch):
            mix()
    assert euro != yen


def test_sums_and_products_are_exact() -> None:
    euro = Money(10, "EUR")
    assert (euro + euro, euro - euro, -euro, euro * 3) == (
        Money(20, "EUR"),
        Money(0, "EUR"),
        Money(-10, "EUR"),
        Money(30, "EUR"),
    )
    with pytest.raises(NotAnAmount):
        euro * 1.5  # type: ignore[operator]
