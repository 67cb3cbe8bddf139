"""Deliberate bugs of store credit and gift cards."""

from __future__ import annotations

from typing import Any

from argosy.domains.payments.application.credits import Wallet
from argosy.domains.payments.application.refunds import Refunds
from argosy.domains.payments.domain.gift_card import REDEEMED, GiftCard
from argosy.domains.payments.domain.payment import PaymentIntent
from argosy.domains.payments.domain.refund import Refund
from tests.simulation.planting import Patch, around, mutant


@mutant
def credit_is_lost_when_the_card_fails(patch: Patch) -> None:
    """A card is declined, and the credit that was set aside for the same payment stays set aside."""

    def release(original: Any, self: Wallet, intent: PaymentIntent) -> None:
        if intent.status != "FAILED":
            original(self, intent)

    around(patch, Wallet, "release_if_lost", release)


@mutant
def credit_comes_back_twice(patch: Patch) -> None:
    """A payment that is not wanted any more gives its credit back, and again when its gateway has let go."""

    def release(original: Any, self: Wallet, intent: PaymentIntent) -> None:
        was_held = intent.is_credit_held
        original(self, intent)
        if was_held and not intent.is_credit_held and intent.status == "AUTHORIZED":
            self.give((intent.buyer_id, intent.currency), intent.credit_amount, "not_paid", intent.id)  # type: ignore[arg-type]

    around(patch, Wallet, "release_if_lost", release)


@mutant
def credit_asked_back_is_money(patch: Patch) -> None:
    """Who wants store credit for what they called off has money back all the same."""

    def open_refund(original: Any, self: Refunds, intent: PaymentIntent, command: Any) -> Refund:
        refund: Refund = original(self, intent, command)
        refund.to_credit = False
        return refund

    around(patch, Refunds, "_open", open_refund)


@mutant
def credit_is_paid_back_first(patch: Patch) -> None:
    """What was paid with credit is given back before what was paid in money."""

    def request(original: Any, self: Refunds, intent: PaymentIntent, refund: Refund, amount: int) -> None:
        intent.returned_amount += intent.credit_amount
        original(self, intent, refund, amount)
        intent.returned_amount -= intent.credit_amount

    around(patch, Refunds, "_request", request)


@mutant
def gift_card_is_anybodys_again(patch: Patch) -> None:
    """A card that was redeemed can be redeemed by somebody else."""

    def redeem(original: Any, self: GiftCard, buyer_id: Any, now: Any) -> None:
        if self.status == REDEEMED and self.redeemed_by != buyer_id:
            self.redeemed_by = buyer_id
            return
        original(self, buyer_id, now)

    around(patch, GiftCard, "redeem", redeem)


@mutant
def gift_cards_have_no_end(patch: Patch) -> None:
    """A card whose time is over is redeemed all the same, until a job has ended it."""
    around(patch, GiftCard, "is_over", lambda original, self, now: False)


@mutant
def credit_pays_what_it_has(patch: Patch) -> None:
    """Where there is less credit than the buyer meant to spend, it pays all the same."""

    def hold(original: Any, self: Wallet, intent: PaymentIntent) -> bool:
        original(self, intent)
        return True

    around(patch, Wallet, "hold", hold)


@mutant
def gateway_is_asked_for_all(patch: Patch) -> None:
    """What store credit pays is asked of the gateway as well."""
    patch.setattr(PaymentIntent, "gateway_amount", property(lambda self: self.amount))
