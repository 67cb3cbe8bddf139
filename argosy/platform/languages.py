"""Which language a reader is answered in: as they ask (RFC 9110, `Accept-Language`; RFC 4647, look-up), from the region
to the language, and at last the one in which a thing was described."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Annotated

import msgspec
from django.core.exceptions import ImproperlyConfigured

from argosy.platform.bodies import matching

LOCALE = "[A-Za-z]{2,3}(-[A-Za-z]{4})?(-[A-Za-z]{2})?"
"""How a locale is written: pt, pt-BR, zh-Hant."""

Locale = Annotated[
    str,
    matching(
        f"^({LOCALE})?$",
        max_length=20,
        description="The language to answer in, such as pt-BR; without it `Accept-Language` counts.",
    ),
]

_HEADER_LETTERS_MAX, _RANGES_MAX = 500, 20
_RANGE = re.compile(rf"\s*({LOCALE})\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{{0,3}})?)\s*)?")


class Spoken(msgspec.Struct, kw_only=True, frozen=True):
    """In which language: the region's, the language's, or at last the one in which a thing was described."""

    locale: Locale = ""


def marketplace_language() -> str:
    """What is spoken where nothing says otherwise, by the setting ARGOSY_LANGUAGE."""
    said = os.environ.get("ARGOSY_LANGUAGE", "en")
    if not re.fullmatch(LOCALE, said):
        raise ImproperlyConfigured(f"ARGOSY_LANGUAGE is {said!r}; it is a language such as en or pt-BR")
    return _spelled(said)


@lru_cache(1024)
def wanted(accept_language: str, locale: str = "") -> tuple[str, ...]:
    """The languages that a reader takes, the dearest first, each followed by what it is a kind of. A `locale` that is
    named counts alone."""
    if locale:
        return _with_wider([_spelled(locale)])
    if not 0 < len(accept_language) <= _HEADER_LETTERS_MAX:
        return ()
    found: list[tuple[float, str]] = []
    for part in accept_language.split(",")[:_RANGES_MAX]:
        said = _RANGE.fullmatch(part)
        if said is not None:
            weight = float(said[4] or 1)
            if weight > 0:
                found.append((weight, _spelled(said[1])))
    found.sort(key=lambda one: -one[0])
    return _with_wider([name for _, name in found])


def chosen(wanted: Sequence[str], own: str, others: Collection[str]) -> str:
    """Which of these a reader gets who takes `wanted`: one of the others, or "" for a thing's own language."""
    own = own or marketplace_language()
    for name in wanted:
        if own == name or own.startswith(f"{name}-"):
            return ""
        if name in others:
            return name
        near = min((one for one in others if one.startswith(f"{name}-")), default="")
        if near:
            return near
    return ""


def _with_wider(names: Sequence[str]) -> tuple[str, ...]:
    found: list[str] = []
    for name in names:
        parts = name.split("-")
        found += ["-".join(parts[:count]) for count in range(len(parts), 0, -1)]
    return tuple(dict.fromkeys(found))


def _spelled(locale: str) -> str:
    """As they are kept: pt-BR, zh-Hant-TW."""
    language, *rest = locale.split("-")
    return "-".join([language.lower(), *(one.title() if len(one) == 4 else one.upper() for one in rest)])
