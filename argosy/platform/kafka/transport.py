"""Kafka as a worker's transport: relays for the contexts that it holds, and their topics read on for those it hears."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from django.db import connections

from argosy.engine.log import Position, Record
from argosy.engine.shared_log import SharedLog
from argosy.engine.store import StoreUnavailable
from argosy.observability import metrics
from argosy.platform.archiving import passed
from argosy.platform.doorbell import EVERYTHING, Listener
from argosy.platform.kafka.cluster import BrokerIsAway, Cluster, TopicIsMissing
from argosy.platform.kafka.outbox import SqlOutbox
from argosy.platform.kafka.relay import Relay
from argosy.platform.kafka.settings import KafkaSettings
from argosy.platform.kafka.tail import Tail
from argosy.platform.kafka.topic_log import KafkaLog
from argosy.platform.runtime import Runtime

LOWEST_SECONDS = 5.0
MEASURE_SECONDS = 5.0


class CarriedLog(SharedLog):
    """What this process tells, too, comes to it over the broker: nothing is heard that was not sent."""

    def told(self, records: Sequence[Record]) -> None:
        """It will be rung for when it arrives."""


class Lag(NamedTuple):
    """How far a reader of a topic is behind the source's log, in positions of that log; None where it is not known."""

    topic: str
    reader: str
    messages: int | None


class KafkaTransport:
    """Made by a worker; its threads end with `close`."""

    is_remote = True

    def __init__(self, runtime: Runtime, settings: KafkaSettings) -> None:
        self.runtime = runtime
        self.cluster = Cluster(settings)
        self.lowest = Lowest(runtime)
        self.report: Callable[[str], None] = lambda line: None
        self.arriving: dict[str, KafkaLog] = {}
        self._tail: Tail | None = None
        self._ring: Ring | None = None
        self._relays: dict[str, Relay] = {}
        self._measure_at = 0.0
        self._measured: set[str] = set()
        self._lock = threading.Lock()
        self._troubles: dict[str, str] = {}

    def logs(self, wanted: Mapping[str, Collection[str]]) -> dict[str, SharedLog]:
        self.arriving = {
            source: KafkaLog(self.cluster, source, names)
            for source, names in wanted.items()
            if source in self.runtime.logs
        }
        return {source: CarriedLog(log, wanted[source], is_rung=True) for source, log in self.arriving.items()}

    def begin(self, listener: Listener, report: Callable[[str], None]) -> None:
        self.report = report
        self._tail = Tail(self.cluster, list(self.arriving.values()))
        self._tail.rung = self._ring = Ring(listener)
        self._tail.trouble = lambda error: self._trouble("", error)
        self._tail.lost = self._lost
        self._tail.start()

    def hold(self, labels: Collection[str]) -> None:
        with_outbox = {label for label in labels if label in self.runtime.stores}
        gone = [self._relays.pop(label) for label in list(self._relays) if label not in with_outbox]
        for relay in gone:
            relay.stop()
        for label in with_outbox - self._relays.keys():
            outbox = SqlOutbox(self.runtime.stores[label].log)
            relay = self._relays[label] = Relay(self.cluster, label, outbox, self.lowest)
            relay.trouble = self._trouble
            relay.ended = connections.close_all
            relay.start()

    def told(self, label: str) -> None:
        relay = self._relays.get(label)
        if relay is not None:
            relay.wake()

    def heard(self, news: Collection[str]) -> None:
        for label in self._relays if EVERYTHING in news else {name.partition(".")[0] for name in news}:
            self.told(label)

    def is_at_rest(self) -> bool:
        return all(
            log.reached is not None and log.reached >= self.runtime.logs[source].head()
            for source, log in self.arriving.items()
        )

    def lag(self) -> list[Lag]:
        """By topic: how far its relay, where it runs here, and this worker's reading are behind the source's log."""
        found = []
        for source in sorted(self._relays.keys() | self.arriving.keys()):
            end, topic = self.runtime.logs[source].head(), self.cluster.settings.topic(source)
            if source in self._relays:
                found.append(Lag(topic, "relay", _behind(end, self._relays[source].position)))
            if source in self.arriving:
                found.append(Lag(topic, "worker", _behind(end, self.arriving[source].reached)))
        return found

    def measure(self, elapsed: float) -> None:
        if elapsed < self._measure_at:
            return
        self._measure_at = elapsed + MEASURE_SECONDS
        for label, relay in self._relays.items():
            behind = _behind(self.runtime.logs[label].head(), relay.position)
            if behind is not None:
                metrics.RELAY_LAG_MESSAGES.labels(label).set(behind)
                self._measured.add(label)
        for label in self._measured - self._relays.keys():
            metrics.RELAY_LAG_MESSAGES.remove(label)
        self._measured &= self._relays.keys()

    def close(self) -> None:
        relays, self._relays = list(self._relays.values()), {}
        for relay in relays:
            relay.stop()
        if self._tail is not None:
            self._tail.stop()
        for relay in relays:
            relay.join()
        for log in self.arriving.values():
            log.close()
        if self._ring is not None:
            self._ring.close()

    def _lost(self, source: str) -> None:
        relay = self._relays.get(source)
        if relay is not None:
            relay.doubt()

    def _trouble(self, source: str, error: Exception | None) -> None:
        """Say each once, and when it is over. Brokers that are away are away for all."""
        if error is not None and source:
            metrics.RELAY_FAILURES.labels(source, type(error).__name__).inc()
        if isinstance(error, TopicIsMissing):
            # Its relay makes it in a moment.
            return
        who = "" if error is None or isinstance(error, BrokerIsAway) else source
        over: list[str] = []
        with self._lock:
            if error is None:
                over = [name for name in {"", source} if self._troubles.pop(name, None)]
                lines = [f"{name}'s relay goes on" if name else "Kafka answers again" for name in over]
            elif who in self._troubles and (not who or self._troubles[who] == str(error)):
                lines = []
            else:
                self._troubles[who] = str(error)
                lines = [f"{who}'s relay waits: {error}" if who else f"{error}; messages wait in their outboxes"]
        if error is None and "" in over:
            for relay in list(self._relays.values()):
                relay.doubt()
        for line in lines:
            self.report(line)


class Ring:
    """Rings this process's own listener, from any thread."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def __call__(self, names: set[str]) -> None:
        # Whoever finds as many rings as the kernel keeps looks everywhere: one that is refused is not missed.
        with contextlib.suppress(OSError):
            self._socket.sendto("\n".join(names).encode(), str(self.listener.path))

    def close(self) -> None:
        self._socket.close()


class Lowest:
    """How far the last reader of each log has come, as all databases say; asked for all logs at once, now and then."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._lock = threading.Lock()
        self._known: dict[str, Position] = {}
        self._failure: StoreUnavailable | None = None
        self._looked_at = 0.0

    def __call__(self, source: str) -> Position:
        """StoreUnavailable where some database cannot be asked."""
        with self._lock:
            if time.monotonic() - self._looked_at > LOWEST_SECONDS or not (self._known or self._failure):
                self._look(self.runtime.contexts[source].alias)
                self._looked_at = time.monotonic()
            if self._failure is not None:
                raise self._failure
            return self._known[source]

    def _look(self, mine: str) -> None:
        self._known, self._failure = {}, None
        try:
            self._known = {label: passed(self.runtime, label).position for label in self.runtime.stores}
        except StoreUnavailable as error:
            self._failure = StoreUnavailable(str(error))
        finally:
            for alias in connections:
                if alias != mine:
                    # A relay needs one database; the others are only asked now and then.
                    connections[alias].close()


def _behind(end: Position, at: Position | None) -> int | None:
    return None if at is None else 0 if at >= end else max(end.id - at.id, 1)
