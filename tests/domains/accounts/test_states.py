"""The README's table of moves is all that a session ever does."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import argosy.domains.accounts
from argosy.contracts.accounts import ErasePerson, ExpireSession, SignIn, SignOut
from argosy.contracts.orders import BuyerReleased
from argosy.domains.accounts.domain.session import Session
from argosy.domains.accounts.domain.user import User
from tests.domains.accounts.stage import AccountsStage, signed_in

README = Path(argosy.domains.accounts.__file__).with_name("README.md")


def written_moves() -> list[tuple[str, ...]]:
    rows = re.findall(
        r"^\| (store|session|proof) \| *(\w*) *\| (\w+) \| (.+) \|$", README.read_text("utf-8"), re.MULTILINE
    )
    return [tuple(row) for row in rows]


def an_open_session() -> tuple[AccountsStage, Session]:
    stage = AccountsStage()
    stage.register()
    assert stage.all(Session) == []
    stage.send(SignIn(email="ana@example.com", password="correct horse"))
    (session,) = stage.all(Session)
    return stage, session


def test_the_readme_knows_exactly_these_moves() -> None:
    assert [(start, end, set(re.findall(r"[A-Z]\w+", by))) for _, start, end, by in written_moves()] == [
        ("", "APPLIED", {"OpenStore"}),
        ("", "OPEN", {"OpenStore"}),
        ("APPLIED", "OPEN", {"ApproveSeller"}),
        ("APPLIED", "REJECTED", {"RejectSeller"}),
        ("REJECTED", "APPLIED", {"OpenStore"}),
        ("OPEN", "SUSPENDED", {"SuspendSeller"}),
        ("SUSPENDED", "OPEN", {"ReinstateSeller"}),
        ("", "open", {"SignIn", "SignInByIdentity", "SignInByPasskey", "ActForStore"}),
        (
            "open",
            "gone",
            {"SignOut", "EndSession", "SignOutEverywhere", "ResetPassword", "ChangePassword", "ExpireSession"}
            | {"RevertEmail", "SuspendSeller", "BlockUser", "RemoveMember", "LeaveTeam"},
        ),
        ("", "open", {"SendLetter"}),
        ("open", "gone", {"ConfirmEmail", "ResetPassword", "SendLetter", "ExpireProof"}),
    ]


def test_signing_out_ends_the_session() -> None:
    stage, session = an_open_session()
    stage.send(SignOut(), actor=signed_in(session.user_id, session_id=session.id))
    assert stage.all(Session) == []


def test_a_session_ends_after_thirty_days_and_not_before() -> None:
    stage, session = an_open_session()
    assert f"after {(session.expires_at - stage.clock.now()).days} days" in next(
        by for thing, start, _, by in written_moves() if (thing, start) == ("session", "open")
    )
    stage.clock.time = session.expires_at - timedelta(seconds=1)
    stage.send(ExpireSession(session_id=session.id))
    assert [one.id for one in stage.all(Session)] == [session.id]
    stage.clock.time = session.expires_at
    stage.send(ExpireSession(session_id=session.id))
    assert stage.all(Session) == []


def test_a_user_is_active_until_erased() -> None:
    stage, session = an_open_session()
    assert {user.status for user in stage.all(User)} == {"ACTIVE"}
    stage.send(ErasePerson(user_id=session.user_id))
    assert {user.status for user in stage.all(User)} == {"ACTIVE"}
    stage.send(BuyerReleased(flow_id=session.user_id, buyer_id=session.user_id))
    assert {user.status for user in stage.all(User)} == {"ERASED"}
