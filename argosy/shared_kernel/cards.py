"""Card numbers have no business in our texts: what looks like one is refused before anything is kept of it, and masked
in logs.

A card's number is one of an issuer's range, of a length that this issuer has, with a right check digit (ISO/IEC 7812,
Luhn). Ranges and lengths matter: article numbers (EAN-13), telephone numbers and serial numbers are of the same digits,
and one in ten has a right check digit by chance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

MASK = "[card number]"
_LEAST, _MOST = 14, 19
_COMPANY_DIGITS = 14

# What of digits in groups is near enough to be one number: up to three signs apart (" - "). Letters beside it make it a
# name of something else, and so do four hexadecimal digits and a dash: the middle of a UUID. The letter of an escape is
# none: JSON and log lines are looked through as they are written, and there a new line is `\n`.
_BETWEEN = r"[ .\-\u00a0\u2009\u202f\u2010-\u2015]"
_BEGINS = r"(?:(?<![^\W_])|(?<=\\[bfnrt])|(?<=\\u[0-9a-f]{4}))(?<![0-9a-f]{4}-)"
_ROWS = re.compile(rf"{_BEGINS}\d(?:{_BETWEEN}{{0,3}}\d){{{_LEAST - 1},}}(?![^\W_])")
_GROUPS = re.compile(r"\d+")
_UUIDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_IBANS = re.compile(r"\b[A-Z]{2}\d\d(?: [0-9A-Z]{4}){2,7}(?: [0-9A-Z]{1,3})?\b")
_GROUPS_MAX, _ACCOUNTS_MAX = 2_000, 100
"""Of a text's groups of digits, and of its bank accounts, no more are looked at: a page of nothing but single digits
would take seconds."""

# Beginnings of numbers and how long these are. Visa's old numbers of 13 digits are left out: nobody has one any more,
# and the articles of several countries begin with a 4.
_ISSUERS = re.compile(
    r"4(?:\d{15}|\d{18})"  # Visa, and Elo's older ones
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|(?:30[0-5]\d|3095|36\d\d|3[89]\d\d)\d{10,15}"  # Diners Club
    r"|35(?:2[89]|[3-8]\d)\d{12,15}"  # JCB
    r"|(?:6011|64[4-9]\d|65\d\d|62\d\d)\d{12,15}"  # Discover, UnionPay, RuPay
    r"|(?:60[678]\d|508[5-9]|81[7-9]\d|820[01])\d{12}"  # RuPay, Hipercard
    r"|(?:50[0-7]\d|5[678]\d\d|63\d\d|67\d\d)\d{12,15}"  # Maestro, Elo, Verve
    r"|220[0-4]\d{12,15}"  # Mir
    r"|9792\d{12}"  # Troy
)


def holds_card_number(text: str) -> bool:
    """Whether a text holds what could be a card's number, however its digits are grouped or written."""
    return len(text) >= _LEAST and next(_found(text), None) is not None


def masked(text: str) -> str:
    """The text without what could be a card's number."""
    for start, end in reversed(list(_found(text))):
        text = text[:start] + MASK + text[end:]
    return text


def _found(text: str) -> Iterator[tuple[int, int]]:
    """Where card numbers stand: whole groups of digits that lie side by side, in a row of any length."""
    others: list[tuple[int, int]] | None = None
    left = _GROUPS_MAX
    for row in _ROWS.finditer(text):
        if others is None:
            others = [*(found.span() for found in _UUIDS.finditer(text)), *_accounts(text)]
        groups = list(islice(_GROUPS.finditer(text, row.start(), row.end()), left))
        left -= len(groups)
        first = 0
        while first < len(groups):
            at = groups[first].start()
            last = None if any(start <= at < end for start, end in others) else _end_of_number(groups, first)
            if last is not None:
                yield at, groups[last].end()
            first = (first if last is None else last) + 1


def _end_of_number(groups: list[re.Match[str]], first: int) -> int | None:
    """The last group of a number that begins with this one."""
    digits = ""
    for index in range(first, len(groups)):
        digits += groups[index][0]
        if len(digits) > _MOST:
            return None
        if len(digits) >= _LEAST:
            plain = digits if digits.isascii() else "".join(str(int(digit)) for digit in digits)
            if _ISSUERS.fullmatch(plain) and _is_sound(plain) and not _is_company(plain):
                return index
    return None


def _accounts(text: str) -> Iterator[tuple[int, int]]:
    """Where bank accounts stand (IBAN, ISO 13616), as they are printed: in groups of four, with right check digits."""
    for found in islice(_IBANS.finditer(text), _ACCOUNTS_MAX):
        groups = found[0].split(" ")
        for count in range(len(groups), 3, -1):
            country, number = groups[0], "".join(groups[1:count])
            if int("".join(str(int(letter, 36)) for letter in number + country)) % 97 == 1:
                yield found.start(), found.start() + len(" ".join(groups[:count]))
                break


def _is_company(digits: str) -> bool:
    """Whether it is a Brazilian company's number (CNPJ): of 14 digits, as Diners Club's are, with two check digits."""
    if len(digits) != _COMPANY_DIGITS:
        return False
    for place in (12, 13):
        weighed = sum(int(digit) * (2 + (place - 1 - index) % 8) for index, digit in enumerate(digits[:place])) % 11
        if int(digits[place]) != (0 if weighed < 2 else 11 - weighed):
            return False
    return True


def _is_sound(digits: str) -> bool:
    total = 0
    for index, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + index % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0
