"""What people may write into an account's fields: bounded, trimmed, and free of characters that nobody sees."""

from __future__ import annotations

from argosy.shared_kernel.emails import has_unseen
from argosy.shared_kernel.errors import DomainError, Invalid

_LAYOUT = str.maketrans("\n\r\t", "   ")


class TextIsMissing(Invalid):
    """This field must say something."""


class TextIsTooLong(Invalid):
    """This field is longer than we keep."""


class TextHasControls(Invalid):
    """This field holds control characters or characters that do not exist."""


class MalformedLocale(Invalid):
    """A language is written like pt, pt-BR or zh-Hant (BCP 47)."""


class UnknownCountry(Invalid):
    """Countries are given as two letters of ISO 3166."""


def text_fault(field: str, text: str, *, most: int, least: int = 0, has_lines: bool = False) -> DomainError | None:
    """What is wrong with a text, if anything is. Blanks around it do not count; only prose has lines."""
    trimmed = text.strip()
    if len(trimmed) < least:
        return TextIsMissing(field=field)
    if len(trimmed) > most:
        return TextIsTooLong(field=field, most=most)
    if has_unseen(trimmed.translate(_LAYOUT) if has_lines else trimmed):
        return TextHasControls(field=field)
    return None


def country_fault(field: str, country: str) -> DomainError | None:
    if len(country) == 2 and country.isascii() and country.isalpha() and country.isupper():
        return None
    return UnknownCountry(field=field)
