"""Bookkeeping: one ledger and its accounts, as the use cases of payments book on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from argosy.domains.payments.domain.ledger import (
    LEDGER_ID,
    Ledger,
    LedgerAccount,
    Transaction,
    account_id,
)
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id


class Books:
    """Books transactions: the chain's head and the balances are loaded and written once per unit of work."""

    def __init__(self, work: UnitOfWork, ledgers: Repository[Ledger], accounts: Repository[LedgerAccount]) -> None:
        self.work = work
        self.ledgers = ledgers
        self.accounts = accounts

    def book(self, transaction: Transaction) -> None:
        """Append a transaction that balances; accounts are opened as they are first used."""
        ledger = self.ledgers.find(LEDGER_ID)
        if ledger is None:
            ledger = Ledger(id=LEDGER_ID)
            self.ledgers.add(ledger)
        currency = transaction.currency
        accounts = {name: self._account(name, currency) for name in transaction.postings}
        ledger.book(transaction, accounts, self.work.now, self.work.new_id)

    def balances(self, names: Iterable[str], currency: str) -> dict[str, int]:
        """What the accounts hold on their normal sides; nothing where there is no account."""
        found = {name: self.accounts.find(account_id(name, currency)) for name in names}
        return {name: account.balance if account else 0 for name, account in found.items()}

    def _account(self, name: str, currency: str) -> LedgerAccount:
        account = self.accounts.find(account_id(name, currency))
        if account is None:
            account = LedgerAccount.open(name, currency)
            self.accounts.add(account)
        return account


def account_ids(postings: Mapping[str, int], currency: str) -> list[Id]:
    """Ids of the accounts that postings move."""
    return [account_id(name, currency) for name in postings]
