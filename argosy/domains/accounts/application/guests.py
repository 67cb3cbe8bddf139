"""Who has bought without an account."""

from __future__ import annotations

from argosy.contracts.accounts import KeepGuest
from argosy.domains.accounts.domain.guest import Guest
from argosy.domains.accounts.domain.user import normalised_email
from argosy.engine.reads import reads
from argosy.engine.work import Repository, UnitOfWork


class Guests:
    """Keeps where guests are reached: checkout has what they gave, and forgets it."""

    def __init__(self, work: UnitOfWork, guests: Repository[Guest]) -> None:
        self.work = work
        self.guests = guests

    @reads(guests=lambda command: [command.guest_id])
    def keep_guest(self, command: KeepGuest) -> None:
        email, guest = normalised_email(command.email), self.guests.find(command.guest_id)
        if guest is None:
            guest = Guest.new(command.guest_id, self.work.now)
            self.guests.add(guest)
        guest.reach_at(email, self.work.now)
