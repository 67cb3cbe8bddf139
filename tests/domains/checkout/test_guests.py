"""A guest's checkout: it tells accounts where they are reached, and asks promotions as for a guest."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.contracts.accounts import KeepGuest
from argosy.contracts.checkout import AbortCheckout, CheckoutAborted, CheckoutExpired, CheckoutFailed, RequestQuote
from argosy.contracts.promotions import QuoteDiscounts, ReserveCoupons
from argosy.domains.checkout.application.checkout_flow import CheckoutFlow
from argosy.domains.checkout.domain.quotation import Quotation
from argosy.domains.checkout.domain.request import NotAnEmail, ShopTerms
from argosy.domains.checkout.domain.session import (
    BuyerIsSomebodyElse,
    CheckoutDetail,
    CheckoutSession,
    GuestCheckoutIsOff,
)
from argosy.engine.work import GUEST, Actor
from tests.domains.checkout.fakes import BUYER, Participant, start
from tests.domains.checkout.playing import BUYING, Play
from tests.support import Stage, an_id

AS_GUEST = Actor(id=BUYER, roles=frozenset({GUEST}))


class Accounts(Participant):
    """Answers nothing."""

    def take(self, command: Any) -> list[Any]:
        return []


def played(actor: Actor = AS_GUEST, **changed: Any) -> Play:
    play = Play(accounts=Accounts())
    play.send(start(**changed), actor=actor)
    return play


def test_a_guest_is_reached_where_accounts_keep_it() -> None:
    play = played(email="ana@example.com")
    assert play.session.status == "COMPLETED"
    assert [one for one in play.asked if isinstance(one, KeepGuest)] == [
        KeepGuest(guest_id=BUYER, email="ana@example.com", checkout_id=play.session.id)
    ]
    (detail,) = play.stage.all(CheckoutDetail)
    assert "ana@example.com" not in detail.request


def test_of_who_has_an_account_accounts_hear_nothing() -> None:
    play = played(BUYING, email="ana@example.com")
    assert "KeepGuest" not in play.names_asked()
    assert [one.is_guest for one in play.asked if isinstance(one, ReserveCoupons)] == [False]


def test_promotions_are_asked_as_for_a_guest_by_checkout_and_quote() -> None:
    play = played(email="ana@example.com")
    assert [one.is_guest for one in play.asked if isinstance(one, ReserveCoupons)] == [True]
    play.send(RequestQuote(quote_id=an_id("quote"), buyer_id=BUYER, country="IN", lines=start().lines), actor=AS_GUEST)
    assert [one.is_guest for one in play.asked if isinstance(one, QuoteDiscounts)] == [True]


def test_a_guest_buys_for_themselves_and_says_where_they_are_reached() -> None:
    with pytest.raises(NotAnEmail):
        played()
    with pytest.raises(BuyerIsSomebodyElse):
        played(Actor(id=an_id("another"), roles=frozenset({GUEST})), email="ana@example.com")


def test_where_guests_may_not_buy_others_may() -> None:
    def build(work: Any) -> tuple[object, ...]:
        repositories = [work.repository(kind) for kind in (CheckoutSession, CheckoutDetail, Quotation)]
        return (CheckoutFlow(work, *repositories, ShopTerms(sells_to_guests=False)),)

    stage = Stage((CheckoutFlow,), build, unique=[(CheckoutSession, ("request_key",))])
    with pytest.raises(GuestCheckoutIsOff):
        stage.send(start(email="ana@example.com"), actor=AS_GUEST)
    assert stage.all(CheckoutSession) == []
    assert stage.send(start(), actor=BUYING)


def test_whatever_ends_a_guest_s_checkout_says_whose_it_is() -> None:
    """Accounts may hear of the end before they hear of its beginning."""
    for actor, is_guest in ((AS_GUEST, True), (BUYING, False)):
        stage = Play(accounts=Accounts()).stage
        stage.send(start(email="ana@example.com"), actor=actor)
        (session,) = stage.all(CheckoutSession)
        told = stage.send(AbortCheckout(checkout_id=session.id, buyer_id=BUYER), actor=actor)
        ends = [one for one in told if isinstance(one, CheckoutAborted | CheckoutExpired | CheckoutFailed)]
        assert [one.is_guest for one in ends] == [is_guest]
