"""What 300 open waits cost everybody else: plain reads while long polls and event streams are open, and without them.

    python -m benchmarks.waits

Half of the waits are long polls, half are event streams, each for a checkout of its own that goes on: no worker runs.
Meanwhile the doorbell names some of the documents again and again, as a busy worker would, so that waits wake and look.
"""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count, islice
from typing import Any

from argosy.platform.doorbell import Bell
from benchmarks.place import marketplace
from benchmarks.results import parser, percentile, tell
from benchmarks.shop import API, HOST, Shop, Shopper, email, register, together

READERS = 4
PAUSE_SECONDS = 0.005
CONNECT_SECONDS_MAX = 5.0
POLL = "Prefer: wait=30\r\nAccept: application/json\r\n"
STREAM = "Accept: text/event-stream\r\n"
NEWS = "document:checkout_progress:{}"


class Reader(Shopper):
    """Reads product pages, one after the other."""

    def read(self, until: float) -> None:
        from benchmarks.reference import PRODUCTS_PER_SELLER, SELLERS, product_id

        self.milliseconds: list[float] = []
        for number in count():
            path = f"/products/{product_id(SELLERS[0], number % PRODUCTS_PER_SELLER)}"
            began = time.perf_counter()
            reply = self.send("GET", path)
            self.milliseconds.append((time.perf_counter() - began) * 1000)
            assert reply.status == 200, reply.body
            if time.monotonic() >= until:
                return
            time.sleep(PAUSE_SECONDS)


class Crowd:
    """Everybody who waits: a socket each, kept open; a poll that has ended is asked again."""

    def __init__(self, server: tuple[str, int], token: str, checkouts: Sequence[str]) -> None:
        self._selector = selectors.DefaultSelector()
        self._is_stopping = False
        self.count = len(checkouts)
        self.heard = 0
        self._requests: dict[socket.socket, bytes] = {}
        for number, checkout in enumerate(checkouts):
            head = f"GET {API}/checkouts/{checkout} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {token}\r\n"
            opened = _connected(server, number)
            self._requests[opened] = (head + (POLL if number % 2 else STREAM) + "\r\n").encode()
            opened.sendall(self._requests[opened])
            self._selector.register(opened, selectors.EVENT_READ, bool(number % 2))
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while not self._is_stopping:
            for key, _ in self._selector.select(0.2):
                opened: Any = key.fileobj
                said = opened.recv(65_536)
                assert said, "somebody who waits was sent away"
                assert b"HTTP/1.1" not in said[:8] or said.startswith(b"HTTP/1.1 200"), said
                self.heard += 1
                if key.data:
                    opened.sendall(self._requests[opened])

    def close(self) -> None:
        self._is_stopping = True
        self._thread.join()
        for opened in self._requests:
            opened.close()
        self._selector.close()


def _connected(server: tuple[str, int], number: int) -> socket.socket:
    try:
        return socket.create_connection(server, timeout=CONNECT_SECONDS_MAX)
    except TimeoutError:
        raise AssertionError(f"{number} waits are open, and the server takes no more") from None


def start_checkouts(place: Any, many: int) -> list[str]:
    """Of the first shopper; nobody works them off."""
    from argosy.domains.accounts.domain.user import User
    from benchmarks.reference import baskets, send

    [user] = place.stores["accounts"].load(User, "email", [email(0)])
    commands = []
    for basket in islice(baskets(f"waits{time.time()}", place.ids), many):
        fields = {name: getattr(basket, name) for name in basket.__struct_fields__}
        commands.append(type(basket)(**{**fields, "buyer_id": user.id}))
    send(place, "checkout", commands)
    return [command.checkout_id for command in commands]


@contextmanager
def _ringing(place: Any, checkouts: Sequence[str]) -> Iterator[None]:
    """The doorbell rings a hundred times a second, for a document in turn."""
    bell, ended = Bell(place.var / "doorbell"), threading.Event()

    def ring() -> None:
        for number in count():
            if ended.wait(0.01):
                return
            bell.ring([NEWS.format(checkouts[number % len(checkouts)])])

    thread = threading.Thread(target=ring, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def reads(crowd: Sequence[Reader], seconds: float, suffix: str) -> dict[str, float]:
    until = time.monotonic() + seconds
    together(crowd, lambda reader: reader.read(until))
    took = [one for reader in crowd for one in reader.milliseconds]
    return {
        f"reads{suffix}": len(took),
        f"p50_ms{suffix}": percentile(took, 0.5),
        f"p99_ms{suffix}": percentile(took, 0.99),
    }


def measure(
    place: Any,
    shop: Shop,
    readers: Sequence[Reader],
    checkouts: Sequence[str],
    seconds: float,
) -> dict[str, float]:
    readers[0].sign_in()
    token = readers[0].client.authorization
    none = reads(readers, seconds, "_none_open")
    crowd = Crowd(shop.waits, token, checkouts)
    try:
        time.sleep(1.0)
        with _ringing(place, checkouts):
            some = reads(readers, seconds, "")
    finally:
        crowd.close()
    assert crowd.heard >= crowd.count // 2, "the streams did not begin"
    return {"open": crowd.count, **some, **none}


def main(arguments: Sequence[str] | None = None) -> None:
    made = parser(__doc__)
    made.add_argument("--open", type=int, default=300)
    made.add_argument("--seconds", type=float, default=0, help="for each of the two measurements (10; 2 with --quick)")
    made.add_argument("--runs", type=int, default=0, help="(3; 1 with --quick)")
    options = made.parse_args(arguments)
    seconds = options.seconds or (2 if options.quick else 10)
    with marketplace() as place:
        from argosy.platform.worker import Worker

        worker = Worker(place, place.contexts)
        worker.drain()
        worker.pool.close()
        worker.listener.close()
        register(place, READERS)
        checkouts = start_checkouts(place, options.open)
        with Shop(has_worker=False) as shop:
            readers = [Reader(shop.server, number) for number in range(READERS)]
            results = [
                measure(place, shop, readers, checkouts, seconds)
                for _ in range(options.runs or (1 if options.quick else 3))
            ]
            for reader in readers:
                reader.close()
    tell(options, results)


if __name__ == "__main__":
    main()
