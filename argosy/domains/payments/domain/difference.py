"""Where a gateway's book and ours do not agree: named once, and left for a person to put right."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from argosy.contracts.payments import GatewayContradicted, StatementLine
from argosy.domains.payments.domain.payment import NO_CURRENCY
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.ids import Id, named_id

GATEWAY, OURS, RECOVERED = "gateway", "ours", "recovered"
"""Whose book alone has it; or ours had not, went back to a backup, and has it again."""


@dataclass(kw_only=True, eq=False)
class GatewayDifference(Aggregate):
    """One movement of money that one book has and the other has not. It changes no booking: what was taken and may not
    be kept has its own rule, and everything else is decided by a person."""

    payment_id: Id
    side: str
    operation: str
    gateway_transaction_id: str
    amount: int
    currency: str
    found_at: datetime
    closed_at: datetime | None = None

    @classmethod
    def found(cls, line: StatementLine, side: str, now: datetime) -> GatewayDifference:
        return cls(
            id=difference_id(line, side),
            payment_id=line.payment_id,
            side=side,
            operation=line.operation,
            gateway_transaction_id=line.gateway_transaction_id,
            amount=line.amount,
            currency=line.currency,
            found_at=now,
        )

    @property
    def alarm(self) -> GatewayContradicted:
        """What is told of it, as of any contradiction of a gateway's."""
        ours, theirs = ((0, NO_CURRENCY), (self.amount, self.currency))[:: -1 if self.side == OURS else 1]
        return GatewayContradicted(
            payment_id=self.payment_id,
            operation=self.operation,
            expected_amount=ours[0],
            expected_currency=ours[1],
            told_amount=theirs[0],
            told_currency=theirs[1],
            gateway_transaction_id=self.gateway_transaction_id,
        )


@dataclass(kw_only=True, eq=False)
class StatementRound(Aggregate):
    """How far the comparison with one gateway's book has come. `after` is the last key that was compared."""

    gateway: str
    after: str = ""
    ended_at: datetime | None = None


def difference_id(line: StatementLine, side: str) -> Id:
    """One difference for each movement, however often it is found."""
    return named_id("difference", side, line.payment_id, line.operation, line.gateway_transaction_id)


def round_id(gateway: str) -> Id:
    return named_id("statement", gateway)
