"""People and their stores."""

from __future__ import annotations

import unicodedata
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.contracts.accounts import AddAddress, OpenStore, RegisterUser, StoreOpened, UserRegistered
from argosy.domains.accounts.application.accounts import NotAnId, UnreadablePasswordHash
from argosy.domains.accounts.domain.seller_store import SellerIdTaken, Store, StoreOpenAlready
from argosy.domains.accounts.domain.texts import TextIsMissing, UnknownCountry
from argosy.domains.accounts.domain.user import (
    ADDRESSES_MAX,
    AddressIdTaken,
    EmailTaken,
    NoSuchUser,
    NotAnEmail,
    NotYoursToGrant,
    PasswordTooLong,
    PasswordTooShort,
    TooManyAddresses,
    User,
    UserIdTaken,
    normalised_email,
)
from argosy.engine.work import Actor
from argosy.shared_kernel.errors import DomainError, Several
from tests.domains.accounts.stage import AccountsStage, signed_in
from tests.support import an_id

ANA, BO = an_id("ana"), an_id("bo")
ANYBODY = Actor()


@pytest.fixture
def stage() -> AccountsStage:
    return AccountsStage()


def home(**changes: Any) -> AddAddress:
    address = AddAddress(
        recipient="Ana Souza",
        street="Rua das Flores 1",
        city="Curitiba",
        postal_code="80010-000",
        country="BR",
        region="PR",
        phone="+55 41 3333",
    )
    return msgspec.structs.replace(address, **changes)


def test_a_new_account_is_a_buyers_and_is_told(stage: AccountsStage) -> None:
    told = stage.send(
        RegisterUser(email=" Ana@Example.COM ", password="correct horse", first_name="Ana"), actor=ANYBODY
    )
    user = stage.one(User, stage.result)
    assert told == [
        UserRegistered(user_id=user.id, email="ana@example.com", roles=("buyer",), registered_at=stage.clock.now())
    ]
    assert (user.email, user.password_hash, user.role_names) == ("ana@example.com", "plain$correct horse", ("buyer",))
    assert user.profile.first_name == "Ana"
    assert stage.undeclared_loads == 0


def test_a_repeated_import_of_a_user_changes_nothing(stage: AccountsStage) -> None:
    stage.register(user_id=ANA)
    commits = stage.store.commits
    assert stage.send(RegisterUser(email="ANA@example.com", password="another word", user_id=ANA)) == []
    assert stage.result == ANA
    assert stage.one(User, ANA).password_hash == "plain$correct horse"
    assert stage.store.commits == commits
    assert stage.undeclared_loads == 0


def test_one_email_opens_one_account(stage: AccountsStage) -> None:
    stage.register(user_id=ANA)
    with pytest.raises(EmailTaken):
        stage.register("\uff21NA@EXAMPLE.com")
    assert [user.id for user in stage.all(User)] == [ANA]


def test_one_id_is_one_account(stage: AccountsStage) -> None:
    stage.register(user_id=ANA)
    with pytest.raises(UserIdTaken):
        stage.register("bo@example.com", user_id=ANA)
    assert stage.one(User, ANA).email == "ana@example.com"


@pytest.mark.parametrize(
    "privilege",
    [
        {"user_id": ANA},
        {"roles": ("staff",)},
        {"roles": ("buyer", "seller")},
        {"password_hash": "plain$secret"},
    ],
)
def test_a_stranger_gives_themselves_no_privilege(stage: AccountsStage, privilege: dict[str, Any]) -> None:
    command = RegisterUser(**{"email": "ana@example.com", "password": "correct horse", **privilege})
    for actor in (ANYBODY, signed_in(BO), signed_in(BO, "seller")):
        with pytest.raises(NotYoursToGrant) as refused:
            stage.send(command, actor=actor)
        assert refused.value.details == {"fields": list(privilege)}
    assert stage.all(User) == []
    stage.send(command, actor=signed_in(BO, "staff"))
    assert len(stage.all(User)) == 1


def test_everything_wrong_with_a_registration_is_said_at_once(stage: AccountsStage) -> None:
    with pytest.raises(Several) as refused:
        stage.send(
            RegisterUser(
                email="nobody",
                password="short",
                first_name="x" * 101,
                roles=("king",),
                user_id="1",
                password_hash="md5$1",
            )
        )  # type: ignore[arg-type]
    assert [type(fault) for fault in refused.value.faults][-4:] == [
        PasswordTooShort,
        UnreadablePasswordHash,
        NotAnEmail,
        NotAnId,
    ]
    assert [fault.code for fault in refused.value.faults][:2] == ["text_is_too_long", "unknown_role"]
    assert stage.all(User) == []


def test_an_import_may_bring_a_hash_or_no_password(stage: AccountsStage) -> None:
    stage.register(user_id=ANA, password="", password_hash="plain$theirs")
    stage.register("bo@example.com", user_id=BO, password="")
    assert stage.one(User, ANA).password_hash == "plain$theirs"
    assert stage.one(User, BO).password_hash == ""
    with pytest.raises(PasswordTooShort):
        stage.send(RegisterUser(email="cy@example.com", password=""), actor=ANYBODY)


def test_a_password_has_at_most_256_characters(stage: AccountsStage) -> None:
    stage.register(password="x" * 256)
    with pytest.raises(PasswordTooLong):
        stage.register("bo@example.com", password="x" * 257)


@pytest.mark.parametrize(
    "email",
    [
        "",
        "a",
        "@b.c",
        "a@",
        "a@b",
        "a@.c",
        "a@b.",
        "a@b..c",
        "a b@c.de",
        "a@b@c.de",
        "a\n@b.de",
        "a\0@b.de",
        "x" * 65 + "@b.de",
        "a@" + "b" * 250 + ".de",
        "\ud800@b.de",
        "a@b.d\u2028e",
    ],
)
def test_what_is_no_email_opens_no_account(stage: AccountsStage, email: str) -> None:
    with pytest.raises(NotAnEmail):
        stage.register(email)
    assert stage.all(User) == []


@given(st.from_regex(r"\A[^@\s]{1,20}@[^@\s.]{1,10}\.[^@\s.]{1,5}\Z"))
def test_an_email_has_one_spelling(text: str) -> None:
    try:
        email = normalised_email(text)
    except NotAnEmail:
        return
    assert normalised_email(email) == email
    assert unicodedata.is_normalized("NFKC", email)
    assert normalised_email(f" {email.upper()} ") == normalised_email(email.upper())


def test_an_address_is_kept_once(stage: AccountsStage) -> None:
    stage.register(user_id=ANA)
    stage.send(home(), actor=signed_in(ANA))
    first = stage.result
    stage.send(home(recipient=" Ana Souza "), actor=signed_in(ANA))
    assert stage.result == first
    stage.send(home(street="Rua das Flores 2"), actor=signed_in(ANA))
    kept = stage.one(User, ANA).profile.addresses
    assert [(address.id, address.street) for address in kept] == [
        (first, "Rua das Flores 1"),
        (stage.result, "Rua das Flores 2"),
    ]
    assert stage.undeclared_loads == 0


def test_an_address_with_a_chosen_id_is_kept_once(stage: AccountsStage) -> None:
    stage.register(user_id=ANA)
    for _ in range(2):
        stage.send(home(address_id=an_id("home")), actor=signed_in(ANA))
        assert stage.result == an_id("home")
    with pytest.raises(AddressIdTaken):
        stage.send(home(address_id=an_id("home"), city="Recife"), actor=signed_in(ANA))
    assert [address.city for address in stage.one(User, ANA).profile.addresses] == ["Curitiba"]


def test_everything_wrong_with_an_address_is_said_at_once(stage: AccountsStage) -> None:
    stage.register(user_id=ANA)
    with pytest.raises(Several) as refused:
        stage.send(home(recipient="  ", city="", country="Brazil", phone="\0"), actor=signed_in(ANA))
    assert [(fault.code, fault.details["field"]) for fault in refused.value.faults] == [
        ("text_is_missing", "recipient"),
        ("text_is_missing", "city"),
        ("unknown_country", "country"),
        ("text_has_controls", "phone"),
    ]
    assert stage.one(User, ANA).profile.addresses == ()


def test_an_account_keeps_fifty_addresses(stage: AccountsStage) -> None:
    stage.register(user_id=ANA)
    for number in range(ADDRESSES_MAX):
        stage.send(home(street=f"Rua {number}"), actor=signed_in(ANA))
    with pytest.raises(TooManyAddresses):
        stage.send(home(), actor=signed_in(ANA))
    stage.send(home(street="Rua 0"), actor=signed_in(ANA))
    assert len(stage.one(User, ANA).profile.addresses) == ADDRESSES_MAX


@pytest.mark.parametrize("actor", [ANYBODY, signed_in(an_id("nobody")), signed_in("no id")])
def test_nobody_keeps_no_address(stage: AccountsStage, actor: Actor) -> None:
    with pytest.raises(NoSuchUser):
        stage.send(home(), actor=actor)
    assert stage.undeclared_loads == 0


def test_opening_a_store_makes_a_seller(stage: AccountsStage) -> None:
    stage.register(user_id=ANA)
    told = stage.send(OpenStore(store_name=" Ana's ", country="BR", city="Curitiba"), actor=signed_in(ANA))
    seller_id = stage.result
    assert told == [
        StoreOpened(seller_id=seller_id, user_id=ANA, store_name="Ana's", country="BR", region="", city="Curitiba")
    ]
    user = stage.one(User, ANA)
    assert (user.seller_id, user.role_names) == (seller_id, ("buyer", "seller"))
    assert stage.one(Store, seller_id).user_id == ANA
    assert stage.undeclared_loads == 0


def test_a_store_is_opened_once(stage: AccountsStage) -> None:
    stage.register(user_id=ANA)
    command = OpenStore(store_name="Ana's", seller_id=an_id("shop"), user_id=ANA)
    stage.send(command)
    commits = stage.store.commits
    assert stage.send(command) == []
    assert stage.result == an_id("shop")
    assert stage.send(OpenStore(store_name="Ana's"), actor=signed_in(ANA)) == []
    assert stage.result == an_id("shop")
    assert stage.store.commits == commits
    with pytest.raises(StoreOpenAlready):
        stage.send(OpenStore(store_name="Another", seller_id=an_id("other"), user_id=ANA))
    assert len(stage.all(Store)) == 1


def test_a_sellers_id_is_one_store(stage: AccountsStage) -> None:
    stage.register(user_id=ANA)
    stage.register("bo@example.com", user_id=BO)
    stage.send(OpenStore(store_name="Ana's", seller_id=an_id("shop"), user_id=ANA))
    with pytest.raises(SellerIdTaken):
        stage.send(OpenStore(store_name="Bo's", seller_id=an_id("shop"), user_id=BO))
    assert stage.one(User, BO).seller_id is None


def test_nobody_opens_a_store_for_another(stage: AccountsStage) -> None:
    stage.register(user_id=ANA)
    stage.register("bo@example.com", user_id=BO)
    answers = []
    for user_id in (ANA, an_id("nobody")):
        with pytest.raises(NoSuchUser) as refused:
            stage.send(OpenStore(store_name="Mine", user_id=user_id), actor=signed_in(BO))
        answers.append(refused.value.details["user_id"] == user_id)
    assert answers == [True, True]
    with pytest.raises(NotYoursToGrant):
        stage.send(OpenStore(store_name="Mine", seller_id=an_id("shop")), actor=signed_in(BO))
    assert stage.all(Store) == []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"store_name": " "}, TextIsMissing),
        ({"country": "br"}, UnknownCountry),
        ({"country": "BRA"}, UnknownCountry),
    ],
)
def test_a_store_is_described_well(stage: AccountsStage, change: dict[str, str], error: type[DomainError]) -> None:
    stage.register(user_id=ANA)
    with pytest.raises(error):
        stage.send(OpenStore(**{"store_name": "Ana's", **change}), actor=signed_in(ANA))  # type: ignore[arg-type]
    assert stage.all(Store) == []
