"""Quotes: priced once, frozen, and bought at that price or not at all."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from argosy.contracts import promotions
from argosy.contracts.carts import CartLine
from argosy.contracts.checkout import CheckoutLine, RequestQuote, SweepQuotes
from argosy.contracts.orders import PlaceOrders
from argosy.contracts.products import LinesQuoted
from argosy.contracts.taxes import QuoteTax
from argosy.domains.checkout.application.quotes import Quotes
from argosy.domains.checkout.domain import quotation
from argosy.domains.checkout.domain.quotation import (
    MOVES,
    NoSuchQuote,
    PriceChanged,
    Quotation,
    QuoteExpired,
    QuoteIsForAnotherPurchase,
    QuoteIsNotReady,
)
from argosy.domains.checkout.domain.quote import Snapshot, hash_of
from argosy.domains.checkout.domain.session import BuyerIsSomebodyElse, CheckoutDetail, CheckoutSession
from argosy.engine.work import Actor
from argosy.shared_kernel.codec import decoder
from argosy.shared_kernel.errors import DomainError, Several
from tests.domains.checkout.fakes import ADDRESS, BUYER, Carts, Products, Promotions, start
from tests.domains.checkout.playing import Play
from tests.support import Stage, an_id

README = Path(__file__).parents[3] / "argosy/domains/checkout/README.md"
SNAPSHOT = decoder(Snapshot)


def ask(name: str = "quote", **changed: Any) -> RequestQuote:
    """For the same as `start` buys."""
    fields: dict[str, Any] = {
        "quote_id": an_id(name),
        "buyer_id": BUYER,
        "country": ADDRESS.country,
        "region": ADDRESS.region,
        "postal_code": ADDRESS.postal_code,
        "lines": start().lines,
        "coupons": ("TEN",),
    }
    return RequestQuote(**{**fields, **changed})


def quoted(**participants: Any) -> Play:
    play = Play(**participants)
    play.send(ask())
    return play


def the_quote(play: Play) -> Quotation:
    (quote,) = play.stage.all(Quotation)
    return quote


def test_a_quote_asks_everybody_and_holds_nothing() -> None:
    play = quoted()
    assert play.names_asked() == ["QuoteLines", "QuoteDiscounts", "QuoteShipping", "QuoteTax"]
    assert play.told == [] and play.effects() == {} and play.stage.due() == {}
    quote = the_quote(play)
    assert (quote.status, quote.total_amount, quote.currency) == ("READY", 1_313, "INR")
    assert quote.snapshot_hash == hash_of(quote.snapshot.encode())
    assert quote.expires_at == play.stage.clock.now() + timedelta(minutes=15)


def test_a_checkout_takes_a_quote_over_and_asks_only_for_its_coupons() -> None:
    play = quoted()
    play.asked.clear()
    play.send(start(quote_id=an_id("quote"), expected_total=1_313))
    assert play.names_asked() == [
        "ReserveCoupons",
        "PlaceOrders",
        "ReserveStock",
        "AuthorizePayment",
        "CommitReservation",
        "CapturePayment",
        "ConfirmOrders",
        "ConsumeCoupons",
    ]
    hold = play.the(promotions.ReserveCoupons)
    assert hold.lines == () and [use.amount for use in hold.quoted] == [130]
    assert (play.session.status, play.session.total_amount) == ("COMPLETED", 1_313)
    assert play.effects()["promotions"] == {"hold": 1, "consume": 1}


def test_a_quote_without_coupons_is_bought_without_asking_promotions() -> None:
    play = Play()
    play.send(ask(coupons=()))
    play.asked.clear()
    play.send(start(quote_id=an_id("quote"), coupons=()))
    assert play.names_asked()[0] == "PlaceOrders"
    assert play.session.status == "COMPLETED" and not play.session.has_coupons
    assert "promotions" not in play.effects()


def test_a_checkout_from_a_quote_is_the_one_that_it_would_have_been() -> None:
    """The same orders, shares and stock, to the byte, as if this checkout had asked for everything itself."""
    plain, taken = Play(), quoted()
    plain.send(start())
    taken.send(start(quote_id=an_id("quote")))
    (one,), (other,) = plain.stage.all(CheckoutDetail), taken.stage.all(CheckoutDetail)
    assert (one.snapshot, one.snapshot_hash) == (other.snapshot, other.snapshot_hash)
    assert plain.the(PlaceOrders) == taken.the(PlaceOrders)
    assert plain.session.order_ids == taken.session.order_ids


def test_two_checkouts_of_one_quote_have_orders_of_their_own() -> None:
    play = quoted()
    for name in ("first", "second"):
        play.send(start(name, quote_id=an_id("quote")))
    first, second = [set(session.order_ids) for session in play.stage.all(CheckoutSession)]
    assert len(first) == len(second) == 2 and not first & second


def test_coupons_that_do_not_hold_any_more_end_it_before_any_order_or_money() -> None:
    play = quoted(promotions=Promotions(lambda command: isinstance(command, promotions.ReserveCoupons)))
    play.send(start(quote_id=an_id("quote")))
    assert (play.session.status, play.session.outcome) == ("FAILED", "COMPENSATED")
    assert "orders" not in play.effects() and "payments" not in play.effects()


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"lines": (CheckoutLine(product_id=an_id("p1"), variant_id=an_id("v1"), quantity=3),)}, 1),
        ({"lines": tuple(msgspec.structs.replace(line, shipping_method="express") for line in start().lines)}, 1),
        ({"coupons": ()}, 1),
        ({"address": msgspec.structs.replace(ADDRESS, country="PT")}, 1),
        ({"address": msgspec.structs.replace(ADDRESS, region="elsewhere")}, 1),
        ({"expected_total": 1_312}, 2),
        ({"quote_id": an_id("nobody's")}, 3),
    ],
)
def test_a_quote_is_taken_over_by_the_very_same_purchase_only(changed: dict[str, Any], error: int) -> None:
    play = quoted()
    kind = {1: QuoteIsForAnotherPurchase, 2: PriceChanged, 3: NoSuchQuote}[error]
    with pytest.raises(kind):
        play.send(start(**{"quote_id": an_id("quote"), **changed}))
    assert play.stage.all(CheckoutSession) == []


def test_another_street_is_the_same_purchase() -> None:
    play = quoted()
    play.send(start(quote_id=an_id("quote"), address=msgspec.structs.replace(ADDRESS, street="Elsewhere 1")))
    assert play.session.status == "COMPLETED"


def test_a_quote_expires() -> None:
    play = quoted()
    play.stage.clock.tick(minutes=15)
    with pytest.raises(QuoteExpired):
        play.send(start(quote_id=an_id("quote")))
    assert play.stage.all(CheckoutSession) == []


def test_a_stranger_s_quote_does_not_exist() -> None:
    play = quoted()
    stranger = an_id("stranger")
    with pytest.raises(NoSuchQuote) as refused:
        play.send(start(quote_id=an_id("quote"), buyer_id=stranger), actor=Actor(id=stranger))
    with pytest.raises(NoSuchQuote) as unknown:
        play.send(start(quote_id=an_id("unknown"), buyer_id=stranger), actor=Actor(id=stranger))
    assert refused.value.sentence == unknown.value.sentence
    with pytest.raises(BuyerIsSomebodyElse):
        play.send(ask("other"), actor=Actor(id=stranger))


def test_a_quote_that_is_not_priced_is_not_bought() -> None:
    play = Play()
    play.send(ask(), until=QuoteTax)
    with pytest.raises(QuoteIsNotReady):
        play.send(start(quote_id=an_id("quote")))
    failed = quoted(products=Products(lambda command: True))
    quote = the_quote(failed)
    assert (quote.status, quote.failure, quote.snapshot, quote.lines) == ("FAILED", "refused_at_random", "", "")
    with pytest.raises(QuoteIsNotReady):
        failed.send(start(quote_id=an_id("quote")))


def test_the_same_is_quoted_once_while_it_stands() -> None:
    play = quoted()
    play.asked.clear()
    assert play.send(ask("again")).quote_id == an_id("quote")
    assert play.asked == []
    assert play.send(ask("more", coupons=())).quote_id == an_id("more")
    play.stage.clock.tick(minutes=10, seconds=1)
    assert play.send(ask("later")).quote_id == an_id("later")


def test_a_buyer_keeps_ten_quotes() -> None:
    play = Play()
    for number in range(1, 13):
        play.stage.clock.tick(seconds=1)
        lines = (CheckoutLine(product_id=an_id("p1"), variant_id=an_id("v1"), quantity=number),)
        play.send(ask(str(number), lines=lines))
    assert {quote.id for quote in play.stage.all(Quotation)} == {an_id(str(number)) for number in range(3, 13)}


def test_the_cart_is_quoted_where_no_lines_are_given() -> None:
    cart = Carts()
    cart.lines = tuple(
        CartLine(product_id=line.product_id, variant_id=line.variant_id, quantity=line.quantity)
        for line in start().lines
    )
    cart.coupons = ("TEN",)
    play = Play(carts=cart)
    play.send(ask(lines=(), coupons=()))
    assert (the_quote(play).status, the_quote(play).total_amount) == ("READY", 1_313)
    play.send(start(quote_id=an_id("quote")))
    assert play.session.status == "COMPLETED"
    empty = Play()
    empty.send(ask(lines=(), coupons=()))
    assert (the_quote(empty).status, the_quote(empty).failure) == ("FAILED", "cart_is_empty")


def test_answers_to_a_quote_that_is_forgotten_are_nobody_s() -> None:
    play = quoted()
    before = play.stage.all(Quotation)
    answer = Products().on_quote_lines(play.asked[0])[0]
    assert isinstance(answer, LinesQuoted)
    play.send(msgspec.structs.replace(answer, flow_id=an_id("forgotten")), answer)
    assert [quote.state() for quote in play.stage.all(Quotation)] == [quote.state() for quote in before]


def test_expired_quotes_are_swept() -> None:
    gone: list[Any] = []
    stage = Stage(
        (Quotes,), lambda work: (Quotes(work, work.repository(Quotation), lambda until, limit: gone[:limit]),)
    )
    for number in range(quotation.QUOTES_OF_BUYER_MAX):
        stage.send(ask(str(number), coupons=(str(number),)))
    gone += [an_id("0"), an_id("1"), an_id("unknown")]
    assert stage.send(SweepQuotes()) == []
    assert len(stage.all(Quotation)) == quotation.QUOTES_OF_BUYER_MAX - 2
    assert stage.undeclared_loads == 0


def test_all_faults_of_a_request_are_told_at_once() -> None:
    line = CheckoutLine(product_id=an_id("p1"), variant_id=an_id("v1"), quantity=0)
    play = Play()
    with pytest.raises(Several) as refused:
        play.send(ask(lines=(line,), country="india", region="\x00", coupons=("no code",), shipping_method="no code"))
    assert [fault.code for fault in refused.value.faults] == [
        "quantity_out_of_range",
        "not_a_code",
        "country_unreadable",
        "address_field_out_of_range",
        "not_a_code",
    ]
    with pytest.raises(DomainError):
        play.send(start(quote_id="no id"))
    assert play.stage.all(Quotation) == []


def test_the_readme_has_the_states_of_a_quote() -> None:
    rows = README.read_text().partition("## States of a quote")[2].partition("\n## ")[0].splitlines()
    told = {
        (cells[1], cells[2])
        for cells in ([cell.strip() for cell in row.split("|")] for row in rows if row.startswith("| "))
        if cells[1].isupper()
    }
    assert told == {(state, target) for state, targets in MOVES.items() for target in targets}
