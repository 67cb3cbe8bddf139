"""Baskets played over the public HTTP API, each by its buyer, as a browser would: cart, checkout, waiting, orders."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from argosy.apps.cli.console import Failed
from argosy.apps.cli.http_client import Client, Reply, host_and_port
from argosy.apps.cli.replay_data import Basket, Played, check
from argosy.shared_kernel.codec import encode

API = "/api/v1"
PASSWORD = "argosy-replay"
TRIES_MAX = 5
JOURNEY_SECONDS_MAX = 180.0
_BUSY = (409, 429, 503)


class Refused(Exception):
    """The server would not do it; the text is its code."""


class Buyer:
    """One buyer with a session, one connection for requests and one for waiting."""

    def __init__(self, number: int, server: tuple[str, int]) -> None:
        self.number = number
        self.client = Client(*server)
        self.waits: Client | None = None

    def sign_in(self) -> None:
        """A session, for an account that is opened where there is none."""
        account = {"email": f"buyer-{self.number}@replay.example", "password": PASSWORD}
        # Not the other way round: signing in to accounts that are not there yet would look like guessing.
        registered = self.client.send("POST", f"{API}/users", encode(account))
        if registered.status != 201 and _code(registered) != "email_taken":
            raise Refused(_code(registered))
        reply = self.client.send("POST", f"{API}/sessions", encode(account))
        if reply.status != 201:
            raise Refused(_code(reply))
        self.client.authorization = json.loads(reply.body)["token"]

    def play(self, basket: Basket) -> Played:
        """From an empty cart to the end of the checkout; a broken connection or a busy server is tried again."""
        played = Played(basket=basket)
        began = time.monotonic()
        for attempt in range(1, TRIES_MAX + 1):
            try:
                self._journey(played, began + JOURNEY_SECONDS_MAX)
                break
            except OSError as error:
                played.reason = f"connection: {error.strerror or type(error).__name__}"
                time.sleep(0.1 * attempt)
            except Refused as refusal:
                played.reason = str(refusal)
                break
        played.seconds = time.monotonic() - began
        return played

    def verify(self, played: Played) -> None:
        """Read the orders that came of it, and lay them beside the file."""
        try:
            check(played, [self._asked("GET", f"/orders/{order_id}") for order_id in played.order_ids])
        except (OSError, Refused) as error:
            played.reason = f"orders not readable: {error}"

    def close(self) -> None:
        self.client.close()
        if self.waits is not None:
            self.waits.close()

    def _journey(self, played: Played, give_up: float) -> None:
        basket = played.basket
        played.reason = ""
        self._asked("DELETE", "/carts/mine/lines")
        for line in basket.lines:
            self._asked(
                "POST",
                "/carts/mine/lines",
                {"product_id": line.product_id, "variant_id": line.variant_id, "quantity": line.quantity},
            )
        reply = self._send(
            "POST",
            "/checkouts",
            {"lines": basket.lines, "address": basket.address, "client_request_id": basket.request_id},
        )
        played.checkout_id = json.loads(reply.body)["checkout_id"]
        progress = self._settled(played.checkout_id, reply, give_up)
        if progress["status"] != "COMPLETED":
            failure = progress.get("failure") or {}
            played.reason = failure.get("code") or f"checkout is {progress['status']}"
            return
        played.order_ids = tuple(progress["order_ids"])

    def _settled(self, checkout_id: str, started: Reply, give_up: float) -> dict[str, Any]:
        """The checkout's document once nothing more will come of it."""
        path = f"{API}/checkouts/{checkout_id}"
        client = self._waiting_client(started.header("link"))
        while True:
            reply = client.send("GET", path, prefer="wait=20")
            if reply.status == 200:
                progress: dict[str, Any] = json.loads(reply.body)
                if progress["is_final"] or progress["action_url"]:
                    return progress
            elif reply.status not in _BUSY:
                raise Refused(_code(reply))
            if time.monotonic() >= give_up:
                raise Refused(f"not settled after {JOURNEY_SECONDS_MAX:.0f} s")

    def _waiting_client(self, link: str) -> Client:
        """The connection to the address that is made for waiting, as the answer's link names it."""
        server = host_and_port(link.partition("<")[2].partition(">")[0])
        if server is None:
            return self.client
        if self.waits is None or (self.waits.host, self.waits.port) != server:
            self.waits = Client(*server)
        self.waits.authorization = self.client.authorization
        return self.waits

    def _asked(self, method: str, path: str, body: Any = None) -> Any:
        reply = self._send(method, path, body)
        return json.loads(reply.body) if reply.body else None

    def _send(self, method: str, path: str, body: Any = None) -> Reply:
        """A success; a server that is busy is asked again, a session that has ended is begun anew."""
        raw = encode(body) if body is not None else b""
        for attempt in range(1, TRIES_MAX + 1):
            reply = self.client.send(method, API + path, raw)
            if reply.status < 300:
                return reply
            if reply.status == 401:
                self.sign_in()
            elif reply.status in _BUSY and reply.header("retry-after"):
                time.sleep(min(float(reply.header("retry-after")), 0.2 * attempt))
            else:
                break
        raise Refused(_code(reply))


def play_all(
    baskets: Sequence[Basket],
    buyers: int,
    server: tuple[str, int],
    done: Callable[[int], None],
) -> tuple[list[Played], float, float]:
    """Every basket by its buyer, all buyers at once; what became of them, the seconds that took, and the seconds of
    processor time that this program took for it. Afterwards every order is read."""
    crowd = [Buyer(number, server) for number in range(min(buyers, len(baskets)))]
    queues: list[deque[Basket]] = [deque() for _ in crowd]
    for basket in baskets:
        queues[basket.buyer].append(basket)
    played: list[list[Played]] = [[] for _ in crowd]
    _together(crowd, lambda buyer: buyer.sign_in())

    def shop(buyer: Buyer) -> None:
        queue, mine = queues[buyer.number], played[buyer.number]
        while queue:
            mine.append(buyer.play(queue.popleft()))
            done(1)

    began, used = time.monotonic(), time.process_time()
    _together(crowd, shop)
    seconds, cpu = time.monotonic() - began, time.process_time() - used

    def audit(buyer: Buyer) -> None:
        for one in played[buyer.number]:
            if not one.reason:
                buyer.verify(one)

    _together(crowd, audit)
    for buyer in crowd:
        buyer.close()
    return [one for mine in played for one in mine], seconds, cpu


def _together(crowd: Sequence[Buyer], act: Callable[[Buyer], None]) -> None:
    """All of them at once, each in a thread; the first fault ends the program."""
    faults: list[Exception] = []

    def guarded(buyer: Buyer) -> None:
        try:
            act(buyer)
        except Exception as error:  # noqa: BLE001 - handed to the thread that waits for all
            faults.append(error)

    threads = [threading.Thread(target=guarded, args=(buyer,), daemon=True) for buyer in crowd]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        if isinstance(faults[0], OSError | Refused):
            raise Failed(f"the shop did not answer as it should: {faults[0]}")
        raise faults[0]


def is_shown(server: tuple[str, int], product_id: str) -> bool:
    """Whether the shop has a page for a product."""
    client = Client(*server)
    try:
        return client.send("GET", f"{API}/products/{product_id}").status == 200
    except OSError as error:
        raise Failed(f"nobody answers at http://{server[0]}:{server[1]}: {error.strerror or error}") from None
    finally:
        client.close()


def _code(reply: Reply) -> str:
    try:
        return str(json.loads(reply.body).get("code") or reply.status)
    except (ValueError, AttributeError):
        return f"status {reply.status}"
