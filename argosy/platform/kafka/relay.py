"""A relay: sends one context's outbox on into its topic, each record once in every life of the topic.

How far it has come stands in the topic itself, written in the transaction that sends: nothing else can say it that
would not be wrong after a crash between two writes, or after the broker was wiped.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from argosy.engine.log import START, Page, Position
from argosy.engine.store import StoreUnavailable
from argosy.platform.kafka.cluster import ANSWER_SECONDS, BrokerIsAway, Cluster, Reader
from argosy.platform.kafka.outbox import Outbox
from argosy.platform.kafka.settings import SettingIsUnusable
from argosy.platform.kafka.wire import mark_headers, record_headers

BATCH = 500
POLL_SECONDS = 0.5
AGAIN_SECONDS = 1.0
FENCED_SECONDS = 10.0
"""Longer than a lease: whoever has fenced this relay has it by then, or is gone."""
CHECK_SECONDS = 30.0
HIDDEN_SECONDS = 0.002
HIDDEN_SECONDS_MAX = 0.05
_FENCED = {KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH}

Lowest = Callable[[str], Position]
"""How far the last of a log's readers has come."""


class RelayIsFenced(Exception):
    """A later relay of this context has begun: nothing of this one's open transaction will ever be read."""


class SourceIsOlder(StoreUnavailable):
    """The topic, or somebody who has read it, knows more than the source: its database is an older one."""


class Sending:
    """One life of a relay: from taking over the context's transactional id until something goes wrong."""

    def __init__(self, cluster: Cluster, source: str, outbox: Outbox, lowest: Lowest) -> None:
        self.cluster = cluster
        self.source = source
        self.topic = cluster.settings.topic(source)
        self.outbox = outbox
        self.lowest = lowest
        self.at = START
        self.is_whole = True
        self.sent = 0
        self._behind: list[Position] = []
        self._offsets: dict[int, int] = {}
        self._failed: KafkaError | None = None
        self._producer: Producer | None = None

    def open(self) -> None:
        """Fence whoever was there, and go on where the topic ends; from the lowest reader, where that is not in it."""
        partitions = self.cluster.ensure_topic(self.source)
        self._producer = self.cluster.producer(self.source)
        self._guarded(lambda producer: producer.init_transactions(ANSWER_SECONDS))
        head = self.outbox.head()
        self.at, is_anew = self._start(partitions, head)
        if is_anew:
            self.cluster.empty_topic(self.source, partitions)
        self._behind = [self.at] * partitions
        self._send(Page([], self.at), head)

    def close(self) -> None:
        """Without a word to the broker: an open transaction is ended by whoever comes next."""
        if self._producer is not None:
            self._producer.purge()
            self._producer = None

    def step(self) -> int:
        """Send what comes next, in one transaction; how many records."""
        page = self.outbox.read(self.at, BATCH)
        self.is_whole = page.is_whole
        if page.scanned_to > self.at:
            self._send(page, page.scanned_to)
        return len(page.records)

    def must_begin_again(self) -> bool:
        """Whether some reader stands before what the topic still holds, or the topic is another one by now."""
        start, is_anew = self._start(self.cluster.partitions(self.source), self.outbox.head())
        return is_anew or start != self.at

    def _start(self, partitions: int, head: Position) -> tuple[Position, bool]:
        """Behind which position to go on, and whether that is not what the topic ends with: where a reader's next
        message is not in it, everything from there on takes the place of what is.

        Some reader's database that is away stops nobody else: what the topic ends with is gone on from all the same,
        and looked at again later.
        """
        lowest = unknown = None
        try:
            lowest = self.lowest(self.source)
        except StoreUnavailable as error:
            unknown = error
        with Reader(self.cluster, self.source, partitions) as reader:
            last = [reader.last(partition) for partition in range(partitions)]
            first = [reader.first(partition) for partition in range(partitions)]
        ends = {one.position for one in last if one}
        if max(ends, default=START) > head:
            raise SourceIsOlder(
                f"{self.topic} goes up to {tuple(max(ends))}, but {self.source}'s database ends at {tuple(head)}: "
                f"it is older than what was told; raise its epoch"
            )
        reaches_back = all(one and (lowest is None or one.behind <= lowest) for one in first)
        if len(ends) == 1 and None not in last and reaches_back:
            return ends.pop(), False
        if lowest is None:
            raise StoreUnavailable(f"{self.topic} is not whole, and some reader's cursor is not known: {unknown}")
        return lowest, True

    def _send(self, page: Page, head: Position) -> None:
        self._guarded(lambda producer: self._transact(producer, page, head))
        if self._failed is not None:
            raise self.cluster.away(self._failed)
        self.at = page.scanned_to
        self.sent += len(page.records)

    def _transact(self, producer: Producer, page: Page, head: Position) -> None:
        producer.begin_transaction()
        partitions = len(self._behind)
        for record in page.records:
            partition = record.lane % partitions
            producer.produce(
                self.topic,
                value=record.payload.encode(),
                key=record.key.encode(),
                partition=partition,
                headers=record_headers(record, self._behind[partition]),
            )
            self._behind[partition] = record.position
            producer.poll(0)
        for partition in range(partitions):
            # Readers of this partition learn that nothing before this position is still to come.
            producer.produce(
                self.topic,
                partition=partition,
                headers=mark_headers(page.scanned_to, self._behind[partition], head),
                on_delivery=self._delivered,
            )
            self._behind[partition] = page.scanned_to
        producer.commit_transaction(2 * ANSWER_SECONDS)

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        """A topic in which offsets go back is another topic."""
        partition, offset = message.partition(), message.offset()
        if error is not None:
            self._failed = error
        elif partition is not None and offset is not None:
            if offset <= self._offsets.get(partition, -1):
                self._failed = KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART, "the topic has begun anew")
            self._offsets[partition] = offset

    def _guarded(self, act: Callable[[Producer], None]) -> None:
        assert self._producer is not None
        try:
            act(self._producer)
        except KafkaException as failure:
            error = failure.args[0]
            if error.code() in _FENCED:
                raise RelayIsFenced(f"{self.source} is relayed by somebody else") from None
            raise self.cluster.away(error) from failure
        except BufferError as failure:
            raise self.cluster.away("more waits to be sent than there is room for") from failure


class Relay:
    """The thread that keeps one context's outbox sent on, from one life to the next."""

    def __init__(self, cluster: Cluster, source: str, outbox: Outbox, lowest: Lowest) -> None:
        self.source = source
        self.make = lambda: Sending(cluster, source, outbox, lowest)
        self.trouble: Callable[[str, Exception | None], None] = lambda source, error: None
        self.ended: Callable[[], None] = lambda: None
        self.position: Position | None = None
        """How far it has sent, as it last knew; None before it ever has."""
        self._news = threading.Event()
        self._has_doubts = False
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name=f"relay-{source}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """There may be more in the outbox."""
        self._news.set()

    def doubt(self) -> None:
        """The brokers were away: whether the topic still is what it was has to be looked at."""
        self._has_doubts = True
        self._news.set()

    def stop(self) -> None:
        self._is_stopping = True
        self._news.set()

    def join(self) -> None:
        if self._thread.is_alive():
            self._thread.join(timeout=3 * ANSWER_SECONDS)

    def _run(self) -> None:
        try:
            while not self._is_stopping:
                self._wait(self._live())
        finally:
            self.ended()

    def _live(self) -> float:
        """One life; how long to wait before the next."""
        sending = self.make()
        try:
            sending.open()
            self._has_doubts = False
            self.position = sending.at
            self.trouble(self.source, None)
            self._send_on(sending)
        except RelayIsFenced as error:
            self.trouble(self.source, error)
            return FENCED_SECONDS
        except (StoreUnavailable, SettingIsUnusable) as error:
            self.trouble(self.source, error)
        except KafkaException as error:
            self.trouble(self.source, BrokerIsAway(str(error)))
        finally:
            sending.close()
        return AGAIN_SECONDS

    def _send_on(self, sending: Sending) -> None:
        patience, checked_at = HIDDEN_SECONDS, time.monotonic()
        while not self._is_stopping:
            self._news.clear()
            if self._has_doubts or time.monotonic() - checked_at > CHECK_SECONDS:
                self._has_doubts, checked_at = False, time.monotonic()
                if sending.must_begin_again():
                    return
            took = sending.step()
            self.position = sending.at
            if took:
                patience = HIDDEN_SECONDS
                continue
            # What an older transaction of the server holds back is looked for again soon, ever less often.
            self._news.wait(POLL_SECONDS if sending.is_whole else patience)
            patience = min(2 * patience, HIDDEN_SECONDS_MAX)

    def _wait(self, seconds: float) -> None:
        give_up = time.monotonic() + seconds
        while not self._is_stopping and time.monotonic() < give_up:
            time.sleep(0.05)
