"""The books at rest: they balance, each booking has its cause, and they say what the gateway says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from argosy.domains.payments.domain import refund as refunds
from argosy.domains.payments.domain.capture import return_id, suspense_id
from argosy.domains.payments.domain.ledger import (
    CAPTURE,
    COMMISSION,
    FEE,
    REFUND,
    REFUND_REVERSED,
    SUSPENSE,
    SUSPENSE_RETURNED,
    SUSPENSE_TAKEN,
    TAX,
    Ledger,
    LedgerAccount,
    clearing,
    credit_held,
    escrow,
    verify_balances,
    verify_chain,
    verify_transactions,
)
from argosy.domains.payments.domain.payment import PaymentIntent
from argosy.domains.payments.domain.refund import Refund
from argosy.shared_kernel.ids import named_id
from argosy.simulation.facts import Facts
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.oracles.credit import captures_of, causes, spent_of
from argosy.simulation.oracles.violation import Violation

Postings = dict[str, dict[str, int]]
"""By transaction, then account: debits less credits."""


def ledger(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    store = place.store("payments")
    entries = [entry for _, entry in store.parts(Ledger, "entries")]
    heads = store.all(Ledger)
    for fault in verify_transactions(entries):
        yield Violation("I07", f"ledger {fault.where}", fault.what)
    for fault in verify_balances(entries, store.all(LedgerAccount)):
        yield Violation("I09", f"ledger {fault.where}", fault.what)
    head = (heads[0].position, heads[0].last_hash) if heads else (0, "0" * 64)
    for fault in verify_chain(entries, *head):
        yield Violation("I11", f"ledger {fault.where}", fault.what)
    booked, kinds = _by_transaction(entries)
    yield from _causes(place, kinds)
    yield from _splits(place, booked)
    yield from _reversals(place, booked, kinds)
    yield from _clearing(place)


def _by_transaction(entries: list[Any]) -> tuple[Postings, dict[str, str]]:
    booked: Postings = {}
    kinds: dict[str, str] = {}
    for entry in entries:
        postings = booked.setdefault(entry.transaction_id, {})
        postings[entry.account] = postings.get(entry.account, 0) + entry.debit - entry.credit
        kinds[entry.transaction_id] = entry.kind
    return booked, kinds


def _causes(place: Marketplace, kinds: dict[str, str]) -> Iterator[Violation]:
    """Each capture, refund and suspense has its one transaction, and each transaction its cause."""
    store = place.store("payments")
    due: dict[str, str] = {}
    for intent in store.all(PaymentIntent):
        for capture_id in captures_of(intent):
            due[capture_id] = CAPTURE
            if intent.fee_amount:
                due[named_id("fee", capture_id)] = FEE
        for number, stray in enumerate(intent.strays):
            due[suspense_id(intent.id, number)] = SUSPENSE_TAKEN
            if stray.is_returned:
                due[return_id(intent.id, number)] = SUSPENSE_RETURNED
    for refund in store.all(Refund):
        if refund.amount and refund.status != refunds.WAITING:
            due[refund.id] = REFUND
            if refund.status == refunds.FAILED:
                due[named_id("reversal", refund.id)] = REFUND_REVERSED
    due.update(causes(place))
    for id in sorted(due.keys() | kinds.keys()):
        if due.get(id) != kinds.get(id):
            what = f"is booked as {kinds.get(id) or 'nothing'} and should be {due.get(id) or 'nothing'}"
            yield Violation("I12", f"ledger transaction {id}", what)


def _splits(place: Marketplace, booked: Postings) -> Iterator[Violation]:
    """Worked out anew from what each seller's order says was paid, and not from the shares' own sums."""
    for intent in place.store("payments").all(PaymentIntent):
        if not intent.captured_amount:
            continue
        where, postings = f"payment {intent.id}", Counter[str]()
        for id in captures_of(intent):
            postings.update(booked.get(id, {}))
        goods = sum(one.goods_amount for one in intent.shares)
        paid = goods + sum(one.shipping_amount + one.tax_amount for one in intent.shares)
        subsidy = sum(one.subsidy_amount for one in intent.shares)
        by_credit = postings.get(credit_held(str(intent.buyer_id)), 0)
        taken = by_credit + postings.get(clearing(intent.gateway), 0)
        if not paid == taken == intent.captured_amount or by_credit != spent_of(intent):
            what = f"captured {intent.captured_amount}, was split into {paid}, booked {postings}"
            yield Violation("I13", where, what)
        commission = -postings.get(COMMISSION, 0)
        if commission != sum(one.commission_amount for one in intent.shares):
            yield Violation("I13", where, f"books a commission of {commission}; its shares say another")
        tax = -postings.get(TAX, 0)
        sellers = -sum(amount for account, amount in postings.items() if account.startswith("escrow:"))
        if sellers + commission + tax != paid + subsidy:
            yield Violation("I13", where, f"credits {sellers}, {commission} and {tax} of {paid} and {subsidy}")
        for one in intent.shares:
            if escrow(one.seller_id) not in postings and one.seller_amount + one.subsidy_amount:
                yield Violation("I13", where, f"gives seller {one.seller_id} nothing")


def _reversals(place: Marketplace, booked: Postings, kinds: dict[str, str]) -> Iterator[Violation]:
    """What takes a transaction back swaps its sides, once."""
    store = place.store("payments")
    mirrors: dict[str, str] = {named_id("reversal", refund.id): refund.id for refund in store.all(Refund)}
    for intent in store.all(PaymentIntent):
        for number in range(len(intent.strays)):
            mirrors[return_id(intent.id, number)] = suspense_id(intent.id, number)
    for id, kind in kinds.items():
        if kind in (REFUND_REVERSED, SUSPENSE_RETURNED):
            original = booked.get(mirrors.get(id, ""), {})
            if booked[id] != {account: -amount for account, amount in original.items()}:
                yield Violation("I11", f"ledger transaction {id}", f"({kind}) is no mirror of what it takes back")


def _clearing(place: Marketplace) -> Iterator[Violation]:
    """What the books say that the gateway owes us is what it really took and did not pay back."""
    kept: Counter[str] = Counter()
    for payment_id in place.gateway.by_payment:
        kept.update(place.gateway.kept(payment_id))
    for account in place.store("payments").all(LedgerAccount):
        if account.name == clearing("test") and account.balance != kept[account.currency]:
            what = f"is at {account.balance}; the gateway has {kept[account.currency]} {account.currency} of ours"
            yield Violation("I19", f"account {account.name}", what)
        if account.name == SUSPENSE and account.balance:
            yield Violation("I40", f"account {account.name}", f"rests at {account.balance} {account.currency}")
