"""The books: entries that balance, balances that are their sum, a chain that nobody has changed (I07 to I13)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

import msgspec

from argosy.apps.doctor.check import Check, Violation, all_of
from argosy.apps.doctor.databases import Databases, Row, side_by_side
from argosy.domains.payments.domain import refund as refunds
from argosy.domains.payments.domain.capture import TAKEN, CapturePart, Stray, return_id, suspense_id
from argosy.domains.payments.domain.difference import PLATFORM, missing, settled_id
from argosy.domains.payments.domain.ledger import (
    CAPTURE,
    CARD_ENDED,
    CARD_REDEEMED,
    CARDS_ISSUED,
    CREDIT_FORFEITED,
    CREDIT_HELD,
    CREDIT_ISSUED,
    CREDIT_RELEASED,
    CREDIT_RETURNED,
    DIFFERENCE_SETTLED,
    FEE,
    REFUND,
    REFUND_REVERSED,
    SUSPENSE_RETURNED,
    SUSPENSE_TAKEN,
    Held,
    LedgerAccount,
    capture_postings,
    credit_held,
    mirrored,
    verify_chain,
)
from argosy.domains.payments.domain.payment import APPROVED, PARTLY, RELEASED, RETURN
from argosy.domains.payments.domain.shares import PaidShare
from argosy.shared_kernel.ids import named_id

_PARTS = msgspec.json.Decoder(tuple[CapturePart, ...])
_STRAYS = msgspec.json.Decoder(tuple[Stray, ...])
_SHARES = msgspec.json.Decoder(tuple[PaidShare, ...])

ENTRIES = (
    "SELECT reference_id, transaction_id, kind, account, currency, debit - credit FROM ledgers "
    f"WHERE kind NOT IN ('{CREDIT_ISSUED}', '{CARDS_ISSUED}', '{CARD_REDEEMED}', '{CARD_ENDED}', '{CREDIT_FORFEITED}') "
    "ORDER BY reference_id, transaction_id, position"
)
"""What is booked for payments; the rest is store credit's (credit.py)."""


class ChainedRow(NamedTuple):
    """A row of the ledger as the chain's proof reads it."""

    transaction_id: str
    kind: str
    account: str
    debit: int
    credit: int
    currency: str
    reference_id: str
    created_at: datetime
    position: int
    previous_hash: str
    hash: str


class Booked(NamedTuple):
    """One transaction of one payment: `postings` are debits less credits by account."""

    id: str
    kind: str
    currency: str
    postings: dict[str, int]
    entries: int

    @property
    def is_booked_twice(self) -> bool:
        return self.entries > len(self.postings)


def balanced(databases: Databases) -> Iterator[Violation]:
    for id, currency, off, entries in databases.stream(
        "payments",
        "SELECT transaction_id, currency, CAST(sum(debit - credit) AS bigint), count(*) FROM ledgers "
        "GROUP BY transaction_id, currency HAVING sum(debit - credit) <> 0 OR count(*) < 2",
    ):
        yield Violation(f"ledgers transaction {id}", f"is off by {off} {currency} in {entries} entries")


def one_sided(databases: Databases) -> Iterator[Violation]:
    for id, position, debit, credit in databases.stream(
        "payments",
        "SELECT id, position, debit, credit FROM ledgers WHERE NOT ((debit > 0 AND credit = 0) OR "
        "(debit = 0 AND credit > 0)) OR debit <> CAST(debit AS bigint) OR credit <> CAST(credit AS bigint)",
    ):
        yield Violation(f"ledgers {id}", f"at position {position} debits {debit} and credits {credit}")
    for account, currency, position, entries in databases.stream(
        "payments",
        "SELECT e.account, e.currency, e.position, e.entries FROM (SELECT account, currency, min(position) AS "
        "position, count(*) AS entries FROM ledgers GROUP BY account, currency) e LEFT JOIN ledger_accounts a ON "
        "a.name = e.account AND a.currency = e.currency WHERE a.id IS NULL",
    ):
        yield Violation(
            f"ledgers {account} {currency}", f"has {entries} entries from position {position} on, and is no account"
        )


def summed(databases: Databases) -> Iterator[Violation]:
    for id, name, currency, balance, expected in databases.stream(
        "payments",
        "SELECT id, name, currency, balance, expected FROM (SELECT a.id, a.name, a.currency, a.balance, "
        "CASE WHEN a.normal_side = 'debit' THEN coalesce(e.total, 0) ELSE -coalesce(e.total, 0) END AS expected "
        "FROM ledger_accounts a LEFT JOIN (SELECT account, currency, CAST(sum(debit - credit) AS bigint) AS total "
        "FROM ledgers GROUP BY account, currency) e ON e.account = a.name AND e.currency = a.currency) found "
        "WHERE balance <> expected",
    ):
        yield Violation(f"ledger_accounts {id}", f"{name} says {balance} {currency}, its entries sum to {expected}")


def not_negative(databases: Databases) -> Iterator[Violation]:
    """By the kind of the account, whatever its row says of itself."""
    for id, name, currency, balance in databases.stream(
        "payments", "SELECT id, name, currency, balance FROM ledger_accounts WHERE balance < 0"
    ):
        if not LedgerAccount.open(name, currency).may_be_negative:
            yield Violation(f"ledger_accounts {id}", f"{name} is below zero: {balance} {currency}")


def chained(databases: Databases) -> Iterator[Violation]:
    heads = list(databases.stream("payments", "SELECT position, last_hash FROM ledger_heads"))
    position, last_hash = heads[0] if heads else (0, "0" * 64)
    rows = databases.stream(
        "payments",
        "SELECT transaction_id, kind, account, debit, credit, currency, reference_id, created_at, "
        "position, previous_hash, hash FROM ledgers ORDER BY position",
    )
    entries = (ChainedRow._make((*row[:7], databases.time("payments", row[7]), *row[8:])) for row in rows)
    for fault in verify_chain(entries, position, last_hash):
        yield Violation(f"ledgers {fault.where}", fault.what)


def reversed_by_mirrors(databases: Databases) -> Iterator[Violation]:
    """What takes a transaction back swaps its sides, once."""
    for payment_id, booked, owned in _by_payment(databases):
        known = {one.id: one for one in booked}
        reversals: dict[str, str] = {named_id("reversal", id): id for id, *_ in owned}
        reversals |= {return_id(payment_id, at): suspense_id(payment_id, at) for at in range(len(booked))}
        for one in booked:
            if one.kind not in (REFUND_REVERSED, SUSPENSE_RETURNED):
                continue
            original = known.get(reversals.get(one.id, ""))
            if original is None:
                yield Violation(f"ledgers transaction {one.id}", f"({one.kind}) takes back what was never booked")
            elif one.postings != mirrored(original.postings) or one.currency != original.currency:
                yield Violation(f"ledgers transaction {one.id}", f"({one.kind}) is no mirror of {original.id}")


def booked_once(databases: Databases) -> Iterator[Violation]:
    """Each capture, refund, suspense and difference that the platform bears has its one transaction, and each
    transaction its cause."""
    intents = databases.stream(
        "payments",
        "SELECT p.id, p.captured_amount, p.suspended_amount, "
        "(SELECT count(*) FROM payment_transactions t WHERE t.payment_intent_id = p.id AND t.type = ? AND "
        "t.status = ?), p.fee_amount, p.credit_status, CAST(p.captures AS text), CAST(p.strays AS text) "
        "FROM payment_intents p ORDER BY p.id",
        RETURN,
        APPROVED,
    )
    entries = databases.stream("payments", ENTRIES)
    owned = databases.stream("payments", _REFUNDS)
    borne = databases.stream("payments", _BORNE, PLATFORM)
    for payment_id, (intent, rows, own, settled) in side_by_side(intents, entries, owned, borne):
        booked = list(_transactions(rows))
        due = _causes(
            payment_id, intent[0] if intent else (payment_id, 0, 0, 0, 0, "", "[]", "[]"), [row[1:] for row in own]
        )
        due |= {settled_id(id, currency): DIFFERENCE_SETTLED for row in settled for id, currency in _sums(row)}
        for one in booked:
            if due.pop(one.id, None) != one.kind:
                yield Violation(
                    f"ledgers transaction {one.id}", f"({one.kind}) lacks its cause in payment {payment_id}"
                )
            elif one.is_booked_twice:
                yield Violation(f"ledgers transaction {one.id}", f"({one.kind}) is booked twice")
        for id, kind in due.items():
            yield Violation(f"payment_intents {payment_id}", f"its {kind} {id} is not in the ledger")


def split(databases: Databases) -> Iterator[Violation]:
    """What was captured is what the shares say, and what the ledger credits for it."""
    intents = databases.stream(
        "payments",
        "SELECT id, gateway, captured_amount, shares, buyer_id, credit_amount, captures FROM payment_intents "
        "WHERE captured_amount > 0 ORDER BY id",
    )
    entries = databases.stream(
        "payments",
        "SELECT reference_id, transaction_id, kind, account, currency, debit - credit FROM ledgers "
        "WHERE kind = ? ORDER BY reference_id, transaction_id, position",
        CAPTURE,
    )
    for payment_id, (intent, rows) in side_by_side(intents, entries):
        if not intent:
            continue
        _, gateway, captured, text, *_ = intent[0]
        shares = _SHARES.decode(text)
        shared = sum(one.seller_amount + one.commission_amount + one.tax_amount for one in shares)
        if shared != captured:
            yield Violation(f"payment_intents {payment_id}", f"captured {captured}, its shares sum to {shared}")
        due = {id: capture_postings(gateway, some, held) for id, some, held in _captured(payment_id, intent[0], shares)}
        for one in _transactions(rows):
            if one.postings != due.get(one.id, one.postings):
                yield Violation(f"payment_intents {payment_id}", "its shares are not what the ledger credits")


def _captured(
    payment_id: str, intent: Row, shares: tuple[PaidShare, ...]
) -> Iterator[tuple[str, tuple[PaidShare, ...], Held | None]]:
    """Each capture: its id, the shares that it took, and what of it was store credit."""
    *_, buyer_id, credit_amount, captures = intent
    taken = [part for part in _PARTS.decode(captures) if part.status == TAKEN]
    if not taken:
        yield payment_id, shares, _held(buyer_id, credit_amount)
    first = 0
    for part in taken:
        yield part.id, shares[first : first + part.share_count], _held(buyer_id, part.credit_amount)
        first += part.share_count


def _held(buyer_id: object, amount: int) -> Held | None:
    return Held(credit_held(str(buyer_id)), amount) if amount else None


_REFUNDS = (
    "SELECT payment_intent_id, id, status, CAST(postings AS text), credit_amount FROM refunds "
    "ORDER BY payment_intent_id, id"
)


_BORNE = (
    "SELECT payment_id, id, side, operation, amount, currency, expected_amount, expected_currency "
    "FROM gateway_differences WHERE borne_by = ? ORDER BY payment_id"
)


def _sums(row: Row) -> Iterator[tuple[str, str]]:
    """A difference that the platform bears, once for each currency in which there is anything to bear."""
    _, id, side, operation, amount, currency, expected_amount, expected_currency = row
    for one in missing(side, operation, (amount, currency), (expected_amount, expected_currency)):
        yield id, one


def _by_payment(databases: Databases) -> Iterator[tuple[str, list[Booked], list[Row]]]:
    entries = databases.stream("payments", ENTRIES)
    owned = databases.stream("payments", _REFUNDS)
    for payment_id, (rows, own) in side_by_side(entries, owned):
        yield payment_id, list(_transactions(rows)), [row[1:] for row in own]


def _transactions(rows: Iterable[Row]) -> Iterator[Booked]:
    """Rows of one payment, sorted by transaction, put together again."""
    found: dict[str, Booked] = {}
    for _, id, kind, account, currency, amount in rows:
        one = found.get(id) or Booked(id, kind, currency, {}, 0)
        one.postings[account] = one.postings.get(account, 0) + amount
        found[id] = one._replace(entries=one.entries + 1)
    yield from found.values()


def _causes(payment_id: str, intent: Row, owned: Iterable[Row]) -> dict[str, str]:
    """The transactions that a payment must have, by id."""
    _, captured, suspended, returns, fee, credit_status, captures, kept = intent
    due: dict[str, str] = {}
    parts = [part for part in _PARTS.decode(captures) if part.status == TAKEN]
    if parts:
        due |= {part.id: CAPTURE for part in parts}
        due |= {named_id("fee", part.id): FEE for part in parts if part.fee_amount}
    elif captured:
        due[payment_id] = CAPTURE
    if fee and not parts:
        due[named_id("fee", payment_id)] = FEE
    due |= _of_strays(payment_id, kept, suspended=suspended, returns=returns)
    if credit_status:
        due[named_id("credit held", payment_id)] = CREDIT_HELD
    if credit_status in (RELEASED, PARTLY):
        due[named_id("credit released", payment_id)] = CREDIT_RELEASED
    for id, status, postings, credit_amount in owned:
        if postings != "{}" and status != refunds.WAITING:
            due[id] = REFUND
            if status == refunds.SUCCEEDED and credit_amount:
                due[named_id("credit returned", id)] = CREDIT_RETURNED
            if status == refunds.FAILED:
                due[named_id("reversal", id)] = REFUND_REVERSED
    return due


def _of_strays(payment_id: str, kept: str, *, suspended: int, returns: int) -> dict[str, str]:
    """Those of what was taken unasked, each by its number; before each was told apart there was one at most."""
    strays = _STRAYS.decode(kept)
    count = len(strays) or int(bool(suspended or returns))
    back = [number for number, one in enumerate(strays) if one.is_returned] if strays else [0] * (not suspended)
    due: dict[str, str] = {suspense_id(payment_id, number): SUSPENSE_TAKEN for number in range(count)}
    due.update({return_id(payment_id, number): SUSPENSE_RETURNED for number in back if number < count})
    return due


CHECKS = (
    Check("I07", "every ledger transaction balances per currency, in two entries or more", balanced),
    Check("I08", "every entry has one positive side, in whole minor units of its account's currency", one_sided),
    Check("I09", "every balance is the sum of its entries", summed),
    Check("I10", "no account is below zero that may not be", not_negative),
    Check("I11", "the ledger's hash chain is whole, and reversals are mirrors", all_of(chained, reversed_by_mirrors)),
    Check("I12", "every capture and refund is booked once, and every booking has its cause", booked_once),
    Check("I13", "sellers' shares, commission, tax and delivery sum to what was captured", split),
)
