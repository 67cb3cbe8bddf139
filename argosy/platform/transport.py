"""How messages reach their subscribers: read where they were told, or carried by a broker. Settings alone decide."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from argosy.engine.log import Log
from argosy.engine.shared_log import SharedLog
from argosy.platform.doorbell import Listener
from argosy.platform.kafka.settings import SettingIsUnusable, kafka_settings
from argosy.platform.runtime import Runtime
from argosy.platform.sql_log import worker_log

VARIABLE = "ARGOSY_TRANSPORT"
LOCAL, KAFKA = "local", "kafka"


class Transport(Protocol):
    """One worker's way to the logs of all contexts."""

    is_remote: bool
    """Whether messages may be under way that nobody here has heard yet."""

    def logs(self, wanted: Mapping[str, Collection[str]]) -> dict[str, SharedLog]:
        """The logs of these contexts, for the types that are heard here; called once."""
        ...

    def begin(self, listener: Listener, report: Callable[[str], None]) -> None:
        """From now on ring this listener for what comes from elsewhere."""
        ...

    def hold(self, labels: Collection[str]) -> None:
        """This worker works for these contexts now, and for no others."""
        ...

    def told(self, label: str) -> None:
        """This worker has just committed messages of a context."""
        ...

    def heard(self, news: Collection[str]) -> None:
        """Somebody was rung for these types."""
        ...

    def is_at_rest(self) -> bool:
        """Whether everything that was told has arrived here."""
        ...

    def measure(self, elapsed: float) -> None:
        """Tell the metrics how far behind the way itself is, if it is time. `elapsed` counts seconds."""
        ...

    def close(self) -> None: ...


class LocalTransport:
    """Subscribers read the outboxes themselves."""

    is_remote = False

    def __init__(self, sources: Mapping[str, Log]) -> None:
        self.sources = sources

    def logs(self, wanted: Mapping[str, Collection[str]]) -> dict[str, SharedLog]:
        return {
            source: SharedLog(worker_log(self.sources[source]), names, is_rung=True)
            for source, names in wanted.items()
            if source in self.sources
        }

    def begin(self, listener: Listener, report: Callable[[str], None]) -> None:
        """Whoever commits rings by himself."""

    def hold(self, labels: Collection[str]) -> None: ...

    def told(self, label: str) -> None: ...

    def heard(self, news: Collection[str]) -> None: ...

    def is_at_rest(self) -> bool:
        return True

    def measure(self, elapsed: float) -> None:
        """There is no way: how far subscriptions are behind is all that there is to tell."""

    def close(self) -> None: ...


def transport_of(runtime: Runtime, environment: Mapping[str, str] = os.environ) -> Transport:
    """As ARGOSY_TRANSPORT says; SettingIsUnusable where that cannot be."""
    wanted = environment.get(VARIABLE, "").strip() or LOCAL
    if wanted == LOCAL:
        return LocalTransport(runtime.logs)
    if wanted != KAFKA:
        raise SettingIsUnusable(f"{VARIABLE}={wanted}: there are {LOCAL} and {KAFKA}")
    settings = kafka_settings(environment)
    # Only here: the client library is not loaded where it is not used.
    from argosy.platform.kafka.transport import KafkaTransport

    return KafkaTransport(runtime, settings)
