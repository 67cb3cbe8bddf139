"""What must be over by a time, while everything else goes on: looked at every few hours of a run."""

from __future__ import annotations

from argosy.domains.checkout.domain.session import CheckoutSession
from argosy.domains.inventory.domain.reservation import Reservation
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.scheduler import HOUR, MINUTE, microseconds

EVERY, POLLED = 3 * HOUR, 10 * MINUTE
GRACE = HOUR
"""Longer than any fault but those that are asked for: a database is away for minutes, a worker sleeps for minutes."""


class DeadlineOracle:
    """Whoever is late has an excuse: clocks that are off, news that a transport still holds back, parked messages."""

    def __init__(self, place: Marketplace) -> None:
        self.place = place
        self._over: set[str] = set()
        self._looked_at = 0
        self._open: dict[str, None] = {}
        """Checkouts that had not ended when they were last looked at."""

    def begin(self) -> None:
        self.place.scheduler.after(EVERY, "deadlines", self._look)

    def _look(self) -> None:
        """Whoever seems late is looked at again after a poll of everything, as workers do it all the time: no ring
        that was lost is anybody's excuse."""
        place = self.place
        if place.faults.is_over:
            return
        place.scheduler.after(EVERY, "deadlines", self._look)
        if self._late():
            place.scheduler.after(POLLED, "deadlines", self._judge)
            for worker in place.workers:
                worker.soon(worker.look_at_everything)

    def _judge(self) -> None:
        place = self.place
        if place.is_behind(GRACE):
            return
        for id, where, what in self._late():
            place.broken(id, where, what)
            self._over.add(where)

    def _late(self) -> list[tuple[str, str, str]]:
        place = self.place
        last = place.scheduler.time - GRACE - 2 * place.clocks_differ
        found = []
        sessions = place.store("checkout").rows.get(CheckoutSession, {})
        self._open.update(dict.fromkeys(list(sessions)[self._looked_at :]))
        self._looked_at = len(sessions)
        for id in list(self._open):
            session, where = sessions[id], f"checkout {id}"
            assert isinstance(session, CheckoutSession)
            if session.outcome or where in self._over:
                del self._open[id]
            elif session.deadline is not None and microseconds(session.deadline) < last:
                found.append(("I33", where, f"is still {session.status}; it had until {session.deadline}"))
        for reservation in place.store("inventory").all(Reservation):
            where = f"reservation {reservation.id}"
            until = reservation.open_until
            if until is not None and where not in self._over and microseconds(until) < last:
                found.append(("I04", where, f"is still held; it was to end by {until}"))
        return found
