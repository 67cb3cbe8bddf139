"""How the last part of an address, and a language, are written: the same wherever they are."""

from __future__ import annotations

import re

SLUG_MAX = 80
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LOCALE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-[A-Z]{2})?")


def is_slug(text: str) -> bool:
    """Words of small letters and digits with - between them."""
    return len(text) <= SLUG_MAX and _SLUG.fullmatch(text) is not None


def is_locale(text: str) -> bool:
    """pt, pt-BR or zh-Hant (BCP 47)."""
    return _LOCALE.fullmatch(text) is not None
