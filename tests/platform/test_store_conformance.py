"""One suite for every store: the one in memory, SQLite, and (with ARGOSY_POSTGRES set) PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from argosy.domains.inventory.domain.reservation import Reservation, ReservedLine
from argosy.domains.inventory.domain.stock import StockItem
from argosy.engine.log import START, Position, Record, lane_of
from argosy.engine.memory import MemoryStore
from argosy.engine.store import (
    CALL,
    TIMER,
    Changes,
    Cursor,
    CursorMove,
    Due,
    IdempotencyKey,
    Parked,
    VersionConflict,
)
from tests.support import an_id

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture(params=["memory", "database"])
def store(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "memory":
        yield MemoryStore("inventory")
    else:
        yield request.getfixturevalue("marketplace").runtime.stores["inventory"]


def item(name: str = "a", on_hand: int = 5) -> StockItem:
    return StockItem(
        id=an_id(name),
        version=1,
        stock_unit_id=an_id("unit"),
        warehouse="main",
        product_id=None,
        variant_id=None,
        seller_id=None,
        on_hand=on_hand,
        reserved=0,
        allocated=0,
        updated_at=NOW,
    )


def line(name: str = "l", quantity: int = 2, status: str = "ACTIVE") -> ReservedLine:
    return ReservedLine(
        id=an_id(name), stock_item_id=an_id("a"), order_id=an_id("o"), quantity=quantity, status=status, expires_at=NOW
    )


def reservation(*lines: ReservedLine) -> Reservation:
    return Reservation(
        id=an_id("r"), version=1, flow_id=an_id("f"), status="ACTIVE", open_until=NOW, created_at=NOW, lines=list(lines)
    )


def record(name: str, wire_name: str = "inventory.StockReserved", key: str = "k") -> Record:
    return Record(
        message_id=an_id(name),
        wire_name=wire_name,
        version=1,
        key=key,
        lane=lane_of(key),
        sequence=3,
        payload='{"text":"naïve \\"quoted\\" \\\\ 100%","n":[1,null]}',
        correlation_id="corr",
        cause_id="cause",
        subject="",
        created_at=NOW,
    )


def changed(thing: Any, **state: Any) -> tuple[Any, dict[str, Any]]:
    now = thing.copy()
    now.version = thing.version + 1
    now.__dict__.update(state)
    return now, thing.state()


def test_an_aggregate_comes_back_as_it_was_written(store: Any) -> None:
    written = reservation(*sorted((line("l1"), line("l2", 7)), key=lambda line: line.id))
    store.commit(Changes(inserts={Reservation: [written], StockItem: [item()]}))
    [read] = store.load(Reservation, "id", [an_id("r")])
    assert read.same_as(written)
    assert read.lines == written.lines
    [stock] = store.load(StockItem, "stock_unit_id", [an_id("unit")])
    assert stock.same_as(item())


def test_loads_by_many_values_and_leaves_out_what_is_not_there(store: Any) -> None:
    store.commit(Changes(inserts={StockItem: [item("a"), item("b"), item("c")]}))
    found = store.load(StockItem, "id", [an_id("a"), an_id("c"), an_id("nobody")])
    assert {one.id for one in found} == {an_id("a"), an_id("c")}
    assert store.load(StockItem, "id", []) == []


def test_an_update_writes_what_changed_with_its_parts(store: Any) -> None:
    before = reservation(line("keep"), line("gone"), line("change"))
    store.commit(Changes(inserts={Reservation: [before]}))
    lines = [line("keep"), line("change", 9), line("new", 1)]
    store.commit(Changes(updates={Reservation: [changed(before, status="COMMITTED", open_until=None, lines=lines)]}))
    [read] = store.load(Reservation, "id", [an_id("r")])
    assert (read.status, read.open_until, read.version) == ("COMMITTED", None, 2)
    assert sorted(read.lines, key=str) == sorted(lines, key=str)


def test_a_stale_version_writes_nothing_at_all(store: Any) -> None:
    first, second = item("a"), item("b")
    store.commit(Changes(inserts={StockItem: [first, second]}))
    store.commit(Changes(updates={StockItem: [changed(first, reserved=1)]}))
    with pytest.raises(VersionConflict):
        store.commit(
            Changes(
                updates={StockItem: [changed(second, reserved=2), changed(first, reserved=2)]}, records=[record("m")]
            )
        )
    assert {one.id: one.reserved for one in store.load(StockItem, "id", [first.id, second.id])} == {
        first.id: 1,
        second.id: 0,
    }
    assert store.log.head() == START or store.log.head().id == 0


def test_inserting_what_is_there_is_a_conflict(store: Any) -> None:
    store.commit(Changes(inserts={StockItem: [item()]}))
    with pytest.raises(VersionConflict):
        store.commit(Changes(inserts={StockItem: [item()]}))


def test_a_deleted_aggregate_is_gone_with_its_parts(store: Any) -> None:
    kept = reservation(line())
    store.commit(Changes(inserts={Reservation: [kept]}))
    store.commit(Changes(deletes={Reservation: [kept]}))
    assert store.load(Reservation, "id", [kept.id]) == []
    store.commit(Changes(inserts={Reservation: [kept]}))


def test_the_log_is_read_in_order_and_by_type(store: Any) -> None:
    store.commit(Changes(records=[record("m1"), record("m2", "inventory.StockShort"), record("m3")]))
    store.commit(Changes(records=[record("m4")]))
    page = store.log.read(START, {"inventory.StockReserved"}, 10)
    assert [one.message_id for one in page.records] == [an_id("m1"), an_id("m3"), an_id("m4")]
    assert page.scanned_to == store.log.head()
    assert msgspec.json.decode(page.records[0].payload) == {"text": 'naïve "quoted" \\ 100%', "n": [1, None]}
    assert (page.records[0].created_at, page.records[0].sequence, page.records[0].lane) == (NOW, 3, lane_of("k"))
    positions = [one.position for one in page.records]
    assert positions == sorted(positions)


def test_a_page_that_is_full_goes_on_where_it_ended(store: Any) -> None:
    store.commit(Changes(records=[record(f"m{index}") for index in range(5)]))
    names = {"inventory.StockReserved"}
    first = store.log.read(START, names, 2)
    second = store.log.read(first.scanned_to, names, 2)
    third = store.log.read(second.scanned_to, names, 2)
    assert [one.message_id for page in (first, second, third) for one in page.records] == [
        an_id(f"m{index}") for index in range(5)
    ]
    assert store.log.read(third.scanned_to, names, 2).records == []


def test_rows_of_no_interest_are_looked_through_only_once(store: Any) -> None:
    store.commit(Changes(records=[record("m", "inventory.StockShort")]))
    page = store.log.read(START, {"inventory.StockReserved"}, 10)
    assert (page.records, page.scanned_to) == ([], store.log.head())


def test_a_cursor_moves_only_from_where_it_was(store: Any) -> None:
    at = [Position(1, 0, number) for number in range(4)]
    store.commit(Changes(cursors=[CursorMove("s", "orders", 3, START, at[1], at[1])]))
    store.commit(Changes(cursors=[CursorMove("s", "orders", 3, at[1], at[3], at[3])]))
    assert store.cursors("s") == {("orders", 3): Cursor(at[3], at[3])}
    for was in (START, at[1]):
        with pytest.raises(VersionConflict):
            store.commit(Changes(cursors=[CursorMove("s", "orders", 3, was, at[2], at[3])]))
    assert store.cursors("other") == {}


def test_parked_messages_are_kept_replaced_and_taken_out(store: Any) -> None:
    one = msgspec.structs.replace(record("m"), position=Position(1, 0, 7))
    parked = Parked("s", "orders", one, 1, NOW, "why")
    store.commit(Changes(parked=[parked]))
    assert store.parked("s") == [parked]
    again = Parked("s", "orders", one, 2, NOW + timedelta(seconds=5), "still")
    store.commit(Changes(unparked=[parked], parked=[again]))
    assert store.parked("s") == [again]
    store.commit(Changes(unparked=[again]))
    assert store.parked("s") == []


@pytest.mark.parametrize("changed", [{"tries": 2}, {"next_try": NOW + timedelta(microseconds=1)}])
def test_a_parked_message_waits_again_only_where_it_is_as_it_was_seen(store: Any, changed: dict[str, Any]) -> None:
    one = msgspec.structs.replace(record("m"), position=Position(1, 0, 7))
    parked = Parked("s", "orders", one, 1, NOW, "why")
    there = msgspec.structs.replace(parked, **changed)
    store.commit(Changes(parked=[there]))
    again = Parked("s", "orders", one, 2, NOW + timedelta(seconds=5), "still")
    with pytest.raises(VersionConflict):
        store.commit(Changes(unparked=[parked], parked=[again]))
    assert store.parked("s") == [there]
    store.commit(Changes(unparked=[parked]))
    assert store.parked("s") == [], "what went well is parked no more, whoever tried it besides"


def due(name: str, kind: str = TIMER, seconds: int = 0) -> Due:
    return Due(
        id=name,
        kind=kind,
        name="inventory.ExpireReservations",
        key="k",
        due_at=NOW + timedelta(seconds=seconds),
        payload="{}",
        correlation_id="c",
        cause_id="x",
    )


def test_due_work_comes_when_it_is_due_oldest_first(store: Any) -> None:
    store.commit(Changes(due={name: due(name, seconds=seconds) for name, seconds in (("b", 2), ("a", 1), ("c", 9))}))
    assert [one.id for one in store.due(TIMER, NOW + timedelta(seconds=5), 10)] == ["a", "b"]
    assert store.next_due() == NOW + timedelta(seconds=1)
    store.commit(Changes(due={"a": due("a", seconds=7)}, cancelled={"b"}))
    assert store.due(TIMER, NOW + timedelta(seconds=5), 10) == []


def test_a_lease_is_taken_once_and_its_token_fences(store: Any) -> None:
    store.commit(Changes(due={"a": due("a", CALL), "b": msgspec.structs.replace(due("b", CALL), key="other")}))
    seen = store.due(CALL, NOW, 10)
    until = NOW + timedelta(seconds=60)
    [first, _] = store.lease(seen, until)
    assert (first.token, first.attempts) == (1, 1)
    assert store.lease(seen, until) == []
    assert store.due(CALL, NOW, 10) == []
    [again] = [one for one in store.due(CALL, until, 10) if one.id == "a"]
    [second] = store.lease([again], until + timedelta(seconds=60))
    assert (second.token, second.attempts) == (2, 2)
    with pytest.raises(VersionConflict):
        store.commit(Changes(finished=[("a", first.token)], records=[record("late")]))
    store.commit(Changes(finished=[("a", second.token)]))
    assert store.due(CALL, until + timedelta(days=1), 10)[0].id == "b"


def test_a_timer_that_was_moved_cannot_be_ended_by_who_saw_it_before(store: Any) -> None:
    store.commit(Changes(due={"a": due("a")}))
    [seen] = store.due(TIMER, NOW, 1)
    store.commit(Changes(due={"a": due("a", seconds=9)}))
    with pytest.raises(VersionConflict):
        store.commit(Changes(finished=[(seen.id, seen.token)], records=[record("early")]))
    assert [one.id for one in store.due(TIMER, NOW + timedelta(seconds=9), 1)] == ["a"]


def test_a_call_that_is_there_is_left_alone_and_one_that_ended_is_asked_anew(store: Any) -> None:
    store.commit(Changes(due={"a": due("a", CALL)}))
    until = NOW + timedelta(seconds=60)
    [leased] = store.lease(store.due(CALL, NOW, 1), until)
    store.commit(Changes(due={"a": due("a", CALL, seconds=-5)}))
    [same] = store.due(CALL, until, 1)
    assert (same.token, same.attempts, same.due_at) == (1, 1, NOW)
    store.commit(Changes(finished=[("a", leased.token)], due={"a": due("a", CALL)}))
    [anew] = store.lease(store.due(CALL, NOW, 1), until)
    assert (anew.token, anew.attempts) == (2, 1)


def test_only_the_oldest_call_of_a_key_is_due_whoever_holds_it(store: Any) -> None:
    rows = [msgspec.structs.replace(due(name, CALL, seconds), key=name[0]) for seconds, name in enumerate(("a1", "a2"))]
    rows += [msgspec.structs.replace(due("b1", CALL, 2), key="b")]
    store.commit(Changes(due={row.id: row for row in rows}))
    later = NOW + timedelta(seconds=10)
    found = store.due(CALL, later, 10)
    assert [one.id for one in found] == ["a1", "b1"]
    [first] = store.lease(found[:1], later + timedelta(seconds=60))
    assert [one.id for one in store.due(CALL, later, 10)] == ["b1"]
    store.release(first, later + timedelta(seconds=5))
    assert [one.id for one in store.due(CALL, later, 10)] == ["b1"]
    assert [one.id for one in store.due(CALL, later + timedelta(seconds=5), 10)] == ["a1", "b1"]


def taken(name: str, key: str) -> Due:
    """A call as whoever asks for it takes it in the same commit."""
    return msgspec.structs.replace(
        due(name, CALL), key=key, token=1, attempts=1, lease_until=NOW + timedelta(seconds=60)
    )


def test_a_call_is_leased_by_the_commit_that_asks_for_it_unless_another_of_its_key_is_there(store: Any) -> None:
    store.commit(Changes(due={"a1": msgspec.structs.replace(due("a1", CALL), key="a")}))
    changes = Changes(due={one.id: one for one in (taken("a2", "a"), taken("b1", "b"), taken("c1", "c"))})
    store.commit(changes)
    assert changes.begun == {"b1", "c1"}
    assert [one.id for one in store.due(CALL, NOW, 10)] == ["a1"]
    store.commit(Changes(finished=[("a1", 0), ("b1", 1)]))
    [waits] = store.due(CALL, NOW, 10)
    assert (waits.id, waits.attempts, waits.lease_until) == ("a2", 0, None)
    assert [one.id for one in store.due(CALL, NOW + timedelta(seconds=61), 10)] == ["a2", "c1"]


def test_a_call_that_is_there_is_not_taken_by_asking_for_it_again(store: Any) -> None:
    store.commit(Changes(due={"a": due("a", CALL)}))
    changes = Changes(due={"a": taken("a", due("a").key)})
    store.commit(changes)
    assert changes.begun == frozenset()
    [same] = store.due(CALL, NOW, 1)
    assert (same.token, same.attempts, same.lease_until) == (0, 0, None)


def test_an_aggregate_may_be_replaced_by_another_of_its_id_in_one_commit(store: Any) -> None:
    old = item("a", 5)
    store.commit(Changes(inserts={StockItem: [old]}))
    store.commit(Changes(deletes={StockItem: [old]}, inserts={StockItem: [item("a", 7)]}))
    assert [one.on_hand for one in store.load(StockItem, "id", [old.id])] == [7]


def test_a_released_call_is_due_again_at_its_time(store: Any) -> None:
    store.commit(Changes(due={"a": due("a", CALL)}))
    [leased] = store.lease(store.due(CALL, NOW, 1), NOW + timedelta(seconds=60))
    store.release(leased, NOW + timedelta(seconds=3))
    assert store.due(CALL, NOW, 1) == []
    assert [one.attempts for one in store.due(CALL, NOW + timedelta(seconds=3), 1)] == [1]


def test_a_key_has_one_answer(store: Any) -> None:
    key = IdempotencyKey("me", "POST carts", "k", "print", 201, '{"a":"é"}', NOW)
    store.commit(Changes(idempotency_key=key))
    assert store.answer("me", "POST carts", "k") == key
    assert store.answer("you", "POST carts", "k") is None
    with pytest.raises(VersionConflict):
        store.commit(Changes(idempotency_key=msgspec.structs.replace(key, answer="{}"), records=[record("m")]))
    assert store.log.read(START, {"inventory.StockReserved"}, 1).records == []


def test_a_lease_has_one_holder_until_it_runs_out(store: Any) -> None:
    until = NOW + timedelta(seconds=10)
    first = store.take_lease("orders", "a", NOW, until)
    assert first is not None
    assert store.take_lease("orders", "b", NOW, until) is None
    assert store.keep_lease(first, until + timedelta(seconds=10))
    assert store.take_lease("orders", "b", until, until) is None
    second = store.take_lease("orders", "b", until + timedelta(seconds=11), until + timedelta(seconds=20))
    assert second is not None
    assert second.token > first.token
    assert not store.keep_lease(first, until + timedelta(days=1))


def test_a_write_under_an_outdated_lease_is_refused(store: Any) -> None:
    first = store.take_lease("orders", "a", NOW, NOW)
    store.commit(Changes(inserts={StockItem: [item("a")]}, fence=first))
    second = store.take_lease("orders", "b", NOW + timedelta(seconds=1), NOW + timedelta(seconds=9))
    with pytest.raises(VersionConflict):
        store.commit(Changes(inserts={StockItem: [item("b")]}, fence=first))
    assert store.load(StockItem, "id", [an_id("b")]) == []
    store.commit(Changes(inserts={StockItem: [item("b")]}, fence=second))


def test_what_was_only_looked_at_in_memory_must_still_be_so(store: Any) -> None:
    seen = item("a")
    store.commit(Changes(inserts={StockItem: [seen]}))
    store.commit(Changes(verified={StockItem: [seen]}, records=[record("m1")]))
    store.commit(Changes(updates={StockItem: [changed(seen, reserved=1)]}))
    with pytest.raises(VersionConflict):
        store.commit(Changes(verified={StockItem: [seen]}, records=[record("m2")]))
    assert [one.message_id for one in store.log.read(START, {"inventory.StockReserved"}, 10).records] == [an_id("m1")]
