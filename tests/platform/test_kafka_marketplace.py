"""A marketplace over a broker that is stopped, wiped and started again: nothing is lost, and nothing comes twice."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from argosy.observability import metrics
from argosy.platform.kafka.transport import KafkaTransport
from tests.doctor.planting import violated
from tests.doctor.selling import SELLERS, open_shop, start, variant_id
from tests.marketplace import Marketplace, pristine
from tests.needed_services import demand
from tests.platform.carried import until
from tests.services.kafka import Broker

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker of this file's own, because the one that others talk to has to stay."""
    demand("kafka")
    own = Broker(tmp_path_factory.mktemp("kafka"))
    own.start()
    yield own
    own.stop()


@pytest.fixture
def place(broker: Broker, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Marketplace]:
    """A marketplace over the broker, with goods in its shop."""
    monkeypatch.setenv("ARGOSY_TRANSPORT", "kafka")
    monkeypatch.setenv("ARGOSY_KAFKA", broker.address)
    monkeypatch.setenv("ARGOSY_KAFKA_PREFIX", "")
    monkeypatch.setenv("ARGOSY_KAFKA_PARTITIONS", "2")
    fresh = pristine(migrated)
    next(fresh)
    for book in Path(settings.VAR).glob("test_gateway.sqlite3*"):
        # The gateway's own, which is a file also where databases are none.
        book.unlink()
    own = Marketplace()
    lines.clear()
    own.worker.report = lines.append
    open_shop(own)
    yield own
    own.close()
    next(fresh, None)


lines: list[str] = []


def bought(place: Marketplace) -> int:
    [(count,)] = place.rows("checkout", "SELECT count(*) FROM checkout_sessions WHERE outcome = 'COMPLETED'")
    return int(count)


def come_to_rest(place: Marketplace, checkouts: int) -> None:
    """Calls to the gateway come back a little later."""

    def is_done() -> bool:
        place.drain()
        return bought(place) == checkouts

    until(is_done, 60)


def assert_sold_once(place: Marketplace, checkouts: int) -> None:
    sold = place.rows("inventory", "SELECT stock_unit_id, available_quantity FROM stock_items")
    assert {str(unit): int(left) for unit, left in sold} == {variant_id(one): 100 - 2 * checkouts for one in SELLERS}
    [(captured,)] = place.rows("payments", "SELECT count(*) FROM payment_intents WHERE status = 'CAPTURED'")
    assert captured == checkouts
    [(orders,)] = place.rows("orders", "SELECT count(*) FROM orders WHERE status = 'PAID'")
    assert orders == 2 * checkouts
    assert violated(place) == {}
    assert [one for consumer in place.worker.consumers for one in consumer.parked()] == []


def kafka_of(place: Marketplace) -> KafkaTransport:
    transport = place.worker.transport
    assert isinstance(transport, KafkaTransport)
    return transport


def relay_lag(label: str) -> float:
    return metrics.REGISTRY.get_sample_value("argosy_relay_lag_messages", {"context": label}) or 0.0


def test_a_checkout_goes_through_all_contexts_over_the_broker(place: Marketplace) -> None:
    start(place, "one")
    come_to_rest(place, 1)
    assert_sold_once(place, 1)
    assert {lag.messages for lag in kafka_of(place).lag()} == {0}
    assert os.environ["ARGOSY_KAFKA_PREFIX"] in kafka_of(place).lag()[0].topic


def test_checkouts_wait_while_the_broker_is_stopped_and_go_on_when_it_is_back(
    place: Marketplace, broker: Broker
) -> None:
    start(place, "before")
    come_to_rest(place, 1)
    broker.stop()
    until(lambda: any("does not answer" in line for line in lines))
    for number in range(5):
        start(place, f"meanwhile {number}")
    with pytest.raises(TimeoutError):
        place.drain(3)
    assert bought(place) == 1
    kafka_of(place).measure(float("inf"))
    assert relay_lag("checkout") >= 5
    assert sum("does not answer" in line for line in lines) == 1, "it is said once"
    broker.start()
    come_to_rest(place, 6)
    assert_sold_once(place, 6)
    assert any("answers again" in line for line in lines)
    kafka_of(place).measure(float("inf"))
    assert relay_lag("checkout") == 0


def test_a_broker_that_has_forgotten_everything_is_sent_what_its_readers_lack(
    place: Marketplace, broker: Broker
) -> None:
    for number in range(3):
        start(place, f"before {number}")
    place.worker.turn()
    broker.stop(signal.SIGKILL)
    for number in range(3):
        start(place, f"meanwhile {number}")
    broker.wipe()
    broker.start()
    come_to_rest(place, 6)
    assert_sold_once(place, 6)


def test_another_worker_goes_on_after_a_wipe_that_it_did_not_see(place: Marketplace, broker: Broker) -> None:
    start(place, "one")
    come_to_rest(place, 1)
    place.close()
    broker.stop(signal.SIGKILL)
    broker.wipe()
    broker.start()
    start(place, "two")
    come_to_rest(place, 2)
    assert_sold_once(place, 2)
