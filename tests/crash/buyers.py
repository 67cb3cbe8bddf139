"""Buyers who press until they are answered: each request has one Idempotency-Key, however often it is sent."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import Any

import msgspec

from benchmarks.reference import baskets

PASSWORD = "correct horse battery"
PATIENCE_SECONDS = 90.0
FILLED = {"checkout_id", "buyer_id", "cart_id"}


class NotAnswered(Exception):
    """The web went away before it said anything."""


class Buyers:
    """People of one marketplace, and what they were told: `told` has the checkout's id by Idempotency-Key."""

    def __init__(self, port: int, ids: Any) -> None:
        self.port = port
        self.ids = ids
        self.tokens: list[str] = []
        self.told: dict[str, str] = {}
        self.failed_requests = 0
        self.repeats_answered = 0
        self.slowest_seconds = 0.0
        self.strange: list[str] = []
        self._lock = threading.Lock()

    def baskets(self, name: str, count: int) -> list[tuple[str, dict[str, Any]]]:
        """Requests, as (Idempotency-Key, body)."""
        return [
            (
                command.client_request_id,
                {key: value for key, value in msgspec.to_builtins(command).items() if key not in FILLED},
            )
            for command in islice(baskets(name, self.ids), count)
        ]

    @contextmanager
    def pressing_once(self, requests: Sequence[tuple[str, dict[str, Any]]]) -> Iterator[None]:
        """All at once, one time; whoever is not answered by the web that then dies has bad luck."""
        with ThreadPoolExecutor(len(requests)) as pool:
            for request in requests:
                pool.submit(self.press, *request)
            yield

    def press_until_told(self, requests: Sequence[tuple[str, dict[str, Any]]]) -> None:
        """All at once, each again until it is answered."""
        with ThreadPoolExecutor(len(requests)) as pool:
            list(pool.map(lambda one: self.buy(*one), requests))

    def buy(self, key: str, body: dict[str, Any]) -> None:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not self.press(key, body):
            if time.monotonic() > give_up:
                self.strange.append(f"{key} was not answered in {PATIENCE_SECONDS} s")
                return
            time.sleep(0.05)

    def press(self, key: str, body: dict[str, Any]) -> bool:
        """Send it once; whether it was answered for good."""
        token = self.tokens[hash_of(key) % len(self.tokens)]
        began = time.monotonic()
        try:
            status, answer, headers = self.call("checkouts", body, token, key)
        except NotAnswered:
            with self._lock:
                self.failed_requests += 1
            return False
        with self._lock:
            self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - began)
            if status in (409, 503) and "retry-after" in headers:
                return False
            if status != 202:
                self.strange.append(f"{key}: {status} {answer}")
                return True
            self.repeats_answered += "idempotent-replay" in headers
            if self.told.setdefault(key, answer["checkout_id"]) != answer["checkout_id"]:
                self.strange.append(f"{key}: {answer['checkout_id']} after {self.told[key]}")
            return True

    def call(self, path: str, body: Any, token: str = "", key: str = "") -> tuple[int, Any, dict[str, str]]:
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if key:
            headers["Idempotency-Key"] = key
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", f"/api/v1/{path}", json.dumps(body), headers)
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise NotAnswered from error
        finally:
            connection.close()
        told = {name.lower(): value for name, value in response.headers.items()}
        return response.status, json.loads(text or b"null"), told


def hash_of(text: str) -> int:
    """The same in every process: a buyer keeps to their request."""
    return sum(text.encode())
