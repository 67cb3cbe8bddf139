"""Deliberate bugs of carts, quotes, discounts, cancellations, transfers, webhooks and warehouses."""

from __future__ import annotations

from typing import Any

import msgspec

from argosy.contracts.inventory import Restock
from argosy.contracts.promotions import ReleaseCoupons
from argosy.domains.carts.domain.cart import Cart
from argosy.domains.checkout.domain.session import CheckoutSession
from argosy.domains.inventory.application.keeping import StockKeeping
from argosy.domains.inventory.domain.reservation import Reservation
from argosy.domains.inventory.domain.stock import COUNT, TRANSFER_OUT, StockItem
from argosy.domains.orders.application import cancellations
from argosy.domains.orders.application.cancellations import Cancellations
from argosy.domains.orders.application.orders import Orders
from argosy.domains.payments.adapters.outbound.gateways import notices
from argosy.domains.payments.application.refunds import Refunds
from argosy.domains.payments.application.webhooks import Webhooks
from argosy.domains.payments.domain.webhook import RECEIVED, Webhook
from argosy.domains.products.application import pricing
from argosy.domains.products.domain import offer
from argosy.domains.promotions.application.books import Books
from argosy.domains.promotions.application.buyers import Buyers
from argosy.domains.promotions.application.redemptions import Redemptions
from argosy.domains.promotions.domain import discount, evaluation
from argosy.domains.promotions.domain.campaign import Campaign
from argosy.domains.promotions.domain.promotion import Promotion
from argosy.shared_kernel.ids import named_id
from tests.simulation.planting import Patch, around, mutant

# Carts and quotes.


@mutant
def guest_cart_is_merged_each_time(patch: Patch) -> None:
    """A guest's cart stays as it is when it joins a buyer's, and joins it again."""

    def take_in(original: Any, self: Cart, guest: Cart, *rest: Any) -> Any:
        before = guest.copy()
        merger = original(self, guest, *rest)
        guest.items, guest.status = before.items, before.status
        return merger

    around(patch, Cart, "take_in", take_in)


@mutant
def bought_things_are_not_put_aside(patch: Patch) -> None:
    """What is bought is also taken out of what its buyer has put aside for later."""

    def take_out(original: Any, self: Cart, variant_ids: Any, codes: Any, now: Any) -> None:
        bought = set(variant_ids)
        self.saved = [item for item in self.saved if item.variant_id not in bought]
        original(self, bought, codes, now)

    around(patch, Cart, "take_out", take_out)


@mutant
def quote_forgets_the_coupons(patch: Patch) -> None:
    """A quote is made without the coupons that its buyer named."""

    def quote_discounts(original: Any, self: Redemptions, command: Any) -> None:
        original(self, msgspec.structs.replace(command, codes=()))

    around(patch, Redemptions, "quote_discounts", quote_discounts)


@mutant
def suspended_sellers_sell(patch: Patch) -> None:
    """What is withheld is priced for buyers as before."""

    def why_not(line: Any, there: Any, currency: str) -> str:
        if there is not None and there.withheld:
            there = there.copy()
            there.withheld = ""
        return original(line, there, currency)

    original = offer.why_not_for_sale
    patch.setattr(pricing, "why_not_for_sale", why_not)


# Discounts.


@mutant
def units_of_a_deal_are_not_given_back(patch: Patch) -> None:
    """A purchase that comes to nothing keeps its pieces of a deal."""
    around(patch, Promotion, "give_back_units", lambda original, self, units, *, was_consumed: None)


@mutant
def units_of_a_deal_count_once_sold(patch: Patch) -> None:
    """Pieces of a deal that are promised and not paid yet can be promised to others."""
    patch.setattr(Promotion, "units_left", property(lambda self: self.terms.units_max - self.units_sold))


@mutant
def first_order_is_not_remembered(patch: Patch) -> None:
    """Nobody notes who has ordered."""
    around(patch, Buyers, "note_order", lambda original, self, event: None)


@mutant
def everybody_is_in_the_group(patch: Patch) -> None:
    """What is for some buyers is for all."""
    around(patch, Books, "counts_for", lambda original, self, promotion, buyer_id: True)


@mutant
def cap_is_forgotten(patch: Patch) -> None:
    """A share takes off more than its coupon takes at most."""

    def total(original: Any, use: Any, base: int) -> Any:
        terms = use.terms
        use.terms = msgspec.structs.replace(terms, cap_amount=0)
        try:
            return original(use, base)
        finally:
            use.terms = terms

    around(patch, discount, "_total", total)


@mutant
def codes_of_a_campaign_are_for_all(patch: Patch) -> None:
    """A code that is for one use may be used by whoever hears of it."""

    def make_more(original: Any, self: Campaign, *given: Any) -> Any:
        coupons = original(self, *given)
        for coupon in coupons:
            coupon.max_uses = 0
        return coupons

    around(patch, Campaign, "make_more", make_more)


@mutant
def delivery_is_free_from_nothing(patch: Patch) -> None:
    """Nobody looks whether the goods are dear enough to be brought for nothing."""

    def deliver_free(original: Any, promotion: Any, lines: Any, left: Any, found: Any) -> None:
        generous = promotion.copy()
        generous.terms = msgspec.structs.replace(promotion.terms, min_amount=0)
        original(generous, lines, left, found)

    around(patch, evaluation, "_deliver_free", deliver_free)


# Cancellations and transfers.


@mutant
def order_ends_before_its_money_is_back(patch: Patch) -> None:
    """An order that is called off is REFUNDED, and nobody asks for its money."""

    def pay_back(original: Any, self: Cancellations, order: Any, who: str, reason: str, **how: Any) -> None:
        order.refund_whole(reason, self._occasion())
        self._release(order, has_left=False)

    around(patch, Cancellations, "_pay_back", pay_back)


@mutant
def one_order_takes_all_the_money_back(patch: Patch) -> None:
    """Of several orders one is called off, and all of their money goes back."""

    def refund(original: Any, self: Refunds, command: Any) -> None:
        original(self, msgspec.structs.replace(command, order_id=None))

    around(patch, Refunds, "refund_payment", refund)


@mutant
def one_order_takes_all_the_goods_back(patch: Patch) -> None:
    """Of several orders one is called off, and all of their goods are free."""
    patch.setattr(cancellations, "Restock", lambda **named: Restock(**{**named, "order_ids": ()}))


@mutant
def called_off_goods_stay_sold(patch: Patch) -> None:
    """Goods of an order that is called off are free, and its reservation still has them."""
    around(patch, Reservation, "take_back", lambda original, self, order_ids: None)


@mutant
def coupons_of_what_was_called_off_stay_used(patch: Patch) -> None:
    """When the last order of a purchase is called off, the coupons of another one are given back."""
    patch.setattr(cancellations, "ReleaseCoupons", lambda flow_id: ReleaseCoupons(flow_id=named_id("another", flow_id)))


@mutant
def cash_is_taken_from_the_card(patch: Patch) -> None:
    """What is to be paid at the door is asked for at the gateway as well."""
    patch.setattr(CheckoutSession, "needs_payment", property(lambda self: self.total_amount > 0))


@mutant
def transfers_are_not_waited_for(patch: Patch) -> None:
    """Whoever says that they will transfer the money has paid."""
    around(patch, Orders, "_pay_by", lambda original, self, purchase: None)


@mutant
def nobody_calls_off_what_is_not_paid(patch: Patch) -> None:
    """The time to transfer the money is over, and nothing happens."""
    around(patch, Cancellations, "cancel_unpaid_purchase", lambda original, self, command: None)


# Webhooks.


@mutant
def webhook_counts_each_time(patch: Patch) -> None:
    """A webhook that was there before has the gateway asked again."""

    def receive(original: Any, self: Webhooks, command: Any) -> Any:
        answer = original(self, command)
        if answer.is_repeat:
            webhook = self.webhooks.get(answer.webhook_id)
            webhook.status = RECEIVED
            self._resolve(webhook)
        return answer

    around(patch, Webhooks, "receive_webhook", receive)


@mutant
def anybody_may_send_a_webhook(patch: Patch) -> None:
    """Nobody looks who signed it, and when."""
    patch.setattr(notices, "verify_timed", lambda header, body, secrets, now: now)


@mutant
def webhook_about_nothing_waits_for_ever(patch: Patch) -> None:
    """A webhook whose payment never comes is looked at again and again, and told to nobody."""
    around(patch, Webhook, "is_unmatched", lambda original, self, now: False)


# Warehouses.


@mutant
def sent_pieces_stay_on_hand(patch: Patch) -> None:
    """What leaves for another warehouse is still there, and will be in the other one as well."""

    def move(
        original: Any, self: StockKeeping, item: StockItem, change: int, reason: str, *rest: Any, **how: Any
    ) -> Any:
        return None if reason == TRANSFER_OUT else original(self, item, change, reason, *rest, **how)

    around(patch, StockKeeping, "move", move)


@mutant
def count_is_added(patch: Patch) -> None:
    """What was counted on a shelf is taken for what has come in since."""

    def move(
        original: Any, self: StockKeeping, item: StockItem, change: int, reason: str, *rest: Any, **how: Any
    ) -> Any:
        if reason == COUNT:
            change += item.on_hand
        return original(self, item, change, reason, *rest, **how)

    around(patch, StockKeeping, "move", move)


@mutant
def shortage_is_not_told(patch: Patch) -> None:
    """A count finds less than is promised, and nobody is told that something is missing."""

    def count(original: Any, self: StockItem, change: int, reason: str, now: Any, **how: Any) -> None:
        missing = self.missing
        original(self, change, reason, now, **how)
        self.missing = missing

    around(patch, StockItem, "count", count)
