"""What an oracle reports."""

from __future__ import annotations

from typing import NamedTuple


class Violation(NamedTuple):
    """An invariant that does not hold, and where."""

    id: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.id} {self.where}: {self.what}"
