"""A log carried over Kafka in one process: an outbox, a relay that is stepped by hand, and the log at the other end."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from uuid import uuid4

from argosy.engine.log import START, Page, Position
from argosy.engine.memory import MemoryLog
from argosy.platform.kafka.cluster import Cluster
from argosy.platform.kafka.outbox import Outbox
from argosy.platform.kafka.relay import Sending
from argosy.platform.kafka.settings import KafkaSettings
from argosy.platform.kafka.tail import Tail
from argosy.platform.kafka.topic_log import KafkaLog

SOURCE = "inventory"
SECONDS = 20.0


class MemoryOutbox:
    """A log in memory, of which everything is sent."""

    def __init__(self) -> None:
        self.log = MemoryLog()

    def read(self, after: Position, limit: int) -> Page:
        found = self.log.records[after.id : after.id + limit]
        return Page(list(found), found[-1].position if found else self.log.head())

    def head(self) -> Position:
        return self.log.head()


class Carried:
    """`tell` puts records into the outbox, `settle` sends them and waits until they have arrived."""

    def __init__(self, address: str, outbox: Outbox, *, partitions: int = 4, prefix: str = "") -> None:
        self.cluster = Cluster(KafkaSettings(address, prefix or f"test-{uuid4().hex[:10]}.", partitions))
        self.outbox = outbox
        self.lowest = START
        self.log, self._tail = self.open_log()
        self.sending: Sending | None = None

    def open_log(self, wire_names: Collection[str] | None = None, limit: int = 4_000_000) -> tuple[KafkaLog, Tail]:
        log = KafkaLog(self.cluster, SOURCE, wire_names, limit)
        tail = Tail(self.cluster, [log])
        tail.start()
        return log, tail

    def relay(self) -> Sending:
        """A relay that has taken over."""
        self.sending = Sending(self.cluster, SOURCE, self.outbox, lambda source: self.lowest)
        self.sending.open()
        return self.sending

    def send(self) -> None:
        sending = self.sending or self.relay()
        while sending.step():
            pass

    def settle(self) -> None:
        """All that was told is sent and read, also what stood behind somebody else's transaction at the first look."""

        def is_settled() -> bool:
            self.send()
            return self.log.reached is not None and self.log.reached >= self.outbox.head()

        until(is_settled)

    def wait_for(self, log: KafkaLog, position: Position) -> None:
        until(lambda: log.reached is not None and log.reached >= position)

    def close(self) -> None:
        self._tail.stop()
        self.log.close()
        if self.sending is not None:
            self.sending.close()
        self.cluster.remove_topics([SOURCE])


@contextmanager
def carried(address: str, outbox: Outbox, **options: int) -> Iterator[Carried]:
    place = Carried(address, outbox, **options)
    try:
        yield place
    finally:
        place.close()


def until(is_so: Callable[[], bool], seconds: float = SECONDS) -> None:
    give_up = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < give_up, f"not so after {seconds} s"
        time.sleep(0.01)
