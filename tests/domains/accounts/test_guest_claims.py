"""Guests' purchases are claimed by the account that has proven their address, whatever is heard of first."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from argosy.contracts.accounts import (
    EmailVerified,
    ErasePerson,
    GuestPurchaseClaimed,
    KeepGuest,
    RegisterUser,
    UserRegistered,
)
from argosy.contracts.checkout import CheckoutCompleted, CheckoutFailed
from argosy.contracts.orders import BuyerReleased, ReleaseBuyer
from argosy.domains.accounts.domain.guest import Guest
from argosy.domains.accounts.domain.guest_purchase import GuestClaim, GuestPurchase
from argosy.domains.accounts.domain.user import ASKED, DONE
from argosy.engine.work import SYSTEM, Actor
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Message
from tests.domains.accounts.stage import AccountsStage, signed_in
from tests.support import an_id

NOW = datetime(2026, 8, 1, tzinfo=UTC)
GUEST, OTHER, ONE, TWO = an_id("guest"), an_id("other-guest"), an_id("checkout-one"), an_id("checkout-two")
EMAIL = "ana@example.com"


def kept(checkout_id: Id = ONE, email: str = EMAIL, guest_id: Id = GUEST) -> KeepGuest:
    return KeepGuest(guest_id=guest_id, email=email, checkout_id=checkout_id)


def completed(checkout_id: Id = ONE, guest_id: Id = GUEST, *, is_guest: bool = True) -> CheckoutCompleted:
    return CheckoutCompleted(
        checkout_id=checkout_id,
        buyer_id=guest_id,
        cart_id=an_id("cart"),
        purchase_id=an_id("purchase"),
        order_ids=(an_id("order"),),
        variant_ids=(),
        coupons=(),
        total_amount=1,
        currency="EUR",
        is_guest=is_guest,
    )


def claims(told: list[Message]) -> list[GuestPurchaseClaimed]:
    return [one for one in told if isinstance(one, GuestPurchaseClaimed)]


@pytest.fixture
def stage() -> AccountsStage:
    return AccountsStage()


def proven(stage: AccountsStage) -> Id:
    """Somebody whose account counts as proven."""
    return stage.register(email=EMAIL)


def test_either_may_come_first_and_a_repeat_changes_nothing(stage: AccountsStage) -> None:
    stage.send(kept(), actor=SYSTEM)
    assert claims(stage.send(completed())) == []
    user_id = proven(stage)
    claimed = GuestPurchaseClaimed(checkout_id=ONE, guest_id=GUEST, user_id=user_id)
    registered = UserRegistered(user_id=user_id, email=EMAIL, roles=("buyer",), registered_at=NOW)
    assert claims(stage.send(registered)) == [claimed]
    stage.send(kept(TWO), actor=SYSTEM)
    assert claims(stage.send(completed(TWO))) == [
        GuestPurchaseClaimed(checkout_id=TWO, guest_id=GUEST, user_id=user_id)
    ]
    again = stage.send(registered, EmailVerified(user_id=user_id, verified_at=NOW), completed(), completed(TWO))
    assert claims(again) == []
    assert stage.all(GuestPurchase) == [], "the address is kept no longer than it is needed"


def test_an_end_that_is_heard_of_before_its_beginning_is_remembered(stage: AccountsStage) -> None:
    user_id = proven(stage)
    assert claims(stage.send(completed())) == []
    assert claims(stage.send(kept(), actor=SYSTEM)) == [
        GuestPurchaseClaimed(checkout_id=ONE, guest_id=GUEST, user_id=user_id)
    ]


def test_who_has_proven_nothing_and_who_has_another_address_get_nothing(stage: AccountsStage) -> None:
    stage.send(RegisterUser(email=EMAIL, password="correct horse"), actor=Actor())
    user_id = Id(stage.result)
    other_id = stage.register(email="a.na@example.com")
    stage.send(kept(), actor=SYSTEM)
    told = stage.send(
        completed(),
        *(UserRegistered(user_id=id, email="", roles=(), registered_at=NOW) for id in (user_id, other_id)),
    )
    assert claims(told) == []
    assert stage.all(GuestClaim) == []


def test_what_came_to_nothing_and_what_an_account_bought_is_never_claimed(stage: AccountsStage) -> None:
    proven(stage)
    stage.send(kept(), actor=SYSTEM)
    told = stage.send(
        CheckoutFailed(checkout_id=ONE, buyer_id=GUEST, reason="declined", details={}),
        completed(TWO, an_id("buyer"), is_guest=False),
    )
    assert claims(told) == []
    assert stage.all(GuestPurchase) == []


def test_what_is_claimed_while_orders_are_asked_is_asked_about_by_itself(stage: AccountsStage) -> None:
    user_id = proven(stage)
    stage.send(kept(), actor=SYSTEM)
    stage.send(completed())
    asked = ReleaseBuyer(flow_id=user_id, buyer_id=user_id, guest_ids=(GUEST,))
    assert stage.send(ErasePerson(), actor=signed_in(user_id)) == [asked]
    stage.send(kept(TWO, guest_id=OTHER), actor=SYSTEM)
    stage.send(completed(TWO, OTHER))
    told = stage.send(BuyerReleased(flow_id=user_id, buyer_id=user_id, guest_ids=(GUEST,)))
    assert told == [ReleaseBuyer(flow_id=OTHER, buyer_id=OTHER)]
    assert {guest.id: guest.erasure for guest in stage.all(Guest)} == {GUEST: DONE, OTHER: ASKED}


def erased(stage: AccountsStage, user_id: Id, *guests: Id) -> list[Message]:
    stage.send(ErasePerson(), actor=signed_in(user_id))
    return stage.send(BuyerReleased(flow_id=user_id, buyer_id=user_id, guest_ids=guests))


def test_a_guest_from_whom_two_have_claimed_is_forgotten_with_the_last_of_them(stage: AccountsStage) -> None:
    """Forgotten with the first, the orders of the other would lose their addresses."""
    ana, eva = proven(stage), stage.register(email="eva@example.com")
    for checkout_id, email in ((ONE, EMAIL), (TWO, "eva@example.com")):
        stage.send(kept(checkout_id, email), actor=SYSTEM)
        stage.send(completed(checkout_id))
    assert erased(stage, ana, GUEST) == []
    assert [guest.is_there for guest in stage.all(Guest)] == [True]
    assert erased(stage, eva, GUEST) == []
    assert [(guest.erasure, guest.email) for guest in stage.all(Guest)] == [(DONE, "")]
    assert stage.undeclared_loads == 0
