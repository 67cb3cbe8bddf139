"""How a use case declares what it reads, so that a batch of hundreds loads it in two rounds, seldom more.

    @reads(reservations=lambda command: [command.reservation_id])
    @then_reads(items=lambda self, command: [line.item_id for line in self.reservations.get(...).lines])
    def commit_reservation(self, command: CommitReservation) -> None: ...

A keyword names an attribute of the service that holds a repository; the value gives ids, or `by(column, value)` for
look-ups by another column. What a use case loads beyond its declaration still works, but is counted, and a benchmark
fails above zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

Wanted = Callable[..., Iterable[Any]]


class By(NamedTuple):
    """Look up by a column that never changes after the thing was made."""

    column: str
    value: Any


def by(column: str, value: Any) -> By:
    return By(column, value)


def reads(**wanted: Wanted) -> Callable[[F], F]:
    """First round: what the message alone tells. Each callable takes the message."""
    return lambda handler: _declare(handler, "__reads_first__", wanted)


def then_reads(**wanted: Wanted) -> Callable[[F], F]:
    """Second round: what the first round's aggregates tell. Each callable takes the service and the message. Written
    several times, it is a round each, from above to below; one that wants nothing asks nothing."""
    return lambda handler: _declare(handler, "__reads_then__", (wanted, *later_reads(handler)))


def first_reads(handler: Callable[..., Any]) -> Mapping[str, Wanted]:
    return getattr(handler, "__reads_first__", {})


def later_reads(handler: Callable[..., Any]) -> tuple[Mapping[str, Wanted], ...]:
    """Every round after the first."""
    return getattr(handler, "__reads_then__", ())


def _declare(handler: F, name: str, wanted: Any) -> F:
    setattr(handler, name, wanted)
    return handler
