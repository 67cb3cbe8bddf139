"""Buyers who go on all the time: each presses until answered, under one Idempotency-Key, and looks about in between."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from argosy.apps.chaos.goods import ADDRESS, COUPON, lines
from argosy.apps.cli.http_client import Client, Reply
from argosy.shared_kernel.codec import encode

API = "/api/v1"
HOST = "127.0.0.1"
TIMEOUT_SECONDS = 12.0
PAUSE_SECONDS = 0.1
READ_EVERY = 3
STRANGE_MAX = 20

SOURCES = (
    *("tok_approve",) * 15,
    "tok_decline",
    "tok_decline_capture",
    "tok_timeout_after",
    "tok_timeout_capture",
    "tok_approve",
)
"""How often the buyers' cards do what: most pay, some are declined, of some the gateway's answer is lost."""
PAID_BY = {"tok_approve", "tok_timeout_after", "tok_timeout_capture"}


@dataclass
class Purchase:
    """One thing that somebody wants, and what they were told of it. `must_sell`: there is no reason to refuse it."""

    number: int
    key: str
    body: dict[str, Any]
    must_sell: bool
    checkout_id: str = ""
    is_answered: bool = False
    status: int = 0
    """Of the last answer; 0 where none came."""


Make = Callable[[int], dict[str, Any]]


def everyday(number: int) -> dict[str, Any]:
    """What a buyer of every day sends: two sellers' goods, sometimes a coupon, one of many cards."""
    return {
        "lines": lines(number),
        "address": ADDRESS,
        "payment_source": SOURCES[number % len(SOURCES)],
        "coupons": [COUPON] if number % 3 == 0 else [],
    }


@dataclass
class Tally:
    """What was seen, from any number of threads."""

    counts: Counter[str] = field(default_factory=Counter)
    strange: list[str] = field(default_factory=list)
    accepted_seconds: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str) -> None:
        with self.lock:
            self.counts[what] += 1

    def wonder(self, what: str) -> None:
        """Something that must never happen."""
        with self.lock:
            self.counts["strange"] += 1
            if len(self.strange) < STRANGE_MAX:
                self.strange.append(what)


class Load:
    """`with load:` buys; what was not answered when it ends is kept, and `settle` presses for it again."""

    def __init__(self, port: int, tokens: Sequence[str], make: Make = everyday) -> None:
        self.port = port
        self.ports = [port]
        """Of all webs; buyers are spread over them."""
        self.tokens = tokens
        self.make = make
        self.pause_seconds = PAUSE_SECONDS
        self.tally = Tally()
        self.purchases: list[Purchase] = []
        self.reads = True
        self._numbers = itertools.count()
        self._is_stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._run = f"{time.time():.3f}"

    def start(self, buyers: int) -> None:
        self._is_stopping.clear()
        self._threads = [threading.Thread(target=self._buy, args=(one,), daemon=True) for one in range(buyers)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._is_stopping.set()
        for thread in self._threads:
            thread.join(2 * TIMEOUT_SECONDS)
        self._threads = []

    def settle(self, seconds: float) -> None:
        """Press for what was never answered, until it is."""
        client, give_up = Client(HOST, self.port, TIMEOUT_SECONDS), time.monotonic() + seconds
        for purchase in [purchase for purchase in self.purchases if not purchase.is_answered]:
            while not self.press(client, purchase):
                if time.monotonic() > give_up:
                    self.tally.wonder(f"{purchase.key} was not answered within {seconds:.0f} s of calm")
                    return
                time.sleep(PAUSE_SECONDS)
        client.close()

    def purchase(self, must_sell: bool | None = None, **changes: Any) -> Purchase:
        """The next thing that somebody wants; it is not asked for yet."""
        number = next(self._numbers)
        key = f"chaos-{self._run}-{number}"
        body = {**self.make(number), "client_request_id": key, **changes}
        if must_sell is None:
            must_sell = body["payment_source"] in PAID_BY
        purchase = Purchase(number, key, body, must_sell)
        self.purchases.append(purchase)
        return purchase

    def press(self, client: Client, purchase: Purchase) -> bool:
        """Send it once; whether it was answered for good."""
        client.authorization = self.tokens[purchase.number % len(self.tokens)]
        began, purchase.status = time.monotonic(), 0
        try:
            reply = client.send("POST", f"{API}/checkouts", encode(purchase.body), key=purchase.key)
        except OSError:
            self.tally.count("cut off")
            return False
        return self._heard(purchase, reply, time.monotonic() - began)

    def _heard(self, purchase: Purchase, reply: Reply, seconds: float) -> bool:
        tally, purchase.status = self.tally, reply.status
        if reply.status in (409, 429, 503) and reply.header("retry-after"):
            tally.count("told to come back")
            return False
        if reply.status == 202:
            checkout_id = json.loads(reply.body)["checkout_id"]
            if purchase.checkout_id and purchase.checkout_id != checkout_id:
                tally.wonder(f"{purchase.key}: {checkout_id} after {purchase.checkout_id}")
            with tally.lock:
                tally.accepted_seconds.append(seconds)
                tally.counts["accepted"] += not purchase.is_answered
            tally.counts["answered from its key"] += bool(reply.header("idempotent-replay"))
            purchase.checkout_id, purchase.is_answered = checkout_id, True
            return True
        if reply.status >= 500:
            tally.count("5xx")
            tally.wonder(f"{purchase.key}: {reply.status} {reply.body[:200]!r}")
            return False
        tally.count("refused")
        purchase.is_answered = True
        if purchase.must_sell:
            tally.wonder(f"{purchase.key}: {reply.status} {reply.body[:200]!r}")
        return True

    def _buy(self, number: int) -> None:
        client = Client(HOST, self.ports[number % len(self.ports)], TIMEOUT_SECONDS)
        round = 0
        while not self._is_stopping.is_set():
            round += 1
            purchase = self.purchase()
            while not self._is_stopping.is_set() and not self.press(client, purchase):
                self.tally.count("sent again")
                self._is_stopping.wait(PAUSE_SECONDS)
            if self.reads and round % READ_EVERY == number % READ_EVERY:
                self._look_about(client, purchase)
            self._is_stopping.wait(self.pause_seconds)
        client.close()

    def _look_about(self, client: Client, purchase: Purchase) -> None:
        """The shop's first page, and one's own checkout."""
        for path in ("products", f"checkouts/{purchase.checkout_id}"):
            if path.endswith("/"):
                continue
            try:
                status = client.send("GET", f"{API}/{path}").status
            except OSError:
                self.tally.count("reads cut off")
                continue
            self.tally.count("reads" if status in (200, 404) else "reads refused")
            if status >= 500 and status != 503:
                self.tally.wonder(f"GET {path}: {status}")
