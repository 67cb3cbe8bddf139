"""What a catalogue's fields may hold: bounded, trimmed, and free of characters that nobody sees."""

from __future__ import annotations

import unicodedata

from argosy.shared_kernel.errors import DomainError, Invalid, RuleBroken
from argosy.shared_kernel.spelling import is_locale

_UNSEEN = frozenset(("Cc", "Cs", "Co", "Cn", "Zl", "Zp"))
_LAYOUT = frozenset("\n\r\t")

LOCALES_MAX = 40


class TextIsMissing(Invalid):
    """This field must say something."""


class TextIsTooLong(Invalid):
    """This field is longer than we keep."""


class TextHasControls(Invalid):
    """This field holds control characters or characters that do not exist."""


class MalformedLocale(Invalid):
    """A language is written like pt, pt-BR or zh-Hant (BCP 47)."""


class TooManyLanguages(RuleBroken):
    """Something is described in at most 40 languages."""


class NumberOutOfRange(Invalid):
    """This number is too small or too large."""


def text_fault(
    field: str,
    text: str,
    *,
    most: int,
    least: int = 0,
    has_lines: bool = False,
) -> DomainError | None:
    """What is wrong with a text, if anything is. Blanks around it do not count; only prose has lines."""
    trimmed = text.strip()
    if len(trimmed) < least:
        return TextIsMissing(field=field)
    if len(trimmed) > most:
        return TextIsTooLong(field=field, most=most)
    if trimmed.isascii() and trimmed.isprintable():
        return None
    for letter in trimmed:
        if unicodedata.category(letter) in _UNSEEN and not (has_lines and letter in _LAYOUT):
            return TextHasControls(field=field)
    return None


def number_fault(field: str, number: int, *, least: int, most: int) -> DomainError | None:
    if type(number) is int and least <= number <= most:
        return None
    return NumberOutOfRange(field=field, least=least, most=most)


def locale_fault(locale: str, field: str = "locale") -> DomainError | None:
    return None if is_locale(locale) else MalformedLocale(field=field)
