"""What looks like a card's number is known wherever it stands in a text; other numbers are none."""

from __future__ import annotations

from time import process_time

import pytest

from argosy.shared_kernel.cards import holds_card_number, masked

# Numbers that gateways publish for tests, by issuer.
TEST_NUMBERS = (
    "4242424242424242",
    "4111111111111111",
    "5555555555554444",
    "2223003122003222",
    "378282246310005",
    "371449635398431",
    "6011111111111117",
    "3056930009020004",
    "36227206271667",
    "3566002020360505",
    "6200000000000005",
    "6205500000000000004",
    "6304000000000000",
    "6079000000000003",
)


@pytest.mark.parametrize("number", TEST_NUMBERS)
def test_every_issuers_numbers_are_known(number: str) -> None:
    assert holds_card_number(number)
    assert masked(f"pay with {number}, thanks") == "pay with [card number], thanks"


@pytest.mark.parametrize(
    "text",
    [
        "please use 4242 4242 4242 4242, thanks",
        "6011-1111-1111-1117.",
        "4242.4242.4242.4242",
        "4242\u00a04242\u00a04242\u00a04242",
        "4242 4242 4242 4242 12 27 123",
        "12 27 4242424242424242",
        "4242424242424242 12/27 cvc 123",
        "card:4242424242424242",
        "_4242424242424242_",
        "(378282 246310 005)",
        "\uff14\uff12\uff14\uff12 4242 4242 4242",
        "\u0664\u0662\u0664\u0662424242424242",
        "line one\n4242424242424242\nline three",
        '"line one\\n4242424242424242\\tline three"',
        '"\\u001b4242424242424242"',
        "4242 - 4242 - 4242 - 4242",
        "4242  4242  4242  4242",
        "DE13 4242 4242 4242 4242",
    ],
)
def test_a_card_number_is_found_however_it_is_grouped(text: str) -> None:
    assert holds_card_number(text)
    assert not holds_card_number(masked(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4242424242424241",
        "order 7KQ2-M9XT-4HBC",
        "+351 912 345 678",
        "+49 1512 3456789",
        "0000000000000000",
        "f4242424242424242a",
        "00000000-0000-7000-8000-000000000001",
        "42424242-4242-4242-8242-424242424242",
        "1234567890123456",
        "2026-11-29 14:50:00.123456",
        "490154203237518",  # IMEI
        "9400100000000000000000",
        "340123450000000012",  # SSCC
        "back to DE12 5001 0517 0648 4898 90, please",
        "IBAN AT61 1904 3002 3457 3201 BIC OPSKATWW",
        "12.345.678/0001-95",  # CNPJ
        "36415868000108",  # CNPJ, like a number of Diners Club
        "529.982.247-25, +55 11 91234-5678",  # CPF
    ],
)
def test_other_numbers_are_none(text: str) -> None:
    assert not holds_card_number(text)
    assert masked(text) == text


def test_no_article_number_is_taken_for_a_card() -> None:
    """EAN-13, of which one in ten has a right check digit as cards have it."""
    for article in range(400_638_133_000, 400_638_134_000):
        digits = [int(digit) for digit in str(article)]
        check = -sum(digit * (1 + 2 * (place % 2)) for place, digit in enumerate(digits)) % 10
        assert not holds_card_number(f"{article}{check}")


def test_all_of_several_numbers_are_masked() -> None:
    text = "4242424242424242 or 4000-0566-5566-5556, order 12"
    assert masked(text) == "[card number] or [card number], order 12"


def test_a_page_of_digits_is_read_in_no_time() -> None:
    begun = process_time()
    assert not holds_card_number("4 " * 400_000)
    assert not holds_card_number("4" * 900_000)
    assert not holds_card_number("AA11 AAAA " * 90_000 + "4" * 14)
    assert process_time() - begun < 1
