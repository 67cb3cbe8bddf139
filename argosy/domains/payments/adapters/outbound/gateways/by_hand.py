"""What stands where a gateway would for transfers and cash: a person takes the money in, and pays it back.

Nothing is held or taken by asking, so that no checkout can be paid by it. To ask for a refund is to have it paid by
hand: the books say so at once, under the operation's key, and whoever pays goes by the refunds of `bank` and `cash`.
"""

from __future__ import annotations

from argosy.domains.payments.application.gateways import GatewayAnswer, GatewayRequest
from argosy.domains.payments.domain.payment import APPROVED, DECLINED, REFUND


class ByHand:
    """Keeps no book: what it says follows from the question."""

    def authorize(self, request: GatewayRequest) -> GatewayAnswer:
        return GatewayAnswer(outcome=DECLINED, reason="paid_by_hand")

    def capture(self, request: GatewayRequest) -> GatewayAnswer:
        return GatewayAnswer(outcome=DECLINED, reason="paid_by_hand")

    def void(self, request: GatewayRequest) -> GatewayAnswer:
        return GatewayAnswer(outcome=APPROVED, gateway_transaction_id=request.key)

    def refund(self, request: GatewayRequest) -> GatewayAnswer:
        return GatewayAnswer(
            outcome=APPROVED,
            gateway_transaction_id=request.key,
            amount=request.amount,
            currency=request.currency,
        )

    def look_up(self, request: GatewayRequest) -> GatewayAnswer | None:
        return self.refund(request) if request.operation == REFUND else None
