"""What the environment says about Kafka; refused in one line where it cannot be meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from argosy.engine.log import LANES

PARTITIONS = 4
RETENTION_HOURS = 168


class SettingIsUnusable(ValueError):
    """A setting names what cannot be; the text says which and what can."""


class KafkaSettings(NamedTuple):
    """Where the brokers are, and how topics are made there. A topic that exists keeps its partitions for life."""

    servers: str
    prefix: str = ""
    partitions: int = PARTITIONS
    replication: int = 1
    retention_hours: int = RETENTION_HOURS
    options: Mapping[str, str] = {}

    @property
    def segment_hours(self) -> int:
        """A topic begins a new segment this often: a message is gone after the retention and one of these, and the few
        minutes until the broker looks."""
        return max(1, self.retention_hours // 7)

    def topic(self, source: str) -> str:
        return f"{self.prefix}log-{source}"

    def transactional_id(self, source: str) -> str:
        """One at a time may bear it: whoever comes later fences whoever was there."""
        return f"{self.prefix}relay-{source}"


def kafka_settings(environment: Mapping[str, str]) -> KafkaSettings:
    servers = environment.get("ARGOSY_KAFKA", "").strip()
    if not servers:
        raise SettingIsUnusable("ARGOSY_TRANSPORT=kafka needs ARGOSY_KAFKA=host:port[,host:port]")
    for server in servers.split(","):
        host, _, port = server.strip().rpartition(":")
        if not host or not port.isdigit():
            raise SettingIsUnusable(f"ARGOSY_KAFKA={servers}: {server.strip() or 'nothing'} is not host:port")
    partitions = _number(environment, "ARGOSY_KAFKA_PARTITIONS", PARTITIONS)
    if LANES % partitions:
        raise SettingIsUnusable(f"ARGOSY_KAFKA_PARTITIONS={partitions}: it has to divide the {LANES} lanes of a log")
    return KafkaSettings(
        servers,
        environment.get("ARGOSY_KAFKA_PREFIX", ""),
        partitions,
        _number(environment, "ARGOSY_KAFKA_REPLICATION", 1),
        _number(environment, "ARGOSY_KAFKA_RETENTION_HOURS", RETENTION_HOURS),
        _options(environment.get("ARGOSY_KAFKA_OPTIONS", "")),
    )


def _number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, str(default))
    if not text.isdigit() or not int(text):
        raise SettingIsUnusable(f"{name}={text}: a number from 1 is needed")
    return int(text)


def _options(text: str) -> dict[str, str]:
    """`security.protocol=SASL_SSL,sasl.mechanisms=PLAIN,...`: handed to the client library as they are."""
    options = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = pair.partition("=")
        if not equals:
            raise SettingIsUnusable(f"ARGOSY_KAFKA_OPTIONS: {pair} is not name=value")
        options[name.strip()] = value.strip()
    return options
