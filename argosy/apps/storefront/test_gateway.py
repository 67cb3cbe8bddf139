"""The page at which a buyer confirms a payment of the `test` gateway: what a bank's page is for a real card."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from argosy.apps.storefront import guests
from argosy.apps.storefront.pages import Visit
from argosy.contracts.payments import LookUpPayment
from argosy.domains.payments.adapters.outbound.gateways.registry import book_path
from argosy.domains.payments.adapters.outbound.gateways.test import TestGateway
from argosy.domains.payments.adapters.outbound.models import PaymentIntentRow
from argosy.platform.problems import not_found
from argosy.platform.runtime import runtime
from argosy.shared_kernel.ids import Id, is_id


def form(visit: Visit) -> HttpResponse:
    return visit.show("test_gateway", payment=_own_payment(visit))


def confirm(visit: Visit) -> HttpResponse:
    """Confirm at the gateway, and let payments ask it at once instead of in a while."""
    payment = _own_payment(visit)
    buyer = next(one for one in guests.buyers_of(visit) if one.id == payment["buyer_id"])
    gateway = TestGateway.from_environment(book_path())
    try:
        gateway.complete(payment["id"])
    finally:
        gateway.close()
    runtime().outside("payments").run(LookUpPayment(payment_id=Id(payment["id"])), buyer)
    return visit.go(f"/checkouts/{payment['flow_id']}")


def _own_payment(visit: Visit) -> dict[str, Any]:
    payment_id = visit["payment_id"]
    buyers = [buyer.id for buyer in guests.buyers_of(visit)]
    rows = PaymentIntentRow.objects.filter(id=payment_id, buyer_id__in=buyers, gateway="test")
    found = rows.values("id", "flow_id", "buyer_id", "amount", "currency").first() if is_id(payment_id) else None
    if found is None:
        raise not_found()
    return {**found, **{name: str(found[name]) for name in ("id", "flow_id", "buyer_id")}}
