"""What is told is heard: every command has one handler, every message of a log a key, every teller its own events."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.apps import apps

from argosy.apps.cli.messages import Known, catalogue
from argosy.contracts.inventory import ReserveStock
from argosy.contracts.orders import OrderPaid
from argosy.contracts.products import CreateProduct, ProductCreated
from argosy.platform.context import Context
from argosy.shared_kernel.messages import Command, Message

# Facts that nobody here needs yet; integrations and later contexts will. A name leaves when somebody hears it.
TOLD_TO_NOBODY_YET = {
    "accounts.GuestKnown",
    "accounts.IdentityLinked",
    "accounts.IdentityUnlinked",
    "accounts.InvitationWithdrawn",
    "accounts.LetterNotSent",
    "accounts.LetterSent",
    "accounts.MemberInvited",
    "accounts.MemberJoined",
    "accounts.MemberRightsChanged",
    "accounts.PasskeyAdded",
    "accounts.PasskeyRemoved",
    "accounts.PasswordChanged",
    "accounts.RecoveryCodeUsed",
    "accounts.RoleGranted",
    "accounts.RoleWithdrawn",
    "accounts.SecondFactorAdded",
    "accounts.SecondFactorRemoved",
    "accounts.SellerApplied",
    "accounts.SellerRejected",
    "accounts.UserBlocked",
    "accounts.UserUnblocked",
    "carts.CartAbandoned",
    "checkout.CheckoutAbandoned",
    "integrations.ApiKeyCreated",
    "integrations.ApiKeyRevoked",
    "integrations.FeedSwept",
    "integrations.WebhookDisabled",
    "inventory.StockAdjusted",
    "orders.OrderIsStuck",
    "inventory.WarehouseChanged",
    "inventory.WarehouseOpened",
    "payments.GatewayContradicted",
    "payments.PaymentPartCaptured",
    "payments.WebhookUnmatched",
    "products.CategoryChanged",
    "payments.CommissionSet",
    "payments.AuthorizationExpired",
    "payments.AuthorizationRenewed",
    "payments.CreditIssued",
    "payments.GiftCardEnded",
    "payments.GiftCardRedeemed",
    "payments.GiftCardsIssued",
    "promotions.CouponCampaignCreated",
    "promotions.CouponCampaignDisabled",
    "promotions.CouponConsumed",
    "promotions.UsesReconciled",
    "promotions.CouponCreated",
    "promotions.CouponDisabled",
    "shipping.DeliveryPolicySet",
    "shipping.ShippingRateEnded",
    "shipping.ShippingRateSet",
    "taxes.VatIdChecked",
    "taxes.BuyerTaxesSet",
    "taxes.SellerTaxesSet",
    "taxes.TaxRuleEnded",
    "taxes.TaxRuleSet",
    "taxes.TaxTermsSet",
    "taxes.TaxThresholdEnded",
    "taxes.TaxThresholdSet",
    "taxes.TaxZoneSet",
}
ASKED_FROM_OUTSIDE = {"payments.LookUpPayment", "checkout.CompensateCheckout"}


@pytest.fixture(scope="module")
def known() -> list[Known]:
    return catalogue()


def hears() -> dict[str, tuple[str, ...]]:
    """Whose commands each context works off."""
    return {
        participant.name: participant.hears
        for context in apps.get_app_configs()
        if isinstance(context, Context)
        for participant in (context.participant, *context.by_setting)
    }


def mishandled(known: list[Known]) -> Iterator[str]:
    """Commands that not exactly one participant handles, of its own context."""
    for one in known:
        if issubclass(one.kind, Command) and [name.partition(".")[0] for name in one.receivers] != [one.context]:
            yield f"{one.kind.wire_name} is handled by {', '.join(one.receivers) or 'nobody'}"


def keyless(known: list[Known]) -> Iterator[str]:
    """Messages that code tells and that no log could keep in order."""
    for one in known:
        told = [sender for sender in one.senders if sender != "outside"]
        if told and not one.kind.key_field:
            yield f"{one.kind.wire_name}, told by {', '.join(told)}, has no key"


def unheard(known: list[Known], hears: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """Messages that are told and that nobody takes: no handler, or a command in a log that its handler never reads."""
    for one in known:
        if one.senders and not one.receivers:
            yield f"{one.kind.wire_name} is told to nobody"
        if not issubclass(one.kind, Command) or not one.kind.key_field:
            continue
        for sender in one.senders:
            deaf = [receiver for receiver in one.receivers if sender not in (*hears[receiver], "outside")]
            if deaf and not _is_an_answer(one):
                yield f"{one.kind.wire_name} is asked by {sender}, which {', '.join(deaf)} does not hear"


def borrowed(known: list[Known]) -> Iterator[str]:
    """Events that are told by another context than the one that they are facts of."""
    for one in known:
        if not issubclass(one.kind, Command):
            for sender in one.senders:
                if sender != one.context:
                    yield f"{one.kind.wire_name} is told by {sender}"


def _is_an_answer(one: Known) -> bool:
    """The outcome of a call to the outside is handled by its own context at once, and stands in no log."""
    return one.senders == one.receivers and one.kind.__name__.endswith("Answered")


def test_every_command_has_exactly_one_handler(known: list[Known]) -> None:
    assert list(mishandled(known)) == []


def test_every_message_that_code_tells_has_a_key(known: list[Known]) -> None:
    assert list(keyless(known)) == []


def test_every_message_that_is_told_is_heard_or_known_to_be_heard_by_nobody_yet(known: list[Known]) -> None:
    assert set(unheard(known, hears())) == {f"{name} is told to nobody" for name in TOLD_TO_NOBODY_YET}


def test_every_message_is_told_by_somebody(known: list[Known]) -> None:
    silent = {one.kind.wire_name for one in known if not one.senders}
    assert silent == ASKED_FROM_OUTSIDE


def test_facts_are_told_by_those_whose_facts_they_are(known: list[Known]) -> None:
    assert list(borrowed(known)) == []


def test_what_nobody_hears_is_said_on_the_page_of_messages(known: list[Known]) -> None:
    for one in known:
        assert (not one.receivers) == (one.kind.wire_name in TOLD_TO_NOBODY_YET)


# Each check, seen to fail.


def one(kind: type[Message], senders: tuple[str, ...], receivers: tuple[str, ...]) -> Known:
    return Known(kind, senders, receivers)


def test_faults_are_found() -> None:
    assert list(mishandled([one(ReserveStock, ("checkout",), ())])) == ["inventory.ReserveStock is handled by nobody"]
    assert list(mishandled([one(ReserveStock, ("checkout",), ("inventory", "orders"))])) == [
        "inventory.ReserveStock is handled by inventory, orders"
    ]
    assert list(mishandled([one(ReserveStock, ("checkout",), ("orders",))])) == [
        "inventory.ReserveStock is handled by orders"
    ]
    assert list(keyless([one(CreateProduct, ("checkout",), ("products",))])) == [
        "products.CreateProduct, told by checkout, has no key"
    ]
    assert list(keyless([one(CreateProduct, ("outside",), ("products",))])) == []
    assert list(unheard([one(OrderPaid, ("orders",), ())], {})) == ["orders.OrderPaid is told to nobody"]
    assert list(unheard([one(ReserveStock, ("carts",), ("inventory",))], {"inventory": ("checkout",)})) == [
        "inventory.ReserveStock is asked by carts, which inventory does not hear"
    ]
    assert list(borrowed([one(ProductCreated, ("products", "carts"), ())])) == [
        "products.ProductCreated is told by carts"
    ]
