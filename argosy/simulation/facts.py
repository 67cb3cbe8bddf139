"""What people and the outside know to have happened, kept apart from every database."""

from __future__ import annotations

from dataclasses import dataclass, field

from argosy.contracts.checkout import StartCheckout


@dataclass
class Purchase:
    """A purchase as its buyer knows it: what was asked for, and every checkout id that was answered."""

    command: StartCheckout
    at: int
    answered: list[str] = field(default_factory=list)
    refused: str = ""
    is_aborted: bool = False
    """Whether somebody was told that it was aborted."""


@dataclass
class Facts:
    """`received` and `corrected` are counted by those who carry the goods, `prices` by those who set them."""

    purchases: dict[tuple[str, str], Purchase] = field(default_factory=dict)
    received: dict[str, int] = field(default_factory=dict)
    corrected: dict[str, int] = field(default_factory=dict)
    coupons: dict[str, tuple[int, int]] = field(default_factory=dict)
    prices: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    """By variant: (since when it may be asked for, the amount)."""
    answers: dict[tuple[str, str, str], str] = field(default_factory=dict)
    """By actor, route and key: what was answered."""
    forgotten: dict[str, int] = field(default_factory=dict)
    """Since when somebody wants to be forgotten."""
    requests: int = 0
    unanswered: int = 0
    carts: int = 0
