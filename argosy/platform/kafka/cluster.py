"""The brokers: topics as they must be, and clients that read only what is committed."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import TimeoutError as TookTooLong
from functools import cached_property
from typing import Any

from confluent_kafka import (
    OFFSET_END,
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec, TopicMetadata

from argosy.engine.log import LANES, Position
from argosy.engine.store import StoreUnavailable
from argosy.platform.kafka.settings import KafkaSettings, SettingIsUnusable
from argosy.platform.kafka.wire import Sent, sent

ANSWER_SECONDS = 5.0
MESSAGE_BYTES_MAX = 10_000_000
TRANSACTION_SECONDS = 15
BATCH = 500
LOOK_BACK = 64
"""How many messages before the end of a partition its last one is looked for at first: the rest may be void."""
_NEAR = 64
KNOWN_SECONDS = 3.0
"""So long a new topic may be unknown to a broker that is asked about it."""
_LEADER_MOVES = {
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.UNKNOWN_LEADER_EPOCH,
}


class BrokerIsAway(StoreUnavailable):
    """No broker answers: messages wait in the outboxes."""


class TopicIsMissing(BrokerIsAway):
    """Its relay has not made it yet, or somebody has removed it."""


class Cluster:
    """Every call either has its answer within ANSWER_SECONDS or raises BrokerIsAway."""

    def __init__(self, settings: KafkaSettings) -> None:
        self.settings = settings
        self._common: dict[str, Any] = {
            "bootstrap.servers": settings.servers,
            "log_level": 0,
            "error_cb": lambda error: None,
            "socket.connection.setup.timeout.ms": 5_000,
            # A connection that the broker's side has forgotten tells nothing; the library's own patience is a minute.
            "socket.timeout.ms": int(ANSWER_SECONDS * 1_000),
            "reconnect.backoff.max.ms": 1_000,
            **settings.options,
        }

    def away(self, error: KafkaException | KafkaError | str) -> BrokerIsAway:
        inner = error.args[0] if isinstance(error, KafkaException) else error
        text = inner.str() if isinstance(inner, KafkaError) else str(inner)
        return BrokerIsAway(f"Kafka at {self.settings.servers} does not answer: {text}")

    def producer(self, source: str) -> Producer:
        return Producer(
            {
                **self._common,
                "transactional.id": self.settings.transactional_id(source),
                "transaction.timeout.ms": TRANSACTION_SECONDS * 1000,
                "compression.type": "lz4",
                "linger.ms": 0,
                "message.max.bytes": MESSAGE_BYTES_MAX,
                "topic.metadata.propagation.max.ms": 2_000,
            }
        )

    def consumer(self, patience_milliseconds: int = 250) -> Consumer:
        """Assigned by hand: which worker reads what is decided by leases, and how far by cursors in databases."""
        return Consumer(
            {
                **self._common,
                "group.id": f"{self.settings.prefix}argosy",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "isolation.level": "read_committed",
                "auto.offset.reset": "earliest",
                "enable.partition.eof": True,
                "fetch.wait.max.ms": patience_milliseconds,
                "fetch.error.backoff.ms": 50,
                "queued.max.messages.kbytes": 16_384,
                "topic.metadata.refresh.interval.ms": 10_000,
            }
        )

    def ensure_topic(self, source: str) -> int:
        """The topic exists; how many partitions it has."""
        topic, settings = self.settings.topic(source), self.settings
        try:
            return self.partitions(source)
        except TopicIsMissing:
            pass
        wanted = NewTopic(
            topic,
            num_partitions=settings.partitions,
            replication_factor=settings.replication,
            config={
                "retention.ms": str(settings.retention_hours * 3_600_000),
                # A broker forgets whole segments, and never the one that it writes.
                "segment.ms": str(settings.segment_hours * 3_600_000),
                "max.message.bytes": str(MESSAGE_BYTES_MAX),
                "min.insync.replicas": str(max(1, settings.replication - 1)),
                "cleanup.policy": "delete",
            },
        )
        try:
            self._admin.create_topics([wanted], operation_timeout=ANSWER_SECONDS)[topic].result(2 * ANSWER_SECONDS)
        except TookTooLong:
            raise self.away(f"topic {topic} was not made in time") from None
        except KafkaException as error:
            code = error.args[0].code()
            if code == KafkaError.INVALID_REPLICATION_FACTOR:
                raise SettingIsUnusable(
                    f"ARGOSY_KAFKA_REPLICATION={settings.replication}: {error.args[0].str()}"
                ) from None
            if code != KafkaError.TOPIC_ALREADY_EXISTS:
                raise self.away(error) from error
        give_up = time.monotonic() + 2 * ANSWER_SECONDS
        while True:
            try:
                return self.partitions(source)
            except TopicIsMissing:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.05)

    def partitions(self, source: str) -> int:
        """Of a topic that exists; they have to divide the lanes, or keys would change their partition."""
        return self.all_partitions([source])[source]

    def all_partitions(self, sources: Sequence[str]) -> dict[str, int]:
        """The same for many; those whose topic does not exist are left out, unless it is the only one asked for."""
        try:
            known = self._admin.list_topics(timeout=ANSWER_SECONDS).topics
        except KafkaException as error:
            raise self.away(error) from error
        found = {}
        for source in sources:
            topic = self.settings.topic(source)
            if topic in known and _is_led(known[topic]):
                found[source] = len(known[topic].partitions)
                if not found[source] or LANES % found[source]:
                    raise SettingIsUnusable(f"topic {topic} has {found[source]} partitions: none that divide {LANES}")
            elif len(sources) == 1:
                raise TopicIsMissing(f"topic {topic} does not exist yet")
        return found

    def remove_topics(self, sources: Sequence[str]) -> None:
        """Forget what was sent; for tests."""
        topics = [self.settings.topic(source) for source in sources]
        for done in self._admin.delete_topics(topics, operation_timeout=ANSWER_SECONDS).values():
            try:
                done.result(2 * ANSWER_SECONDS)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                    raise

    def empty_topic(self, source: str, partitions: int) -> None:
        """Everything that was sent so far is gone."""
        topic = self.settings.topic(source)
        ends = [TopicPartition(topic, partition, OFFSET_END) for partition in range(partitions)]
        try:
            for done in self._admin.delete_records(ends, operation_timeout=ANSWER_SECONDS).values():
                done.result(2 * ANSWER_SECONDS)
        except TookTooLong:
            raise self.away(f"topic {topic} was not emptied in time") from None
        except KafkaException as error:
            raise self.away(error) from error

    def spans(self, partitions: Mapping[str, int]) -> dict[str, list[tuple[int, int]]]:
        """By source, the first offset of each partition and the one that comes next."""
        places = [
            TopicPartition(self.settings.topic(source), at) for source in partitions for at in range(partitions[source])
        ]
        ends = [self._offsets(places, spec) for spec in (OffsetSpec.earliest(), OffsetSpec.latest())]
        found: dict[str, list[tuple[int, int]]] = {source: [] for source in partitions}
        both = iter(zip(*ends, strict=True))
        for source in partitions:
            found[source] = [next(both) for _ in range(partitions[source])]
        return found

    def _offsets(self, places: Sequence[TopicPartition], spec: OffsetSpec) -> list[int]:
        asked_at = time.monotonic()
        while True:
            asked = self._admin.list_offsets(
                dict.fromkeys(places, spec),
                isolation_level=IsolationLevel.READ_COMMITTED,
                request_timeout=ANSWER_SECONDS,
            )
            try:
                return [asked[place].result(2 * ANSWER_SECONDS).offset for place in places]
            except TookTooLong:
                raise self.away("no offsets in time") from None
            except KafkaException as error:
                # The client asks by the leaders that it knew, and just after a topic is made or moved they are others.
                # Nor does every broker know a new topic at once: one that is gone costs that wait.
                code, now = error.args[0].code(), time.monotonic()
                is_new = code == KafkaError.UNKNOWN_TOPIC_OR_PART and now < asked_at + KNOWN_SECONDS
                if not is_new and (code not in _LEADER_MOVES or now > asked_at + ANSWER_SECONDS):
                    raise self.away(error) from error
                time.sleep(0.05)

    @cached_property
    def _admin(self) -> AdminClient:
        return AdminClient(self._common)


class Reader:
    """Looks into one partition here and there. Its positions only grow: whoever sends again from further back empties
    the topic first."""

    def __init__(self, cluster: Cluster, source: str, partitions: int) -> None:
        self.cluster = cluster
        self.source = source
        self.partitions = partitions
        self.topic = cluster.settings.topic(source)
        self.consumer = cluster.consumer(patience_milliseconds=10)

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *error: object) -> None:
        self.consumer.close()

    def span(self, partition: int) -> tuple[int, int]:
        return self.cluster.spans({self.source: self.partitions})[self.source][partition]

    def first(self, partition: int) -> Sent | None:
        """What the partition still begins with."""
        low, high = self.span(partition)
        found = self.at(partition, low) if low < high else None
        return None if found is None else found[1]

    def last(self, partition: int) -> Sent | None:
        """What was sent last; None in an empty partition."""
        low, high = self.span(partition)
        back = LOOK_BACK
        while low < high:
            start = max(low, high - back)
            found = self._read(partition, start, until_end=True)
            if found:
                return found[-1][1]
            if start == low:
                break
            back *= 8
        return None

    def at(self, partition: int, offset: int) -> tuple[int, Sent] | None:
        """The first message there or behind; None at the end."""
        found = self._read(partition, offset, until_end=False)
        return found[0] if found else None

    def before(self, partition: int, after: Position, hint: int = 0) -> int:
        """An offset behind which everything after a position comes, as near as is soon found; `hint` may be wrong."""
        low, high = self.span(partition)
        if low < hint < high:
            known = self.at(partition, hint)
            if known is not None and known[1].position <= after:
                low = known[0]
        while high - low > _NEAR:
            middle = (low + high) // 2
            found = self.at(partition, middle)
            if found is None or found[1].position > after:
                high = middle
            else:
                low = found[0]
        return low

    def _read(self, partition: int, offset: int, *, until_end: bool) -> list[tuple[int, Sent]]:
        self.consumer.assign([TopicPartition(self.topic, partition, offset)])
        found: list[tuple[int, Sent]] = []
        give_up = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < give_up:
            for message in arrived(self.consumer, 0.5):
                error = message.error()
                if error is None:
                    what, at = sent(message), offset_of(message)
                    if what is not None:
                        found.append((at, what))
                        if not until_end:
                            return found
                elif error.code() == KafkaError._PARTITION_EOF:
                    return found
                elif not error.retriable():
                    raise self.cluster.away(error)
        raise self.cluster.away("nothing was read in time")


def _is_led(topic: TopicMetadata) -> bool:
    return topic.error is None and all(one.leader >= 0 for one in topic.partitions.values())


def arrived(consumer: Consumer, seconds: float) -> list[Message]:
    """What is here, or the first that comes: `consume` alone would wait for more until its time is over."""
    first = consumer.poll(seconds)
    return [] if first is None else [first, *consumer.consume(BATCH - 1, 0)]


def offset_of(message: Message) -> int:
    offset = message.offset()
    assert offset is not None
    return offset
