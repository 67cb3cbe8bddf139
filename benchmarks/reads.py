"""Reads over HTTP, beside the load generator on the same two cores: product pages and listing pages of 10,000 different
products, half of them asked for again with If-None-Match, and lines added to carts.

    python -m benchmarks.reads [--only product|listing|cart]

The generator is one thread over open connections that writes requests made beforehand, one at a time on each, and looks
at the status and the length of every answer. No worker runs meanwhile: the catalogue stands.
"""

from __future__ import annotations

import gc
import json
import selectors
import socket
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from benchmarks.place import marketplace
from benchmarks.results import parser, tell
from benchmarks.shop import API, HOST, Shop, Shopper, register, together

PRODUCTS = 10_000
PAGE = 20
CONNECTIONS = 32
SHOPPERS = 32
LINES = 10
KINDS = ("product", "listing", "cart")


class Catalogue:
    """So many products on sale in a hundred categories, with their pages and listings written."""

    def __init__(self, place: Any, many: int) -> None:
        from argosy.platform.worker import Worker
        from benchmarks.reference import SELLERS, several

        self.product_ids = several(place, many)
        self.sellers = SELLERS
        worker = Worker(place, place.contexts)
        worker.drain(600)
        worker.pool.close()
        worker.listener.close()

    def product_paths(self) -> list[str]:
        return [f"{API}/products/{product_id}" for product_id in self.product_ids]


class Asking:
    """Connections that ask for one thing after the other, each the next that nobody has asked for yet."""

    def __init__(self, server: tuple[str, int], connections: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._sockets = []
        for _ in range(connections):
            opened = socket.create_connection(server)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(opened, selectors.EVENT_READ)
            self._sockets.append(opened)

    def ask(self, requests: Sequence[bytes], seconds: float) -> tuple[Counter[bytes], float]:
        """Answers by status, and how long it took."""
        statuses: Counter[bytes] = Counter()
        place, many = 0, len(requests)
        began = time.perf_counter()
        until = began + seconds
        for opened in self._sockets:
            opened.sendall(requests[place % many])
            place += 1
        open_still = len(self._sockets)
        while open_still:
            for key, _ in self._selector.select(5):
                opened: Any = key.fileobj
                answer = opened.recv(262_144)
                head = answer.find(b"\r\n\r\n")
                while not answer or len(answer) < head + 4 + _length(answer, head):
                    more = opened.recv(262_144)
                    assert more, "the server closed a connection"
                    answer += more
                    head = answer.find(b"\r\n\r\n")
                statuses[answer[9:12]] += 1
                if time.perf_counter() < until:
                    opened.sendall(requests[place % many])
                    place += 1
                else:
                    open_still -= 1
        return statuses, time.perf_counter() - began

    def close(self) -> None:
        for opened in self._sockets:
            opened.close()
        self._selector.close()


def _length(answer: bytes, head: int) -> int:
    if head < 0:
        return len(answer)
    at = answer.find(b"ontent-length: ", 0, head)
    if at < 0:
        at = answer.find(b"ontent-Length: ", 0, head)
    return int(answer[at + 15 : answer.index(b"\r", at)]) if at >= 0 else 0


def request(path: str, *headers: str, body: bytes = b"") -> bytes:
    """As it is written to the connection."""
    method = "POST" if body else "GET"
    if body:
        headers = (*headers, "Content-Type: application/json", f"Content-Length: {len(body)}")
    return "\r\n".join((f"{method} {path} HTTP/1.1", f"Host: {HOST}", *headers, "", "")).encode() + body


def half_known(server: tuple[str, int], paths: Sequence[str]) -> list[bytes]:
    """Requests for all of them: every other one says that it has what it asks for."""
    reader = Shopper(server, 0)
    requests = []
    for number, path in enumerate(paths):
        if number % 2:
            requests.append(request(path))
            continue
        reply = reader.client.send("GET", path)
        assert reply.status == 200, reply.body
        requests.append(request(path, f"If-None-Match: {reply.header('etag')}"))
    reader.close()
    return requests


def listing_paths(server: tuple[str, int], many: int) -> list[str]:
    """All pages of all products from the first to the last."""
    reader, paths = Shopper(server, 0), [f"{API}/products?limit={PAGE}"]
    while len(paths) < many:
        reply = reader.client.send("GET", paths[-1])
        following = json.loads(reply.body)["next"]
        if following is None:
            break
        paths.append(following)
    reader.close()
    return paths


def cart_requests(server: tuple[str, int], catalogue: Catalogue, many: int) -> list[list[bytes]]:
    """For each shopper who has signed in, what they add one after the other: more and more of ten things."""
    from benchmarks.reference import unit_of

    crowd = [Shopper(server, number) for number in range(SHOPPERS)]
    together(crowd, lambda shopper: shopper.sign_in())
    requests = []
    for number, shopper in enumerate(crowd):
        token = f"Authorization: Bearer {shopper.client.authorization}"
        mine = []
        for turn in range(many):
            product = catalogue.product_ids[(number * 313 + turn % LINES) % len(catalogue.product_ids)]
            line = {"product_id": product, "variant_id": unit_of(product), "quantity": 1}
            mine.append(request(f"{API}/carts/mine/lines", token, body=json.dumps(line).encode()))
        requests.append(mine)
        shopper.close()
    return requests


def measure(server: tuple[str, int], requests: Sequence[bytes], seconds: float, name: str) -> dict[str, float]:
    """All of them in turn, again and again; a second to warm up."""
    asking = Asking(server, CONNECTIONS)
    asking.ask(requests, min(seconds, 1.0))
    gc.collect()
    gc.freeze()
    gc.disable()
    used = time.process_time()
    statuses, took = asking.ask(requests, seconds)
    used = time.process_time() - used
    gc.enable()
    asking.close()
    answers = sum(statuses.values())
    good = statuses[b"200"] + statuses[b"304"]
    assert good == answers, statuses
    return {
        f"{name}_per_second": answers / took,
        f"{name}_not_modified_percent": statuses[b"304"] / answers * 100,
        f"{name}_generator_percent": used / took * 100,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    made = parser(__doc__)
    made.add_argument("--only", choices=KINDS, action="append")
    made.add_argument("--products", type=int, default=0, help="(10000; 500 with --quick)")
    made.add_argument("--seconds", type=float, default=0, help="for each (10; 1 with --quick)")
    made.add_argument("--runs", type=int, default=0, help="(3; 1 with --quick)")
    options = made.parse_args(arguments)
    seconds = options.seconds or (1 if options.quick else 10)
    many = options.products or (500 if options.quick else PRODUCTS)
    with marketplace() as place:
        catalogue = Catalogue(place, many)
        register(place, SHOPPERS)
        with Shop(has_worker=False) as shop:
            requests = {}
            for kind in options.only or KINDS:
                if kind == "product":
                    requests[kind] = half_known(shop.server, catalogue.product_paths())
                elif kind == "listing":
                    requests[kind] = half_known(shop.server, listing_paths(shop.server, many // PAGE))
                else:
                    by_shopper = cart_requests(shop.server, catalogue, 200)
                    requests[kind] = [one for turn in zip(*by_shopper, strict=True) for one in turn]
            results = []
            for _ in range(options.runs or (1 if options.quick else 3)):
                result: dict[str, float] = {}
                for kind, asked in requests.items():
                    result |= measure(shop.server, asked, seconds, kind)
                results.append(result)
    tell(options, results)


if __name__ == "__main__":
    main()
