"""Accounts on a stage: the real services, passwords that are quick, and chance that can be foretold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from argosy.contracts.accounts import RegisterUser
from argosy.domains.accounts.application.accounts import Accounts
from argosy.domains.accounts.application.erasures import Erasures
from argosy.domains.accounts.application.sessions import Sessions
from argosy.domains.accounts.domain.seller_store import Store
from argosy.domains.accounts.domain.session import Session
from argosy.domains.accounts.domain.user import User
from argosy.engine.work import Actor, UnitOfWork
from argosy.shared_kernel.ids import Id
from tests.support import Stage


class PlainPasswords:
    """Remembers what was verified, so that a test can count."""

    dummy = "plain$nobody"

    def __init__(self) -> None:
        self.verified: list[tuple[str, str]] = []

    def hash(self, password: str) -> str:
        return f"plain${password}"

    def verify(self, encoded: str, password: str) -> bool:
        self.verified.append((encoded, password))
        return encoded == f"plain${password}"

    def understands(self, encoded: str) -> bool:
        return encoded.startswith("plain$")


class CountedChance:
    """Bytes 1, 1, 1 ..., then 2, 2, 2 ..."""

    def __init__(self) -> None:
        self.count = 0

    def random_bytes(self, count: int) -> bytes:
        self.count += 1
        return bytes([self.count]) * count


class AccountsStage(Stage):
    """`passwords` counts what is verified."""

    def __init__(self) -> None:
        self.passwords = PlainPasswords()
        self.chance = CountedChance()
        super().__init__(
            (Accounts, Sessions, Erasures),
            self._build,
            unique=((User, ("email",)), (Store, ("user_id",)), (Session, ("token_hash",))),
        )

    def _build(self, work: UnitOfWork) -> Sequence[Any]:
        users, sessions = work.repository(User), work.repository(Session)
        return (
            Accounts(work, users, work.repository(Store), self.passwords),
            Sessions(work, users, sessions, self.passwords, self.chance),
            Erasures(work, users, sessions),
        )

    def register(self, email: str = "ana@example.com", password: str = "correct horse", **more: Any) -> Id:
        """An account opened by the system; its id."""
        self.send(RegisterUser(email=email, password=password, **more))
        return Id(self.result)


def signed_in(user_id: str, *roles: str, session_id: str = "") -> Actor:
    return Actor(id=user_id, roles=frozenset(roles or ("buyer",)), session_id=session_id)
