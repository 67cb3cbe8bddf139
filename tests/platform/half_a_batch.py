"""A relay that stands still in the middle of a transaction, for whoever kills it: `python -m ... ADDRESS PREFIX COUNT`.

What it says on standard output is how far it is.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from argosy.engine.log import START
from argosy.platform.kafka.cluster import Cluster
from argosy.platform.kafka.relay import Sending
from argosy.platform.kafka.settings import KafkaSettings
from tests.platform.carried import SOURCE, MemoryOutbox
from tests.platform.test_store_conformance import record


class StandsStill:
    """A producer whose transaction is sent and never ended."""

    def __init__(self, producer: Any) -> None:
        self.producer = producer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.producer, name)

    def commit_transaction(self, seconds: float) -> None:
        self.producer.flush(seconds)
        sys.stdout.write("sent\n")
        sys.stdout.flush()
        time.sleep(60)


def main() -> None:
    address, prefix, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    outbox = MemoryOutbox()
    for number in range(count):
        outbox.log.append(record(f"m{number}", key=f"k{number}"))
    sending = Sending(Cluster(KafkaSettings(address, prefix)), SOURCE, outbox, lambda source: START)
    sending.open()
    sending._producer = StandsStill(sending._producer)  # type: ignore[assignment]
    sending.step()


if __name__ == "__main__":
    main()
