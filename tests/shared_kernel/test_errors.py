"""Refusals are sentences with a stable code."""

from __future__ import annotations

import pytest

from argosy.shared_kernel.errors import (
    DomainError,
    Invalid,
    NotAllowed,
    NotFound,
    RuleBroken,
    Several,
    snake_case,
)


class CartIsFull(RuleBroken):
    """A cart holds at most 200 lines.

    More is a matter for the sales desk.
    """


class NotACart(Invalid):
    pass


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("CartIsFull", "cart_is_full"),
        ("NotACode", "not_a_code"),
        ("NotAnId", "not_an_id"),
        ("X", "x"),
        ("URLIsBroken", "url_is_broken"),
        ("Line2IsWrong", "line2_is_wrong"),
        ("StockShort", "stock_short"),
    ],
)
def test_the_code_is_the_sentence_in_snake_case(name: str, code: str) -> None:
    assert snake_case(name) == code


def test_a_refusal_says_what_and_with_which_data() -> None:
    refusal = CartIsFull(asked=201, maximum=200)
    assert (refusal.code, refusal.details, str(refusal)) == (
        "cart_is_full",
        {"asked": 201, "maximum": 200},
        "cart_is_full",
    )
    assert refusal.sentence == "A cart holds at most 200 lines."
    assert NotACart.__doc__ is None and NotACart().sentence == "not_a_cart"


def test_there_are_four_families_and_one_root() -> None:
    for family in (Invalid, NotFound, RuleBroken, NotAllowed):
        assert family.__bases__ == (DomainError,)


def test_several_faults_are_told_together() -> None:
    refusal = Several([CartIsFull(asked=201), NotACart(field="cart_id")])
    assert isinstance(refusal, Invalid) and refusal.code == "several"
    assert refusal.details == {
        "faults": [{"code": "cart_is_full", "asked": 201}, {"code": "not_a_cart", "field": "cart_id"}]
    }
