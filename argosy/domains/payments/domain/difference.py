"""Where a gateway's book and ours do not agree: named once, and left for a person to put right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from argosy.contracts.payments import GatewayContradicted, StatementLine
from argosy.contracts.payments_settling import SettleDifference, Settlement
from argosy.domains.payments.domain.credit import REASON_LETTERS_MAX, is_reason
from argosy.domains.payments.domain.payment import CAPTURE, NO_CURRENCY, REFUND, RETURN, NotAnIdentifier
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import DomainError, Invalid, NotFound, RuleBroken
from argosy.shared_kernel.ids import Id, is_id, named_id
from argosy.shared_kernel.messages import Value

GATEWAY, OURS, RECOVERED = "gateway", "ours", "recovered"
"""Whose book alone has it; or ours had not, went back to a backup, and has it again."""
AMOUNT, CURRENCY, FEE = "amount", "currency", "fee"
"""What both books have, and tell differently."""

DISPUTE, REINSTATED = "dispute", "reinstate"
"""What a gateway takes back for a buyer's bank, and what it gives again once the bank has decided."""

SALE, PLATFORM, NOBODY = "sale", "platform", "nobody"
BEARERS = (SALE, PLATFORM, NOBODY)
"""Who bears a difference that staff settle. Nobody: the money is none of ours, and nothing is booked."""

_SIGNS = {CAPTURE: 1, REFUND: -1, RETURN: -1, DISPUTE: -1, REINSTATED: 1}
"""Whether a movement brings money to the gateway's account, or takes it from there."""


class NoSuchDifference(NotFound):
    """There is no such difference of this payment."""


class NotABearer(Invalid):
    """A difference is borne by the `sale`, by the `platform`, or by `nobody`, where the money is none of ours."""


class StaffReasonIsMissing(Invalid):
    """Whoever puts something right by hand says why, in 1 to 200 characters."""


class DifferenceIsClosed(RuleBroken):
    """It was settled before, in another way, or the books were put right meanwhile."""


class SaleBearsNoSuchDifference(RuleBroken):
    """A sale bears what was paid back of it at the gateway's own counter, within what the gateway still has of it."""


class GatewayIsNotKnown(RuleBroken):
    """It is of no payment of ours, and of no gateway that there is now: there is no account to book it on."""


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
    borne_by: str = ""
    """Who bears it; empty where nobody has settled it."""
    reason: str = ""
    settled_by: str = ""
    settled_order_id: Id | None = None
    refund_id: Id | None = None

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
    def is_paid_back(self) -> bool:
        """Whether it is money that went back to a buyer and that our books do not have."""
        return self.side == GATEWAY and self.operation in (REFUND, DISPUTE)

    @property
    def missing(self) -> dict[str, int]:
        """By currency, what the gateway's account has more, or less, than our books say."""
        told, expected = (self.amount, self.currency), (self.expected_amount, self.expected_currency)
        return missing(self.side, self.operation, told, expected)

    def is_of(self, line: StatementLine) -> bool:
        """Whether both are of one movement, or of two alike of one payment."""
        mine = (self.operation, root(self.gateway_transaction_id), self.amount, self.currency)
        return mine == (line.operation, root(line.gateway_transaction_id), line.amount, line.currency)

    def settle(self, command: SettleDifference, by: str, now: datetime) -> None:
        """Somebody bears it: it is closed for good."""
        assert self.closed_at is None, "what is closed is not settled again"
        self.borne_by, self.reason, self.settled_order_id = command.borne_by, command.reason.strip(), command.order_id
        self.settled_by, self.closed_at = by, now

    def is_settled_as(self, command: SettleDifference) -> bool:
        return (self.borne_by, self.settled_order_id) == (command.borne_by, command.order_id)

    @property
    def settlement(self) -> Settlement:
        assert self.closed_at is not None, "it is settled"
        return Settlement(
            difference_id=self.id, borne_by=self.borne_by, refund_id=self.refund_id, closed_at=self.closed_at
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


def missing(side: str, operation: str, told: tuple[int, str], expected: tuple[int, str]) -> dict[str, int]:
    """By currency, what the gateway's account has more, or less, than our books say."""
    sign = _SIGNS.get(operation, 0)
    if side == FEE:
        return {told[1]: expected[0] - told[0]}
    theirs = told if side != OURS else (0, told[1])
    ours = {GATEWAY: (0, told[1]), OURS: told}.get(side, expected)
    found = {theirs[1]: theirs[0]}
    found[ours[1]] = found.get(ours[1], 0) - ours[0]
    return {currency: sign * amount for currency, amount in found.items() if sign * amount}


def wrong_settlement(command: SettleDifference) -> Iterator[DomainError]:
    """Everything for which it is not settled."""
    is_of_an_order = command.order_id is not None
    if command.borne_by not in BEARERS or (is_of_an_order and command.borne_by != SALE):
        yield NotABearer(field="borne_by")
    if is_of_an_order and not is_id(command.order_id):
        yield NotAnIdentifier(field="order_id")
    yield from wrong_reason(command.reason)


def wrong_reason(reason: str) -> Iterator[DomainError]:
    """What is wrong with why staff put something right."""
    if not is_reason(reason):
        yield StaffReasonIsMissing(field="reason", maximum=REASON_LETTERS_MAX)


def settled_id(difference_id: str, currency: str) -> Id:
    """The ledger's transaction by which the platform bears a difference; one for each currency of it."""
    return named_id("settled", difference_id, currency)


def settled_refund_id(difference_id: Id) -> Id:
    """The refund that a sale bears of a difference."""
    return named_id("settled refund", difference_id)


def root(reference: str) -> str:
    """Parts of one payment have references of their own behind the payment's."""
    return reference.partition("/")[0]


def gateway_of(difference: GatewayDifference, gateways: Iterable[str]) -> str:
    """Whose list has money of no payment of ours, which is named by the gateway; empty where it is none of these."""
    reference = root(difference.gateway_transaction_id)
    found = (name for name in gateways if foreign_id(name, reference) == difference.payment_id)
    return next(found, "")


def foreign_id(gateway: str, reference: str) -> Id:
    """Stands for a payment where money is of none of ours."""
    return named_id("payment at", gateway, root(reference))


def difference_id(line: StatementLine, side: str) -> Id:
    """One difference for each movement, however often it is found."""
    return named_id("difference", side, line.payment_id, line.operation, line.gateway_transaction_id)


def _fee_of(line: StatementLine) -> tuple[int, str]:
    return line.fee_amount, line.fee_currency or line.currency


def round_id(gateway: str) -> Id:
    return named_id("statement", gateway)
