"""Proving an address and changing a password: nobody learns who has an account, and each token works once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from argosy.contracts.accounts import (
    AskPasswordReset,
    AskVerification,
    ChangePassword,
    ConfirmEmail,
    EmailVerified,
    EndSession,
    ExpireProof,
    LetterAnswered,
    LetterNotSent,
    LetterSent,
    PasswordChanged,
    RegisterUser,
    ResetPassword,
    SignIn,
    SignOutEverywhere,
)
from argosy.domains.accounts.domain.policy import Policy
from argosy.domains.accounts.domain.proof import Proof, ProofNotValid
from argosy.domains.accounts.domain.session import NoSuchSession, Session, SignInRefused
from argosy.domains.accounts.domain.user import PasswordRefused, PasswordTooShort, User
from argosy.engine.work import Actor
from argosy.shared_kernel.bearer_tokens import fingerprint
from argosy.shared_kernel.ids import Id
from tests.domains.accounts.stage import AccountsStage, signed_in
from tests.support import an_id

ANYBODY = Actor()
EMAIL, PASSWORD = "ana@example.com", "correct horse"


@pytest.fixture
def stage() -> AccountsStage:
    return AccountsStage()


def opened(stage: AccountsStage, email: str = EMAIL) -> Id:
    """An account that a stranger has opened, with its first letter written."""
    stage.send(RegisterUser(email=email, password=PASSWORD), actor=ANYBODY)
    user_id = Id(stage.result)
    stage.tell_due()
    return user_id


def sign_in(stage: AccountsStage, password: str = PASSWORD) -> Session:
    before = {session.id for session in stage.all(Session)}
    stage.send(SignIn(email=EMAIL, password=password), actor=ANYBODY)
    return next(session for session in stage.all(Session) if session.id not in before)


def kinds(stage: AccountsStage) -> list[str]:
    return [letter.kind for letter in stage.letters()]


def test_who_registers_proves_their_address_once_with_the_letter_s_token(stage: AccountsStage) -> None:
    user_id = opened(stage)
    assert kinds(stage) == ["VERIFY"]
    token = stage.last_token()
    [proof] = stage.all(Proof)
    assert (proof.user_id, proof.token_hash) == (user_id, fingerprint(token))
    assert token not in repr(proof) and token not in str(stage.due())
    told = stage.send(ConfirmEmail(token=token), actor=ANYBODY)
    assert told == [EmailVerified(user_id=user_id, verified_at=stage.clock.now())]
    assert stage.one(User, user_id).is_verified
    assert stage.all(Proof) == []
    with pytest.raises(ProofNotValid):
        stage.send(ConfirmEmail(token=token), actor=ANYBODY)
    assert stage.undeclared_loads == 0


def test_a_letter_s_due_work_says_nothing_about_the_person(stage: AccountsStage) -> None:
    opened(stage)
    assert EMAIL not in str(stage.due())


def test_a_stranger_is_not_told_that_an_address_is_taken_and_its_owner_gets_a_letter(stage: AccountsStage) -> None:
    owner = opened(stage)
    before = stage.one(User, owner)
    told = stage.send(RegisterUser(email=EMAIL.upper(), password="another horse"), actor=ANYBODY)
    assert told == [], "nobody hears of it"
    assert stage.result not in ("", owner)
    assert len(stage.all(User)) == 1
    assert stage.one(User, owner).password_hash == before.password_hash
    stage.tell_due()
    assert kinds(stage) == ["VERIFY", "TAKEN"]
    assert [letter.user_id for letter in stage.letters()] == [owner, owner]


def test_a_taken_address_costs_a_hash_and_a_write_like_a_free_one(stage: AccountsStage) -> None:
    hashed: list[str] = []
    real = stage.passwords.hash
    stage.passwords.hash = lambda password: hashed.append(password) or real(password)  # type: ignore[method-assign,func-returns-value]
    for _ in range(2):
        stage.send(RegisterUser(email=EMAIL, password=PASSWORD), actor=ANYBODY)
    assert len(hashed) == 2
    assert len(stage.due()) == 2


@pytest.mark.parametrize("ask", [AskVerification, AskPasswordReset])
def test_asking_for_a_letter_is_the_same_for_an_address_that_is_nobodys(
    stage: AccountsStage, ask: type[AskVerification] | type[AskPasswordReset]
) -> None:
    opened(stage)
    written = []
    for email in (EMAIL, "nobody@example.com"):
        before = set(stage.due())
        assert stage.send(ask(email=email), actor=ANYBODY) == []
        assert stage.result is None
        written.append(len(set(stage.due()) - before))
    assert written == [1, 1], "one row each"
    stage.tell_due()
    assert len(stage.letters()) == 2, "the first letter, and one to who is somebody"
    assert stage.undeclared_loads == 0


def test_no_letter_verifies_who_is_verified_or_erased(stage: AccountsStage) -> None:
    user_id = opened(stage)
    stage.send(ConfirmEmail(token=stage.last_token()), actor=ANYBODY)
    stage.send(AskVerification(email=EMAIL), actor=ANYBODY)
    stage.tell_due()
    assert kinds(stage) == ["VERIFY"]
    stage.store.rows[User][user_id].status = "ERASED"  # type: ignore[attr-defined]
    stage.send(AskPasswordReset(email=EMAIL), actor=ANYBODY)
    stage.tell_due()
    assert kinds(stage) == ["VERIFY"]


def test_a_new_password_ends_all_sessions_and_proves_the_address(stage: AccountsStage) -> None:
    user_id = opened(stage)
    for _ in range(2):
        sign_in(stage)
    stage.send(AskPasswordReset(email=EMAIL), actor=ANYBODY)
    stage.tell_due()
    token = stage.last_token()
    told = stage.send(ResetPassword(token=token, password="battery staple"), actor=ANYBODY)
    assert PasswordChanged(user_id=user_id, by="RESET", changed_at=stage.clock.now()) in told
    assert stage.all(Session) == []
    assert [name for name in stage.due() if name.startswith("session:")] == []
    assert stage.one(User, user_id).is_verified
    stage.tell_due()
    assert kinds(stage)[-1] == "CHANGED", "the owner is told"
    with pytest.raises(SignInRefused):
        sign_in(stage)
    assert sign_in(stage, "battery staple").user_id == user_id
    with pytest.raises(ProofNotValid):
        stage.send(ResetPassword(token=token, password="battery staple"), actor=ANYBODY)
    assert stage.undeclared_loads == 0


def test_only_the_last_letter_s_token_sets_a_password_and_only_within_an_hour(stage: AccountsStage) -> None:
    opened(stage)
    tokens = []
    for _ in range(2):
        stage.send(AskPasswordReset(email=EMAIL), actor=ANYBODY)
        stage.tell_due()
        tokens.append(stage.last_token())
        stage.clock.tick(minutes=1)
    with pytest.raises(ProofNotValid):
        stage.send(ResetPassword(token=tokens[0], password="battery staple"), actor=ANYBODY)
    stage.clock.tick(minutes=59)
    with pytest.raises(ProofNotValid):
        stage.send(ResetPassword(token=tokens[1], password="battery staple"), actor=ANYBODY)
    stage.clock.tick(minutes=-1)
    stage.send(ResetPassword(token=tokens[1], password="battery staple"), actor=ANYBODY)


def test_a_token_for_one_thing_is_none_for_another(stage: AccountsStage) -> None:
    user_id = opened(stage)
    verify = stage.last_token()
    with pytest.raises(ProofNotValid):
        stage.send(ResetPassword(token=verify, password="battery staple"), actor=ANYBODY)
    stage.send(AskPasswordReset(email=EMAIL), actor=ANYBODY)
    stage.tell_due()
    with pytest.raises(ProofNotValid):
        stage.send(ConfirmEmail(token=stage.last_token()), actor=ANYBODY)
    assert not stage.one(User, user_id).is_verified
    for nonsense in ("", "x" * 5_000, "\udc00"):
        with pytest.raises(ProofNotValid):
            stage.send(ConfirmEmail(token=nonsense), actor=ANYBODY)


def test_a_password_that_is_none_uses_no_token_up(stage: AccountsStage) -> None:
    opened(stage)
    stage.send(AskPasswordReset(email=EMAIL), actor=ANYBODY)
    stage.tell_due()
    with pytest.raises(PasswordTooShort):
        stage.send(ResetPassword(token=stage.last_token(), password="short"), actor=ANYBODY)
    stage.send(ResetPassword(token=stage.last_token(), password="long enough"), actor=ANYBODY)


def test_a_password_is_changed_by_who_knows_it_and_other_sessions_end(stage: AccountsStage) -> None:
    user_id = opened(stage)
    mine, other = sign_in(stage), sign_in(stage)
    actor = signed_in(user_id, session_id=mine.id)
    with pytest.raises(PasswordRefused):
        stage.send(ChangePassword(current="wrong", password="battery staple"), actor=actor)
    assert len(stage.all(Session)) == 2
    told = stage.send(ChangePassword(current=PASSWORD, password="battery staple"), actor=actor)
    assert told == [PasswordChanged(user_id=user_id, by="CHANGE", changed_at=stage.clock.now())]
    assert [session.id for session in stage.all(Session)] == [mine.id] != [other.id]
    assert stage.undeclared_loads == 0


def test_where_addresses_must_be_proven_an_unproven_one_looks_like_a_wrong_password(stage: AccountsStage) -> None:
    stage.policy = Policy(verifies_emails=True)
    opened(stage)
    with pytest.raises(SignInRefused) as refused:
        sign_in(stage)
    assert refused.value.details == {}
    assert len(stage.passwords.verified) == 1
    stage.send(ConfirmEmail(token=stage.last_token()), actor=ANYBODY)
    sign_in(stage)
    assert stage.register("imported@example.com")
    stage.send(SignIn(email="imported@example.com", password=PASSWORD), actor=ANYBODY)


def test_a_proof_is_forgotten_when_its_time_has_come(stage: AccountsStage) -> None:
    opened(stage)
    [proof] = stage.all(Proof)
    assert proof.expires_at == stage.clock.now() + timedelta(days=3)
    stage.send(ExpireProof(proof_id=proof.id))
    assert len(stage.all(Proof)) == 1
    stage.clock.time = proof.expires_at
    for _ in range(2):
        assert stage.send(ExpireProof(proof_id=proof.id)) == []
    assert stage.all(Proof) == []
    assert stage.undeclared_loads == 0


def test_what_became_of_a_letter_is_told(stage: AccountsStage) -> None:
    ana = an_id("ana")
    assert stage.send(LetterAnswered(user_id=ana, kind="VERIFY", outcome="SENT")) == [
        LetterSent(user_id=ana, kind="VERIFY")
    ]
    assert stage.send(LetterAnswered(user_id=ana, kind="RESET", outcome="REFUSED", reason="550")) == [
        LetterNotSent(user_id=ana, kind="RESET", outcome="REFUSED", reason="550")
    ]


def test_one_session_or_all_of_ones_own_can_be_ended_and_nobody_elses(stage: AccountsStage) -> None:
    user_id = opened(stage)
    eva = stage.register("eva@example.com")
    stage.send(SignIn(email="eva@example.com", password=PASSWORD))
    [evas] = stage.all(Session)
    first, second, third = (sign_in(stage) for _ in range(3))
    actor = signed_in(user_id, session_id=first.id)
    stage.send(EndSession(session_id=second.id), actor=actor)
    for strange in (evas.id, second.id, an_id("no session")):
        with pytest.raises(NoSuchSession):
            stage.send(EndSession(session_id=strange), actor=actor)
    assert {session.id for session in stage.all(Session)} == {first.id, third.id, evas.id}
    stage.send(SignOutEverywhere(), actor=actor)
    assert [session.user_id for session in stage.all(Session)] == [eva]
    assert [name for name in stage.due() if name.startswith("session:")] == [f"session:{evas.id}"]
    assert stage.undeclared_loads == 0


def test_a_session_says_from_what_it_was_opened_and_never_more_than_can_be_shown(stage: AccountsStage) -> None:
    opened(stage)
    for device in (" Firefox on Linux ", "x" * 1_000, "a\x00b"):
        stage.send(SignIn(email=EMAIL, password=PASSWORD, device=device), actor=ANYBODY)
    assert sorted(session.device for session in stage.all(Session)) == ["", "Firefox on Linux", "x" * 200]
