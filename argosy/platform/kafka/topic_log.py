"""One context's log as it arrives over Kafka, behind the same port as any log."""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections.abc import Collection

from confluent_kafka import KafkaError, Message, TopicPartition

from argosy.engine.log import Page, Position, Record
from argosy.engine.shared_log import KEPT_BYTES, RECORD_BYTES
from argosy.platform.kafka.assembly import Assembly, SomethingIsMissing
from argosy.platform.kafka.cluster import ANSWER_SECONDS, Cluster, Reader, arrived

NOT_KNOWN = Position(2**31, 0, 0)
"""A log's end before its relay has told it: beyond every cursor."""
_INDEX_EVERY = 1_000


class KafkaLog:
    """The newest records in memory, as a thread (`Tail`) reads them on; older ones are looked up in the topic.

    What has not arrived is not there: a page may be empty and short of the source's end, and whoever reads is rung when
    more has come. What is on its way is whole in itself: the relay sends nothing that an older transaction may still
    precede. `offsets` are only where to seek: what counts is the positions.
    """

    def __init__(
        self, cluster: Cluster, source: str, wire_names: Collection[str] | None = None, limit: int = KEPT_BYTES
    ) -> None:
        self.cluster = cluster
        self.source = source
        self.topic = cluster.settings.topic(source)
        self.wire_names = None if wire_names is None else frozenset(wire_names)
        self.limit = limit
        self.assembly: Assembly | None = None
        self.is_away = True
        """Whether nobody reads on at present."""
        self._lock = threading.Lock()
        self._records: list[Record] = []
        self._positions: list[Position] = []
        self._size = 0
        self._from: Position | None = None
        self._to: Position | None = None
        self._index: list[tuple[Position, int, int]] = []
        self._older: OlderPart | None = None

    @property
    def reached(self) -> Position | None:
        """Up to here the topic was read on; None before it was found."""
        return self._to

    def read(self, after: Position, wire_names: Collection[str], limit: int) -> Page:
        while True:
            with self._lock:
                begins = self._from
                if begins is None:
                    return Page([], after)
                if after >= begins:
                    return self._newest(after, wire_names, limit)
            if self.is_away:
                return Page([], after)
            if self._older is None:
                self._older = OlderPart(self)
            page = self._older.read(after, begins, wire_names, limit)
            if page.records or page.scanned_to < begins:
                return page
            self.close()
            after = page.scanned_to

    def head(self) -> Position:
        assembly = self.assembly
        if assembly is None or assembly.head is None:
            return NOT_KNOWN
        return max(assembly.head, self._to or assembly.head)

    def close(self) -> None:
        """Let go of what is held for looking further back."""
        if self._older is not None:
            self._older.close()
            self._older = None

    def begin(self, partitions: int) -> Assembly:
        """Read on from where the last reading ended; from the topic's end, where it is the first."""
        known = self.assembly
        head = None if known is None else known.head
        assembly = self.assembly = Assembly([self._to] * partitions, self.wire_names)
        assembly.head = head
        return assembly

    def take(self, message: Message) -> set[str]:
        """Of the thread that reads on: the types that are news now."""
        assembly = self.assembly
        assert assembly is not None
        what = assembly.take(message)
        if what is None:
            return set()
        partition, offset = message.partition(), message.offset()
        assert partition is not None
        assert offset is not None
        if offset % _INDEX_EVERY == 0:
            self._index.append((what.position, partition, offset))
        complete = assembly.complete_to
        if complete is None or (self._to is not None and complete <= self._to):
            return set()
        return self._complete(assembly, complete)

    def hint(self, partition: int, after: Position) -> int:
        """An offset of this partition that was seen at or before a position."""
        seen = [offset for position, where, offset in self._index if where == partition and position <= after]
        return max(seen, default=0)

    def _complete(self, assembly: Assembly, complete: Position) -> set[str]:
        records = assembly.released()
        with self._lock:
            if self._from is None:
                # All of a partition that is behind its first message was not read here.
                self._from = self._to = max(at for at in assembly.at if at is not None)
            records = [record for record in records if record.position > (self._to or self._from)]
            self._to = max(complete, self._to or complete)
            self._records += records
            self._positions += [record.position for record in records]
            self._size += sum(map(_bytes, records))
            while self._size > self.limit and self._records:
                self._let_go(len(self._records) // 2 + 1)
        return {record.wire_name for record in records}

    def _let_go(self, count: int) -> None:
        self._from = self._positions[count - 1]
        self._size -= sum(map(_bytes, self._records[:count]))
        del self._records[:count], self._positions[:count]

    def _newest(self, after: Position, wire_names: Collection[str], limit: int) -> Page:
        found: list[Record] = []
        for index in range(bisect_right(self._positions, after), len(self._records)):
            record = self._records[index]
            if record.wire_name in wire_names:
                found.append(record)
                if len(found) == limit:
                    return Page(found, record.position)
        return Page(found, max(after, self._to or after))


class OlderPart:
    """What lies before the part of a topic that is in memory, read on from page to page.

    A part that the broker has lost, or keeps no more, gives empty pages that go nowhere: the log's relay sees from the
    readers' cursors that it is wanted, and sends it again.
    """

    def __init__(self, log: KafkaLog) -> None:
        self.log = log
        self.reader = Reader(log.cluster, log.source, log.cluster.partitions(log.source))
        self.assembly: Assembly | None = None
        self._ready: list[Record] = []
        self._delivered = Position(0, 0, 0)

    def close(self) -> None:
        self.reader.consumer.close()

    def read(self, after: Position, until: Position, wire_names: Collection[str], limit: int) -> Page:
        """Records behind `after`; short pages reach to `until` at least."""
        if self.assembly is None or after != self._delivered:
            self._seek(after)
        assert self.assembly is not None
        try:
            while len(self._matching(wire_names)) < limit and (self.assembly.complete_to or after) < until:
                self._read_on(self.assembly)
        except SomethingIsMissing:
            self.assembly = None
            return self._page(after, wire_names, limit, after)
        return self._page(after, wire_names, limit, self.assembly.complete_to or after)

    def _page(self, after: Position, wire_names: Collection[str], limit: int, complete: Position) -> Page:
        found = self._matching(wire_names)[:limit]
        reached = found[-1].position if len(found) == limit else max(complete, after)
        if len(found) < limit and found:
            reached = max(reached, found[-1].position)
        self._ready = [record for record in self._ready if record.position > reached]
        self._delivered = reached
        return Page(found, reached)

    def _matching(self, wire_names: Collection[str]) -> list[Record]:
        return [record for record in self._ready if record.wire_name in wire_names]

    def _seek(self, after: Position) -> None:
        log = self.log
        count = self.reader.partitions
        starts = [self.reader.before(partition, after, log.hint(partition, after)) for partition in range(count)]
        self.assembly = Assembly([after] * count)
        self._ready = []
        self.reader.consumer.assign([TopicPartition(log.topic, *at) for at in enumerate(starts)])

    def _read_on(self, assembly: Assembly) -> None:
        before, give_up = assembly.complete_to, time.monotonic() + ANSWER_SECONDS
        while assembly.complete_to == before:
            for message in arrived(self.reader.consumer, 0.2):
                error = message.error()
                if error is None:
                    assembly.take(message)
                elif error.code() != KafkaError._PARTITION_EOF and not error.retriable():
                    raise self.log.cluster.away(error)
            if time.monotonic() > give_up:
                self.assembly = None
                raise self.log.cluster.away(f"{self.log.topic} was not read in time")
        self._ready += assembly.released()


def _bytes(record: Record) -> int:
    return RECORD_BYTES + len(record.payload)
