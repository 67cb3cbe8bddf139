"""A tiny context for the engine's own tests: counters that add up, refuse, fail and call the outside."""

from __future__ import annotations

from dataclasses import dataclass

from argosy.engine.participant import Participant, handlers_of
from argosy.engine.reads import reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import RuleBroken
from argosy.shared_kernel.messages import Command, Event, Value


class Count(Command, key="flow_id"):
    flow_id: str
    counter_id: str
    by: int


class Counted(Event, key="counter_id"):
    counter_id: str
    total: int


class Answered(Event, key="flow_id"):
    flow_id: str


class AskOutside(Command, key="flow_id"):
    flow_id: str


class OutsideAnswered(Command):
    flow_id: str


class Remind(Command, key="flow_id"):
    flow_id: str


class Question(Value):
    flow_id: str


class TooMuch(RuleBroken):
    """A counter never goes above a hundred."""


@dataclass(kw_only=True, eq=False)
class Counter(Aggregate):
    total: int = 0
    steps: list[int]

    def add(self, by: int) -> None:
        self.total += by
        self.steps.append(by)
        self.record(Counted(counter_id=self.id, total=self.total))
        if self.total > 100:
            raise TooMuch(total=self.total)


class Counting:
    """Adds; 13 is its bad luck."""

    poison = {13}

    def __init__(self, work: UnitOfWork, counters: Repository[Counter]) -> None:
        self.work = work
        self.counters = counters

    @reads(counters=lambda command: [command.counter_id])
    def count(self, command: Count) -> int:
        counter = self.counters.find(command.counter_id)
        if counter is None:
            counter = Counter(id=command.counter_id, steps=[])
            self.counters.add(counter)
        counter.add(command.by)
        if command.by in self.poison:
            raise ZeroDivisionError("bad luck")
        self.work.announce(Answered(flow_id=command.flow_id))
        return counter.total

    def ask_outside(self, command: AskOutside) -> None:
        self.work.call("oracle", command.flow_id, Question(flow_id=command.flow_id), id=command.flow_id)

    def outside_answered(self, command: OutsideAnswered) -> None:
        self.work.announce(Answered(flow_id=command.flow_id))

    def remind(self, command: Remind) -> None:
        self.work.announce(Answered(flow_id=command.flow_id))


def counting() -> Participant:
    return Participant(
        "counters", handlers_of((Counting,)), lambda work: (Counting(work, work.repository(Counter)),), hears=("flows",)
    )
