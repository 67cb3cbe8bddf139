"""VAT ids: is this one well formed, with its check digits, and of which country. Whether it is registered, only that
country's register knows."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from stdnum import get_cc_module
from stdnum.exceptions import ValidationError

from argosy.shared_kernel.errors import Invalid

EU_PREFIXES = {
    **{code: code for code in "AT BE BG CY CZ DE DK EE ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()},
    "EL": "GR",
    "XI": "GB",
}
"""Which country a prefix of the EU stands for; Greece and Northern Ireland have other ones than their codes."""

LETTERS_MAX = 40


class VatIdNotReadable(Invalid):
    """A VAT id is its country's prefix and a number whose form and check digits are right."""


@lru_cache(maxsize=512)
def _module(country: str) -> Any:
    """The one that knows the numbers of a country, or None."""
    return get_cc_module(country.lower(), "vat")


def vat_id_of(text: str) -> str:
    """The id in its one spelling: prefix and number, nothing between; refused where it cannot be one."""
    letters = "".join(text.upper().split())
    prefix = letters[:2]
    if len(text) > LETTERS_MAX or not letters.isascii() or not prefix.isalpha() or len(prefix) < 2:
        raise VatIdNotReadable(reason="prefix")
    country = EU_PREFIXES.get(prefix, prefix)
    module = _module(country)
    if module is None:
        raise VatIdNotReadable(reason="unknown_country", prefix=prefix)
    try:
        number = module.validate(letters[2:])
    except ValidationError as fault:
        raise VatIdNotReadable(reason=_reason(fault), prefix=prefix) from None
    return prefix + _without(str(number), prefix, country)


def country_of(vat_id: str) -> str:
    """The country that gave it."""
    prefix = vat_id[:2]
    return "GB" if prefix == "XI" else EU_PREFIXES.get(prefix, prefix)


def _without(number: str, *prefixes: str) -> str:
    """Some countries' modules give the number with its prefix."""
    for prefix in prefixes:
        if number.startswith(prefix):
            return number[len(prefix) :]
    return number


def _reason(fault: ValidationError) -> str:
    """format, length, checksum or component, as the check calls it."""
    return type(fault).__name__.removeprefix("Invalid").lower() or "format"
