"""Being forgotten: asked, held while orders are open, done at once, told when nothing is in flight any more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from argosy.contracts.accounts import (
    AddAddress,
    ErasePerson,
    OpenStore,
    PersonErased,
    SignIn,
    TellErasure,
)
from argosy.contracts.orders import BuyerHeld, BuyerReleased, ReleaseBuyer
from argosy.domains.accounts.application.erasures import IN_FLIGHT
from argosy.domains.accounts.domain.session import Session, SignInRefused
from argosy.domains.accounts.domain.user import ASKED, DONE, HELD, NoSuchUser, StoreStays, User
from argosy.engine.work import Actor
from argosy.shared_kernel.ids import Id
from tests.domains.accounts.stage import AccountsStage, signed_in
from tests.support import an_id


@pytest.fixture
def stage() -> AccountsStage:
    return AccountsStage()


def ana(stage: AccountsStage) -> Id:
    """Somebody with a profile, an address and a session."""
    user_id = stage.register(first_name="Ana", last_name="Souza")
    stage.send(
        AddAddress(recipient="Ana", street="Rua 1", city="Porto", postal_code="4000-001", country="PT"),
        actor=signed_in(user_id),
    )
    stage.send(SignIn(email="ana@example.com", password="correct horse"))
    return user_id


def released(user_id: Id) -> BuyerReleased:
    return BuyerReleased(flow_id=user_id, buyer_id=user_id)


def test_orders_are_asked_first_and_nothing_is_lost_until_they_answer(stage: AccountsStage) -> None:
    user_id = ana(stage)
    assert stage.send(ErasePerson(), actor=signed_in(user_id)) == [ReleaseBuyer(flow_id=user_id, buyer_id=user_id)]
    [user] = stage.all(User)
    assert (user.status, user.erasure, user.profile.first_name) == ("ACTIVE", ASKED, "Ana")
    assert len(stage.all(Session)) == 1


def test_nothing_but_the_id_is_left_of_who_is_released(stage: AccountsStage) -> None:
    user_id = ana(stage)
    eva = stage.register(email="eva@example.com")
    stage.send(SignIn(email="eva@example.com", password="correct horse"))
    stage.send(ErasePerson(), actor=signed_in(user_id))
    assert stage.send(released(user_id)) == [], "not told while something of theirs may be in flight"
    user = next(one for one in stage.all(User) if one.id == user_id)
    assert (user.status, user.erasure, user.email, user.password_hash) == (
        "ERASED",
        DONE,
        f"{user_id}@erased.invalid",
        "",
    )
    assert (user.profile.first_name, user.profile.last_name, user.profile.addresses, user.roles) == ("", "", (), [])
    assert [session.user_id for session in stage.all(Session)] == [eva], "nobody else is signed out"
    with pytest.raises(SignInRefused):
        stage.send(SignIn(email="ana@example.com", password="correct horse"))
    assert stage.register() != user_id, "their address is free for a new account"


def test_it_is_told_once_an_hour_later(stage: AccountsStage) -> None:
    user_id = ana(stage)
    stage.send(ErasePerson(), actor=signed_in(user_id))
    stage.send(released(user_id))
    [due] = [due for due in stage.store.due_rows.values() if due.name == TellErasure.wire_name]
    assert due.due_at == stage.clock.now() + IN_FLIGHT == stage.clock.now() + timedelta(hours=1)
    assert stage.send(TellErasure(user_id=user_id)) == [PersonErased(user_id=user_id)]


def test_who_has_open_orders_stays_and_may_ask_again(stage: AccountsStage) -> None:
    user_id = ana(stage)
    stage.send(ErasePerson(), actor=signed_in(user_id))
    stage.send(BuyerHeld(flow_id=user_id, buyer_id=user_id, open_orders=2))
    [user] = stage.all(User)
    assert (user.status, user.erasure, user.profile.first_name, len(stage.all(Session))) == ("ACTIVE", HELD, "Ana", 1)
    stage.send(released(user_id))
    assert [user.status for user in stage.all(User)] == ["ACTIVE"], "an answer to nobody's question changes nothing"
    stage.send(ErasePerson(), actor=signed_in(user_id))
    stage.send(released(user_id))
    assert [user.status for user in stage.all(User)] == ["ERASED"]


def test_answers_that_come_again_change_nothing(stage: AccountsStage) -> None:
    user_id = ana(stage)
    stage.send(ErasePerson(), actor=signed_in(user_id))
    stage.send(released(user_id))
    [before] = stage.all(User)
    stage.send(released(user_id))
    stage.send(BuyerHeld(flow_id=user_id, buyer_id=user_id, open_orders=1))
    [after] = stage.all(User)
    assert (after.version, after.erasure) == (before.version, DONE)


def test_staff_may_erase_anybody_and_others_only_themselves(stage: AccountsStage) -> None:
    user_id = ana(stage)
    for actor in (signed_in(an_id("stranger")), Actor()):
        with pytest.raises(NoSuchUser):
            stage.send(ErasePerson(user_id=user_id), actor=actor)
    assert stage.send(ErasePerson(user_id=user_id), actor=signed_in(an_id("staff"), "staff"))
    stage.send(released(user_id))
    with pytest.raises(NoSuchUser):
        stage.send(ErasePerson(user_id=user_id), actor=signed_in(an_id("staff"), "staff"))


def test_a_seller_stays(stage: AccountsStage) -> None:
    user_id = ana(stage)
    stage.send(OpenStore(store_name="Lamps"), actor=signed_in(user_id))
    with pytest.raises(StoreStays):
        stage.send(ErasePerson(), actor=signed_in(user_id))
    assert [user.erasure for user in stage.all(User)] == [""]
