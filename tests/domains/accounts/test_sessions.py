"""Being signed in."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.contracts.accounts import ExpireSession, OpenStore, SignIn, SignOut
from argosy.domains.accounts.domain.session import LIFETIME, Session, SignInRefused, roles_within
from argosy.domains.accounts.domain.user import User
from argosy.shared_kernel.bearer_tokens import fingerprint
from argosy.shared_kernel.errors import Several
from tests.domains.accounts.stage import AccountsStage, signed_in
from tests.support import an_id

ANA = an_id("ana")


@pytest.fixture
def stage() -> AccountsStage:
    stage = AccountsStage()
    stage.register(user_id=ANA)
    return stage


def test_the_right_password_gives_a_token_for_thirty_days(stage: AccountsStage) -> None:
    told = stage.send(SignIn(email="ANA@example.com", password="correct horse"))
    answer = stage.result
    (session,) = stage.all(Session)
    assert told == []
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", answer.token)
    assert (session.id, session.user_id, session.token_hash) == (answer.session_id, ANA, fingerprint(answer.token))
    assert answer.token not in repr(session)
    assert answer.expires_at == session.expires_at == stage.clock.now() + timedelta(days=30)
    assert (answer.roles, answer.seller_id) == (("buyer",), None)
    assert stage.undeclared_loads == 0


def test_every_sign_in_gives_another_token(stage: AccountsStage) -> None:
    tokens = set()
    for _ in range(3):
        stage.send(SignIn(email="ana@example.com", password="correct horse"))
        tokens.add(stage.result.token)
    assert len(tokens) == len(stage.all(Session)) == 3


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ana@example.com", "wrong horse"),
        ("ana@example.com", ""),
        ("nobody@example.com", "correct horse"),
        ("no email at all", "correct horse"),
        ("", ""),
        ("nobody@example.com", "nobody"),
        ("imported@example.com", ""),
        ("imported@example.com", "nobody"),
    ],
)
def test_every_failure_looks_alike_after_one_verification(stage: AccountsStage, email: str, password: str) -> None:
    stage.register("imported@example.com", password="")
    with pytest.raises(SignInRefused) as refused:
        stage.send(SignIn(email=email, password=password))
    assert refused.value.details == {}
    # A hash is always there to verify against: none would be answered sooner.
    assert [stage.passwords.understands(encoded) for encoded, _ in stage.passwords.verified] == [True]
    assert stage.all(Session) == []
    assert stage.due() == {}
    assert stage.undeclared_loads == 0


def test_a_blocked_account_looks_like_a_wrong_password(stage: AccountsStage) -> None:
    stage.store.rows[User][ANA].status = "SUSPENDED"  # type: ignore[attr-defined]
    with pytest.raises(SignInRefused) as refused:
        stage.send(SignIn(email="ana@example.com", password="correct horse"))
    assert refused.value.details == {}
    assert len(stage.passwords.verified) == 1
    assert stage.all(Session) == []


def test_megabytes_of_password_are_not_hashed(stage: AccountsStage) -> None:
    with pytest.raises(SignInRefused):
        stage.send(SignIn(email="ana@example.com", password="x" * 1_000_000))
    ((_, verified),) = stage.passwords.verified
    assert len(verified) == 257


def test_a_token_may_be_limited_to_some_roles(stage: AccountsStage) -> None:
    stage.send(OpenStore(store_name="Ana's"), actor=signed_in(ANA))
    stage.send(SignIn(email="ana@example.com", password="correct horse", roles=("seller", "staff")))
    assert stage.result.roles == ("seller",)
    assert [session.scope for session in stage.all(Session)] == ["seller staff"]
    stage.send(SignIn(email="ana@example.com", password="correct horse"))
    assert stage.result.roles == ("buyer", "seller")
    with pytest.raises(Several):
        stage.send(SignIn(email="ana@example.com", password="correct horse", roles=("king",)))


@given(st.lists(st.sampled_from(["buyer", "seller", "staff"])), st.lists(st.sampled_from(["buyer", "seller", "staff"])))
def test_a_token_never_gives_more_than_its_holder_has(limits: list[str], has: list[str]) -> None:
    allowed = roles_within(" ".join(limits), tuple(has))
    assert allowed <= set(has)
    assert not limits or allowed <= set(limits)


def test_signing_out_ends_that_session_and_no_other(stage: AccountsStage) -> None:
    for _ in range(2):
        stage.send(SignIn(email="ana@example.com", password="correct horse"))
    first, second = (session.id for session in stage.all(Session))
    for _ in range(2):
        stage.send(SignOut(), actor=signed_in(ANA, session_id=first))
    assert [session.id for session in stage.all(Session)] == [second]
    assert list(stage.due()) == [f"session:{second}"]
    assert stage.undeclared_loads == 0


def test_nobody_ends_anothers_session(stage: AccountsStage) -> None:
    stage.send(SignIn(email="ana@example.com", password="correct horse"))
    (session,) = stage.all(Session)
    stage.send(SignOut(), actor=signed_in(an_id("bo"), session_id=session.id))
    stage.send(SignOut(), actor=signed_in(ANA, session_id="no id"))
    assert len(stage.all(Session)) == 1


def test_a_session_is_forgotten_when_its_time_has_come(stage: AccountsStage) -> None:
    stage.send(SignIn(email="ana@example.com", password="correct horse"))
    (session,) = stage.all(Session)
    stage.clock.time = session.expires_at - timedelta(microseconds=1)
    assert session.expires_at == session.created_at + LIFETIME
    stage.send(ExpireSession(session_id=session.id))
    assert len(stage.all(Session)) == 1
    stage.clock.time = session.expires_at
    for _ in range(2):
        assert stage.send(ExpireSession(session_id=session.id)) == []
    assert stage.all(Session) == []
    assert stage.undeclared_loads == 0
