"""A second factor: asked for once it was shown to work, each code works once, and recovery codes stand in for it."""

from __future__ import annotations

import re

import pyotp
import pytest

from argosy.contracts.accounts import (
    BeginSecondFactor,
    ConfirmSecondFactor,
    ErasePerson,
    RecoveryCodeUsed,
    RemoveSecondFactor,
    RenewRecoveryCodes,
    SecondFactorAdded,
    SecondFactorRemoved,
    SignIn,
)
from argosy.contracts.orders import BuyerReleased
from argosy.domains.accounts.adapters.outbound.gateways.clock_codes import ClockCodes
from argosy.domains.accounts.domain.second_factor import (
    NoSecondFactor,
    SecondFactor,
    SecondFactorNeeded,
    SecondFactorRefused,
    SecondFactorThere,
)
from argosy.domains.accounts.domain.session import Session, SignInRefused
from argosy.domains.accounts.domain.user import PasswordRefused
from argosy.platform.seals import SecretSeals
from tests.domains.accounts.stage import AccountsStage, PlainSeals, signed_in
from tests.support import an_id

ANA = an_id("ana")
ME = signed_in(ANA)
PASSWORD = "correct horse"


@pytest.fixture
def stage() -> AccountsStage:
    stage = AccountsStage()
    stage.register(user_id=ANA)
    return stage


def begun(stage: AccountsStage) -> pyotp.TOTP:
    """An authenticator that has read the secret."""
    stage.send(BeginSecondFactor(password=PASSWORD), actor=ME)
    totp = pyotp.parse_uri(stage.result.address)
    assert isinstance(totp, pyotp.TOTP)
    assert totp.secret == stage.result.secret
    return totp


def code(stage: AccountsStage, totp: pyotp.TOTP, seconds: float = 0) -> str:
    return totp.at(stage.clock.now().timestamp() + seconds)  # type: ignore[arg-type]


def added(stage: AccountsStage) -> tuple[pyotp.TOTP, tuple[str, ...]]:
    totp = begun(stage)
    told = stage.send(ConfirmSecondFactor(code=code(stage, totp)), actor=ME)
    assert told == [SecondFactorAdded(user_id=ANA)]
    codes = stage.result.codes
    stage.clock.tick(seconds=60)
    return totp, codes


def sign_in(stage: AccountsStage, one: str = "", password: str = PASSWORD) -> list[object]:
    return list(stage.send(SignIn(email="ana@example.com", password=password, code=one)))


def test_it_is_asked_for_only_once_it_was_shown_to_work(stage: AccountsStage) -> None:
    totp = begun(stage)
    sign_in(stage)
    with pytest.raises(SecondFactorRefused):
        stage.send(ConfirmSecondFactor(code="000000" if code(stage, totp) != "000000" else "000001"), actor=ME)
    sign_in(stage)
    stage.send(ConfirmSecondFactor(code=code(stage, totp)), actor=ME)
    with pytest.raises(SecondFactorNeeded):
        sign_in(stage)
    stage.clock.tick(seconds=60)
    sign_in(stage, code(stage, totp))
    assert len(stage.all(Session)) == 3
    assert stage.undeclared_loads == 0


def test_only_who_knows_the_password_hears_of_it(stage: AccountsStage) -> None:
    totp, _ = added(stage)
    for one in ("", code(stage, totp)):
        with pytest.raises(SignInRefused) as refused:
            sign_in(stage, one, password="wrong")
        assert refused.value.details == {}
    assert len(stage.passwords.verified) == 3, "one for each, and one to begin"


def test_a_code_works_once_and_for_about_a_minute(stage: AccountsStage) -> None:
    totp, _ = added(stage)
    one = code(stage, totp)
    sign_in(stage, one)
    with pytest.raises(SecondFactorRefused):
        sign_in(stage, one)
    with pytest.raises(SecondFactorRefused):
        sign_in(stage, code(stage, totp, -30))
    sign_in(stage, code(stage, totp, 30))
    stage.clock.tick(minutes=10)
    for seconds in (-90, 90):
        with pytest.raises(SecondFactorRefused):
            sign_in(stage, code(stage, totp, seconds))
    sign_in(stage, code(stage, totp, -30))


def test_a_recovery_code_stands_in_once_as_people_type_it(stage: AccountsStage) -> None:
    _, codes = added(stage)
    assert len(set(codes)) == 10
    assert re.fullmatch(r"[a-z2-7]{4}(-[a-z2-7]{4}){3}", codes[0])
    [factor] = stage.all(SecondFactor)
    assert not set(codes) & set(factor.recovery), "only fingerprints are kept"
    assert RecoveryCodeUsed(user_id=ANA, left=9) in sign_in(stage, f" {codes[0].upper().replace('-', ' ')} ")
    with pytest.raises(SecondFactorRefused):
        sign_in(stage, codes[0])
    sign_in(stage, codes[1])
    stage.send(RenewRecoveryCodes(code=codes[2]), actor=ME)
    assert not set(stage.result.codes) & set(codes)
    with pytest.raises(SecondFactorRefused):
        sign_in(stage, codes[3])


FULL_WIDTH = "".join(chr(0xFF10 + digit) for digit in range(1, 7))


@pytest.mark.parametrize("nonsense", [FULL_WIDTH, "12345", "1234567", "-", "\udc00", "x" * 10_000, "1e5000"])
def test_what_is_no_code_is_refused(stage: AccountsStage, nonsense: str) -> None:
    added(stage)
    with pytest.raises(SecondFactorRefused):
        sign_in(stage, nonsense)


def test_who_has_one_begins_no_other_and_needs_a_code_to_remove_it(stage: AccountsStage) -> None:
    totp, codes = added(stage)
    with pytest.raises(SecondFactorThere):
        stage.send(BeginSecondFactor(password=PASSWORD), actor=ME)
    with pytest.raises(SecondFactorRefused):
        stage.send(ConfirmSecondFactor(code=code(stage, totp)), actor=ME)
    with pytest.raises(SecondFactorRefused):
        stage.send(RemoveSecondFactor(password=PASSWORD, code="nothing"), actor=ME)
    with pytest.raises(PasswordRefused):
        stage.send(RemoveSecondFactor(password="wrong", code=codes[0]), actor=ME)
    told = stage.send(RemoveSecondFactor(password=PASSWORD, code=code(stage, totp)), actor=ME)
    assert told == [SecondFactorRemoved(user_id=ANA)]
    assert stage.all(SecondFactor) == []
    sign_in(stage)
    with pytest.raises(NoSecondFactor):
        stage.send(RemoveSecondFactor(password=PASSWORD, code="x"), actor=ME)
    assert stage.undeclared_loads == 0


def test_whoever_found_a_session_begins_nothing(stage: AccountsStage) -> None:
    with pytest.raises(PasswordRefused):
        stage.send(BeginSecondFactor(password="wrong"), actor=ME)
    assert stage.all(SecondFactor) == []


def test_a_secret_that_cannot_be_opened_any_more_refuses_codes_and_recovery_codes_still_work(
    stage: AccountsStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    totp, codes = added(stage)
    monkeypatch.setattr(PlainSeals, "open", lambda self, sealed: SecretSeals().open("sealed by another"))
    with pytest.raises(SecondFactorRefused):
        sign_in(stage, code(stage, totp))
    sign_in(stage, codes[0])


def test_nothing_is_left_of_it_when_a_person_is_erased(stage: AccountsStage) -> None:
    added(stage)
    stage.send(ErasePerson(), actor=ME)
    stage.send(BuyerReleased(flow_id=ANA, buyer_id=ANA))
    assert stage.all(SecondFactor) == []


def test_a_secret_is_kept_sealed_and_the_vectors_of_rfc_6238_hold() -> None:
    secret = b"12345678901234567890"
    sealed = SecretSeals().seal(secret)
    assert SecretSeals().open(sealed) == secret
    assert sealed != SecretSeals().seal(secret)
    assert len(sealed) <= 255
    for at, told in ((59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")):
        assert ClockCodes().is_code(secret, at, told)
        assert not ClockCodes().is_code(secret, at, "000000")
