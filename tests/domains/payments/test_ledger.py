"""The books balance, and nobody changes them unseen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.domains.payments.domain.ledger import (
    GENESIS,
    LEDGER_ID,
    Entry,
    Ledger,
    LedgerAccount,
    Transaction,
    entry_hash,
    verify_balances,
    verify_chain,
    verify_transactions,
)
from tests.support import CountingIds, an_id

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Desk:
    """A ledger with its accounts."""

    def __init__(self) -> None:
        self.ledger = Ledger(id=LEDGER_ID)
        self.accounts: dict[str, LedgerAccount] = {}
        self.ids = CountingIds()

    def book(self, name: str, postings: dict[str, int], currency: str = "EUR", now: datetime = NOW) -> None:
        accounts = {
            each: self.accounts.setdefault(f"{each} {currency}", LedgerAccount.open(each, currency))
            for each in postings
        }
        transaction = Transaction(an_id(name), "capture", an_id("payment"), currency, postings)
        self.ledger.book(transaction, accounts, now, self.ids.new)

    @property
    def entries(self) -> list[Entry]:
        return self.ledger.entries


def booked() -> Desk:
    desk = Desk()
    desk.book("one", {"clearing:test": 100, "escrow:anna": -90, "commission": -10})
    desk.book("two", {"clearing:test": 50, "tax": -50}, "JPY", NOW + timedelta(microseconds=7))
    desk.book("three", {"escrow:anna": 90, "clearing:test": -90})
    return desk


def test_every_row_follows_from_the_row_before() -> None:
    desk = booked()
    assert [entry.position for entry in desk.entries] == [1, 2, 3, 4, 5, 6, 7]
    assert desk.entries[0].previous_hash == GENESIS
    assert list(verify_chain(desk.entries, desk.ledger.position, desk.ledger.last_hash)) == []
    assert list(verify_transactions(desk.entries)) == []
    assert list(verify_balances(desk.entries, desk.accounts.values())) == []


def test_the_first_row_hashes_to_what_it_always_has() -> None:
    """The chain's spelling is for good: every hash ever written depends on it."""
    first = booked().entries[0]
    assert first.hash == "0ac37225ec435a1137adfe9f6c2a121998b7943e1e32420d8496fb6d81b209a7"


CHANGES: list[tuple[str, object]] = [
    ("debit", 101),
    ("credit", 1),
    ("account", "escrow:mallory"),
    ("currency", "USD"),
    ("kind", "refund"),
    ("transaction_id", an_id("other")),
    ("reference_id", an_id("other")),
    ("position", 9),
    ("hash", "f" * 64),
    ("previous_hash", "f" * 64),
    ("created_at", NOW + timedelta(microseconds=1)),
]


@pytest.mark.parametrize(("field", "value"), CHANGES)
@pytest.mark.parametrize("index", [0, 3, 6])
def test_a_changed_row_is_found(index: int, field: str, value: object) -> None:
    desk = booked()
    desk.entries[index] = msgspec.structs.replace(desk.entries[index], **{field: value})
    assert list(verify_chain(desk.entries, desk.ledger.position, desk.ledger.last_hash)) != []


def test_a_changed_row_with_a_fresh_hash_breaks_the_row_after() -> None:
    desk = booked()
    changed = msgspec.structs.replace(desk.entries[1], credit=91)
    desk.entries[1] = msgspec.structs.replace(changed, hash=entry_hash(changed))
    assert [fault.where for fault in verify_chain(desk.entries)] == ["position 3"]


@pytest.mark.parametrize("index", range(7))
def test_a_missing_row_is_found_wherever_it_was(index: int) -> None:
    desk = booked()
    del desk.entries[index]
    assert list(verify_chain(desk.entries, desk.ledger.position, desk.ledger.last_hash)) != []


def test_a_row_put_in_again_is_found() -> None:
    desk = booked()
    desk.entries.append(desk.entries[-1])
    assert list(verify_chain(desk.entries, desk.ledger.position, desk.ledger.last_hash)) != []


def test_a_time_in_another_zone_is_the_same_time() -> None:
    from datetime import timezone

    entry = booked().entries[3]
    there = msgspec.structs.replace(entry, created_at=entry.created_at.astimezone(timezone(timedelta(hours=9))))
    assert entry_hash(there) == entry.hash


def test_a_transaction_that_does_not_balance_is_never_booked() -> None:
    desk = Desk()
    for postings in ({"clearing:test": 1}, {"clearing:test": 1, "tax": -2}, {"clearing:test": 0, "tax": 0}, {}):
        with pytest.raises(AssertionError):
            desk.book("bad", postings)
    assert desk.entries == []
    assert desk.ledger.position == 0


def test_an_escrow_never_falls_below_zero() -> None:
    desk = booked()
    with pytest.raises(AssertionError):
        desk.book("too much", {"escrow:anna": 1, "clearing:test": -1})


def test_a_wrong_balance_and_a_lone_entry_are_found() -> None:
    desk = booked()
    desk.accounts["escrow:anna EUR"].balance += 1
    del desk.accounts["tax JPY"]
    assert sorted(fault.where for fault in verify_balances(desk.entries, desk.accounts.values())) == [
        "account escrow:anna EUR",
        "account tax JPY",
    ]
    assert [fault.where for fault in verify_transactions(desk.entries[:1])] == [f"transaction {an_id('one')}"]
    both = msgspec.structs.replace(desk.entries[0], credit=5)
    assert "position 1" in [fault.where for fault in verify_transactions([both, *desk.entries[1:]])]


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.dictionaries(
                st.sampled_from(["clearing:test", "tax", "exchange"]), st.integers(-(10**12), 10**12), min_size=1
            ),
            st.sampled_from(["EUR", "JPY", "KWD"]),
        ),
        max_size=15,
    )
)
def test_the_books_always_balance_per_transaction_and_currency(drawn: list[tuple[dict[str, int], str]]) -> None:
    desk = Desk()
    for index, (postings, currency) in enumerate(drawn):
        whole = {**postings, "clearing:other": -sum(postings.values())}
        clean = {name: amount for name, amount in whole.items() if amount}
        if len(clean) > 1:
            desk.book(str(index), clean, currency)
    assert list(verify_chain(desk.entries, desk.ledger.position, desk.ledger.last_hash)) == []
    assert list(verify_transactions(desk.entries)) == []
    assert list(verify_balances(desk.entries, desk.accounts.values())) == []
    for currency in ("EUR", "JPY", "KWD"):
        assert sum(each.debit - each.credit for each in desk.entries if each.currency == currency) == 0


def test_a_gap_is_found_even_where_every_hash_was_made_anew() -> None:
    desk = booked()
    previous = GENESIS
    for index, entry in enumerate(desk.entries):
        moved = msgspec.structs.replace(entry, position=entry.position + 1, previous_hash=previous)
        previous = entry_hash(moved)
        desk.entries[index] = msgspec.structs.replace(moved, hash=previous)
    assert [fault.where for fault in verify_chain(desk.entries)] == ["position 2"]
