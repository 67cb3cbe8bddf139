"""When many buy at once, and who else comes then."""

from __future__ import annotations

from typing import Protocol

from argosy.simulation.shop import Goods


class Rush:
    """A moment when many buy at once, and what they all want."""

    def __init__(self, number: int, at: int, spread: int, wanted: Goods | None, coupon: str) -> None:
        self.number = number
        self.at = at
        self.spread = spread
        self.wanted = wanted
        self.coupon = coupon


class Attendant(Protocol):
    """Somebody who does something in rushes beside buyers, sellers and the operator."""

    def open(self) -> None:
        """Before anything can go wrong."""
        ...

    def attend(self, rush: Rush) -> None:
        """Plan what to do around a rush."""
        ...
