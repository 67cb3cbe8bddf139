"""Store credit: what the platform owes a buyer in one currency, and lets them spend here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from argosy.contracts.payments_credit import IssueCredit
from argosy.domains.payments.domain.payment import NO_CURRENCY
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import DomainError, Invalid, RuleBroken
from argosy.shared_kernel.ids import Id, is_id, named_id
from argosy.shared_kernel.messages import Personal, Value
from argosy.shared_kernel.money import AMOUNT_MAX, UnknownCurrency, exponent

ISSUED, REDEEMED, PAID, NOT_PAID, REFUNDED = "issued", "gift_card", "paid", "not_paid", "refunded"
FORFEITED = "forfeited"
MOVEMENT_KINDS = (ISSUED, REDEEMED, PAID, NOT_PAID, REFUNDED, FORFEITED)
"""Why a balance moved: staff gave it, a gift card was redeemed, a purchase takes it, that purchase came to nothing, one
was paid back, or whose it was is erased."""

ISSUED_AT_ONCE_MAX = 10_000_000
REASON_LETTERS_MAX = 200


class CreditAmountOutOfRange(Invalid):
    """Store credit is given in minor units, one at least and ten million at most."""


class CreditReasonIsMissing(Invalid):
    """Whoever gives away the platform's money says why, in 1 to 200 characters."""


class NotABuyer(Invalid):
    """A buyer is named by their id: a UUID in lower case."""


class CreditIsFull(RuleBroken):
    """A balance is at most 2^53 - 1 minor units."""


class CreditMovement(Value):
    """One change of what may be spent: `amount` is signed, `reference_id` what it was for."""

    id: Id
    kind: str
    amount: int
    balance: int
    reference_id: Id
    reason: Personal[str]
    made_by: str
    created_at: datetime


@lru_cache(maxsize=65_536)
def credit_id(buyer_id: str, currency: str) -> Id:
    return named_id("credit", buyer_id, currency)


def erased_id(buyer_id: str) -> Id:
    """What remembers of a buyer that they are erased: a credit of nothing, in no currency."""
    return credit_id(buyer_id, NO_CURRENCY)


@dataclass(kw_only=True, eq=False)
class Credit(Aggregate):
    """One buyer's store credit in one currency. `balance` may be spent; `held` is on its way to or from purchases. The
    ledger has an account for each of the two."""

    buyer_id: Id
    currency: str
    balance: int = 0
    held: int = 0
    is_forfeited: bool = False
    """Whose it was is erased: what still comes back to it is forfeited as well."""
    movements: list[CreditMovement] = field(default_factory=list)

    @classmethod
    def open(cls, buyer_id: Id, currency: str) -> Credit:
        return cls(id=credit_id(buyer_id, currency), buyer_id=buyer_id, currency=currency)

    @classmethod
    def of_erased(cls, buyer_id: Id) -> Credit:
        found = cls.open(buyer_id, NO_CURRENCY)
        found.is_forfeited = True
        return found

    def add(self, movement: CreditMovement) -> None:
        """What came, or what went to be held, as `movement` says."""
        self.balance += movement.amount
        assert self.balance == movement.balance >= 0, "a movement says what is left, which is never less than nothing"
        if self.balance + self.held > AMOUNT_MAX:
            raise CreditIsFull(currency=self.currency)
        self.movements.append(movement)

    def move_held(self, amount: int) -> None:
        """More is held, or less."""
        self.held += amount
        assert self.held >= 0, "only what is held can go on"


def wrong_credit(command: IssueCredit) -> Iterator[DomainError]:
    """Everything for which it is not given."""
    if not is_id(command.buyer_id):
        yield NotABuyer(field="buyer_id")
    yield from wrong_gift(command.amount, command.currency, command.reason)


def wrong_gift(amount: int, currency: str, reason: str) -> Iterator[DomainError]:
    """Everything that is wrong with what is given away."""
    if type(amount) is not int or not 1 <= amount <= ISSUED_AT_ONCE_MAX:
        yield CreditAmountOutOfRange(field="amount", maximum=ISSUED_AT_ONCE_MAX)
    try:
        exponent(currency)
    except UnknownCurrency as unknown:
        yield unknown
    if not is_reason(reason):
        yield CreditReasonIsMissing(field="reason", maximum=REASON_LETTERS_MAX)


def is_reason(text: str) -> bool:
    """Whether this tells people why staff did something."""
    return 0 < len(text.strip()) <= len(text) <= REASON_LETTERS_MAX and text.isprintable()
