"""A topic's partitions put together again: one log in the order of its positions."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from confluent_kafka import Message

from argosy.engine.log import Position, Record
from argosy.platform.kafka.wire import Sent, record_of, sent


class SomethingIsMissing(Exception):
    """What was sent before this message has not been read: its sender or its broker has begun anew."""

    def __init__(self, partition: int, what: Sent) -> None:
        super().__init__(f"partition {partition} goes on behind {tuple(what.behind)}")
        self.partition = partition


class Assembly:
    """Takes messages as they come, each partition's in order; gives back what nothing can come before any more.

    `at` is where each partition stands; None where that is learned from its first message. What was sent again is
    passed over.
    """

    def __init__(self, at: Sequence[Position | None], wire_names: Collection[str] | None = None) -> None:
        self.at = list(at)
        self.wire_names = wire_names
        self.head: Position | None = None
        """The end of the source's log, as its relay has last told it."""
        self._pending: list[Record] = []

    def take(self, message: Message) -> Sent | None:
        """What the message said, where it is news."""
        what = sent(message)
        if what is None:
            return None
        partition = message.partition()
        assert partition is not None
        at = self.at[partition]
        if what.head is not None and (self.head is None or what.head > self.head):
            self.head = what.head
        if at is not None:
            if what.behind > at:
                raise SomethingIsMissing(partition, what)
            if what.position <= at:
                return None
        self.at[partition] = what.position
        if what.wire_name and (self.wire_names is None or what.wire_name in self.wire_names):
            self._pending.append(record_of(message, what.position))
        return what

    @property
    def complete_to(self) -> Position | None:
        """Up to here everything has come; None while some partition is not known."""
        known = [at for at in self.at if at is not None]
        return min(known) if len(known) == len(self.at) else None

    def released(self) -> list[Record]:
        """What is complete, in order; each once."""
        complete = self.complete_to
        if complete is None or not self._pending:
            return []
        ready = sorted((one for one in self._pending if one.position <= complete), key=_position)
        if ready:
            self._pending = [one for one in self._pending if one.position > complete]
        return ready


def _position(record: Record) -> Position:
    return record.position
