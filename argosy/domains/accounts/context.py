"""Accounts: who somebody is, what they may act as, and under which store they sell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from argosy.domains.accounts.adapters.outbound.gateways.argon2_passwords import Argon2Passwords
from argosy.domains.accounts.adapters.outbound.gateways.randomness import SystemRandomness
from argosy.domains.accounts.application.accounts import Accounts, Passwords
from argosy.domains.accounts.application.erasures import Erasures
from argosy.domains.accounts.application.sessions import Randomness, Sessions
from argosy.domains.accounts.domain.seller_store import Store
from argosy.domains.accounts.domain.session import Session
from argosy.domains.accounts.domain.user import User
from argosy.engine.work import UnitOfWork
from argosy.platform.context import Context
from argosy.platform.rows import Rows


class AccountsContext(Context):
    """`passwords` and `randomness` are where it meets the outside; the simulator puts its own in their place."""

    name = "argosy.domains.accounts.adapters.outbound"
    label = "accounts"
    database = "accounts_db"
    criticality = "high"
    services = (Accounts, Sessions, Erasures)
    hears = ("accounts",)
    passwords: Passwords = Argon2Passwords()
    randomness: Randomness = SystemRandomness()

    def build(self, work: UnitOfWork) -> Sequence[Any]:
        users, sessions = work.repository(User), work.repository(Session)
        return (
            Accounts(work, users, work.repository(Store), self.passwords),
            Sessions(work, users, sessions, self.passwords, self.randomness),
            Erasures(work, users, sessions),
        )

    def rows(self) -> Sequence[Rows]:
        from argosy.domains.accounts.adapters.outbound.repositories import ROWS

        return ROWS
