"""Which language a reader is answered in."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from argosy.platform.languages import chosen, marketplace_language, wanted


@pytest.mark.parametrize(
    ("header", "languages"),
    [
        ("", ()),
        ("de-AT", ("de-AT", "de")),
        ("pt-br,pt;q=0.9,en;q=0.8", ("pt-BR", "pt", "en")),
        ("en;q=0.2, fr;q=0.9, de", ("de", "fr", "en")),
        ("fr;q=0, en", ("en",)),
        ("zh-hant-tw", ("zh-Hant-TW", "zh-Hant", "zh")),
        ("*", ()),
        ("*;q=0.5, x, de; q=0.7", ("de",)),
        ("de;q=9, <script>, 12", ()),
        ("de," * 400, ()),
    ],
)
def test_a_header_is_read_dearest_first_each_language_behind_its_region(
    header: str, languages: tuple[str, ...]
) -> None:
    assert wanted(header) == languages


def test_a_locale_that_is_named_counts_alone() -> None:
    assert wanted("de, fr", "pt-BR") == ("pt-BR", "pt")


@pytest.mark.parametrize(
    ("header", "own", "others", "locale"),
    [
        ("de-AT", "en", ("de", "fr"), "de"),
        ("de-AT", "en", ("de-AT", "de"), "de-AT"),
        ("it", "en", ("de", "fr"), ""),
        ("en, de;q=0.5", "", ("de",), ""),
        ("en-GB", "pt", ("de", "en"), "en"),
        ("pt, en", "pt-BR", ("en",), ""),
        ("pt, en", "de", ("en", "pt-PT"), "pt-PT"),
    ],
)
def test_what_fits_best_falls_back_from_region_to_language_to_its_own(
    header: str, own: str, others: tuple[str, ...], locale: str
) -> None:
    assert chosen(wanted(header), own, others) == locale


def test_what_is_no_language_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGOSY_LANGUAGE", "English")
    with pytest.raises(ImproperlyConfigured):
        marketplace_language()
