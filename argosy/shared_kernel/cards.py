"""Card numbers have no business in our texts: what looks like one is refused before anything is kept of it."""

from __future__ import annotations

import re

# 13 to 19 digits, as they are grouped on cards, that are not part of a longer row of letters and digits.
_DIGITS = re.compile(r"(?<![0-9A-Za-z])(?:[0-9][ -]?){12,18}[0-9](?![0-9A-Za-z])")


def holds_card_number(text: str) -> bool:
    """Whether a text holds what could be a card's number: its check digit is right (ISO/IEC 7812, Luhn)."""
    return any(_is_sound([int(digit) for digit in found if digit.isdigit()]) for found in _DIGITS.findall(text))


def _is_sound(digits: list[int]) -> bool:
    total = 0
    for index, digit in enumerate(reversed(digits)):
        doubled = digit * (1 + index % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0 and any(digits)
