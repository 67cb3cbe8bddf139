"""Rings between machines, over the real Redis and the real PostgreSQL: two data folders stand for two machines."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from argosy.platform.doorbell import Bell, Listener
from argosy.platform.far_bell import EVERYTHING, Carrier, FarBell, PostgresCarrier, RedisCarrier, far_bell

CARRIERS = [pytest.param("redis", marks=pytest.mark.redis), pytest.param("postgres", marks=pytest.mark.postgres)]


def redis_carrier() -> tuple[Carrier, Callable[[], object]]:
    from redis import Redis

    url = os.environ["ARGOSY_TEST_REDIS"]
    client = Redis.from_url(url)
    return RedisCarrier(url), lambda: [
        client.client_kill_filter(_type=kind, skipme=True) for kind in ("pubsub", "normal")
    ]


def postgres_carrier() -> tuple[Carrier, Callable[[], object]]:
    address = conninfo_to_dict(os.environ["ARGOSY_TEST_POSTGRES"])

    def cut() -> None:
        with psycopg.connect(**address, autocommit=True) as connection:  # type: ignore[arg-type]
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE query LIKE 'LISTEN argosy%' OR query LIKE 'SELECT pg_notify%'"
            )

    return PostgresCarrier(address), cut


class Machines:
    """Two machines with a bell and a listener each, and a way to cut all connections to what carries their rings."""

    def __init__(self, folder: Path, kind: str) -> None:
        carrier, self.cut = redis_carrier() if kind == "redis" else postgres_carrier()
        self.fars = [FarBell(carrier, f"{folder}/{name}") for name in ("here", "there")]
        self.bells = [Bell(folder / name, far) for name, far in zip(("here", "there"), self.fars, strict=True)]
        self.listeners = [
            Listener(folder / name, "worker", far) for name, far in zip(("here", "there"), self.fars, strict=True)
        ]
        for listener in self.listeners:
            self.heard(listener, EVERYTHING)

    @staticmethod
    def heard(listener: Listener, name: str, seconds: float = 10) -> set[str]:
        """All that is heard until this name is."""
        news: set[str] = set()
        give_up = time.monotonic() + seconds
        while name not in news:
            assert time.monotonic() < give_up, f"heard {news}, and not {name}"
            news |= listener.wait(0.1)
        return news

    def close(self) -> None:
        for far in self.fars:
            far.close()
        for listener in self.listeners:
            listener.close()


@pytest.fixture
def machines(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Machines]:
    made = Machines(tmp_path, request.param)
    yield made
    made.close()


@pytest.mark.parametrize("machines", CARRIERS, indirect=True)
def test_what_is_rung_on_one_machine_is_heard_on_the_other_once(machines: Machines) -> None:
    machines.bells[0].ring(["orders.OrderPaid", "carts.CartUpdated"])
    assert machines.heard(machines.listeners[1], "orders.OrderPaid") == {"orders.OrderPaid", "carts.CartUpdated"}
    assert machines.listeners[0].wait(0.1) == {"orders.OrderPaid", "carts.CartUpdated"}
    assert machines.listeners[0].wait(0.3) == set(), "its own ring came back to it"
    assert machines.listeners[1].wait(0.1) == set()


@pytest.mark.parametrize("machines", CARRIERS, indirect=True)
def test_a_ring_of_more_names_than_can_be_carried_is_heard_as_everything(machines: Machines) -> None:
    machines.bells[0].ring(f"orders.Event{number}" for number in range(2_000))
    assert machines.heard(machines.listeners[1], EVERYTHING) == {EVERYTHING}


@pytest.mark.parametrize("machines", CARRIERS, indirect=True)
def test_after_an_outage_everything_is_heard_and_rings_go_on(machines: Machines) -> None:
    machines.bells[0].ring(["orders.OrderPaid"])
    machines.heard(machines.listeners[1], "orders.OrderPaid")
    machines.cut()
    machines.heard(machines.listeners[1], EVERYTHING)
    give_up = time.monotonic() + 10
    while "orders.OrderShipped" not in machines.listeners[1].wait(0.2):
        assert time.monotonic() < give_up
        machines.bells[0].ring(["orders.OrderShipped"])


def test_a_bell_whose_carrier_is_away_rings_its_own_machine_all_the_same(tmp_path: Path) -> None:
    far = FarBell(RedisCarrier("redis://127.0.0.1:1"), "here")
    listener, bell = Listener(tmp_path, "worker", far), Bell(tmp_path, far)
    bell.ring(["orders.OrderPaid"])
    assert listener.wait(1) == {"orders.OrderPaid"}
    far.close()
    listener.close()


@pytest.mark.parametrize(
    ("settings", "carrier"),
    [
        ({}, None),
        ({"ARGOSY_REDIS": "redis://127.0.0.1:6379"}, RedisCarrier),
        ({"ARGOSY_REDIS": "redis://127.0.0.1:6379", "ARGOSY_BELL": "local"}, None),
        ({"ARGOSY_BELL": "postgres"}, PostgresCarrier),
    ],
)
def test_settings_decide_what_carries_rings(tmp_path: Path, settings: dict[str, str], carrier: type | None) -> None:
    databases = {
        "default": {"HOST": "127.0.0.1", "PORT": "5432", "USER": "argosy", "PASSWORD": "", "NAME": "accounts_db"}
    }
    made = far_bell(tmp_path, settings, databases)
    assert (None if made is None else type(made.carrier)) is carrier
