"""The base of everything that has rules and a life: loaded whole, changed by its own methods, written whole.

Aggregates are keyword dataclasses. A field maps to the row column of the same name; child collections are lists of
frozen values that carry an `id`. Nested values are replaced, never changed in place: a copy of an aggregate copies its
lists and dictionaries one level deep.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, ClassVar, Self, get_origin, get_type_hints

from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Event


@dataclass(kw_only=True, eq=False)
class Aggregate:
    """`version` counts writes (0: never written) and is compared on write; `sequence` counts events told so far.

    A kind that `is_kept` may be served to a use case from the worker's memory: good for aggregates that one flow reads
    and writes many times in a row. Its version is compared on commit whether it was changed or not.
    """

    is_kept: ClassVar[bool] = False

    id: Id
    version: int = 0
    sequence: int = 0

    def record(self, event: Event) -> None:
        """Tell a fact about this aggregate: it leaves with the state, or not at all."""
        self.__dict__.setdefault("_news", []).append(event)

    def take_news(self) -> Sequence[Event]:
        """The events recorded since the last call."""
        news: Sequence[Event] = self.__dict__.pop("_news", ())
        return news

    def state(self) -> dict[str, Any]:
        """What it holds now, by field: stays as it is when this one changes. Between messages; news are no part."""
        state = self.__dict__.copy()
        for name in _collections(type(self)):  # type: ignore[arg-type]
            state[name] = state[name].copy()
        return state

    def copy(self) -> Self:
        """An equal aggregate that does not change with this one; recorded news stay behind."""
        twin = object.__new__(type(self))
        state = self.state()
        state.pop("_news", None)
        twin.__dict__ = state
        return twin

    def same_as(self, other: Aggregate) -> bool:
        """Whether both would be written as the same rows."""
        return self.copy().__dict__ == other.copy().__dict__

    def restore(self, earlier: dict[str, Any]) -> None:
        """Become what `earlier` holds, news dropped."""
        state = self.__dict__
        state.clear()
        state.update(earlier)
        for name in _collections(type(self)):  # type: ignore[arg-type]
            state[name] = state[name].copy()


@cache
def _collections(kind: type[Any]) -> tuple[str, ...]:
    hints = get_type_hints(kind)
    return tuple(field.name for field in fields(kind) if get_origin(hints[field.name]) in (list, dict, set))
