"""Everything that can be asked about whether a seller may sell."""

from __future__ import annotations

from collections.abc import Iterable

from argosy.contracts.accounts import (
    ApproveSeller,
    EndHoliday,
    ExpireHoliday,
    ReinstateSeller,
    RejectSeller,
    StartHoliday,
    SuspendSeller,
)
from argosy.domains.accounts.application.sessions import forget_session
from argosy.domains.accounts.domain.seller_store import NoSuchSeller, Store, checked_reason
from argosy.domains.accounts.domain.session import Session
from argosy.domains.accounts.domain.user import SELLER, User
from argosy.engine.reads import by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id, is_id

HOLIDAY_TIMER = "holiday"


class Sellers:
    """Lets sellers sell, stops them, and sends them on holiday."""

    def __init__(
        self, work: UnitOfWork, users: Repository[User], stores: Repository[Store], sessions: Repository[Session]
    ) -> None:
        self.work = work
        self.users = users
        self.stores = stores
        self.sessions = sessions

    @reads(stores=lambda command: [command.seller_id])
    @then_reads(users=lambda self, command: self._owners(command.seller_id))
    def approve_seller(self, command: ApproveSeller) -> None:
        """May sell from now on."""
        store = self._for_staff(command.seller_id)
        store.approve(self.work.now)
        self.users.get(store.user_id).grant(SELLER, self.work.now)

    @reads(stores=lambda command: [command.seller_id])
    def reject_seller(self, command: RejectSeller) -> None:
        self._for_staff(command.seller_id).reject(checked_reason(command.reason))

    @reads(stores=lambda command: [command.seller_id])
    @then_reads(
        sessions=lambda self, command: [by("user_id", owner) for owner in self._owners(command.seller_id)],
    )
    def suspend_seller(self, command: SuspendSeller) -> None:
        """All sessions of the seller are over; signed in again, they are no seller."""
        store = self._for_staff(command.seller_id)
        store.suspend(checked_reason(command.reason))
        for session in self.sessions.all_by("user_id", store.user_id):
            forget_session(self.work, self.sessions, session)

    @reads(stores=lambda command: [command.seller_id])
    def reinstate_seller(self, command: ReinstateSeller) -> None:
        checked_reason(command.reason, least=0)
        self._for_staff(command.seller_id).reinstate()

    @then_reads(stores=lambda self, command: filter(is_id, [self.work.actor.seller_id]))
    def start_holiday(self, command: StartHoliday) -> None:
        """Ends by itself where a time is given."""
        store = self._own()
        store.start_holiday(command.until, self.work.now)
        if command.until is None:
            self.work.never_mind(HOLIDAY_TIMER, store.id)
        else:
            self.work.later(HOLIDAY_TIMER, store.id, command.until, ExpireHoliday(seller_id=store.id))

    @then_reads(stores=lambda self, command: filter(is_id, [self.work.actor.seller_id]))
    def end_holiday(self, command: EndHoliday) -> None:
        store = self._own()
        store.end_holiday()
        self.work.never_mind(HOLIDAY_TIMER, store.id)

    @reads(stores=lambda command: [command.seller_id])
    def expire_holiday(self, command: ExpireHoliday) -> None:
        """Ends a holiday whose time has come, and none other; by the clock of whoever told it, for the timer comes
        once."""
        store = self.stores.find(command.seller_id)
        if store is not None and store.holiday_until is not None and self.work.told_at >= store.holiday_until:
            store.end_holiday()

    def _for_staff(self, seller_id: Id) -> Store:
        """A seller whom the one who asks may decide about; whoever is not staff is told of none."""
        actor = self.work.actor
        store = self.stores.find(seller_id) if actor.has("staff") or actor.has("system") else None
        if store is None:
            raise NoSuchSeller(seller_id=seller_id)
        return store

    def _own(self) -> Store:
        seller_id = self.work.actor.seller_id
        store = self.stores.find(seller_id) if is_id(seller_id) else None
        if store is None:
            raise NoSuchSeller(seller_id=seller_id)
        return store

    def _owners(self, seller_id: Id) -> Iterable[Id]:
        store = self.stores.find(seller_id)
        return [store.user_id] if store is not None else []
