"""Waiting for a checkout, on real processes: told at once, for next to nothing, and nobody else waits for it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from argosy.apps.api.waits import LOOK_SECONDS
from tests.api.serving import PROJECT, READY_SECONDS, START, Reply, Web, free_ports
from tests.api.shop import Shop, nobodys
from tests.marketplace import Marketplace

LONG = "wait=20"


@pytest.fixture
def web(shop: Shop) -> Iterator[Web]:
    serving = Web()
    yield serving
    serving.close()


@pytest.fixture
def feed_web(monkeypatch: pytest.MonkeyPatch, marketplace: Marketplace) -> Iterator[tuple[Shop, Web]]:
    """A web whose operator keeps the feed: what can be waited for with a query."""
    monkeypatch.setenv("ARGOSY_EVENT_FEED", "yes")
    serving = Web()
    yield Shop(marketplace), serving
    serving.close()


def started(shop: Shop, request_id: str = "one") -> str:
    answer = shop.call("POST", "checkouts", shop.purchase(request_id), token=shop.buyer)
    return f"checkouts/{answer.json['checkout_id']}"


def while_it_is_worked_off(shop: Shop, waiting: Any) -> Any:
    """What `waiting` gives, begun before the work is done."""
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(waiting)
        time.sleep(0.3)
        assert not answer.done()
        shop.drain()
        # Sooner than the look that is the safety net: the bell has rung.
        return answer.result(LOOK_SECONDS - 2)


def test_a_long_poll_is_answered_when_it_is_settled(shop: Shop, web: Web) -> None:
    for port, request_id in ((web.waits_port, "one"), (web.port, "two")):
        path = started(shop, request_id)
        reply: Reply = while_it_is_worked_off(
            shop, lambda path=path, port=port: web.call("GET", path, port=port, token=shop.buyer, Prefer=LONG)
        )
        assert (reply.status, reply.json["status"]) == (200, "COMPLETED"), reply
        assert reply.headers["preference-applied"] == LONG
        again = web.call("GET", path, port=port, token=shop.buyer, Prefer=LONG, If_None_Match=reply.headers["etag"])
        assert again.status == 304, "what is final is not waited for"
        assert again.seconds < 5


def test_a_long_poll_is_answered_at_the_next_change(shop: Shop, web: Web) -> None:
    path = started(shop)
    tag = web.call("GET", path, token=shop.buyer).headers["etag"]
    assert web.wait(path, token=shop.buyer, Prefer=LONG, If_None_Match='"0"').json["status"] == "STARTED"
    reply: Reply = while_it_is_worked_off(
        shop, lambda: web.wait(path, token=shop.buyer, Prefer=LONG, If_None_Match=tag)
    )
    assert reply.status == 200
    assert reply.headers["etag"] != tag


def test_a_long_poll_ends_when_time_is_up(shop: Shop, web: Web) -> None:
    path = started(shop)
    tag = web.call("GET", path, token=shop.buyer).headers["etag"]
    for port in (web.waits_port, web.port):
        reply = web.call("GET", path, port=port, token=shop.buyer, Prefer="wait=1", If_None_Match=tag)
        assert (reply.status, reply.body, reply.headers["etag"]) == (304, b"", tag)
        assert 0.9 < reply.seconds < 5
        reply = web.call("GET", path, port=port, token=shop.buyer, Prefer="respond-async, wait=1")
        assert (reply.status, reply.json["status"]) == (200, "STARTED")
        at_once = web.call("GET", path, port=port, token=shop.buyer)
        assert (at_once.status, "preference-applied" in at_once.headers) == (200, False)
        assert at_once.seconds < 0.9


def test_a_stream_tells_every_change_and_ends(shop: Shop, web: Web) -> None:
    path = started(shop)

    def stream() -> tuple[str, str]:
        reply = web.wait(path, token=shop.buyer, Accept="text/event-stream")
        return reply.headers["content-type"], reply.body.decode()

    kind, text = while_it_is_worked_off(shop, stream)
    assert kind == "text/event-stream"
    events = [block for block in text.split("\n\n") if block.startswith("id: ")]
    assert '"status":"STARTED"' in events[0]
    assert '"status":"COMPLETED"' in events[-1]
    assert len({event.partition("\n")[0] for event in events}) == len(events)
    last = events[-1].partition("\n")[0].removeprefix("id: ")
    again = web.wait(path, token=shop.buyer, Accept="text/event-stream", Last_Event_ID=last)
    assert b"data:" not in again.body, "what the client has is not told again"


def test_who_may_not_read_may_not_wait(shop: Shop, web: Web) -> None:
    path = started(shop)
    stranger = shop.person()
    for accept in ("application/json", "text/event-stream"):
        foreign = web.wait(path, token=stranger, Prefer=LONG, Accept=accept)
        unknown = web.wait(f"checkouts/{nobodys('checkout')}", token=stranger, Prefer=LONG, Accept=accept)
        assert (foreign.status, foreign.json["code"]) == (404, "not_found")
        assert foreign.body == unknown.body
        assert foreign.seconds < 5
        assert web.wait(path, Prefer=LONG, Accept=accept).json["code"] == "not_signed_in"
    assert web.wait("orders", token=shop.buyer).json["code"] == "no_such_path"
    assert web.call("POST", path, port=web.waits_port, token=shop.buyer).status == 405
    elsewhere = web.call("GET", path, token=shop.buyer, Accept="text/event-stream")
    assert (elsewhere.status, elsewhere.json["code"]) == (406, "streams_are_elsewhere")
    assert elsewhere.headers["link"] == f'<http://127.0.0.1:{web.waits_port}/api/v1/{path}>; rel="wait"'


def test_few_may_wait_where_requests_are_answered(shop: Shop, web: Web) -> None:
    path = started(shop)
    with ThreadPoolExecutor(12) as pool:
        waiting = [pool.submit(web.call, "GET", path, token=shop.buyer, Prefer="wait=3") for _ in range(12)]
        time.sleep(0.5)
        assert sum(not one.done() for one in waiting) == 4
        assert web.call("GET", "health/live").seconds < 1
        replies = [one.result(30) for one in waiting]
    assert sum("preference-applied" in reply.headers for reply in replies) == 4
    assert {reply.status for reply in replies} == {200}


def test_a_hundred_wait_while_others_read(shop: Shop, web: Web) -> None:
    path = started(shop)
    headers = {"Authorization": f"Bearer {shop.buyer}", "Prefer": LONG}
    waiting = [web.open(web.waits_port, "GET", path, b"", **headers) for _ in range(100)]
    time.sleep(0.3)
    assert max(web.call("GET", f"products/{shop.product_id}").seconds for _ in range(20)) < 1
    began = time.monotonic()
    shop.drain()
    answers = [connection.getresponse().read() for connection in waiting]
    assert time.monotonic() - began < 15
    assert all(b'"COMPLETED"' in answer for answer in answers)
    for connection in waiting:
        connection.close()


def test_it_ends_cleanly_and_tells_those_who_wait(shop: Shop, web: Web) -> None:
    path = started(shop)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(web.wait, path, token=shop.buyer, Prefer=LONG)
        time.sleep(0.3)
        began = time.monotonic()
        assert web.stop() == 0
        assert time.monotonic() - began < 8
        assert waiting.result(5).json["status"] == "STARTED"
    for port in (web.port, web.waits_port):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_nothing_stays_behind_when_it_is_killed(web: Web) -> None:
    web.process.send_signal(signal.SIGKILL)
    web.process.wait(10)
    give_up = time.monotonic() + 10
    while any(listens(port) for port in (web.port, web.waits_port)):
        assert time.monotonic() < give_up
        time.sleep(0.1)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_it_is_gone_before_its_interpreter_is_taken_down(marketplace: Marketplace) -> None:
    """What meets an interpreter that is taken down are the server's own threads, and they abort."""
    port = free_ports()[0]
    start = (
        "import atexit, runpy, sys; atexit.register(print, 'taken down'); "
        f"sys.argv[1:] = ['127.0.0.1', '{port}']; runpy.run_module('argosy.apps.api.waits', run_name='__main__')"
    )
    with subprocess.Popen([sys.executable, "-c", start], cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        give_up = time.monotonic() + READY_SECONDS
        while not listens(port):
            assert process.poll() is None and time.monotonic() < give_up
            time.sleep(0.05)
        process.terminate()
        said, _ = process.communicate(timeout=30)
    assert (process.returncode, said) == (0, "")


def test_the_process_that_waits_is_started_again(web: Web) -> None:
    children = Path(f"/proc/{web.process.pid}/task/{web.process.pid}/children").read_text().split()
    waiters = [pid for pid in children if b"argosy.apps.api.waits" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert len(waiters) == 1
    subprocess.run(["kill", "-9", *waiters], check=True)
    give_up = time.monotonic() + 15
    while (
        not listens(web.waits_port)
        or waiters[0] in Path(f"/proc/{web.process.pid}/task/{web.process.pid}/children").read_text().split()
    ):
        assert time.monotonic() < give_up
        time.sleep(0.1)


@pytest.mark.parametrize("which", [0, 1])
def test_a_port_in_use_costs_one_line(which: int) -> None:
    ports = free_ports()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", ports[which]))
        taken.listen()
        ended = subprocess.run(
            [sys.executable, "-c", START.format(*ports)],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [
        f"Cannot listen on 127.0.0.1 port {ports[which]}: Address already in use. Choose another port."
    ]


def test_hostile_bodies_are_answered_over_the_wire(shop: Shop, web: Web) -> None:
    body = b'{"x": "' + b"a" * 5_000_000 + b'"}'
    assert web.call("POST", "carts/mine/lines", body, token=shop.buyer).json["code"] == "body_too_large"
    assert web.call("POST", "carts/mine/lines", body).json["code"] == "not_signed_in"
    deep = b"[" * 10_000 + b"]" * 10_000
    assert web.call("POST", "carts/mine/lines", deep, token=shop.buyer).json["code"] == "nested_too_deeply"
    head = web.call("HEAD", f"products/{shop.product_id}")
    assert (head.status, head.body) == (200, b"")
    assert int(head.headers["content-length"]) > 0
    chunked = raw(
        web,
        b"POST /api/v1/carts/mine/lines HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Authorization: Bearer " + shop.buyer.encode() + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2\r\n{}\r\n0\r\n\r\n",
    )
    assert chunked.startswith(b"HTTP/1.1 422")
    assert b'"missing"' in chunked
    assert raw(web, b"GET /api/v1/carts/mine HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n").startswith(
        b"HTTP/1.1 401"
    )


def raw(web: Web, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", web.port), timeout=10) as connection:
        connection.sendall(request)
        return connection.makefile("rb").read()


QUERIES = (
    "limit=0",
    "limit=5&limit=0",
    "limit=0&limit=5",
    "limit=",
    "limit=5;types=order.paid",
    "nothing=1",
    "types=%00",
    "types=%ff",
    "types=order.paid&" + "&".join(f"x{number}=1" for number in range(2_000)),
    "types=%F0%9F%9B%92",
    "after=%2",
    "&&&",
)


def test_both_doors_read_a_query_alike(feed_web: tuple[Shop, Web]) -> None:
    shop, web = feed_web
    for query in QUERIES:
        near, far = (
            web.call("GET", f"events?{query}", port=port, token=shop.seller) for port in (web.port, web.waits_port)
        )
        assert (near.status, near.json) == (far.status, far.json), query
        assert near.status in (200, 422), query
