"""What an experiment has of its own beside web and workers: servers, and the wires to them."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from argosy.apps.chaos.cluster import Cluster, NotInstalled
from argosy.apps.chaos.experiment import BROKER, POOLER, POSTGRES, WIRES
from argosy.apps.chaos.pooler import Pooler, find
from argosy.apps.chaos.wires import HOST, Wire
from argosy.apps.cli.processes import free_ports
from argosy.apps.cli.services import Kafka, Redis
from argosy.platform.databases import POOLED

QUICK_JAVA = "-XX:TieredStopAtLevel=1 -Xms96m"
"""A broker of an experiment lives for a minute: it had better start than get fast."""
DATABASES, LIMITS, MESSAGES = "databases", "limits", "messages"
"""What is at the other end of each wire: PostgreSQL, Redis, Kafka."""
VARIABLES = ("ARGOSY_POSTGRES", POOLED, "ARGOSY_TRANSPORT", "ARGOSY_KAFKA", "ARGOSY_REDIS", "ARGOSY_LIMITS")
"""What says where servers are: an experiment has its own, or none."""


class Services(NamedTuple):
    """Those that are there. `wires` are by what is at their end, and `wired` is what the environment says to whoever is
    to go over them: the experiment itself does not."""

    cluster: Cluster | None = None
    pooler: Pooler | None = None
    broker: Kafka | None = None
    wires: Mapping[str, Wire] = {}
    wired: Mapping[str, str] = {}


@contextmanager
def services(needed: str, var: Path) -> Iterator[Services]:
    """What is needed, running; the environment says where it is. NotInstalled where it cannot be had."""
    with ExitStack() as stack:
        if needed == BROKER:
            yield Services(broker=_broker(Kafka(var / "kafka", ports_in_a_row(2)), stack))
        elif needed in (POSTGRES, POOLER):
            yield _databases(needed, var, stack)
        elif needed == WIRES:
            yield _behind_wires(var, stack)
        else:
            yield Services()


def _broker(broker: Kafka, stack: ExitStack) -> Kafka:
    lacking = broker.missing()
    if lacking:
        raise NotInstalled(lacking)
    stack.callback(broker.stop)
    os.environ.update({"JAVA_TOOL_OPTIONS": QUICK_JAVA})
    broker.start()
    os.environ.update(broker.settings())
    return broker


def _databases(needed: str, var: Path, stack: ExitStack) -> Services:
    program = find() if needed == POOLER else ""
    cluster = Cluster.make(var)
    stack.callback(cluster.stop)
    cluster.start()
    os.environ["ARGOSY_POSTGRES"] = cluster.url
    if needed == POSTGRES:
        return Services(cluster)
    pooler = Pooler(program, var / "pgbouncer", cluster)
    stack.callback(pooler.kill)
    pooler.start()
    os.environ["ARGOSY_POSTGRES"], os.environ[POOLED] = pooler.url, "transaction"
    return Services(cluster, pooler)


def _behind_wires(var: Path, stack: ExitStack) -> Services:
    redis, broker = Redis(var / "redis", free_ports()[0]), WiredKafka(var / "kafka", ports_in_a_row(3))
    for server in (redis, broker):
        if lacking := server.missing():
            raise NotInstalled(lacking)
    cluster = _databases(POSTGRES, var, stack).cluster
    assert cluster is not None
    stack.callback(redis.stop)
    redis.start()
    wires = {DATABASES: Wire(cluster.port), LIMITS: Wire(redis.port), MESSAGES: Wire(broker.port)}
    for wire in wires.values():
        stack.callback(wire.close)
    broker.wire = wires[MESSAGES]
    _broker(broker, stack)
    wired = {
        "ARGOSY_POSTGRES": f"postgresql://postgres@{HOST}:{wires[DATABASES].port}",
        "ARGOSY_REDIS": f"redis://{HOST}:{wires[LIMITS].port}",
        "ARGOSY_LIMITS": "redis",
        "ARGOSY_KAFKA": f"{HOST}:{wires[MESSAGES].port}",
    }
    return Services(cluster, broker=broker, wires=wires, wired=wired)


class WiredKafka(Kafka):
    """It tells everybody to come over its wire, and speaks with itself at a third port."""

    wire: Wire

    def listeners(self) -> dict[str, str]:
        inside = f"INSIDE://{HOST}:{self.port + 2}"
        return {
            "listeners": f"PLAINTEXT://{self.address},CONTROLLER://{HOST}:{self.port + 1},{inside}",
            "advertised.listeners": f"PLAINTEXT://{HOST}:{self.wire.port},{inside}",
            "inter.broker.listener.name": "INSIDE",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,INSIDE:PLAINTEXT",
        }


def ports_in_a_row(count: int) -> int:
    """The first of so many: a broker takes its others from its own."""
    while True:
        first = free_ports()[0]
        with ExitStack() as stack, contextlib.suppress(OSError, OverflowError):
            for port in range(first + 1, first + count):
                stack.enter_context(socket.socket()).bind((HOST, port))
            return first
