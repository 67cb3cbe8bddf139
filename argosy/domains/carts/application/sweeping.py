"""Carts that nobody comes back to: guests' are forgotten, and of buyers' it is told once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from argosy.contracts.carts import FindAbandonedCarts, SweepGuestCarts
from argosy.domains.carts.application.ports import OldCarts
from argosy.domains.carts.domain.cart import Cart
from argosy.engine.reads import then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id

AT_ONCE_MAX = 200
"""How many carts one look takes up; where there are more, it looks again."""

GUEST_DAYS, ABANDONED_HOURS = "ARGOSY_GUEST_CART_DAYS", "ARGOSY_CART_ABANDONED_HOURS"


class PatienceIsWrong(Exception):
    """A setting that is no whole number of days or hours."""


@dataclass(frozen=True)
class Patience:
    """For how long a cart may lie untouched."""

    guest: timedelta = timedelta(days=30)
    buyer: timedelta = timedelta(hours=24)

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Patience:
        """As the settings say."""
        return cls(
            guest=timedelta(days=_whole(environment, GUEST_DAYS, 30, 3_650)),
            buyer=timedelta(hours=_whole(environment, ABANDONED_HOURS, 24, 8_760)),
        )


class Sweeping:
    """Each look is bounded, and is repeated until nothing is found."""

    def __init__(self, work: UnitOfWork, carts: Repository[Cart], old: OldCarts, patience: Patience) -> None:
        self.work = work
        self.carts = carts
        self.old = old
        self.patience = patience
        self._found: dict[str, Sequence[Id]] = {}

    @then_reads(carts=lambda self, command: self._guests())
    def sweep_guest_carts(self, command: SweepGuestCarts) -> None:
        """A guest's cart that was not touched for so long is gone, merged or not."""
        until = self.work.now - self.patience.guest
        for id in self._guests():
            cart = self.carts.find(id)
            if cart is not None and cart.is_guest and cart.updated_at <= until:
                self.carts.remove(cart)
        if len(self._guests()) == AT_ONCE_MAX:
            self.work.announce(command)

    @then_reads(carts=lambda self, command: self._idle())
    def find_abandoned_carts(self, command: FindAbandonedCarts) -> None:
        """Told once of each cart, until its buyer has touched it again."""
        until = self.work.now - self.patience.buyer
        for id in self._idle():
            cart = self.carts.find(id)
            if cart is not None:
                cart.abandon(until)
        if len(self._idle()) == AT_ONCE_MAX:
            self.work.announce(command)

    def _guests(self) -> Sequence[Id]:
        return self._look("guests", lambda: self.old.guests(self.work.now - self.patience.guest, AT_ONCE_MAX))

    def _idle(self) -> Sequence[Id]:
        return self._look("idle", lambda: self.old.idle(self.work.now - self.patience.buyer, AT_ONCE_MAX))

    def _look(self, name: str, look: Callable[[], Sequence[Id]]) -> Sequence[Id]:
        """Looked up once per unit of work."""
        if name not in self._found:
            self._found[name] = look()
        return self._found[name]


def _whole(environment: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = environment.get(name, "") or str(default)
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
        raise PatienceIsWrong(f"{name} is {text!r}; it is a whole number from 1 to {most}")
    return int(text)
