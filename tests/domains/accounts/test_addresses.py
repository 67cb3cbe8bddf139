"""Addresses that a person keeps: written as their country writes them, changed, removed, and one proposed first."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.contracts.accounts import AddAddress, ChangeAddress, ChooseAddress, RemoveAddress
from argosy.domains.accounts.adapters.outbound.gateways.address_formats import CountryFormats
from argosy.domains.accounts.domain.address import AddressDoesNotFit, NoSuchAddress, SavedAddress
from argosy.domains.accounts.domain.user import User
from argosy.shared_kernel.errors import Several
from argosy.shared_kernel.ids import Id
from tests.domains.accounts.stage import AccountsStage, signed_in
from tests.support import an_id

ANA, EVA = an_id("ana"), an_id("eva")
LISBON = {"recipient": "Ana", "street": "Rua 1", "city": "Lisboa", "postal_code": "1100-001", "country": "PT"}


@pytest.fixture
def stage() -> AccountsStage:
    stage = AccountsStage()
    stage.register(user_id=ANA)
    stage.register("eva@example.com", user_id=EVA)
    return stage


def added(stage: AccountsStage, **changes: Any) -> Id:
    stage.send(AddAddress(**{**LISBON, **changes}), actor=signed_in(ANA))
    return Id(stage.result)


def kept(stage: AccountsStage, user_id: Id = ANA) -> tuple[SavedAddress, ...]:
    return stage.one(User, user_id).profile.addresses


def test_an_address_is_written_anew_under_its_id(stage: AccountsStage) -> None:
    first, second = added(stage), added(stage, street="Rua 2")
    stage.send(ChooseAddress(address_id=first), actor=signed_in(ANA))
    stage.send(ChangeAddress(address_id=first, **{**LISBON, "street": " Rua 3 "}), actor=signed_in(ANA))
    assert [(one.id, one.street, one.is_default) for one in kept(stage)] == [
        (first, "Rua 3", True),
        (second, "Rua 2", False),
    ]
    assert stage.undeclared_loads == 0


def test_one_address_is_proposed_first_and_never_two(stage: AccountsStage) -> None:
    ids = [added(stage, street=f"Rua {number}") for number in range(3)]
    for chosen in (ids[2], ids[0], ids[0]):
        stage.send(ChooseAddress(address_id=chosen), actor=signed_in(ANA))
        assert [one.id for one in kept(stage) if one.is_default] == [chosen]
    assert added(stage, street="Rua 0") == ids[0], "kept already, and still the default"
    assert stage.undeclared_loads == 0


def test_a_removed_address_is_kept_no_more(stage: AccountsStage) -> None:
    first, second = added(stage), added(stage, street="Rua 2")
    for _ in range(2):
        stage.send(RemoveAddress(address_id=first), actor=signed_in(ANA))
        assert [one.id for one in kept(stage)] == [second]
    assert stage.undeclared_loads == 0


def test_nobody_touches_anothers_addresses(stage: AccountsStage) -> None:
    mine = added(stage)
    for command in (ChangeAddress(address_id=mine, **LISBON), ChooseAddress(address_id=mine)):
        with pytest.raises(NoSuchAddress):
            stage.send(command, actor=signed_in(EVA))
    stage.send(RemoveAddress(address_id=mine), actor=signed_in(EVA))
    assert [one.id for one in kept(stage)] == [mine]
    assert not kept(stage)[0].is_default


@pytest.mark.parametrize(
    ("country", "postal_code", "fits"),
    [
        ("PT", "1100-001", True),
        ("PT", "1100", False),
        ("BR", "01037-000", True),
        ("BR", "1037", False),
        ("US", "97201", True),
        ("US", "9720", False),
        ("GB", "SW1A 1AA", True),
        ("GB", "12345", False),
        ("DE", "10115", True),
        ("IE", "", True),
        ("AO", "", True),
    ],
)
def test_a_postal_code_is_one_of_its_country(country: str, postal_code: str, fits: bool) -> None:
    address = {"country": country, "street": "One 1", "city": "Town", "region": "", "postal_code": postal_code}
    assert CountryFormats().misfits(address) == (frozenset() if fits else {"postal_code"})


def test_everything_that_does_not_fit_is_told_at_once(stage: AccountsStage) -> None:
    with pytest.raises(AddressDoesNotFit) as refused:
        added(stage, postal_code="nonsense")
    assert refused.value.details == {"field": "postal_code", "country": "PT"}
    with pytest.raises(Several) as several:
        added(stage, postal_code="nonsense", recipient="", street="")
    assert [(fault.code, fault.details["field"]) for fault in several.value.faults] == [
        ("text_is_missing", "recipient"),
        ("text_is_missing", "street"),
        ("address_does_not_fit", "postal_code"),
    ]
    assert kept(stage) == ()


def test_what_is_no_country_of_ours_has_no_format() -> None:
    assert (
        CountryFormats().misfits({"country": "XX", "street": "", "city": "", "region": "", "postal_code": ""}) == set()
    )
    assert CountryFormats().known("XX") is None
    for nonsense in ("", "pt", "../pt", "x" * 100, "\x00"):
        assert CountryFormats().known(nonsense) is None


def test_a_form_learns_how_a_country_writes_addresses() -> None:
    known = CountryFormats().known("BR")
    assert known is not None
    assert known["order"] == ["recipient", "street", "city", "region", "postal_code"]
    assert known["required"] == ["city", "postal_code", "street"]
    assert "Bahia" in known["regions"] or "BA" in known["regions"]
