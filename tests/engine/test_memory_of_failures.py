"""What failed leaves nothing behind: a process that refuses and fails all day does not grow."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Sequence
from typing import Any

import pytest

from argosy.engine.memory import MemoryStore
from argosy.engine.outside import Outside
from argosy.engine.participant import Participant, handlers_of
from argosy.engine.work import SYSTEM, UnitOfWork
from tests.engine.counters import Count, Counter, Counting, TooMuch
from tests.support import CountingIds, FakeClock, an_id


@pytest.mark.parametrize(("by", "failure"), [(101, TooMuch), (13, ZeroDivisionError)])
def test_the_unit_of_work_of_what_was_refused_or_failed_is_freed(by: int, failure: type[Exception]) -> None:
    made: list[weakref.ref[UnitOfWork]] = []

    def build(work: UnitOfWork) -> Sequence[Any]:
        made.append(weakref.ref(work))
        return (Counting(work, work.repository(Counter)),)

    participant = Participant("counters", handlers_of((Counting,)), build)
    outside = Outside(participant, MemoryStore("counters"), FakeClock(), CountingIds())
    with pytest.raises(failure):
        outside.run(Count(flow_id=an_id("f"), counter_id=an_id("a"), by=by), SYSTEM)
    gc.collect()
    assert made and not [work for one in made if (work := one()) is not None]
