"""People who step in, and the trace that they leave."""

from __future__ import annotations

from dataclasses import dataclass

from argosy.engine.work import Actor
from argosy.shared_kernel.messages import OperatorActed

REASON_LETTERS_MAX = 500


class NoReason(ValueError):
    """Whoever steps in says who they are and why."""


@dataclass(frozen=True)
class Operator:
    """Somebody at a terminal of this marketplace, with a reason to step in."""

    name: str
    reason: str

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.reason.strip() or len(self.reason) > REASON_LETTERS_MAX:
            raise NoReason(f"say who you are and why, in at most {REASON_LETTERS_MAX} letters")

    @property
    def actor(self) -> Actor:
        return Actor(id=f"operator:{self.name}", roles=frozenset({"system"}))

    def acted(self, about: str, what: str, **details: str) -> OperatorActed:
        """What the log says of it."""
        return OperatorActed(about=about, what=what, operator=self.name, reason=self.reason, details=details)
