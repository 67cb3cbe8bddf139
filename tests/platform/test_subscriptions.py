"""Where subscriptions begin, who may work them off, and how they outlive a log that lost its newest rows."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from argosy.engine.consumer import Consumer, SubscriptionOutgrown, SubscriptionStopped
from argosy.engine.log import LANES, START
from argosy.engine.memory import MemoryStore
from argosy.engine.participant import Participant, handlers_of
from argosy.engine.store import Changes
from argosy.engine.work import UnitOfWork
from argosy.platform.subscriptions import fix_start, fix_starts
from argosy.shared_kernel.messages import Event
from tests.marketplace import Marketplace
from tests.platform.test_store_conformance import record
from tests.support import FakeClock


class Noticed(Event, key="thing_id"):
    thing_id: str


class Noticing:
    """Remembers what it was told."""

    told: list[str]

    def noticed(self, event: Noticed) -> None:
        self.told.append(event.thing_id)


class Play:
    """A reactor named `watchers` in one store, on a log that is the same database's."""

    def __init__(self, store: Any) -> None:
        self.store = store
        self.logs = {Noticed.wire_name.partition(".")[0]: store.log}
        self.source = next(iter(self.logs))
        self.service = Noticing()
        self.service.told = []
        self.participant = Participant("watchers", handlers_of((Noticing,)), self.build)

    def build(self, work: UnitOfWork) -> tuple[Noticing]:
        return (self.service,)

    def consumer(self, **changed: Any) -> Consumer:
        participant = dataclasses.replace(self.participant, **changed)
        return Consumer(participant, self.store, self.logs, FakeClock())

    def tell(self, *names: str) -> None:
        for name in names:
            one = record(name, Noticed.wire_name, key=name)
            one.payload = f'{{"thing_id": "{name}"}}'
            self.store.commit(Changes(records=[one]))

    def fix(self, **changed: Any) -> int:
        return fix_start("watchers", dataclasses.replace(self.participant, **changed), self.store, self.logs)

    def run(self) -> list[str]:
        consumer = self.consumer()
        while consumer.step():
            pass
        return self.service.told


@pytest.fixture(params=["memory", "database"])
def play(request: pytest.FixtureRequest) -> Iterator[Play]:
    if request.param == "memory":
        yield Play(MemoryStore("inventory"))
    else:
        yield Play(request.getfixturevalue("marketplace").runtime.stores["inventory"])


def test_a_new_reactor_hears_only_what_is_told_after_the_first_migration_that_knows_it(play: Play) -> None:
    play.tell("before")
    assert play.fix() == 1
    play.tell("after")
    assert play.fix() == 0, "fixed once"
    assert play.run() == ["after"]


def test_a_reactor_that_began_with_an_empty_log_misses_nothing_by_a_later_migration(play: Play) -> None:
    assert play.fix() == 1
    play.tell("one", "two")
    assert play.fix() == 0
    assert sorted(play.run()) == ["one", "two"]
    assert len(play.store.cursors("watchers")) == LANES


def test_a_projector_begins_at_the_beginning(play: Play) -> None:
    play.tell("before")
    assert play.fix(is_projector=True) == 0
    assert play.run() == ["before"]


def test_a_program_that_knows_less_than_a_newer_one_has_recorded_stands_down(play: Play) -> None:
    play.tell("one")
    play.run()
    assert play.store.handled("watchers") == {Noticed.wire_name: 1}
    newer = {Noticed.wire_name: 1, "inventory.Invented": 1}
    play.store.commit(Changes(handled={"watchers": newer}))
    play.tell("two")
    with pytest.raises(SubscriptionOutgrown, match=r"inventory\.Invented version 1"):
        play.consumer().step()
    assert play.service.told == ["one"]
    assert play.consumer(retired=("inventory.Invented",)).step() == 1
    assert play.store.handled("watchers") == newer, "what was recorded is only ever widened"


def test_a_program_that_knows_only_an_older_version_stands_down(play: Play) -> None:
    play.store.commit(Changes(handled={"watchers": {Noticed.wire_name: 2}}))
    with pytest.raises(SubscriptionOutgrown):
        play.consumer().step()


def test_a_fresh_marketplace_s_reactors_begin_at_the_beginning(marketplace: Marketplace) -> None:
    assert fix_starts(marketplace.runtime) > 0
    assert fix_starts(marketplace.runtime) == 0
    cursors = marketplace.runtime.stores["orders"].cursors("orders")
    assert {cursor.position.id for cursor in cursors.values()} == {0}
    marketplace.drain()


def test_yesterday_s_log_stops_its_readers_until_its_epoch_is_raised(marketplace: Marketplace, tmp_path: Path) -> None:
    settings = connections["inventory"].settings_dict
    if not str(settings["NAME"]).endswith(".sqlite3"):
        pytest.skip("restores a file")
    play = Play(marketplace.runtime.stores["inventory"])
    readers = Play(marketplace.runtime.stores["orders"])
    readers.logs = play.logs
    play.tell("one", "two")
    backup = tmp_path / "backup"
    with connections["inventory"].cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(backup)])
    play.tell("three", "four")
    assert readers.run() == ["one", "two", "three", "four"]
    connections["inventory"].close()
    for end in ("", "-wal", "-shm"):
        Path(f"{settings['NAME']}{end}").unlink(missing_ok=True)
    shutil.copy(backup, settings["NAME"])
    with pytest.raises(SubscriptionStopped, match="older than"):
        readers.run()
    assert play.store.log.raise_epoch() == 2
    assert readers.run() == ["one", "two", "three", "four"], "nothing is repeated"
    play.tell("five", "six")
    assert readers.run() == ["one", "two", "three", "four", "five", "six"]
    assert play.store.log.read(START, {Noticed.wire_name}, 10).records[-1].position.epoch == 2


@pytest.mark.postgres
def test_another_server_or_timeline_begins_another_epoch(marketplace: Marketplace) -> None:
    store = marketplace.runtime.stores["inventory"]
    play = Play(store)
    play.tell("before")
    head = store.log.head()
    with connections["inventory"].cursor() as cursor:
        cursor.execute("INSERT INTO inventory_log_epochs (epoch, first_id, system) VALUES (1, 1, 'another/00000001')")
    connections["inventory"].close()
    assert store.log.epoch() == 2
    play.tell("after")
    assert [one.position.epoch for one in store.log.read(START, {Noticed.wire_name}, 9).records] == [1, 2]
    assert [one.key for one in store.log.read(head, {Noticed.wire_name}, 9).records] == ["after"]
    connections["inventory"].close()
    assert store.log.epoch() == 2, "the same server begins none"
