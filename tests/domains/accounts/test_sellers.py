"""Sellers: applied, approved, stopped, away; and what staff may do to people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from argosy.contracts.accounts import (
    ApproveSeller,
    BlockUser,
    EndHoliday,
    ErasePerson,
    ExpireHoliday,
    GrantRole,
    HolidayEnded,
    HolidayStarted,
    OpenStore,
    ReinstateSeller,
    RejectSeller,
    RoleGranted,
    RoleWithdrawn,
    SellerApplied,
    SellerReinstated,
    SellerRejected,
    SellerSuspended,
    SignIn,
    StartHoliday,
    StoreOpened,
    SuspendSeller,
    UnblockUser,
    UserBlocked,
    UserUnblocked,
    WithdrawRole,
)
from argosy.domains.accounts.domain.policy import Policy
from argosy.domains.accounts.domain.seller_store import (
    STANDINGS,
    HolidayIsOver,
    NoSuchSeller,
    NotInThatState,
    Store,
)
from argosy.domains.accounts.domain.session import Session, SignInRefused
from argosy.domains.accounts.domain.texts import TextIsMissing, TextIsTooLong
from argosy.domains.accounts.domain.user import NoSuchUser, NotOfYourself, RoleNotGranted, UnknownRole, User
from argosy.engine.work import Actor
from argosy.shared_kernel.ids import Id
from tests.domains.accounts.stage import AccountsStage, signed_in
from tests.support import an_id

SAM = signed_in(an_id("sam"), "staff")


@pytest.fixture
def stage() -> AccountsStage:
    stage = AccountsStage()
    stage.policy = Policy(approves_sellers=True)
    return stage


def applied(stage: AccountsStage) -> tuple[Id, Id]:
    """An applicant, and the id that they will sell under."""
    user_id = stage.register()
    told = stage.send(OpenStore(store_name="Lamps", country="PT"), actor=signed_in(user_id))
    seller_id = Id(stage.result)
    assert told == [
        SellerApplied(seller_id=seller_id, user_id=user_id, store_name="Lamps", country="PT", region="", city="")
    ]
    return user_id, seller_id


def selling(stage: AccountsStage) -> tuple[Id, Id]:
    user_id, seller_id = applied(stage)
    stage.send(ApproveSeller(seller_id=seller_id), actor=SAM)
    return user_id, seller_id


def as_seller(user_id: Id, seller_id: Id) -> Actor:
    return Actor(id=user_id, roles=frozenset({"buyer", "seller"}), seller_id=seller_id)


def test_an_applicant_is_no_seller_until_staff_say_so(stage: AccountsStage) -> None:
    user_id, seller_id = applied(stage)
    assert stage.one(User, user_id).role_names == ("buyer",)
    assert stage.send(OpenStore(store_name="Other"), actor=signed_in(user_id)) == [], "asked again nothing changes"
    assert stage.result == seller_id
    told = stage.send(ApproveSeller(seller_id=seller_id), actor=SAM)
    assert [type(event) for event in told] == [StoreOpened]
    assert stage.one(User, user_id).role_names == ("buyer", "seller")
    assert (stage.one(Store, seller_id).status, stage.one(Store, seller_id).name) == ("OPEN", "Lamps")
    assert stage.undeclared_loads == 0


def test_staff_and_imports_open_stores_that_sell_at_once(stage: AccountsStage) -> None:
    user_id = stage.register()
    told = stage.send(OpenStore(store_name="Lamps", user_id=user_id))
    assert [type(event) for event in told] == [StoreOpened]


def test_who_was_turned_down_reads_why_and_may_apply_again(stage: AccountsStage) -> None:
    user_id, seller_id = applied(stage)
    told = stage.send(RejectSeller(seller_id=seller_id, reason=" no papers "), actor=SAM)
    assert told == [SellerRejected(seller_id=seller_id, reason="no papers")]
    assert stage.one(Store, seller_id).reason == "no papers"
    told = stage.send(OpenStore(store_name="Better lamps"), actor=signed_in(user_id))
    assert [type(event) for event in told] == [SellerApplied]
    store = stage.one(Store, seller_id)
    assert (store.status, store.name, store.reason) == ("APPLIED", "Better lamps", "")
    assert stage.undeclared_loads == 0


def test_suspension_ends_every_session_of_the_seller_and_nobody_elses(stage: AccountsStage) -> None:
    _, seller_id = selling(stage)
    eva = stage.register("eva@example.com")
    for email in ("ana@example.com", "ana@example.com", "eva@example.com"):
        stage.send(SignIn(email=email, password="correct horse"))
    told = stage.send(SuspendSeller(seller_id=seller_id, reason="fake goods"), actor=SAM)
    assert told == [SellerSuspended(seller_id=seller_id, reason="fake goods")]
    assert [session.user_id for session in stage.all(Session)] == [eva]
    stage.send(SignIn(email="ana@example.com", password="correct horse"))
    told = stage.send(ReinstateSeller(seller_id=seller_id), actor=SAM)
    assert told == [SellerReinstated(seller_id=seller_id)]
    assert stage.one(Store, seller_id).status == "OPEN"
    assert stage.undeclared_loads == 0


MOVES: dict[str, tuple[Any, str, str]] = {
    "approve": (lambda seller: ApproveSeller(seller_id=seller), "APPLIED", "OPEN"),
    "reject": (lambda seller: RejectSeller(seller_id=seller, reason="x"), "APPLIED", "REJECTED"),
    "suspend": (lambda seller: SuspendSeller(seller_id=seller, reason="x"), "OPEN", "SUSPENDED"),
    "reinstate": (lambda seller: ReinstateSeller(seller_id=seller), "SUSPENDED", "OPEN"),
}


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("status", STANDINGS)
def test_a_move_is_made_from_its_own_state_and_from_no_other(stage: AccountsStage, move: str, status: str) -> None:
    _, seller_id = applied(stage)
    stage.store.rows[Store][seller_id].status = status  # type: ignore[attr-defined]
    make, needed, becomes = MOVES[move]
    if status == needed:
        stage.send(make(seller_id), actor=SAM)
        assert stage.one(Store, seller_id).status == becomes
        return
    with pytest.raises(NotInThatState) as refused:
        stage.send(make(seller_id), actor=SAM)
    assert refused.value.details == {"status": status, "needed": needed}
    assert stage.one(Store, seller_id).status == status


@pytest.mark.parametrize("move", MOVES)
def test_whoever_is_not_staff_is_told_of_no_seller(stage: AccountsStage, move: str) -> None:
    user_id, seller_id = selling(stage)
    for actor in (Actor(), signed_in(an_id("stranger")), as_seller(user_id, seller_id)):
        with pytest.raises(NoSuchSeller):
            stage.send(MOVES[move][0](seller_id), actor=actor)
    with pytest.raises(NoSuchSeller):
        stage.send(MOVES[move][0](an_id("nobody")), actor=SAM)


def test_staff_say_why(stage: AccountsStage) -> None:
    _, seller_id = selling(stage)
    with pytest.raises(TextIsMissing):
        stage.send(SuspendSeller(seller_id=seller_id, reason=" "), actor=SAM)
    with pytest.raises(TextIsTooLong):
        stage.send(SuspendSeller(seller_id=seller_id, reason="x" * 501), actor=SAM)
    assert stage.one(Store, seller_id).status == "OPEN"


def test_a_holiday_ends_when_its_time_has_come_or_the_seller_is_back(stage: AccountsStage) -> None:
    user_id, seller_id = selling(stage)
    actor, until = as_seller(user_id, seller_id), stage.clock.now() + timedelta(days=7)
    assert stage.send(StartHoliday(until=until), actor=actor) == [HolidayStarted(seller_id=seller_id, until=until)]
    assert stage.send(StartHoliday(until=until), actor=actor) == []
    stage.send(ExpireHoliday(seller_id=seller_id))
    assert stage.one(Store, seller_id).on_holiday
    stage.clock.time = until
    assert stage.send(ExpireHoliday(seller_id=seller_id)) == [HolidayEnded(seller_id=seller_id)]
    assert stage.send(ExpireHoliday(seller_id=seller_id)) == []
    assert stage.send(StartHoliday(), actor=actor) == [HolidayStarted(seller_id=seller_id)]
    assert [name for name in stage.due() if name.startswith("holiday:")] == []
    assert stage.send(EndHoliday(), actor=actor) == [HolidayEnded(seller_id=seller_id)]
    assert stage.send(EndHoliday(), actor=actor) == []
    assert stage.undeclared_loads == 0


def test_no_holiday_ends_in_the_past_and_none_is_of_who_sells_nothing(stage: AccountsStage) -> None:
    user_id, seller_id = selling(stage)
    with pytest.raises(HolidayIsOver):
        stage.send(StartHoliday(until=stage.clock.now()), actor=as_seller(user_id, seller_id))
    for actor in (signed_in(an_id("buyer")), Actor()):
        with pytest.raises(NoSuchSeller):
            stage.send(StartHoliday(), actor=actor)
    assert not stage.one(Store, seller_id).on_holiday


def test_staff_make_staff_and_take_it_back(stage: AccountsStage) -> None:
    user_id = stage.register()
    for told in ([RoleGranted(user_id=user_id, role="staff")], []):
        assert stage.send(GrantRole(user_id=user_id, role="staff"), actor=SAM) == told
    assert stage.one(User, user_id).role_names == ("buyer", "staff")
    for told in ([RoleWithdrawn(user_id=user_id, role="staff")], []):  # type: ignore[assignment]
        assert stage.send(WithdrawRole(user_id=user_id, role="staff"), actor=SAM) == told
    assert stage.one(User, user_id).role_names == ("buyer",)
    assert stage.undeclared_loads == 0


def test_roles_that_nobody_grants_are_refused(stage: AccountsStage) -> None:
    user_id = stage.register()
    for role, refusal in (("seller", RoleNotGranted), ("king", UnknownRole), ("", UnknownRole)):
        with pytest.raises(refusal):
            stage.send(GrantRole(user_id=user_id, role=role), actor=SAM)
    assert stage.one(User, user_id).role_names == ("buyer",)


def test_staff_never_do_it_to_themselves(stage: AccountsStage) -> None:
    user_id = stage.register(roles=("buyer", "staff"))
    for command in (WithdrawRole(user_id=user_id, role="staff"), BlockUser(user_id=user_id, reason="x")):
        with pytest.raises(NotOfYourself):
            stage.send(command, actor=signed_in(user_id, "staff"))


def test_who_is_blocked_is_out_until_unblocked(stage: AccountsStage) -> None:
    user_id = stage.register()
    stage.send(SignIn(email="ana@example.com", password="correct horse"))
    for told in ([UserBlocked(user_id=user_id)], []):
        assert stage.send(BlockUser(user_id=user_id, reason="spam"), actor=SAM) == told
    assert stage.all(Session) == []
    with pytest.raises(SignInRefused):
        stage.send(SignIn(email="ana@example.com", password="correct horse"))
    assert stage.send(UnblockUser(user_id=user_id), actor=SAM) == [UserUnblocked(user_id=user_id)]
    stage.send(SignIn(email="ana@example.com", password="correct horse"))
    assert stage.undeclared_loads == 0


def test_who_is_blocked_can_be_erased(stage: AccountsStage) -> None:
    user_id = stage.register()
    stage.send(BlockUser(user_id=user_id, reason="spam"), actor=SAM)
    assert stage.send(ErasePerson(user_id=user_id), actor=SAM)


@pytest.mark.parametrize(
    "command",
    [
        GrantRole(user_id=an_id("ana"), role="staff"),
        WithdrawRole(user_id=an_id("ana"), role="buyer"),
        BlockUser(user_id=an_id("ana"), reason="x"),
        UnblockUser(user_id=an_id("ana")),
    ],
    ids=lambda command: type(command).__name__,
)
def test_only_staff_do_this_and_to_somebody_who_is_there(stage: AccountsStage, command: Any) -> None:
    stage.register(user_id=an_id("ana"))
    for actor in (Actor(), signed_in(an_id("ana")), signed_in(an_id("bo"), "buyer", "seller")):
        with pytest.raises(NoSuchUser):
            stage.send(command, actor=actor)
    stage.store.rows[User][an_id("ana")].status = "ERASED"  # type: ignore[attr-defined]
    with pytest.raises(NoSuchUser):
        stage.send(command, actor=SAM)
