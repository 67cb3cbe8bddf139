"""A document in several languages: written when it is shown, one text each, beside the one in its own language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from argosy.platform.languages import chosen
from argosy.shared_kernel.codec import decoder, encode_sorted


class Editions(msgspec.Struct):
    """`own` is the language of the document itself ("": the marketplace's), `others` are its texts in other ones."""

    own: str
    others: dict[str, str]


_read = decoder(Editions).decode


def kept(own: str, others: Mapping[str, msgspec.Struct]) -> str:
    """For the column beside the document; empty where it speaks one language alone."""
    if not others:
        return ""
    texts = {locale: encode_sorted(document).decode() for locale, document in others.items()}
    return encode_sorted(Editions(own, texts)).decode()


def texts_of(editions: str) -> list[str]:
    """The documents in other languages than its own."""
    return list(_read(editions).others.values()) if editions else []


def edition(editions: str, wanted: Sequence[str]) -> tuple[str, str]:
    """The language and the text for a reader who takes these languages; two times "" for the document itself."""
    if not editions or not wanted:
        return "", ""
    there = _read(editions)
    locale = chosen(wanted, there.own, there.others)
    return (locale, there.others[locale]) if locale else ("", "")
