"""How many connections to PostgreSQL a process has: those that it needs, for as long as it needs them."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from argosy.apps.cli.http_client import Client
from argosy.platform.databases import NAMES, databases
from argosy.platform.pooled_postgresql import base
from argosy.platform.pooled_postgresql.base import Shelf, hand_back
from argosy.platform.runtime import dialect_of
from benchmarks.reference import baskets, send
from benchmarks.reference import seed as seed_goods
from tests.crash import books
from tests.crash.processes import Web, worker
from tests.marketplace import Marketplace

on_postgres = pytest.mark.skipif("ARGOSY_POSTGRES" not in os.environ, reason="about PostgreSQL's connections")


class FakeConnection:
    """As much of a connection as a shelf looks at; the other end of its socket stands for the server."""

    def __init__(self) -> None:
        self.ours, self.server = socket.socketpair()
        self.closed = self.broken = False

    def fileno(self) -> int:
        return self.ours.fileno()

    def close(self) -> None:
        self.closed = True


def test_a_shelf_gives_the_newest_of_the_right_database_and_closes_the_oldest_of_too_many() -> None:
    shelf = Shelf(most=3)
    made = [FakeConnection() for _ in range(4)]
    for connection, key in zip(made, ("orders", "orders", "orders", "carts"), strict=True):
        shelf.put(key, connection)  # type: ignore[arg-type]
    assert [connection.closed for connection in made] == [True, False, False, False]
    assert shelf.take("orders") is made[2]  # type: ignore[comparison-overlap]
    assert shelf.take("carts") is made[3]  # type: ignore[comparison-overlap]
    assert shelf.take("carts") is None
    assert len(shelf) == 1


def test_a_connection_that_its_server_has_closed_is_given_to_nobody() -> None:
    shelf, connection = Shelf(most=3), FakeConnection()
    shelf.put("orders", connection)  # type: ignore[arg-type]
    connection.server.close()
    assert shelf.take("orders") is None
    assert connection.closed


def test_what_nobody_takes_is_closed_though_nothing_more_is_asked_for() -> None:
    shelf, connection = Shelf(most=3, idle_seconds=0.1), FakeConnection()
    shelf.put("orders", connection)  # type: ignore[arg-type]
    time.sleep(0.5)
    assert connection.closed
    assert len(shelf) == 0


def test_one_context_can_have_a_server_of_its_own(tmp_path: object) -> None:
    made = databases(
        tmp_path,  # type: ignore[arg-type]
        {
            "ARGOSY_POSTGRES": "postgresql://argosy@common:5432",
            "ARGOSY_POSTGRES_ORDERS": "postgresql://shop:p%40ss@orders-1:5433",
            "ARGOSY_POSTGRES_ACCOUNTS": "postgresql://argosy@people",
        },
    )
    assert {alias: one["HOST"] for alias, one in made.items()} == {
        **dict.fromkeys(NAMES, "common"),
        "orders": "orders-1",
        "default": "people",
    }
    assert (made["orders"]["USER"], made["orders"]["PASSWORD"], made["orders"]["PORT"]) == ("shop", "p@ss", "5433")
    assert made["orders"]["NAME"] == "orders_db"


@on_postgres
def test_a_connection_goes_from_thread_to_thread_with_what_was_prepared_on_it(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "_shelf", [Shelf(most=4)])
    seen = []

    def look() -> None:
        [(process, count)] = dialect_of("orders").query(
            "SELECT pg_backend_pid(), (SELECT count(*) FROM pg_prepared_statements)"
        )
        seen.append((process, count))
        hand_back()

    for _ in range(3):
        one = threading.Thread(target=look)
        one.start()
        one.join()
    assert len({process for process, _ in seen}) == 1
    assert seen[1] == seen[2]
    assert len(base.shelf()) == 1
    base.shelf().most = 0
    base.shelf().tidy()


@on_postgres
def test_a_connection_in_a_transaction_is_closed_and_not_handed_back(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "_shelf", [Shelf(most=4)])
    with connections["orders"].cursor() as cursor:
        cursor.execute("BEGIN")
    hand_back()
    assert len(base.shelf()) == 0
    assert connections["orders"].connection is None


@pytest.fixture
def count(marketplace: Marketplace) -> Iterator[Callable[[str], int]]:
    """How many connections a process of this name has to all databases of the server."""
    one = settings.DATABASES["default"]
    with psycopg.connect(
        host=one["HOST"], port=one["PORT"], user=one["USER"], password=one["PASSWORD"], dbname="postgres"
    ) as server:
        server.autocommit = True

        def counted(name: str) -> int:
            found = server.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [name])
            return int(found.fetchall()[0][0])

        yield counted


READS = ("products", "categories", "carts/mine", "orders", "checkouts/01a1fd24-ecce-72ac-ba7c-3eb5b7183c87", "users/me")


@on_postgres
@pytest.mark.slow
def test_web_and_worker_have_few_connections_under_load_and_after_it(
    marketplace: Marketplace, count: Callable[[str], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    place, most = marketplace.runtime, {"web": 0, "worker": 0}
    seed_goods(place)
    for bound in ("QUEUE_SECONDS", "WAITING"):
        monkeypatch.setenv(f"ARGOSY_SHED_{bound}", "0")
    monkeypatch.setenv("PGAPPNAME", "argosy-worker")
    with worker() as works:
        monkeypatch.setenv("PGAPPNAME", "argosy-web")
        with Web() as web:
            monkeypatch.setenv("PGAPPNAME", "argosy-test")
            web.wait_until_ready()
            stop = threading.Event()

            def ask() -> None:
                client = Client("127.0.0.1", web.port)
                while not stop.is_set():
                    for path in READS:
                        assert client.send("GET", f"/api/v1/{path}").status < 500

            askers = [threading.Thread(target=ask) for _ in range(16)]
            for asker in askers:
                asker.start()
            send(place, "checkout", list(islice(baskets("counted", place.ids), 100)))
            until = time.monotonic() + 6
            while time.monotonic() < until:
                for name in most:
                    most[name] = max(most[name], count(f"argosy-{name}"))
                time.sleep(0.05)
            stop.set()
            for asker in askers:
                asker.join()
            books.wait_until_calm(place, 60)
            after = count("argosy-web")
        assert works.process.poll() is None
    assert most["worker"] == len(NAMES), "one for each database, in its one thread"
    assert 0 < most["web"] <= settings.POSTGRES_IDLE + 8, "what is idle, and one for each thread that is at work"
    assert after <= settings.POSTGRES_IDLE
