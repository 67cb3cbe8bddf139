"""Many things asked at once, each done or refused by itself."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

from argosy.shared_kernel.errors import DomainError, Invalid, Several
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Value

T = TypeVar("T")

BULK_MAX = 200


class NothingToDo(Invalid):
    """A bulk call names from one to so many things; more are sent in several calls."""


class NamedTwice(Invalid):
    """A bulk call names each thing once."""


class BulkResult(Value):
    """What became of the thing at this place of what was sent: the id of what came of it, or all that is wrong."""

    index: int
    id: Id | None = None
    faults: tuple[dict[str, Any], ...] = ()


class BulkAnswer(Value):
    """What became of each, in the order in which they were sent."""

    done: int
    refused: int
    items: tuple[BulkResult, ...]


def each(asked: Sequence[T], name: Callable[[T], Hashable], do: Callable[[T], Id]) -> BulkAnswer:
    """Do every one that may be done; `do` refuses before it changes anything. `name` is what may come once alone."""
    if not 0 < len(asked) <= BULK_MAX:
        raise NothingToDo(field="items", count=len(asked), count_max=BULK_MAX)
    results: list[BulkResult] = []
    named: set[Hashable] = set()
    for index, one in enumerate(asked):
        try:
            if name(one) in named:
                raise NamedTwice()
            named.add(name(one))
            results.append(BulkResult(index=index, id=do(one)))
        except DomainError as refusal:
            faults = refusal.faults if isinstance(refusal, Several) else (refusal,)
            told = tuple({"code": fault.code, "detail": fault.sentence, **fault.details} for fault in faults)
            results.append(BulkResult(index=index, faults=told))
    refused = sum(1 for result in results if result.faults)
    return BulkAnswer(done=len(results) - refused, refused=refused, items=tuple(results))
