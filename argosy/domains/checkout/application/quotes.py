"""The one quote: what a purchase would cost, for the cart, for the checkout that takes it over, and for whoever asks.

cart (where no lines are given) -> lines -> discounts + delivery -> tax. Nothing is held, so nothing is ever undone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from argosy.contracts import carts, products, promotions, shipping, taxes
from argosy.contracts.carts import CartDescribed
from argosy.contracts.checkout import RequestQuote, SweepQuotes
from argosy.contracts.products import QuotedLine
from argosy.contracts.promotions import Discount, DiscountsQuoted
from argosy.contracts.shipping import DeliveryCharge
from argosy.domains.checkout.application.questions import delivery_there, priced_lines, tax_there, wanted_lines
from argosy.domains.checkout.domain.quotation import (
    KEPT_SECONDS,
    QUOTES_OF_BUYER_MAX,
    Quotation,
    QuoteRequest,
    QuoteStanding,
    of_cart,
    read_quote,
)
from argosy.domains.checkout.domain.quote import Pricing, goods_amount, settled
from argosy.domains.checkout.domain.request import ALL_ALLOWED, ShopTerms, wrong_currency
from argosy.domains.checkout.domain.session import BuyerIsSomebodyElse, CheckoutIdIsTaken
from argosy.engine.reads import by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.codec import decoder, encode
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.money import AMOUNT_MAX
from argosy.shared_kernel.saga import Reason, Saga, Step

SWEPT_AT_ONCE_MAX = 500

ExpiredQuotes = Callable[[datetime, int], Sequence[Id]]
"""Port: at most so many quotes that expired by a time, earliest first."""

REQUEST = decoder(QuoteRequest)
_LINES = msgspec.json.Decoder(tuple[QuotedLine, ...])
_DISCOUNTS = msgspec.json.Decoder(tuple[Discount, ...])
_CHARGES = msgspec.json.Decoder(tuple[DeliveryCharge, ...])


class QuoteSaga(Saga[Quotation]):
    """One quote at one moment."""

    def __init__(self, quote: Quotation, work: UnitOfWork, terms: ShopTerms = ALL_ALLOWED) -> None:
        super().__init__(quote, work.now)
        self.work = work
        self.terms = terms

    @property
    def _request(self) -> QuoteRequest:
        request: QuoteRequest = REQUEST.decode(self.state.request)
        return request

    def gave_up(self, reason: Reason) -> None:
        self.state.fail(reason.details)

    def completed(self) -> None:
        self.state.is_ready()

    def describe_cart(self) -> carts.DescribeCart | None:
        if self._request.lines:
            return None
        return carts.DescribeCart(flow_id=self.state.id, buyer_id=self.state.buyer_id)

    def take_cart(self, message: CartDescribed) -> Reason | None:
        if not message.lines:
            return Reason("cart_is_empty")
        request = of_cart(self._request, message.lines, message.coupons, message.currency)
        for fault in wrong_currency(request.currency, self.terms):
            return Reason(fault.code, fault.details)
        self.state.currency = request.currency or self.state.currency
        self.state.request = encode(request).decode()
        return None

    def quote_lines(self) -> products.QuoteLines:
        return products.QuoteLines(
            flow_id=self.state.id, lines=wanted_lines(self._request.lines), currency=self.state.currency
        )

    def take_lines(self, message: products.LinesQuoted) -> Reason | None:
        if goods_amount(message.lines) > AMOUNT_MAX:
            return Reason("total_too_large", {"maximum": AMOUNT_MAX})
        self.state.currency, self.state.lines = message.currency, _text(message.lines)
        return None

    def quote_discounts(self) -> promotions.QuoteDiscounts:
        return promotions.QuoteDiscounts(
            flow_id=self.state.id,
            buyer_id=self.state.buyer_id,
            codes=self._request.coupons,
            currency=self.state.currency,
            lines=priced_lines(_LINES.decode(self.state.lines)),
            is_guest=self._request.is_guest,
        )

    def take_discounts(self, message: DiscountsQuoted) -> None:
        self.state.discounts = _text(message.discounts)
        self.state.uses = _text(message.uses) if message.uses else ""

    def quote_delivery(self) -> shipping.QuoteShipping:
        request = self._request
        return delivery_there(self.state, request, _LINES.decode(self.state.lines), request.lines)

    def take_charges(self, message: shipping.ShippingQuoted) -> None:
        self.state.charges = _text(message.charges)

    def quote_tax(self) -> taxes.QuoteTax:
        state = self.state
        return tax_there(
            state,
            self._request,
            _LINES.decode(state.lines),
            _DISCOUNTS.decode(state.discounts),
            _CHARGES.decode(state.charges),
        )

    def freeze(self, message: taxes.TaxQuoted) -> Reason | None:
        state = self.state
        snapshot = Pricing(
            _LINES.decode(state.lines),
            _DISCOUNTS.decode(state.discounts),
            _CHARGES.decode(state.charges),
            message.lines,
        ).snapshot(state.id, state.currency)
        if snapshot.total_amount > AMOUNT_MAX:
            return Reason("total_too_large", {"maximum": AMOUNT_MAX})
        state.discounts = _text(settled(_DISCOUNTS.decode(state.discounts), _CHARGES.decode(state.charges)))
        state.freeze(snapshot)
        return None

    stages = (
        (Step("cart", asks=carts.DescribeCart, ask=describe_cart, done=CartDescribed, learn=take_cart),),
        (Step("lines", asks=products.QuoteLines, ask=quote_lines, done=products.LinesQuoted, learn=take_lines),),
        (
            Step(
                "discounts",
                asks=promotions.QuoteDiscounts,
                ask=quote_discounts,
                done=DiscountsQuoted,
                learn=take_discounts,
            ),
            Step(
                "delivery",
                asks=shipping.QuoteShipping,
                ask=quote_delivery,
                done=shipping.ShippingQuoted,
                learn=take_charges,
            ),
        ),
        (Step("tax", asks=taxes.QuoteTax, ask=quote_tax, done=taxes.TaxQuoted, learn=freeze),),
    )


class Quotes:
    """Quotes of buyers. What answers a checkout as well comes in through CheckoutFlow."""

    def __init__(
        self,
        work: UnitOfWork,
        quotes: Repository[Quotation],
        expired: ExpiredQuotes,
        terms: ShopTerms = ALL_ALLOWED,
    ) -> None:
        self.work = work
        self.quotes = quotes
        self.expired = expired
        self.terms = terms
        self._swept: Sequence[Id] | None = None

    @reads(quotes=lambda command: [command.quote_id, by("buyer_id", command.buyer_id)])
    def request_quote(self, command: RequestQuote) -> QuoteStanding:
        """Begin to price this, or give the quote for the same that still stands. Of more than ten of one buyer, the
        oldest are forgotten."""
        actor = self.work.actor
        if actor.id != command.buyer_id and not actor.has("system"):
            raise BuyerIsSomebodyElse()
        request = read_quote(command, self.terms, is_guest=actor.is_guest)
        text = encode(request).decode()
        mine = sorted(self.quotes.all_by("buyer_id", command.buyer_id), key=lambda quote: quote.requested_at)
        for known in reversed(mine if request.lines else []):
            if known.can_be_given_again(text, self.work.now):
                return QuoteStanding(quote_id=known.id, status=known.status)
        if self.quotes.find(command.quote_id) is not None:
            raise CheckoutIdIsTaken(quote_id=command.quote_id)
        for old in mine[: max(0, len(mine) - QUOTES_OF_BUYER_MAX + 1)]:
            self.quotes.remove(old)
        quote = Quotation.begin(command.quote_id, command.buyer_id, request, self.work.now)
        quote.currency = request.currency or self.terms.currency
        self.quotes.add(quote)
        self.work.announce(*QuoteSaga(quote, self.work).start())
        return QuoteStanding(quote_id=quote.id, status=quote.status)

    @reads(quotes=lambda event: [event.flow_id])
    def on_answer(self, event: CartDescribed | DiscountsQuoted) -> None:
        """What only quotes ask. An answer to a quote that was forgotten is nobody's."""
        quote = self.quotes.find(event.flow_id)
        if quote is not None:
            self.work.announce(*QuoteSaga(quote, self.work, self.terms).on(event))

    @then_reads(quotes=lambda self, command: self._expired_now())
    def sweep_quotes(self, command: SweepQuotes) -> None:
        """Quotes that expired an hour ago are forgotten; where there are more than one look finds, it looks again."""
        for id in self._expired_now():
            quote = self.quotes.find(id)
            if quote is not None:
                self.quotes.remove(quote)
        if len(self._expired_now()) == SWEPT_AT_ONCE_MAX:
            self.work.announce(command)

    def _expired_now(self) -> Sequence[Id]:
        """Looked up once per unit of work."""
        if self._swept is None:
            self._swept = self.expired(self.work.now - timedelta(seconds=KEPT_SECONDS), SWEPT_AT_ONCE_MAX)
        return self._swept


def _text(parts: tuple[Any, ...]) -> str:
    return encode(parts).decode()
