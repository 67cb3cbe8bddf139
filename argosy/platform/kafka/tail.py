"""The thread of a process that reads all its topics on, and rings whoever hears what has come."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from argosy.engine.store import StoreUnavailable
from argosy.platform.kafka.assembly import SomethingIsMissing
from argosy.platform.kafka.cluster import LOOK_BACK, Cluster, Reader, arrived
from argosy.platform.kafka.settings import SettingIsUnusable
from argosy.platform.kafka.topic_log import KafkaLog

AGAIN_SECONDS = 1.0
LOOK_SECONDS = 2.0
MISSING_SECONDS = 0.3


class Tail:
    """One consumer for all topics; begun anew after whatever goes wrong, from where the logs stand."""

    def __init__(self, cluster: Cluster, logs: Sequence[KafkaLog]) -> None:
        self.cluster = cluster
        self.logs = {log.topic: log for log in logs}
        self.rung: Callable[[set[str]], None] = lambda names: None
        self.trouble: Callable[[Exception | None], None] = lambda error: None
        self.lost: Callable[[str], None] = lambda source: None
        """Told of a topic that is gone."""
        self._is_stopping = threading.Event()
        self._starts: dict[tuple[str, int], int] = {}
        self._thread = threading.Thread(target=self._run, name="kafka-tail", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._is_stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._is_stopping.is_set():
            try:
                self._follow()
            except KafkaException as error:
                self.trouble(self.cluster.away(error))
            except (StoreUnavailable, SettingIsUnusable) as error:
                self.trouble(error)
            for log in self.logs.values():
                log.is_away = True
            self._is_stopping.wait(AGAIN_SECONDS)

    def _follow(self) -> None:
        consumer = self.cluster.consumer()
        try:
            looked_at = tried_at = 0.0
            while not self._is_stopping.is_set():
                now = time.monotonic()
                if now - tried_at > MISSING_SECONDS:
                    self._begin(consumer)
                    tried_at = time.monotonic()
                if now - looked_at > LOOK_SECONDS:
                    # Also how one learns that no broker answers, or that a topic is gone.
                    self._look(consumer)
                    looked_at = time.monotonic()
                news: set[str] = set()
                for message in arrived(consumer, 0.2):
                    news |= self._take(consumer, message)
                if news:
                    self.rung(news)
        finally:
            consumer.close()

    def _begin(self, consumer: Consumer) -> None:
        """With the topics that are not read yet, or no more, where they have what comes next."""
        logs = [log for log in self.logs.values() if log.is_away]
        counts = self.cluster.all_partitions([log.source for log in logs]) if logs else {}
        if logs:
            self.trouble(None)
        spans = self.cluster.spans(counts) if counts else {}
        for log in logs:
            starts = self._starts_of(log, spans.get(log.source, []))
            if starts:
                log.begin(len(starts))
                log.is_away = False
                for partition, start in enumerate(starts):
                    self._starts[log.topic, partition] = start
                consumer.incremental_assign([TopicPartition(log.topic, *at) for at in enumerate(starts)])

    def _starts_of(self, log: KafkaLog, spans: Sequence[tuple[int, int]]) -> list[int]:
        """Where each partition is read from; none while something between is missing: its relay will send it again."""
        if log.reached is None:
            return [max(low, high - LOOK_BACK) for low, high in spans]
        starts: list[int] = []
        with Reader(self.cluster, log.source, len(spans)) as reader:
            for partition in range(len(spans)):
                first = reader.first(partition)
                if first is not None and first.behind > log.reached:
                    return []
                starts.append(reader.before(partition, log.reached, log.hint(partition, log.reached)))
        return starts

    def _look(self, consumer: Consumer) -> None:
        counts = self.cluster.all_partitions([log.source for log in self.logs.values()])
        for log in self.logs.values():
            if not log.is_away and log.source not in counts:
                self._let_go(consumer, log)
                self.lost(log.source)

    def _let_go(self, consumer: Consumer, log: KafkaLog) -> None:
        """It is begun again from where it stands."""
        log.is_away = True
        mine = [at for at in consumer.assignment() if at.topic == log.topic]
        if mine:
            consumer.incremental_unassign(mine)

    def _take(self, consumer: Consumer, message: Message) -> set[str]:
        error, topic, partition = message.error(), message.topic(), message.partition()
        log = self.logs.get(topic or "")
        if error is not None and error.code() != KafkaError._PARTITION_EOF:
            if not error.retriable():
                raise self.cluster.away(error)
        elif log is None or partition is None or log.is_away:
            return set()
        elif error is not None:
            self._look_further_back(consumer, log, partition)
        else:
            try:
                return log.take(message)
            except SomethingIsMissing:
                self._let_go(consumer, log)
        return set()

    def _look_further_back(self, consumer: Consumer, log: KafkaLog, partition: int) -> None:
        """The end, without a message that says where it is: what is before it was void."""
        start = self._starts.get((log.topic, partition), 0)
        if log.assembly is None or log.assembly.at[partition] is not None:
            return
        count = len(log.assembly.at)
        low, _ = self.cluster.spans({log.source: count})[log.source][partition]
        if low < start:
            start = self._starts[log.topic, partition] = max(low, start - 8 * LOOK_BACK)
            consumer.seek(TopicPartition(log.topic, partition, start))
