"""The ledger: double entry in integer minor units, append-only, each row chained to the one before it by SHA-256."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple, Protocol

from argosy.domains.payments.domain.shares import PaidShare, RefundedPart
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.ids import Id, named_id
from argosy.shared_kernel.messages import Value

DEBIT, CREDIT = "debit", "credit"
LEDGER_ID = named_id("ledger")
GENESIS = "0" * 64
"""What the first row is chained to."""

CAPTURE, REFUND, REFUND_REVERSED = "capture", "refund", "refund_reversed"
SUSPENSE_TAKEN, SUSPENSE_RETURNED = "suspense_taken", "suspense_returned"
FEE = "fee"
CREDIT_ISSUED, CREDIT_HELD, CREDIT_RELEASED = "credit_issued", "credit_held", "credit_released"
CREDIT_RETURNED, CREDIT_FORFEITED = "credit_returned", "credit_forfeited"
DIFFERENCE_SETTLED = "difference_settled"
CARDS_ISSUED, CARD_REDEEMED, CARD_ENDED = "gift_cards_issued", "gift_card_redeemed", "gift_card_ended"

COMMISSION, TAX, PROMOTIONS, EXCHANGE = "commission", "tax", "promotions", "exchange"
REFUNDS = "refunds"
"""Refunds that a seller's escrow no longer covered: the platform's claim on the seller."""
SUSPENSE = "suspense"
FEES = "fees"
"""What gateways keep for themselves."""
LOSSES = "losses"
"""What the platform bears of differences between gateways' books and ours; below zero where it came out ahead."""
FORFEITED = "forfeited"
"""Store credit of people who are erased: nobody can claim it any more, and what becomes of it is for the law to say."""
GOODWILL = "goodwill"
"""What the platform has given away, as store credit or on gift cards."""
GIFT_CARDS = "gift_cards"
"""What gift cards that nobody has redeemed yet are worth."""

# The normal side of each kind of account, and whether it may be below zero: a gateway nets later refunds against later
# payments, tax may have been handed to the state already, an exchange position has two directions.
_KINDS: dict[str, tuple[str, bool]] = {
    "clearing": (DEBIT, True),
    "escrow": (CREDIT, False),
    "payable": (CREDIT, False),
    COMMISSION: (CREDIT, False),
    TAX: (CREDIT, True),
    PROMOTIONS: (DEBIT, False),
    EXCHANGE: (CREDIT, True),
    REFUNDS: (DEBIT, False),
    SUSPENSE: (CREDIT, False),
    FEES: (DEBIT, False),
    LOSSES: (DEBIT, True),
    "credit": (CREDIT, False),
    "credit_held": (CREDIT, False),
    GIFT_CARDS: (CREDIT, False),
    FORFEITED: (CREDIT, False),
    GOODWILL: (DEBIT, False),
}


def clearing(gateway: str) -> str:
    """What a gateway owes us."""
    return f"clearing:{gateway}"


def escrow(seller_id: str) -> str:
    """What is held for a seller until the buyer has received the goods."""
    return f"escrow:{seller_id}"


def payable(seller_id: str) -> str:
    """What a seller may be paid out."""
    return f"payable:{seller_id}"


def credit(buyer_id: str) -> str:
    """What a buyer may spend of their store credit."""
    return f"credit:{buyer_id}"


def credit_held(buyer_id: str) -> str:
    """What is on its way between a buyer's store credit and their purchases."""
    return f"credit_held:{buyer_id}"


@lru_cache(maxsize=65_536)
def account_id(name: str, currency: str) -> Id:
    return named_id("account", name, currency)


@dataclass(kw_only=True, eq=False)
class LedgerAccount(Aggregate):
    """One account in one currency: its balance on its normal side, which is the sum of its entries."""

    name: str
    currency: str
    normal_side: str
    may_be_negative: bool
    balance: int = 0

    @classmethod
    def open(cls, name: str, currency: str) -> LedgerAccount:
        """A new account, named by its kind and, where there is one, whose it is."""
        side, may_be_negative = _KINDS[name.partition(":")[0]]
        return cls(
            id=account_id(name, currency),
            name=name,
            currency=currency,
            normal_side=side,
            may_be_negative=may_be_negative,
        )

    def post(self, amount: int) -> None:
        """Debit a positive amount, credit a negative one."""
        balance = self.balance + (amount if self.normal_side == DEBIT else -amount)
        assert balance >= 0 or self.may_be_negative, f"{self.name} would be below zero: {balance} {self.currency}"
        self.balance = balance


class Entry(Value):
    """One row of the ledger: one side of one transaction, chained to the row before it."""

    id: Id
    transaction_id: Id
    kind: str
    account: str
    debit: int
    credit: int
    currency: str
    reference_id: Id
    created_at: datetime
    position: int
    previous_hash: str
    hash: str


class Transaction(NamedTuple):
    """What is booked together: postings by account, debits positive and credits negative, summing to zero.

    `id` is the id of the cause, so that a cause has one transaction; `reference_id` is the payment.
    """

    id: Id
    kind: str
    reference_id: Id
    currency: str
    postings: Mapping[str, int]


@dataclass(kw_only=True, eq=False)
class Ledger(Aggregate):
    """The head of the chain. Its entries are append-only: written once, never loaded, never changed."""

    position: int = 0
    last_hash: str = GENESIS
    entries: list[Entry] = field(default_factory=list)

    def book(
        self,
        transaction: Transaction,
        accounts: Mapping[str, LedgerAccount],
        now: datetime,
        new_id: Callable[[], Id],
    ) -> None:
        """Append the transaction and move the balances; a transaction that does not balance is a bug."""
        id, kind, reference_id, currency, postings = transaction
        assert len(postings) > 1 and sum(postings.values()) == 0, f"transaction {id} does not balance"
        at = _spell(now)
        position, previous = self.position, self.last_hash
        for account, amount in postings.items():
            assert amount, f"transaction {id} posts nothing to {account}"
            accounts[account].post(amount)
            position += 1
            debit, credit = (amount, 0) if amount > 0 else (0, -amount)
            content = f"{previous}|{position}|{id}|{kind}|{account}|{debit}|{credit}|{currency}|{reference_id}|{at}"
            digest = sha256(content.encode()).hexdigest()
            self.entries.append(
                Entry(
                    id=new_id(),
                    transaction_id=id,
                    kind=kind,
                    account=account,
                    debit=debit,
                    credit=credit,
                    currency=currency,
                    reference_id=reference_id,
                    created_at=now,
                    position=position,
                    previous_hash=previous,
                    hash=digest,
                )
            )
            previous = digest
        self.position, self.last_hash = position, previous


def _spell(time: datetime) -> str:
    """A time as the chain spells it: UTC, to the microsecond."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


# What each cause posts.


class Held(NamedTuple):
    """The part of a capture or refund that is store credit, and the account that it goes through."""

    account: str
    amount: int


def capture_postings(gateway: str, shares: Iterable[PaidShare], held: Held | None = None) -> dict[str, int]:
    """The gateway owes us what the buyer paid, but for what store credit pays of it, and the platform its subsidies;
    sellers, platform and state are owed it."""
    postings: dict[str, int] = {clearing(gateway): 0, PROMOTIONS: 0}
    commission = tax = paid = subsidy = 0
    for one in shares:
        paid += one.goods_amount + one.shipping_amount + one.tax_amount
        subsidy += one.subsidy_amount
        commission += one.commission_amount
        tax += one.tax_amount
        account = escrow(one.seller_id)
        postings[account] = postings.get(account, 0) - one.seller_amount - one.subsidy_amount
    if held is not None:
        postings[held.account] = held.amount
        paid -= held.amount
    postings[clearing(gateway)] = paid
    postings[PROMOTIONS] = subsidy
    postings[COMMISSION] = -commission
    postings[TAX] = -tax
    return {account: amount for account, amount in postings.items() if amount}


def refund_postings(
    gateway: str, shares: Iterable[PaidShare], parts: Iterable[RefundedPart], held: Held | None = None
) -> dict[str, int]:
    """The mirror of a capture, for the parts that are paid back; `held` is what of it becomes store credit."""
    postings: dict[str, int] = {}
    if held is not None:
        postings = {held.account: -held.amount, clearing(gateway): held.amount}
    for one, part in zip(shares, parts, strict=True):
        _add(postings, escrow(one.seller_id), part.seller + part.subsidy)
        _add(postings, COMMISSION, part.commission)
        _add(postings, TAX, part.tax)
        _add(postings, PROMOTIONS, -part.subsidy)
        _add(postings, clearing(gateway), -part.seller - part.commission - part.tax)
    return {account: amount for account, amount in postings.items() if amount}


def covered(postings: Mapping[str, int], balances: Mapping[str, int]) -> dict[str, int]:
    """The same postings, where what an escrow no longer has is claimed from its seller instead."""
    found = dict(postings)
    for account, amount in postings.items():
        missing = amount - balances[account] if account.startswith("escrow:") else 0
        if missing > 0:
            _add(found, account, -missing)
            _add(found, REFUNDS, missing)
    return {account: amount for account, amount in found.items() if amount}


def mirrored(postings: Mapping[str, int]) -> dict[str, int]:
    """The reversal: every side swapped."""
    return {account: -amount for account, amount in postings.items()}


def _add(postings: dict[str, int], account: str, amount: int) -> None:
    postings[account] = postings.get(account, 0) + amount


# What proves the books. Each check gives the faults that it finds: none, or somebody has changed the past.


class EntryLike(Protocol):
    """An entry, as an aggregate holds it or as a database row gives it."""

    @property
    def transaction_id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def account(self) -> str: ...
    @property
    def debit(self) -> int: ...
    @property
    def credit(self) -> int: ...
    @property
    def currency(self) -> str: ...
    @property
    def reference_id(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def position(self) -> int: ...
    @property
    def previous_hash(self) -> str: ...
    @property
    def hash(self) -> str: ...


class AccountLike(Protocol):
    """An account, as an aggregate or as a database row."""

    @property
    def name(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def normal_side(self) -> str: ...
    @property
    def may_be_negative(self) -> bool: ...
    @property
    def balance(self) -> int: ...


class LedgerFault(NamedTuple):
    """Where the books are wrong, and how."""

    where: str
    what: str


def entry_hash(entry: EntryLike) -> str:
    """The hash that a row must have."""
    content = (
        f"{entry.previous_hash}|{entry.position}|{entry.transaction_id}|{entry.kind}|{entry.account}|"
        f"{entry.debit}|{entry.credit}|{entry.currency}|{entry.reference_id}|{_spell(entry.created_at)}"
    )
    return sha256(content.encode()).hexdigest()


def verify_chain(
    entries: Iterable[EntryLike],
    position: int | None = None,
    last_hash: str = "",
) -> Iterator[LedgerFault]:
    """Rows in order of position that were changed, are missing or do not follow from the row before (I11). With the
    head's position and hash, rows missing at the end are found too."""
    expected, previous = 1, GENESIS
    for entry in entries:
        where = f"position {entry.position}"
        if entry.position != expected:
            yield LedgerFault(where, f"position {expected} is missing or out of order")
        if entry.previous_hash != previous:
            yield LedgerFault(where, "does not follow from the row before")
        if entry.hash != entry_hash(entry):
            yield LedgerFault(where, "was changed")
        expected, previous = entry.position + 1, entry.hash
    if position is not None and (position, last_hash) != (expected - 1, previous):
        yield LedgerFault(f"position {position}", "the chain's head is not its last row")


def verify_transactions(entries: Iterable[EntryLike]) -> Iterator[LedgerFault]:
    """Transactions that do not balance per currency or have one entry, and entries without just one side (I07, I08)."""
    sums: dict[tuple[str, str], list[int]] = {}
    for entry in entries:
        if min(entry.debit, entry.credit) != 0 or max(entry.debit, entry.credit) <= 0:
            yield LedgerFault(f"position {entry.position}", "has not exactly one positive side")
        total = sums.setdefault((str(entry.transaction_id), entry.currency), [0, 0])
        total[0] += entry.debit - entry.credit
        total[1] += 1
    for (id, currency), (balance, count) in sums.items():
        if balance or count < 2:
            yield LedgerFault(f"transaction {id}", f"is off by {balance} {currency} in {count} entries")


def verify_balances(entries: Iterable[EntryLike], accounts: Iterable[AccountLike]) -> Iterator[LedgerFault]:
    """Accounts whose balance is not the sum of their entries, or is below zero where it may not be (I09, I10)."""
    sums: dict[tuple[str, str], int] = {}
    for entry in entries:
        key = (entry.account, entry.currency)
        sums[key] = sums.get(key, 0) + entry.debit - entry.credit
    for account in accounts:
        total = sums.pop((account.name, account.currency), 0)
        expected = total if account.normal_side == DEBIT else -total
        if account.balance != expected:
            yield LedgerFault(f"account {account.name} {account.currency}", f"says {account.balance}, is {expected}")
        if account.balance < 0 and not account.may_be_negative:
            yield LedgerFault(f"account {account.name} {account.currency}", f"is below zero: {account.balance}")
    for name, currency in sums:
        yield LedgerFault(f"account {name} {currency}", "has entries and is not there")
