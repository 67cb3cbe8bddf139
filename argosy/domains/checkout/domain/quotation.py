"""A quote: what a purchase would cost, priced once, frozen under a hash, and good until it expires.

Its price depends on the lines, how they are delivered, the destination's country, region and postal code, the coupons
and the currency; those are its terms. A checkout of the same terms takes it over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from argosy.contracts.carts import CartLine
from argosy.contracts.checkout import CheckoutLine, RequestQuote
from argosy.domains.checkout.domain.quote import Snapshot, hash_of
from argosy.domains.checkout.domain.request import (
    ALL_ALLOWED,
    AddressFieldOutOfRange,
    CheckoutRequest,
    NotACode,
    NotAnId,
    ShopTerms,
    is_code,
    sum_up,
    wrong_country,
    wrong_coupons,
    wrong_currency,
    wrong_lines,
)
from argosy.shared_kernel.codec import encode
from argosy.shared_kernel.errors import DomainError, NotFound, RuleBroken, refuse
from argosy.shared_kernel.ids import Id, is_id
from argosy.shared_kernel.messages import Value
from argosy.shared_kernel.saga import Flow

QUOTE_SECONDS = 15 * 60
REUSED_SECONDS = 5 * 60
"""A quote that stands for at least this much longer is given again to who asks for the same."""
PRICING_SECONDS = 30
"""A quote that is still being priced after this time is asked for anew."""
KEPT_SECONDS = 60 * 60
"""An expired quote is told from one that never was for this long."""
QUOTES_OF_BUYER_MAX = 10
REGION_LENGTH_MAX, POSTAL_CODE_LENGTH_MAX = 100, 20

PRICING, READY, FAILED = "PRICING", "READY", "FAILED"
EXPIRED = "EXPIRED"
"""How a READY quote is shown once its time is up; no row says so."""

MOVES: dict[str, tuple[str, ...]] = {PRICING: (READY, FAILED)}
"""Legal moves; a status that is not a key is final."""


class NoSuchQuote(NotFound):
    """There is no such quote, or it is not yours."""


class QuoteExpired(RuleBroken):
    """The time of this quote is up: ask for a new one."""


class QuoteIsNotReady(RuleBroken):
    """This quote has no price: it is still being priced, or could not be."""


class QuoteIsForAnotherPurchase(RuleBroken):
    """This quote is for other lines, another destination, other coupons or another currency."""


class PriceChanged(RuleBroken):
    """The purchase costs something else than what was expected; nothing was done."""


class QuoteRequest(Value):
    """What a quote is for, in its one canonical form. Without lines: the buyer's cart, until it was described."""

    country: str
    region: str
    lines: tuple[CheckoutLine, ...]
    coupons: tuple[str, ...]
    shipping_method: str = "standard"
    postal_code: str = ""
    is_guest: bool = False
    currency: str = ""


class QuoteStanding(Value):
    """What the buyer is told of a quote at once; the rest is read."""

    quote_id: Id
    status: str


@dataclass(kw_only=True, eq=False)
class Quotation(Flow):
    """One quote of one buyer. `request`, the answers and the snapshot are JSON text."""

    is_kept: ClassVar[bool] = True

    buyer_id: Id
    status: str = PRICING
    request: str
    requested_at: datetime
    expires_at: datetime
    lines: str = ""
    discounts: str = ""
    uses: str = ""
    charges: str = ""
    snapshot: str = ""
    snapshot_hash: str = ""
    total_amount: int = 0
    currency: str = ""
    failure_details: str = ""

    @classmethod
    def begin(cls, quote_id: Id, buyer_id: Id, request: QuoteRequest, now: datetime) -> Quotation:
        return cls(
            id=quote_id,
            buyer_id=buyer_id,
            request=encode(request).decode(),
            requested_at=now,
            expires_at=now + timedelta(seconds=QUOTE_SECONDS),
        )

    def freeze(self, snapshot: Snapshot) -> None:
        """Everything is known: this is the price."""
        frozen = encode(snapshot)
        self.snapshot, self.snapshot_hash = frozen.decode(), hash_of(frozen)
        self.total_amount, self.currency = snapshot.total_amount, snapshot.currency

    def is_ready(self) -> None:
        self._become(READY)
        # The answers went into the snapshot; only the discounts say more than it does.
        self.lines = self.charges = ""

    def fail(self, details: dict[str, Any]) -> None:
        """There is no price; `failure` and its details say why."""
        self._become(FAILED)
        self.failure_details = encode(details).decode()
        self.lines = self.discounts = self.uses = self.charges = self.snapshot = self.snapshot_hash = ""

    def can_be_given_again(self, request: str, now: datetime) -> bool:
        """Whether whoever asks for this now gets the very same quote."""
        if self.request != request:
            return False
        if self.status == READY:
            return now + timedelta(seconds=REUSED_SECONDS) <= self.expires_at
        return self.status == PRICING and now < self.requested_at + timedelta(seconds=PRICING_SECONDS)

    def check(self, asked: CheckoutRequest, mine: QuoteRequest, now: datetime) -> None:
        """Whether a checkout that asks for this may take the quote over now."""
        if self.status != READY:
            raise QuoteIsNotReady(status=self.status)
        if now >= self.expires_at:
            raise QuoteExpired(expired_at=self.expires_at.isoformat())
        there = asked.address
        if (mine.lines, mine.coupons, mine.country, mine.region, mine.postal_code) != (
            asked.lines,
            asked.coupons,
            there.country,
            there.region,
            there.postal_code,
        ):
            raise QuoteIsForAnotherPurchase()
        if asked.currency not in ("", self.currency):
            raise QuoteIsForAnotherPurchase()
        if asked.expected_total not in (None, self.total_amount):
            raise PriceChanged(expected=asked.expected_total, actual=self.total_amount)

    def _become(self, status: str) -> None:
        assert status in MOVES.get(self.status, ()), f"{self.status} never becomes {status}"
        self.status = status


def read_quote(command: RequestQuote, terms: ShopTerms = ALL_ALLOWED, *, is_guest: bool = False) -> QuoteRequest:
    """The request in its one canonical form, or everything that is wrong with it at once."""
    lines, coupons = sum_up(command.lines), tuple(dict.fromkeys(command.coupons))
    faults: list[DomainError] = [
        NotAnId(field=name) for name in ("quote_id", "buyer_id") if not is_id(getattr(command, name))
    ]
    faults += [*wrong_lines(command.lines, lines)] if command.lines else []
    faults += [*wrong_coupons(coupons), *wrong_country(command.country), *wrong_currency(command.currency, terms)]
    for name, longest in (("region", REGION_LENGTH_MAX), ("postal_code", POSTAL_CODE_LENGTH_MAX)):
        text = getattr(command, name)
        if len(text) > longest or not (text == "" or text.isprintable()):
            faults.append(AddressFieldOutOfRange(field=name, minimum=0, maximum=longest))
    if not is_code(command.shipping_method):
        faults.append(NotACode(field="shipping_method"))
    refuse(faults)
    return QuoteRequest(
        country=command.country,
        region=command.region,
        lines=lines,
        coupons=coupons,
        shipping_method=command.shipping_method,
        postal_code=command.postal_code,
        is_guest=is_guest,
        currency=command.currency,
    )


def of_cart(request: QuoteRequest, lines: Sequence[CartLine], coupons: Sequence[str], currency: str) -> QuoteRequest:
    """The request with the lines and coupons of the cart as it was described, in its currency where it named none."""
    return QuoteRequest(
        country=request.country,
        region=request.region,
        lines=tuple(
            [
                CheckoutLine(
                    product_id=line.product_id,
                    variant_id=line.variant_id,
                    quantity=line.quantity,
                    shipping_method=request.shipping_method,
                )
                for line in lines
            ]
        ),
        coupons=tuple(dict.fromkeys((*request.coupons, *coupons))),
        shipping_method=request.shipping_method,
        postal_code=request.postal_code,
        is_guest=request.is_guest,
        currency=request.currency or currency,
    )
