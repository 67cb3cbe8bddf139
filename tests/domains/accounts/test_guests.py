"""Who has bought without an account: kept once, reached at the last address that they gave, and forgotten for good."""

from __future__ import annotations

import msgspec
import pytest

from argosy.contracts.accounts import ErasePerson, GuestKnown, KeepGuest, PersonErased, TellErasure
from argosy.contracts.checkout import CheckoutAborted, CheckoutExpired, CheckoutFailed
from argosy.contracts.orders import BuyerHeld, BuyerReleased, ReleaseBuyer
from argosy.domains.accounts.domain.guest import Guest
from argosy.domains.accounts.domain.guest_purchase import GuestPurchase
from argosy.domains.accounts.domain.user import DONE, HELD, NoSuchUser
from argosy.engine.work import GUEST, SYSTEM, Actor
from tests.domains.accounts.stage import AccountsStage, signed_in
from tests.support import an_id

ANA = an_id("guest")
AS_ANA = Actor(id=ANA, roles=frozenset({GUEST}))


@pytest.fixture
def stage() -> AccountsStage:
    stage = AccountsStage()
    assert stage.send(keep(), actor=SYSTEM) == [GuestKnown(guest_id=ANA, email="ana@example.com")]
    return stage


def keep(email: str = " Ana@Example.com ") -> KeepGuest:
    return KeepGuest(guest_id=ANA, email=email)


def erased(stage: AccountsStage) -> AccountsStage:
    stage.send(ErasePerson(), actor=AS_ANA)
    assert stage.send(BuyerReleased(flow_id=ANA, buyer_id=ANA)) == []
    return stage


def test_a_guest_is_told_of_once_for_each_address_of_theirs(stage: AccountsStage) -> None:
    assert stage.send(keep(), keep("ana@example.com"), actor=SYSTEM) == []
    assert stage.send(keep("eva@example.com"), actor=SYSTEM) == [GuestKnown(guest_id=ANA, email="eva@example.com")]
    assert [told.code for told in stage.send(keep("nowhere"), actor=SYSTEM)] == ["not_an_email"]
    assert [guest.email for guest in stage.all(Guest)] == ["eva@example.com"]


def test_two_guests_and_an_account_may_have_one_address(stage: AccountsStage) -> None:
    stage.register(email="ana@example.com")
    stage.send(KeepGuest(guest_id=an_id("other"), email="ana@example.com"), actor=SYSTEM)
    assert [guest.email for guest in stage.all(Guest)] == ["ana@example.com"] * 2


def test_orders_are_asked_before_a_guest_is_forgotten(stage: AccountsStage) -> None:
    assert stage.send(ErasePerson(), actor=AS_ANA) == [ReleaseBuyer(flow_id=ANA, buyer_id=ANA)]
    stage.send(BuyerHeld(flow_id=ANA, buyer_id=ANA, open_orders=1))
    (guest,) = stage.all(Guest)
    assert (guest.erasure, guest.email) == (HELD, "ana@example.com")


def test_nothing_but_the_id_is_left_and_all_others_are_told_an_hour_later(stage: AccountsStage) -> None:
    (guest,) = erased(stage).all(Guest)
    assert (guest.erasure, guest.email) == (DONE, "")
    stage.clock.tick(hours=1)
    assert stage.tell_due() == [PersonErased(user_id=ANA)]


def test_who_is_erased_stays_erased(stage: AccountsStage) -> None:
    erased(stage)
    assert stage.send(keep("new@example.com"), actor=SYSTEM) == []
    assert [(guest.erasure, guest.email) for guest in stage.all(Guest)] == [(DONE, "")]
    with pytest.raises(NoSuchUser):
        stage.send(ErasePerson(), actor=AS_ANA)


def test_only_they_and_staff_ask_and_nobody_is_told_of_before_their_erasure(stage: AccountsStage) -> None:
    for actor in (signed_in(an_id("stranger")), Actor(id=an_id("other"), roles=frozenset({GUEST}))):
        with pytest.raises(NoSuchUser):
            stage.send(ErasePerson(user_id=ANA), actor=actor)
    assert stage.send(TellErasure(user_id=ANA)) == []
    assert stage.send(ErasePerson(user_id=ANA), actor=signed_in(an_id("staff"), "staff"))


def came_to_nothing(name: str = "one") -> CheckoutFailed:
    return CheckoutFailed(checkout_id=an_id(name), buyer_id=ANA, reason="card_declined", details={})


def test_who_bought_nothing_is_forgotten_in_a_month(stage: AccountsStage) -> None:
    stage.send(came_to_nothing())
    stage.clock.tick(days=29)
    assert stage.tell_due() == []
    stage.clock.tick(days=1)
    assert ReleaseBuyer(flow_id=ANA, buyer_id=ANA) in stage.tell_due()
    stage.send(BuyerReleased(flow_id=ANA, buyer_id=ANA))
    (guest,) = stage.all(Guest)
    assert (guest.erasure, guest.email) == (DONE, "")
    assert stage.undeclared_loads == 0


def test_who_bought_something_or_tries_again_is_not_forgotten(stage: AccountsStage) -> None:
    stage.send(keep(), actor=SYSTEM)
    stage.send(came_to_nothing())
    stage.clock.tick(days=40)
    assert stage.tell_due() == [], "of two purchases one came to nothing"
    stage.send(CheckoutExpired(checkout_id=an_id("two"), buyer_id=ANA))
    stage.send(keep(), actor=SYSTEM)
    stage.clock.tick(days=40)
    assert stage.tell_due() == [], "they came back within the month"
    (guest,) = stage.all(Guest)
    assert guest.email == "ana@example.com"


def test_an_end_that_is_heard_of_before_its_beginning_counts_all_the_same(stage: AccountsStage) -> None:
    """The beginning may wait parked, or be of a guest who is not known yet: nobody is kept for what came to nothing."""
    other, beginning = an_id("other-guest"), KeepGuest(guest_id=ANA, email="a@b.example", checkout_id=an_id("one"))
    for guest_id, name in ((ANA, "one"), (other, "two")):
        end = CheckoutExpired(checkout_id=an_id(name), buyer_id=guest_id, is_guest=True)
        assert stage.send(end, end) == []
    stage.send(came_to_nothing("of-before"), beginning, actor=SYSTEM)
    stage.send(msgspec.structs.replace(beginning, guest_id=other, checkout_id=an_id("two")), actor=SYSTEM)
    assert stage.all(GuestPurchase) == []
    assert [guest.purchases for guest in stage.all(Guest)] == [0, 0]
    stage.clock.tick(days=30)
    assert {one.buyer_id for one in stage.tell_due() if isinstance(one, ReleaseBuyer)} == {ANA, other}
    assert stage.undeclared_loads == 0


def test_a_purchase_of_who_has_an_account_means_nothing_here(stage: AccountsStage) -> None:
    assert stage.send(CheckoutAborted(checkout_id=an_id("one"), buyer_id=an_id("nobody"))) == []
