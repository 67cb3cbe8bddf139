"""What looks like a card's number is known wherever it stands in a text; other numbers are none."""

from __future__ import annotations

import pytest

from argosy.shared_kernel.cards import holds_card_number


@pytest.mark.parametrize(
    "text",
    ["4242424242424242", "please use 4242 4242 4242 4242, thanks", "378282246310005", "6011-1111-1111-1117."],
)
def test_a_card_number_is_found_however_it_is_grouped(text: str) -> None:
    assert holds_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4242424242424241",
        "order 7KQ2-M9XT-4HBC",
        "+351 912 345 678",
        "0000000000000000",
        "f4242424242424242a",
        "00000000-0000-7000-8000-000000000001",
    ],
)
def test_other_numbers_are_none(text: str) -> None:
    assert not holds_card_number(text)
