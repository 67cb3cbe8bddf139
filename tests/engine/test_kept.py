"""What a worker keeps between batches can be outdated and can never decide anything outdated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest

from argosy.engine.kept import Kept
from argosy.engine.memory import MemoryStore
from argosy.engine.store import VersionConflict
from argosy.engine.work import Cause, UnitOfWork
from argosy.shared_kernel.aggregate import Aggregate
from tests.support import CountingIds, an_id

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ID = an_id("tally")


@dataclass(kw_only=True, eq=False)
class Tally(Aggregate):
    is_kept: ClassVar[bool] = True

    total: int = 0


class Watched(MemoryStore):
    """Counts what is loaded."""

    loads = 0

    def load(self, kind: Any, column: str, values: Any) -> Any:
        self.loads += 1
        return super().load(kind, column, values)


@pytest.fixture
def store() -> Watched:
    store = Watched("kept")
    work = begin(store, None)
    work.add(Tally, Tally(id=ID))
    work.keep()
    work.commit()
    return store


def begin(store: MemoryStore, kept: Kept | None) -> UnitOfWork:
    work = UnitOfWork(store, NOW, kept)
    work.begin(Cause("cause", "cause", CountingIds()))
    return work


def add(store: MemoryStore, kept: Kept | None) -> None:
    work = begin(store, kept)
    tally = work.find(Tally, ID)
    assert tally is not None
    tally.total += 1
    work.keep()
    work.commit()


def total(store: MemoryStore) -> int:
    return int(store.rows[Tally][ID].total)  # type: ignore[attr-defined]


def test_what_was_written_is_not_read_again(store: Watched) -> None:
    kept = Kept()
    add(store, kept)
    loads = store.loads
    add(store, kept)
    add(store, kept)
    assert (total(store), store.loads) == (3, loads)


def test_a_kept_copy_that_somebody_outdated_cannot_be_written_and_is_read_afresh(store: Watched) -> None:
    kept = Kept()
    add(store, kept)
    add(store, None)
    with pytest.raises(VersionConflict):
        add(store, kept)
    assert total(store) == 2
    add(store, kept)
    assert total(store) == 3


def test_what_a_failed_unit_of_work_did_to_it_is_forgotten_with_it(store: Watched) -> None:
    kept = Kept()
    add(store, kept)
    work = begin(store, kept)
    tally = work.find(Tally, ID)
    assert tally is not None
    tally.total = 100
    add(store, kept)
    assert total(store) == 2


def test_only_so_many_are_kept_and_the_oldest_goes() -> None:
    kept = Kept(limit=2)
    for name in ("one", "two", "three"):
        kept.put(Tally, [Tally(id=an_id(name))])
    assert kept.take(Tally, [an_id("one")]) == []
    assert [tally.id for tally in kept.take(Tally, [an_id("two"), an_id("three")])] == [an_id("two"), an_id("three")]
    assert kept.take(Tally, [an_id("two")]) == []
