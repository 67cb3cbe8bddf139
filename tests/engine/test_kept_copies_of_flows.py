"""A worker's memory never decides: what somebody else has changed is read afresh, also where nothing would be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from argosy.engine.consumer import Consumer
from argosy.engine.memory import MemoryStore
from argosy.engine.participant import Participant, handlers_of
from argosy.engine.reads import reads
from argosy.engine.store import Changes
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import RuleBroken
from tests.engine.counters import Answered, Count
from tests.engine.test_consumer import Play, count
from tests.support import an_id


class DoorIsShut(RuleBroken):
    """Nobody passes a shut door."""


@dataclass(kw_only=True, eq=False)
class Door(Aggregate):
    is_kept: ClassVar[bool] = True

    is_open: bool = False
    passed: int = 0


class Doors:
    """13 is shy: it passes silently, or not at all."""

    def __init__(self, work: UnitOfWork, doors: Repository[Door]) -> None:
        self.work = work
        self.doors = doors

    @reads(doors=lambda command: [command.counter_id])
    def go_through(self, command: Count) -> None:
        door = self.doors.get(command.counter_id)
        if not door.is_open and command.by == 13:
            return
        if not door.is_open:
            raise DoorIsShut()
        door.passed += command.by
        self.work.announce(Answered(flow_id=command.flow_id))


def play_with_a_door() -> Play:
    play = Play()
    play.store = MemoryStore("counters")
    doors = Participant(
        "counters", handlers_of((Doors,)), lambda work: (Doors(work, work.repository(Door)),), hears=("flows",)
    )
    play.consumer = Consumer(doors, play.store, {"flows": play.source.log}, play.clock)
    play.store.commit(Changes(inserts={Door: [Door(id=an_id("a"), version=1)]}))
    play.tell(count(1))
    play.run()
    assert play.outgoing() == ["Refused"]
    door = play.store.load(Door, "id", [an_id("a")])[0]
    opened = door.copy()
    opened.is_open, opened.version = True, door.version + 1
    play.store.commit(Changes(updates={Door: [(opened, door.state())]}))
    return play


def test_a_refusal_on_an_outdated_copy_is_not_believed() -> None:
    play = play_with_a_door()
    play.tell(count(2, flow="g"))
    play.run()
    assert play.outgoing() == ["Refused", "Answered"]


def test_a_message_that_found_nothing_to_do_on_an_outdated_copy_is_asked_again() -> None:
    play = play_with_a_door()
    play.tell(count(13, flow="g"))
    play.run()
    assert play.outgoing() == ["Refused", "Answered"]
