"""Store credit and gift cards beside the books: what buyers may spend, and what cards are worth, is what the ledger
owes them (I60)."""

from __future__ import annotations

from collections.abc import Iterator

from argosy.apps.doctor.check import Check, Violation, all_of
from argosy.apps.doctor.databases import Databases, side_by_side
from argosy.domains.payments.domain.credit import FORFEITED, ISSUED
from argosy.domains.payments.domain.gift_card import OPEN, REDEEMED
from argosy.domains.payments.domain.ledger import (
    CARD_ENDED,
    CARD_REDEEMED,
    CARDS_ISSUED,
    CREDIT_FORFEITED,
    CREDIT_ISSUED,
    GIFT_CARDS,
)
from argosy.shared_kernel.ids import named_id

_CREDITS = (
    "(SELECT 'credit:' || CAST(buyer_id AS varchar(36)) AS name, currency, balance AS amount FROM store_credits "
    "UNION ALL SELECT 'credit_held:' || CAST(buyer_id AS varchar(36)), currency, held FROM store_credits)"
)
_ENTRIES = (
    "SELECT reference_id, transaction_id, kind, CAST(sum(debit) AS bigint) FROM ledgers WHERE kind IN ({kinds}) "
    "GROUP BY reference_id, transaction_id, kind ORDER BY reference_id, transaction_id"
)


def balances_are_booked(databases: Databases) -> Iterator[Violation]:
    """In both directions: a balance without its account, and an account without its balance."""
    for name, currency, amount, booked in databases.stream(
        "payments",
        f"SELECT c.name, c.currency, c.amount, coalesce(a.balance, 0) FROM {_CREDITS} c LEFT JOIN ledger_accounts a "
        "ON a.name = c.name AND a.currency = c.currency WHERE c.amount <> coalesce(a.balance, 0) OR c.amount < 0",
    ):
        yield Violation(f"store_credits {name} {currency}", f"is {amount}, the ledger's account says {booked}")
    for name, currency, booked in databases.stream(
        "payments",
        f"SELECT a.name, a.currency, a.balance FROM ledger_accounts a LEFT JOIN {_CREDITS} c ON a.name = c.name AND "
        "a.currency = c.currency WHERE c.name IS NULL AND a.balance <> 0 AND "
        "(a.name LIKE ? OR a.name LIKE ?)",
        "credit:%",
        "credit_held:%",
    ):
        yield Violation(f"ledger_accounts {name} {currency}", f"owes {booked}, and there is no store credit")


def movements_add_up(databases: Databases) -> Iterator[Violation]:
    for id, balance, moved in databases.stream(
        "payments",
        "SELECT c.id, c.balance, coalesce(m.moved, 0) FROM store_credits c LEFT JOIN (SELECT credit_id, "
        "CAST(sum(amount) AS bigint) AS moved FROM store_credit_movements GROUP BY credit_id) m ON m.credit_id = c.id "
        "WHERE c.balance <> coalesce(m.moved, 0)",
    ):
        yield Violation(f"store_credits {id}", f"has {balance}, its movements sum to {moved}")


def cards_are_booked(databases: Databases) -> Iterator[Violation]:
    """Open cards are what the ledger's account holds, currency by currency."""
    for currency, open_, booked in databases.stream(
        "payments",
        "SELECT currency, CAST(sum(amount) AS bigint), CAST(sum(booked) AS bigint) FROM (SELECT currency, amount, "
        "0 AS booked FROM gift_cards WHERE status = ? UNION ALL SELECT currency, 0, balance FROM ledger_accounts "
        "WHERE name = ?) found GROUP BY currency HAVING sum(amount) <> sum(booked)",
        OPEN,
        GIFT_CARDS,
    ):
        yield Violation(
            f"gift_cards {currency}", f"that are open are worth {open_}, the ledger's account says {booked}"
        )


def gifts_have_causes(databases: Databases) -> Iterator[Violation]:
    """Each gift is booked once, with its amount, and each booking is of one."""
    cards = databases.stream(
        "payments", "SELECT id, status, amount FROM gift_cards WHERE status <> ? ORDER BY id", OPEN
    )
    ended = databases.stream("payments", _ENTRIES.format(kinds="?, ?"), CARD_REDEEMED, CARD_ENDED)
    for id, (card, booked) in side_by_side(cards, ended):
        due = [_end_of(id, status, amount) for _, status, amount in card]
        yield from _compared("gift_cards", id, due, booked)
    batches = databases.stream(
        "payments",
        "SELECT batch_id, CAST(sum(amount) AS bigint) FROM gift_cards GROUP BY batch_id ORDER BY batch_id",
    )
    issued = databases.stream("payments", _ENTRIES.format(kinds="?"), CARDS_ISSUED)
    for id, (batch, booked) in side_by_side(batches, issued):
        yield from _compared("gift_cards of", id, [(id, CARDS_ISSUED, total) for _, total in batch], booked)
    for movement, kind in ((ISSUED, CREDIT_ISSUED), (FORFEITED, CREDIT_FORFEITED)):
        given = databases.stream(
            "payments",
            "SELECT reference_id, abs(amount) FROM store_credit_movements WHERE kind = ? ORDER BY reference_id",
            movement,
        )
        credited = databases.stream("payments", _ENTRIES.format(kinds="?"), kind)
        for id, (gift, booked) in side_by_side(given, credited):
            due = [(id, kind, amount) for _, amount in gift]
            yield from _compared("store_credit_movements of", id, due, booked)


def forfeited_is_empty(databases: Databases) -> Iterator[Violation]:
    """Nobody can spend what the erased had."""
    for id, balance in databases.stream(
        "payments", "SELECT id, balance FROM store_credits WHERE is_forfeited AND balance <> 0"
    ):
        yield Violation(f"store_credits {id}", f"is forfeited, and has {balance}")


def _end_of(id: str, status: str, amount: int) -> tuple[str, str, int]:
    if status == REDEEMED:
        return named_id("redeemed", id), CARD_REDEEMED, amount
    return named_id("ended", id), CARD_ENDED, amount


def _compared(
    table: str, id: str, due: list[tuple[str, str, int]], booked: list[tuple[object, ...]]
) -> Iterator[Violation]:
    found = [(str(transaction_id), kind, amount) for _, transaction_id, kind, amount in booked]
    if sorted(due) != sorted(found, key=str):
        yield Violation(f"{table} {id}", f"should be booked as {due}, the ledger has {found}")


CHECKS = (
    Check(
        "I60",
        "store credit and gift cards are what the ledger owes, and each gift is booked once",
        all_of(balances_are_booked, movements_add_up, cards_are_booked, gifts_have_causes, forfeited_is_empty),
    ),
)
