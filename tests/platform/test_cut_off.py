"""A PostgreSQL server that is cut off is given up in seconds, also by whoever is connected to it already."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connections

from argosy.apps.chaos.wires import Wire
from argosy.platform.databases import CONNECTION_LIMITS, PEER_LIMITS, databases
from tests.marketplace import Marketplace

GIVEN_UP_SECONDS = 20.0


@pytest.fixture
def mute() -> Iterator[str]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"postgresql://argosy@127.0.0.1:{listener.getsockname()[1]}"


def test_who_is_not_answered_is_told_so(mute: str, tmp_path: object) -> None:
    one = databases(tmp_path, {"ARGOSY_POSTGRES": mute})["orders"]  # type: ignore[arg-type]
    with pytest.raises(psycopg.errors.ConnectionTimeout):
        psycopg.connect(host=one["HOST"], port=one["PORT"], user=one["USER"], dbname=one["NAME"], **one["OPTIONS"])


@pytest.mark.postgres
@pytest.mark.parametrize("alias", ["orders", "search"])
def test_the_kernel_watches_over_every_connection(marketplace: Marketplace, alias: str) -> None:
    connections[alias].ensure_connection()
    kept = connections[alias].connection
    assert kept is not None
    with socket.socket(fileno=socket.dup(kept.fileno())) as same:
        assert same.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        found = {
            "keepalives_idle": same.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
            "keepalives_interval": same.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
            "keepalives_count": same.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
            "tcp_user_timeout": same.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
        }
    assert found == {name: value for name, value in CONNECTION_LIMITS.items() if name != "connect_timeout"}


@pytest.mark.postgres
@pytest.mark.slow
def test_a_session_whose_process_is_cut_off_keeps_nothing_locked(marketplace: Marketplace) -> None:
    limits = ", ".join(f"current_setting('{name}')" for name in PEER_LIMITS)
    [held] = marketplace.rows("orders", f"SELECT {limits}")
    assert held == tuple(PEER_LIMITS.values())
    one = connections["orders"].settings_dict
    wire = Wire(int(one["PORT"]))
    lost = psycopg.connect(host="127.0.0.1", port=wire.port, user=one["USER"], dbname=one["NAME"])
    for name, value in PEER_LIMITS.items():
        lost.execute(f"SET {name} = {value}")
    lost.commit()
    lost.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
    assert wire.forget() == 1
    began = time.monotonic()
    locks = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'orders'::regclass"
    while marketplace.rows("orders", locks) != [(0,)]:
        assert time.monotonic() - began < GIVEN_UP_SECONDS, "it is locked for good"
        time.sleep(0.2)
    wire.close()
