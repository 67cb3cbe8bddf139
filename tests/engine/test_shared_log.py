"""Consumers that share one reading of a log see what each would have seen alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from argosy.engine.log import START, Page, Position, Record
from argosy.engine.memory import MemoryLog
from argosy.engine.shared_log import RECORD_BYTES, SharedLog


class CountedLog(MemoryLog):
    def __init__(self) -> None:
        super().__init__()
        self.given = 0

    def read(self, after: Position, wire_names: object, limit: int) -> Page:
        page = super().read(after, wire_names, limit)  # type: ignore[arg-type]
        self.given += len(page.records)
        return page


def tell(log: MemoryLog, name: str) -> None:
    log.append(
        Record(
            message_id=str(len(log.records)),
            wire_name=name,
            version=1,
            key="k",
            lane=0,
            sequence=0,
            payload="{}",
            correlation_id="",
            cause_id="",
            subject="",
            created_at=None,
        )
    )  # type: ignore[arg-type]


@given(
    st.lists(
        st.one_of(st.sampled_from(["tell a", "tell b", "tell c"]), st.tuples(st.integers(0, 2), st.integers(1, 4))),
        max_size=60,
    )
)
def test_every_reader_gets_its_own_records_once_and_in_order(script: list[object]) -> None:
    log = MemoryLog()
    shared = SharedLog(log, {"a", "b"}, limit=3 * (RECORD_BYTES + 2))
    interests = [frozenset({"a"}), frozenset({"b"}), frozenset({"a", "b"})]
    cursors, seen = [START] * 3, [[], [], []]  # type: ignore[var-annotated]

    def read(reader: int, limit: int) -> int:
        page = shared.read(cursors[reader], interests[reader], limit)
        assert len(page.records) <= limit
        cursors[reader] = page.scanned_to
        seen[reader] += [record.message_id for record in page.records]
        return len(page.records)

    for step in script:
        if isinstance(step, str):
            tell(log, step[-1])
        else:
            read(*step)  # type: ignore[misc]
    for reader in range(3):
        while read(reader, 2):
            pass
        assert seen[reader] == [record.message_id for record in log.records if record.wire_name in interests[reader]]


def test_what_one_reader_has_read_the_next_need_not_read_again() -> None:
    log = CountedLog()
    for _ in range(10):
        tell(log, "a")
    shared = SharedLog(log, {"a"})
    for _ in range(5):
        assert len(shared.read(START, {"a"}, 100).records) == 10
    assert log.given == 10


def test_a_reader_that_starts_far_ahead_does_not_read_what_lies_behind() -> None:
    log = CountedLog()
    for _ in range(10):
        tell(log, "a")
    shared = SharedLog(log, {"a"})
    assert [record.message_id for record in shared.read(Position(1, 0, 8), {"a"}, 100).records] == ["8", "9"]
    assert log.given == 2


def test_an_empty_page_means_that_nothing_is_there_however_much_of_others_lies_before_it() -> None:
    log = MemoryLog()
    for _ in range(100):
        tell(log, "b")
    tell(log, "a")
    shared = SharedLog(log, {"a", "b"}, limit=3 * (RECORD_BYTES + 2))
    assert shared.read(START, {"b"}, 1).records
    assert [record.message_id for record in shared.read(START, {"a"}, 2).records] == ["100"]
    shared = SharedLog(log, {"a", "b"}, is_rung=True)
    assert [record.message_id for record in shared.read(START, {"a"}, 2).records] == ["100"]


def test_what_this_process_has_told_itself_is_served_without_reading() -> None:
    log = CountedLog()
    tell(log, "a")
    shared = SharedLog(log, {"a"}, is_rung=True)
    assert len(shared.read(START, {"a"}, 10).records) == 1
    tell(log, "a")
    shared.told(log.records[-1:])
    page = shared.read(Position(1, 0, 1), {"a"}, 10)
    assert [record.message_id for record in page.records] == ["1"]
    assert (log.given, page.scanned_to) == (1, Position(1, 0, 2))


def test_what_others_told_in_between_is_read_from_the_log() -> None:
    log = CountedLog()
    tell(log, "a")
    shared = SharedLog(log, {"a"}, is_rung=True)
    shared.read(START, {"a"}, 10)
    tell(log, "a")
    tell(log, "a")
    shared.told(log.records[-1:])
    assert [record.message_id for record in shared.read(Position(1, 0, 1), {"a"}, 10).records] == ["1", "2"]


def test_a_log_that_is_rung_for_is_looked_at_only_after_a_ring() -> None:
    log = CountedLog()
    shared = SharedLog(log, {"a"}, is_rung=True)
    assert not shared.read(START, {"a"}, 10).records
    tell(log, "a")
    assert not shared.read(START, {"a"}, 10).records
    shared.news()
    assert len(shared.read(START, {"a"}, 10).records) == 1
