"""Where a gateway's book and ours do not agree: named once, and left for a person to put right."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from argosy.contracts.payments import GatewayContradicted, StatementLine
from argosy.domains.payments.domain.payment import NO_CURRENCY
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.ids import Id, named_id
from argosy.shared_kernel.messages import Value

GATEWAY, OURS, RECOVERED = "gateway", "ours", "recovered"
"""Whose book alone has it; or ours had not, went back to a backup, and has it again."""
AMOUNT, CURRENCY, FEE = "amount", "currency", "fee"
"""What both books have, and tell differently."""


@dataclass(kw_only=True, eq=False)
class GatewayDifference(Aggregate):
    """One movement of money that one book has and the other has not, or of which they do not tell the same: then
    `expected_amount` is ours, and `amount` the gateway's. It changes no booking: what was taken and may not be kept has
    its own rule, and everything else is decided by a person."""

    payment_id: Id
    side: str
    operation: str
    gateway_transaction_id: str
    amount: int
    currency: str
    found_at: datetime
    closed_at: datetime | None = None
    expected_amount: int = 0
    expected_currency: str = NO_CURRENCY

    @classmethod
    def between(cls, ours: StatementLine, theirs: StatementLine, side: str, now: datetime) -> GatewayDifference:
        """What both have; of a `fee` the amounts are what was kept."""
        found = cls.found(theirs, side, now)
        is_fee = side == FEE
        found.amount, found.currency = _fee_of(theirs) if is_fee else (theirs.amount, theirs.currency)
        found.expected_amount, found.expected_currency = _fee_of(ours) if is_fee else (ours.amount, ours.currency)
        return found

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
        expected = (self.expected_amount, self.expected_currency)
        ours, theirs = (expected, (self.amount, self.currency))[:: -1 if self.side == OURS else 1]
        return GatewayContradicted(
            payment_id=self.payment_id,
            operation=self.operation if self.side != FEE else FEE,
            expected_amount=ours[0],
            expected_currency=ours[1],
            told_amount=theirs[0],
            told_currency=theirs[1],
            gateway_transaction_id=self.gateway_transaction_id,
        )


class ReadLine(Value):
    """A line of a gateway's statement as it was read: an append-only fact."""

    id: Id
    payment_id: Id
    operation: str
    key: str
    gateway_transaction_id: str
    amount: int
    currency: str
    fee_amount: int
    fee_currency: str
    done_at: datetime


@dataclass(kw_only=True, eq=False)
class StatementRound(Aggregate):
    """How far the comparison with one gateway's book has come. `after` is the last key that was compared.

    Of a gateway that lists by time, everything before `read_until` was read; the window up to `window_until` is being
    read, and `after` asks for its next page. Of our own notes those from `begun_at` to before `judged_until` were
    compared, and of those at that very time the ones up to the id `judged`."""

    gateway: str
    after: str = ""
    ended_at: datetime | None = None
    begun_at: datetime | None = None
    read_until: datetime | None = None
    window_until: datetime | None = None
    judged_until: datetime | None = None
    judged: str = ""
    lines: list[ReadLine] = field(default_factory=list)


def difference_id(line: StatementLine, side: str) -> Id:
    """One difference for each movement, however often it is found."""
    return named_id("difference", side, line.payment_id, line.operation, line.gateway_transaction_id)


def _fee_of(line: StatementLine) -> tuple[int, str]:
    return line.fee_amount, line.fee_currency or line.currency


def round_id(gateway: str) -> Id:
    return named_id("statement", gateway)
