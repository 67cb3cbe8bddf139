"""Store credit's page: what there is, how it came to be, and a box for a gift card's code."""

from __future__ import annotations

from django.http import HttpResponse

from argosy.apps.storefront.pages import Visit
from argosy.apps.storefront.words import faults_by_field
from argosy.contracts.payments_credit import RedeemGiftCard
from argosy.domains.payments.adapters.inbound.credits import redeeming_limited
from argosy.domains.payments.adapters.outbound.credits import credits_of, movements_of
from argosy.platform.runtime import runtime
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.ids import Id

MOVEMENTS_SHOWN = 50
KINDS = {
    "issued": "From us",
    "gift_card": "Gift card",
    "paid": "Paid for a purchase",
    "not_paid": "Back, since the purchase did not go through",
    "refunded": "Refund of a purchase",
}


def show(visit: Visit) -> HttpResponse:
    return _page(visit, note="It is in your store credit." if visit.asked("note") == "redeemed" else "")


def redeem(visit: Visit) -> HttpResponse:
    """A wrong code is guessed no oftener here than anywhere."""
    command = RedeemGiftCard(buyer_id=Id(visit.actor.id), code=visit.sent("code"))
    try:
        with redeeming_limited(visit.request, visit.actor.id):
            runtime().outside("payments").run(command, visit.actor)
    except DomainError as error:
        return _page(visit, fault=next(iter(faults_by_field(error).values())), code=command.code)
    return visit.go("/store-credit", note="redeemed")


def credit_in(visit: Visit, currency: str) -> int:
    """What the visitor may spend in a currency."""
    return next((one.balance for one in credits_of(visit.actor.id) if one.currency == currency), 0)


def _page(visit: Visit, *, note: str = "", fault: str = "", code: str = "") -> HttpResponse:
    moved = movements_of(visit.actor.id, "", None, MOVEMENTS_SHOWN)
    return visit.show(
        "store_credit",
        status=422 if fault else 200,
        credits=credits_of(visit.actor.id),
        movements=[(KINDS[each.kind], each) for each in moved],
        note=note,
        fault=fault,
        code=code,
    )
