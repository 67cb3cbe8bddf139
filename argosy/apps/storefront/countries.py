"""Countries by name."""

from __future__ import annotations

from functools import cache

from babel import Locale

from argosy.apps.storefront.amounts import LOCALE

# Codes that ISO 3166-1 leaves to users, and that CLDR uses for regions which are no countries.
_NONE = {"EU", "EZ", "UN", "XA", "XB", "XK", "ZZ", "QO", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"}


def country_name(code: str) -> str:
    """The code itself, where it is none that we know."""
    return dict(country_names()).get(code, code)


@cache
def country_names() -> list[tuple[str, str]]:
    """Every country as its two letters and its name, by name."""
    names = Locale.parse(LOCALE).territories
    found = [(code, name) for code, name in names.items() if len(code) == 2 and code.isalpha() and code not in _NONE]
    return sorted(found, key=lambda one: one[1])
