"""VAT ids: form and check digits of each country, one spelling each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.domains.taxes.domain.vat_id import EU_PREFIXES, VatIdNotReadable, _module, country_of, vat_id_of

GOOD = {
    "DE136695976": "DE",
    "ATU13585627": "AT",
    "BE0428759497": "BE",
    "FR40303265045": "FR",
    "IT00743110157": "IT",
    "NL004495445B01": "NL",
    "PT501964843": "PT",
    "PL8567346215": "PL",
    "EL094259216": "GR",
    "GB980780684": "GB",
    "XI980780684": "GB",
    "BR16727230000197": "BR",
    "AU83914571673": "AU",
}


@pytest.mark.parametrize("vat_id", GOOD)
def test_a_good_number_is_read_in_whatever_spelling(vat_id: str) -> None:
    assert vat_id_of(vat_id) == vat_id
    assert vat_id_of(f" {vat_id[:2].lower()} {vat_id[2:5]} {vat_id[5:]}") == vat_id
    assert country_of(vat_id) == GOOD[vat_id]


@pytest.mark.parametrize("vat_id", [id for id in GOOD if id[:2] not in {"BR", "NL"}])
def test_a_changed_digit_is_found(vat_id: str) -> None:
    changed = vat_id[:-1] + str((int(vat_id[-1]) + 1) % 10)
    with pytest.raises(VatIdNotReadable):
        vat_id_of(changed)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "prefix"),
        ("1", "prefix"),
        ("136695976", "prefix"),
        ("DE\uff11\uff13\uff16695976", "prefix"),
        ("D\u0130136695976", "prefix"),
        ("DE" + "1" * 50, "prefix"),
        ("ZZ1", "unknown_country"),
        ("DE1", "length"),
        ("DE136695977", "checksum"),
    ],
)
def test_what_cannot_be_one_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(VatIdNotReadable) as refused:
        vat_id_of(text)
    assert refused.value.details["reason"] == reason


@pytest.mark.parametrize("prefix", sorted(EU_PREFIXES))
def test_every_country_of_the_eu_has_a_check(prefix: str) -> None:
    assert _module(EU_PREFIXES[prefix]) is not None


@given(st.text(max_size=20))
def test_whatever_is_sent_is_read_or_refused(text: str) -> None:
    try:
        found = vat_id_of(text)
    except VatIdNotReadable:
        return
    assert vat_id_of(found) == found
