"""Violations written past every rule: onto copies of tables that have neither constraints nor triggers."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django.conf import settings

from argosy.apps.doctor.examination import CHECKS, Examination, Finding
from argosy.domains.payments.adapters.outbound.gateways.registry import book_path
from argosy.domains.payments.domain.ledger import GENESIS, entry_hash
from argosy.shared_kernel.ids import named_id
from tests.marketplace import Marketplace

_unguarded: list[tuple[str, str]] = []


@dataclass
class LaterClock:
    """Tells the time of some while from now."""

    seconds: float

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.seconds)


def examined(place: Marketplace, *, later: float = 0) -> dict[str, Finding]:
    """What each check finds at its first look."""
    found = Examination(place.runtime, look_again_seconds=(), clock=LaterClock(later)).run(CHECKS)
    return {finding.check.id: finding for finding in found}


def violated(place: Marketplace, *, later: float = 0) -> dict[str, list[str]]:
    """The rows that each check reports, of checks that report any."""
    return {
        id: [f"{violation.row}: {violation.what}" for violation in finding.violations]
        for id, finding in examined(place, later=later).items()
        if not finding.is_sound
    }


def write(place: Marketplace, label: str, table: str, sql: str, *parameters: Any) -> None:
    """One statement against a table that nothing guards any more."""
    dialect = place.runtime.stores[label].dialect if label in place.runtime.stores else _search()
    if (label, table) not in _unguarded:
        _unguarded.append((label, table))
        dialect.query(f"ALTER TABLE {table} RENAME TO {table}_guarded")
        dialect.query(f"CREATE TABLE {table} AS SELECT * FROM {table}_guarded")
    dialect.query(sql, parameters)


def restore(place: Marketplace) -> None:
    """The guarded tables are back, for the tests that follow on the same server; SQLite's files are thrown away."""
    if settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        for label, table in _unguarded:
            dialect = place.runtime.stores[label].dialect if label in place.runtime.stores else _search()
            dialect.query(f"DROP TABLE {table}")
            dialect.query(f"ALTER TABLE {table}_guarded RENAME TO {table}")
    _unguarded.clear()


def write_in_gateways_book(sql: str, *parameters: Any) -> None:
    book = sqlite3.connect(book_path(), isolation_level=None)
    book.execute(sql, parameters)
    book.close()


def chain_again(place: Marketplace) -> None:
    """As somebody would who rewrites the books and knows how the chain is made."""
    columns = "transaction_id, kind, account, debit, credit, currency, reference_id, created_at, position, id"
    dialect = place.runtime.stores["payments"].dialect
    previous, position = GENESIS, 0
    for row in place.rows("payments", f"SELECT {columns} FROM ledgers ORDER BY position"):
        position += 1
        entry: Any = SimpleNamespace(**dict(zip(columns.split(", "), row, strict=True)), previous_hash=previous)
        entry.created_at, entry.position = dialect.to_instant(entry.created_at), position
        digest = entry_hash(entry)
        write(
            place,
            "payments",
            "ledgers",
            "UPDATE ledgers SET position = ?, previous_hash = ?, hash = ? WHERE id = ?",
            position,
            previous,
            digest,
            entry.id,
        )
        previous = digest
    write(place, "payments", "ledger_heads", "UPDATE ledger_heads SET position = ?, last_hash = ?", position, previous)


def book(place: Marketplace, transaction_id: str, payment_id: str, postings: dict[str, int]) -> None:
    """Append a balanced transaction on new accounts, with chain and balances as they should be."""
    [(position, now)] = place.rows("payments", "SELECT max(position), max(created_at) FROM ledgers")
    for index, (account, amount) in enumerate(postings.items(), 1):
        write(
            place,
            "payments",
            "ledgers",
            "INSERT INTO ledgers (id, ledger_id, position, transaction_id, kind, account, debit, credit, currency, "
            "reference_id, created_at, previous_hash, hash) VALUES (?, ?, ?, ?, 'refund', ?, ?, ?, 'BRL', ?, ?, '', "
            "'')",
            named_id("planted", account),
            named_id("ledger"),
            position + index,
            transaction_id,
            account,
            max(amount, 0),
            max(-amount, 0),
            payment_id,
            now,
        )
        is_debit = account.startswith("refunds")
        write(
            place,
            "payments",
            "ledger_accounts",
            "INSERT INTO ledger_accounts (id, version, sequence, name, currency, normal_side, may_be_negative, "
            "balance) VALUES (?, 1, 0, ?, 'BRL', ?, ?, ?)",
            named_id("planted", account),
            account,
            "debit" if is_debit else "credit",
            True,
            amount if is_debit else -amount,
        )
    chain_again(place)


def _search() -> Any:
    from argosy.read_models.slots import search

    return search()
