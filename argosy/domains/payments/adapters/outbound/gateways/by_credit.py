"""What stands where a gateway would for the part of a payment that is store credit wholly: there is nothing to ask.

The credit itself is set aside, spent and given back in the books, in the unit of work that asks here. So only questions
about no money at all are approved: whoever names this gateway for money is told no.
"""

from __future__ import annotations

from argosy.domains.payments.application.gateways import GatewayAnswer, GatewayRequest
from argosy.domains.payments.domain.capture import PARTS
from argosy.domains.payments.domain.payment import APPROVED, DECLINED


class ByCredit:
    """Keeps no book: what it says follows from the question. Credit is spent a part at a time as well."""

    captures = PARTS

    def authorize(self, request: GatewayRequest) -> GatewayAnswer:
        return _say(request)

    def capture(self, request: GatewayRequest) -> GatewayAnswer:
        return _say(request)

    def void(self, request: GatewayRequest) -> GatewayAnswer:
        return _say(request)

    def refund(self, request: GatewayRequest) -> GatewayAnswer:
        return _say(request)

    def look_up(self, request: GatewayRequest) -> GatewayAnswer | None:
        return _say(request)


def _say(request: GatewayRequest) -> GatewayAnswer:
    if request.amount:
        return GatewayAnswer(outcome=DECLINED, reason="no_money_here")
    return GatewayAnswer(outcome=APPROVED, gateway_transaction_id=request.key, currency=request.currency)
