"""What a checkout asks until its price is frozen: lines -> coupons + delivery -> tax. Of a purchase that a quote has
priced nothing is asked but to hold what it uses."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

import msgspec

from argosy.contracts import orders, products, promotions, shipping, taxes
from argosy.contracts.products import QuotedLine
from argosy.contracts.promotions import Discount, QuotedUse
from argosy.contracts.shipping import DeliveryCharge
from argosy.domains.checkout.application.questions import delivery_there, priced_lines, tax_there, wanted_lines
from argosy.domains.checkout.domain import session as sessions
from argosy.domains.checkout.domain.quote import Pricing, Snapshot, goods_amount
from argosy.domains.checkout.domain.request import CheckoutRequest
from argosy.domains.checkout.domain.session import CheckoutDetail, CheckoutSession
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.codec import decoder, encode
from argosy.shared_kernel.money import AMOUNT_MAX
from argosy.shared_kernel.saga import Reason, Saga, Step

REQUEST = decoder(CheckoutRequest)
SNAPSHOT = decoder(Snapshot)
USES = msgspec.json.Decoder(tuple[QuotedUse, ...])
_LINES = msgspec.json.Decoder(tuple[QuotedLine, ...])
_DISCOUNTS = msgspec.json.Decoder(tuple[Discount, ...])
_CHARGES = msgspec.json.Decoder(tuple[DeliveryCharge, ...])


class PricingSaga(Saga[CheckoutSession]):
    """One checkout at one moment, and its first stages. Its detail is looked up only by the steps that need it."""

    def __init__(
        self,
        session: CheckoutSession,
        work: UnitOfWork,
        details: Repository[CheckoutDetail],
        request: CheckoutRequest | None = None,
    ) -> None:
        super().__init__(session, work.now)
        self.work = work
        self.details = details
        # Read once per message, by whichever step needs it first.
        self._asked = request
        self._kept: CheckoutDetail | None = None
        self._lines: tuple[QuotedLine, ...] = ()
        self._orders: tuple[orders.OrderDraft, ...] = ()

    @property
    def _detail(self) -> CheckoutDetail:
        if self._kept is None:
            self._kept = self.details.get(self.state.id)
        return self._kept

    @property
    def _request(self) -> CheckoutRequest:
        if self._asked is None:
            self._asked = REQUEST.decode(self._detail.request)
        return self._asked

    @property
    def _is_priced(self) -> bool:
        """Whether nothing need be quoted any more: the snapshot is frozen, here or in the quote that was taken over."""
        return self._detail.snapshot != ""

    @property
    def _quoted(self) -> tuple[QuotedLine, ...]:
        return self._lines or _LINES.decode(self._detail.lines)

    @property
    def _drafts(self) -> tuple[orders.OrderDraft, ...]:
        return self._orders or SNAPSHOT.decode(self._detail.snapshot).orders

    def _until(self, seconds: int) -> datetime:
        return self.now + timedelta(seconds=seconds)

    def quote_lines(self) -> products.QuoteLines | None:
        if self._is_priced:
            return None
        return products.QuoteLines(
            flow_id=self.state.id, lines=wanted_lines(self._request.lines), currency=self.state.currency
        )

    def take_lines(self, message: products.LinesQuoted) -> Reason | None:
        if goods_amount(message.lines) > AMOUNT_MAX:
            return Reason("total_too_large", {"maximum": AMOUNT_MAX})
        self.state.currency = message.currency
        self._lines = message.lines
        self._detail.lines = _text(message.lines)
        return None

    def reserve_coupons(self) -> promotions.ReserveCoupons | None:
        """Decide the discounts and hold what they use; of a purchase that is priced, only hold it."""
        quoted: tuple[QuotedUse, ...] = ()
        if self._is_priced:
            quoted = USES.decode(self._detail.discounts) if self._detail.discounts else ()
            if not quoted:
                return None
        return promotions.ReserveCoupons(
            flow_id=self.state.id,
            buyer_id=self.state.buyer_id,
            codes=self._request.coupons,
            currency=self.state.currency,
            expires_at=self._until(sessions.CHECKOUT_SECONDS + sessions.COUPON_GRACE_SECONDS),
            lines=() if quoted else priced_lines(self._quoted),
            quoted=quoted,
            is_guest=self._request.is_guest,
        )

    def take_discounts(self, message: promotions.CouponsReserved) -> None:
        if not self._is_priced:
            self._detail.discounts = _text(message.discounts)
            self.state.has_coupons = self.state.has_coupons or message.holds_uses

    def release_coupons(self) -> promotions.ReleaseCoupons | None:
        return promotions.ReleaseCoupons(flow_id=self.state.id) if self.state.has_coupons else None

    def quote_delivery(self) -> shipping.QuoteShipping | None:
        if self._is_priced:
            return None
        request = self._request
        return delivery_there(self.state, request.address, self._quoted, request.lines)

    def take_charges(self, message: shipping.ShippingQuoted) -> None:
        self._detail.charges = _text(message.charges)

    def quote_tax(self) -> taxes.QuoteTax | None:
        if self._is_priced:
            return None
        detail = self._detail
        return tax_there(
            self.state,
            self._request.address,
            _LINES.decode(detail.lines),
            _DISCOUNTS.decode(detail.discounts),
            _CHARGES.decode(detail.charges),
        )

    def freeze(self, message: taxes.TaxQuoted) -> Reason | None:
        """Everything is known: the purchase is priced once and for all, and the buyer was shown this total or none."""
        session, detail, request = self.state, self._detail, self._request
        snapshot = Pricing(
            _LINES.decode(detail.lines),
            _DISCOUNTS.decode(detail.discounts),
            _CHARGES.decode(detail.charges),
            message.lines,
        ).snapshot(session.id, session.currency)
        if snapshot.total_amount > AMOUNT_MAX:
            return Reason("total_too_large", {"maximum": AMOUNT_MAX})
        detail.price(snapshot)
        session.price(snapshot, holds_uses=session.has_coupons)
        if request.expected_total not in (None, snapshot.total_amount):
            return Reason("price_changed", {"expected": request.expected_total, "actual": snapshot.total_amount})
        self._orders = snapshot.orders
        return None

    stages: ClassVar[tuple[tuple[Step, ...], ...]] = (
        (Step("lines", asks=products.QuoteLines, ask=quote_lines, done=products.LinesQuoted, learn=take_lines),),
        (
            Step(
                "coupons",
                asks=promotions.ReserveCoupons,
                ask=reserve_coupons,
                done=promotions.CouponsReserved,
                learn=take_discounts,
                undoes=promotions.ReleaseCoupons,
                undo=release_coupons,
                undone=promotions.CouponsReleased,
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


def _text(parts: tuple[Any, ...]) -> str:
    return encode(parts).decode()
