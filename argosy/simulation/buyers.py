"""Buyers: they browse, fill carts, change their minds, click twice, pay, go away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from argosy.contracts.carts import AddToCart, ApplyCoupon, ChangeQuantity
from argosy.contracts.checkout import AbortCheckout, CheckoutLine, RetryPayment, StartCheckout
from argosy.contracts.payments import LookUpPayment
from argosy.domains.checkout.domain.session import CheckoutStanding
from argosy.domains.promotions.domain.coupon import Coupon
from argosy.read_models.catalogue.projector import ProductDetail
from argosy.read_models.checkout_progress.projector import CheckoutProgress
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.ids import Id, child_id, named_id
from argosy.simulation.aftersales import TRANSFERS_UNTIL, Aftersales
from argosy.simulation.browsing import Browsing, Quoted
from argosy.simulation.facts import Facts, Purchase
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.people import Person
from argosy.simulation.rush import Rush
from argosy.simulation.scheduler import MINUTE, SECOND
from argosy.simulation.shop import (
    ADDRESSES,
    ALL_GOODS,
    AMOUNT_OFF,
    ANYBODY,
    CAPPED,
    OF_A_SELLER,
    ONCE_EACH,
    SECOND_CURRENCY,
    SELECTED,
    Goods,
    buyer,
    buyer_actor,
    seller,
)
from argosy.simulation.wallets import AGAIN, Wallet

STRANGER = buyer_actor(named_id("simulated stranger"))
SHOWN = msgspec.json.Decoder(CheckoutStanding)


class Buyer(Person):
    """One buyer over thirty days."""

    def __init__(self, place: Marketplace, facts: Facts, number: int) -> None:
        super().__init__(place, facts, f"buyer {number}")
        self.id = buyer(number)
        self.actor = buyer_actor(self.id)
        self.cart_id = named_id("cart", self.id)
        self._is_decided = False
        self.browsing = Browsing(place, facts, self.actor)
        self.aftersales = Aftersales(place, facts, self.actor)
        self.wallet = Wallet(place, facts, self.id)

    def join(self, rush: Rush) -> None:
        """Come at some time of it."""
        self.place.scheduler.at(
            rush.at + self.random.randrange(1, rush.spread + 1), self.name, lambda: self._shop(rush)
        )

    def join_at_last(self, rush: Rush) -> None:
        """Come back for what was left: nobody goes away again."""
        self._is_decided = True
        self.join(rush)

    # With a cart.

    def _shop(self, rush: Rush) -> None:
        picked = self._pick(rush)
        self._browse(picked[0])
        for goods in picked[:1]:
            self.facts.carts += 1
            self.ask(
                "carts",
                AddToCart(product_id=goods.product_id, variant_id=goods.variant_id, quantity=1),
                self.actor,
            )
        if not self._is_decided and self.place.faults.strikes("abandoned"):
            return
        lines = tuple(
            CheckoutLine(
                product_id=goods.product_id, variant_id=goods.variant_id, quantity=1 + (self.random.random() < 0.3)
            )
            for goods in picked
        )
        coupons = self._coupons(rush, picked)
        if coupons and self.random.random() < 0.2:
            self.ask("carts", ApplyCoupon(code=coupons[0]), self.actor)
        delay = self.random.randrange(1, 2 * SECOND)
        self.browsing.pass_time(picked[0])
        currency = self._currency()
        if self.place.faults.strikes("quoted"):
            self.browsing.ask_price(currency, lines, coupons, lambda quoted: self._buy(rush, lines, coupons, quoted))
            return
        self.later(delay, lambda: self._buy(rush, lines, coupons, Quoted(currency=currency)))

    def _currency(self) -> str:
        is_other = self.facts.abroad and self.place.faults.strikes("other currency")
        return SECOND_CURRENCY if is_other else ""

    def _browse(self, goods: Goods) -> None:
        """Look at a page, as it stands. It may be gone, or late; it is never an error."""
        self.place.parts["catalogue"].store.rows.get(ProductDetail, {}).get(goods.product_id)

    def _pick(self, rush: Rush) -> list[Goods]:
        wished = self.random.sample(ALL_GOODS, 1 + (self.random.random() < 0.6) + (self.random.random() < 0.15))
        if rush.wanted is not None and self.random.random() < 0.6:
            wished = [rush.wanted, *(goods for goods in wished[1:] if goods is not rush.wanted)]
        return wished

    def _coupons(self, rush: Rush, picked: list[Goods]) -> tuple[str, ...]:
        return self._other_coupon(picked) or self._usual_coupons(rush, picked)

    def _other_coupon(self, picked: list[Goods]) -> tuple[str, ...]:
        """Drawn apart from the usual ones. Of a campaign several want the same few codes."""
        faults = self.place.faults
        if faults.strikes("other coupon"):
            firsts = {goods.product_id for goods in picked} & set(self.facts.rules[SELECTED].terms.product_ids)
            if firsts and faults.stream("other coupon").random() < 0.5:
                return (SELECTED, CAPPED)
            return (AMOUNT_OFF if faults.stream("other coupon").random() < 0.5 else CAPPED,)
        if faults.strikes("campaign"):
            rows = self.place.store("promotions").all(Coupon)
            codes = sorted(row.code for row in rows if row.campaign_id is not None)
            return (codes[int(faults.stream("campaign").random() * len(codes))],) if codes else ()
        return ()

    def _usual_coupons(self, rush: Rush, picked: list[Goods]) -> tuple[str, ...]:
        draw = self.random.random()
        if rush.coupon and draw < 0.4:
            return (rush.coupon,)
        if draw < 0.6:
            return (ANYBODY,)
        if draw < 0.66:
            return (ONCE_EACH,)
        if draw < 0.8 and any(goods.seller_id == seller(0) for goods in picked):
            return (OF_A_SELLER, ANYBODY) if draw < 0.7 else (OF_A_SELLER,)
        return ()

    # At the checkout.

    def _buy(self, rush: Rush, lines: tuple[CheckoutLine, ...], coupons: tuple[str, ...], quoted: Quoted) -> None:
        faults = self.place.faults
        request = f"rush-{rush.number}-{quoted.tries}"
        address = ADDRESSES[self.random.randrange(len(ADDRESSES))]
        method = self._method()
        command = StartCheckout(
            checkout_id=self.place.ids.new(),
            buyer_id=self.id,
            cart_id=self.cart_id,
            lines=lines,
            address=quoted.address or address,
            client_request_id=request,
            payment_method=method,
            payment_source="tok_action" if faults.strikes("buyer must act") else "tok_approve",
            coupons=coupons,
            expected_total=1 if faults.strikes("wrong total") else quoted.total,
            quote_id=quoted.quote_id,
            may_retry_payment=faults.strikes_for("another card", request),
            credit_amount=self.wallet.part(quoted.tries) if method == "card" else 0,
            currency="" if quoted.quote_id is not None else quoted.currency,
        )
        purchase = Purchase(command, self.place.scheduler.time, currency=quoted.currency)
        self.facts.purchases[self.id, request] = purchase
        unquoted, tries = Quoted(currency=quoted.currency), quoted.tries
        self._spend_credit(purchase, tries, lambda more: self._buy(rush, lines, (), unquoted._replace(tries=more)))
        if quoted.quote_id is not None:
            purchase.instead = lambda: self._buy(rush, lines, coupons, unquoted._replace(tries=tries + 1))
        self._start(purchase, command)
        if faults.strikes("double click"):
            twice = _again(command, checkout_id=self.place.ids.new())
            delay = self.random.randrange(1, SECOND)
            self.later(delay, lambda: self._start(purchase, twice))
        if faults.strikes("forged"):
            forged = _again(command, checkout_id=self.place.ids.new(), client_request_id="forged")
            self.ask("checkout", forged, STRANGER, told=self._must_not)
        if faults.strikes("changed mind"):
            change = ChangeQuantity(variant_id=lines[0].variant_id, quantity=self.random.randrange(3))
            self.later(self.random.randrange(1, 3 * SECOND), lambda: self.ask("carts", change, self.actor))

    def _spend_credit(self, purchase: Purchase, tries: int, buy: Callable[[int], None]) -> None:
        """Perhaps once more, in a purchase that is under way at the same time."""
        if purchase.command.credit_amount:
            purchase.credit_again = self.wallet.if_it_fails()
            delay = self.wallet.spends_again(purchase, tries)
            if delay is not None:
                self.later(delay, lambda: buy(tries + AGAIN))

    def _method(self) -> str:
        faults = self.place.faults
        if faults.strikes("cash"):
            return "cash_on_delivery"
        is_in_time = self.place.scheduler.time < TRANSFERS_UNTIL
        return "bank_transfer" if is_in_time and faults.strikes("transfer") else "card"

    def _start(self, purchase: Purchase, command: StartCheckout) -> None:
        """Each click has a key of its own; a browser that gets no answer sends the click again."""
        self.ask(
            "checkout",
            command,
            self.actor,
            key=command.checkout_id,
            told=lambda body: self._started(purchase, SHOWN.decode(body)),
            refused=lambda error: self._refused(purchase, error),
        )

    def _refused(self, purchase: Purchase, error: DomainError) -> None:
        """A quote whose time is up, or that is another's: then without one, once."""
        instead, purchase.instead = purchase.instead, None
        purchase.refused = error.code
        if instead is not None:
            instead()

    def _must_not(self, result: object) -> None:
        self.place.broken("I39", "a stranger", f"was let in: {result}")

    def _started(self, purchase: Purchase, standing: CheckoutStanding) -> None:
        checkout_id, faults = standing.checkout_id, self.place.faults
        is_first = not purchase.answered
        purchase.answered.append(checkout_id)
        if not is_first:
            return
        self.aftersales.follow(purchase, checkout_id)
        if faults.strikes("aborted"):
            delay = faults.between("aborted", 1, 30 * SECOND)
            self.later(delay, lambda: self._abort(purchase, checkout_id))
        if purchase.command.payment_source == "tok_action":
            self.later(self.random.randrange(SECOND, 90 * SECOND), lambda: self._confirm(checkout_id, 6))
        if purchase.command.may_retry_payment:
            delay = faults.between("another card", SECOND, 10 * MINUTE)
            self.later(delay, lambda: self._pay_again(purchase, checkout_id, 6))
        if faults.strikes("forged"):
            forged = AbortCheckout(checkout_id=checkout_id, buyer_id=Id(STRANGER.id))
            self.later(SECOND, lambda: self.ask("checkout", forged, STRANGER, told=self._must_not))

    def _abort(self, purchase: Purchase, checkout_id: Id) -> None:
        self.ask(
            "checkout",
            AbortCheckout(checkout_id=checkout_id, buyer_id=self.id),
            self.actor,
            told=lambda standing: setattr(purchase, "is_aborted", True),
        )

    def _pay_again(self, purchase: Purchase, checkout_id: Id, times: int) -> None:
        """With another card, as often as the one before is declined. It is not asked for twice."""
        shown = self._shown(checkout_id)
        if shown is not None and '"payment_failure":""' not in shown.body:
            self.ask(
                "checkout",
                RetryPayment(
                    checkout_id=checkout_id,
                    buyer_id=self.id,
                    payment_source="tok_approve",
                    credit_amount=purchase.credit_again,
                ),
                self.actor,
                told=lambda standing: self.place.faults.count("another card"),
            )
        if times:
            self.later(2 * MINUTE, lambda: self._pay_again(purchase, checkout_id, times - 1))

    def _shown(self, checkout_id: Id) -> CheckoutProgress | None:
        shown = self.place.parts["checkout_progress"].store.rows.get(CheckoutProgress, {}).get(checkout_id)
        return shown if isinstance(shown, CheckoutProgress) else None

    def _confirm(self, checkout_id: Id, tries: int) -> None:
        """At the gateway, once the checkout says where; some never do."""
        shown = self._shown(checkout_id)
        if shown is not None and '"action_url":"/' in shown.body:
            if self.place.faults.strikes("abandoned"):
                return
            payment_id = child_id(checkout_id, "payment")
            if self.place.gateway.confirm(payment_id):
                self.ask("payments", LookUpPayment(payment_id=payment_id), self.actor)
        elif tries:
            self.later(MINUTE, lambda: self._confirm(checkout_id, tries - 1))


def _again(command: StartCheckout, **changes: Any) -> StartCheckout:
    """The same wish in another request."""
    request: Any = command
    changed: StartCheckout = msgspec.structs.replace(request, **changes)
    return changed
