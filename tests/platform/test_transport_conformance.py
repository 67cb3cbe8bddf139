"""One suite for every log, wherever it is read: in memory, in a context's database, or carried by a broker.

A transport for another broker is one more `Place` here: whatever passes may stand behind the engine.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from typing import Protocol

import msgspec
import pytest

from argosy.engine.log import START, Log, Page, Position, Record, lane_of
from argosy.engine.memory import MemoryLog
from argosy.engine.store import Changes
from argosy.platform.kafka.outbox import SqlOutbox
from tests.marketplace import Marketplace
from tests.needed_services import demand
from tests.platform.carried import Carried, until
from tests.platform.test_store_conformance import record
from tests.support import an_id

HIDDEN_SECONDS = 10.0
HEARD, OTHER = "inventory.StockReserved", "inventory.Unheard"
NAMES = {HEARD}


class Place(Protocol):
    """A log, what is told in it, and a reader that begins afresh."""

    log: Log

    def tell(self, *records: Record) -> None:
        """In one transaction; returns when a reader may see it."""
        ...

    def reopened(self) -> Log:
        """The same log in another process."""
        ...


class InMemory:
    def __init__(self) -> None:
        self.log = MemoryLog()

    def tell(self, *records: Record) -> None:
        for one in records:
            self.log.append(one)

    def reopened(self) -> Log:
        return self.log


class Patient:
    """A log of PostgreSQL while others work on its server: a transaction of theirs that ends under a look hides what is
    told for that look, and the next one may see it."""

    def __init__(self, log: Log) -> None:
        self.log = log

    def read(self, after: Position, wire_names: Collection[str], limit: int) -> Page:
        until(lambda: self._look(after, wire_names, limit).is_whole, HIDDEN_SECONDS)
        return self.last

    def head(self) -> Position:
        end = self.read(START, (), 1).scanned_to
        until(lambda: self.log.head() >= end, HIDDEN_SECONDS)
        return max(self.log.head(), end)

    def _look(self, after: Position, wire_names: Collection[str], limit: int) -> Page:
        self.last = self.log.read(after, wire_names, limit)
        return self.last


class InDatabase:
    def __init__(self, marketplace: Marketplace) -> None:
        self.store = marketplace.runtime.stores["inventory"]
        self.log = Patient(self.store.log)

    def tell(self, *records: Record) -> None:
        self.store.commit(Changes(records=list(records)))

    def reopened(self) -> Log:
        return self.log


class OverKafka:
    def __init__(self, marketplace: Marketplace, address: str) -> None:
        self.store = marketplace.runtime.stores["inventory"]
        self.carried = Carried(address, SqlOutbox(self.store.log))
        self.log = self.carried.log
        self.others: list[Callable[[], None]] = []
        self.carried.settle()

    def tell(self, *records: Record) -> None:
        self.store.commit(Changes(records=list(records)))
        self.carried.settle()

    def reopened(self) -> Log:
        log, tail = self.carried.open_log()
        self.others += [tail.stop, log.close]
        self.carried.wait_for(log, self.carried.outbox.head())
        return log

    def close(self) -> None:
        for close in self.others:
            close()
        self.carried.close()


@pytest.fixture(params=["memory", "database", pytest.param("kafka", marks=pytest.mark.kafka)])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    if request.param == "memory":
        yield InMemory()
    elif request.param == "database":
        yield InDatabase(request.getfixturevalue("marketplace"))
    else:
        over = OverKafka(request.getfixturevalue("marketplace"), demand("kafka"))
        yield over
        over.close()


def told(count: int, *, wire_name: str = HEARD, key: str = "", first: int = 0) -> list[Record]:
    return [record(f"m{number}", wire_name, key or f"k{number}") for number in range(first, first + count)]


def ids(records: list[Record]) -> list[str]:
    return [one.message_id for one in records]


def names_of(count: int, first: int = 0) -> list[str]:
    return [an_id(f"m{number}") for number in range(first, first + count)]


def read_all(log: Log, after: Position = START, limit: int = 3) -> list[Record]:
    found: list[Record] = []
    while (page := log.read(after, NAMES, limit)).records:
        found += page.records
        after = page.scanned_to
    return found


def test_nothing_was_told_yet(place: Place) -> None:
    page = place.log.read(START, NAMES, 10)
    assert (page.records, page.is_whole) == ([], True)
    assert place.log.read(place.log.head(), NAMES, 10) == ([], place.log.head(), True)


def test_a_record_arrives_as_it_was_told(place: Place) -> None:
    one = record("m0")
    one.subject = "ação"
    one.key, one.lane = "clé", lane_of("clé")
    place.tell(one)
    [found] = place.log.read(START, NAMES, 10).records
    assert json.loads(found.payload) == json.loads(one.payload)
    assert found.position > START
    assert found.message is None
    alike = msgspec.structs.replace(found, position=one.position, payload=one.payload)
    assert alike == msgspec.structs.replace(one, message=None)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
def test_pages_leave_nothing_out_and_keep_the_order(place: Place, limit: int) -> None:
    for first in range(0, 20, 5):
        place.tell(*told(5, first=first))
    found = read_all(place.log, limit=limit)
    assert ids(found) == names_of(20)
    assert [one.position for one in found] == sorted({one.position for one in found})


def test_a_full_page_ends_with_its_last_record(place: Place) -> None:
    place.tell(*told(4))
    page = place.log.read(START, NAMES, 2)
    assert page.scanned_to == page.records[-1].position
    assert ids(place.log.read(page.scanned_to, NAMES, 10).records) == names_of(2, first=2)


def test_other_types_are_passed_over_and_not_looked_through_again(place: Place) -> None:
    place.tell(*told(3, wire_name=OTHER), *told(1, first=3), *told(2, wire_name=OTHER, first=4))
    page = place.log.read(START, NAMES, 10)
    assert ids(page.records) == names_of(1, first=3)
    assert page.scanned_to == place.log.head()
    assert place.log.read(page.records[0].position, NAMES, 10) == ([], place.log.head(), True)


def test_behind_the_end_there_is_nothing_and_no_way_back(place: Place) -> None:
    place.tell(*told(2))
    end = place.log.head()
    page = place.log.read(end, NAMES, 10)
    assert (page.records, page.scanned_to) == ([], end)
    place.tell(*told(1, first=2))
    assert ids(place.log.read(end, NAMES, 10).records) == names_of(1, first=2)
    assert place.log.head() > end


def test_it_is_read_from_any_position_as_often_as_one_likes(place: Place) -> None:
    place.tell(*told(9))
    positions = [START, *(one.position for one in read_all(place.log))]
    for number in (9, 0, 4, 0, 8):
        assert ids(read_all(place.log, positions[number])) == names_of(9 - number, first=number)


def test_what_is_told_of_a_key_keeps_its_lane_and_its_order(place: Place) -> None:
    keys = [f"key {number % 5}" for number in range(25)]
    place.tell(*(record(f"m{number}", HEARD, key) for number, key in enumerate(keys)))
    found = read_all(place.log)
    for key in set(keys):
        mine = [one for one in found if one.key == key]
        assert ids(mine) == [an_id(f"m{number}") for number, other in enumerate(keys) if other == key]
        assert {one.lane for one in mine} == {lane_of(key)}


def test_somebody_who_comes_later_reads_the_same(place: Place) -> None:
    place.tell(*told(6))
    later = place.reopened()
    assert ids(read_all(later)) == names_of(6)
    assert [one.position for one in read_all(later)] == [one.position for one in read_all(place.log)]
    assert later.head() == place.log.head()
