"""Requests under an Idempotency-Key for suites that send them again: at once, and after an attempt was abandoned.

An attempt is abandoned at a crash point by an exception that nothing in the product catches: what it wrote until then
stays, and what it would have done afterwards is not done. Between tries the database of the operation's context is put
back as it was, so that each try begins alike.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

from django.db import connections

from argosy.platform import crash_points
from argosy.platform.crash_points import POINTS
from tests.api.shop import Answer, Shop
from tests.front_door import FrontDoor

AT_ONCE = 10
KEY = "the-one-key"
PATIENCE = 50
"""How often somebody who is told to come again does so: the machine may have other things to do."""

Numbers = dict[str, Counter[tuple[Any, ...]]]


class Request(NamedTuple):
    """What is sent, for whom, and whose database it changes."""

    label: str
    method: str
    path: str
    raw: bytes
    token: str
    kind: str = "application/json"

    def send(self, client: FrontDoor, *, token: str = "", more: bytes = b"") -> Answer:
        """Once, and again while whoever asks is told to come again: nothing was done then, or somebody else did it."""
        headers = {"Idempotency-Key": KEY}
        if token or self.token:
            headers["Authorization"] = f"Bearer {token or self.token}"
        path = f"/api/v1/{self.path}"
        for _ in range(PATIENCE):
            sent = client.generic(self.method, path, self.raw + more, content_type=self.kind, headers=headers)
            answer = Answer(sent)
            if answer.status != 503 and not (answer.status == 409 and answer.json["code"] == "too_busy"):
                break
        return answer


def said(answer: Answer) -> tuple[Any, ...]:
    """All that must be equal when it is said again."""
    return answer.status, answer.body, answer.headers.get("location"), answer.headers.get("content-type")


def is_repeat(answer: Answer) -> bool:
    return answer.headers.get("idempotent-replay") == "true"


class Kept:
    """One context's database as it was."""

    def __init__(self, shop: Shop, label: str) -> None:
        self._path = str(connections[shop.place.runtime.contexts[label].alias].settings_dict["NAME"])
        self._copy = sqlite3.connect(":memory:")
        with closing(sqlite3.connect(self._path)) as source:
            source.backup(self._copy)

    def put_back(self) -> None:
        with closing(sqlite3.connect(self._path)) as target:
            self._copy.backup(target)

    def close(self) -> None:
        self._copy.close()

    def numbers(self) -> Numbers:
        """Every row of every table, without what is new each time: ids and what they are spread by, secrets, times."""
        found: Numbers = {}
        with closing(sqlite3.connect(self._path)) as source:
            tables = source.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for (table,) in tables:
                rows = source.execute(f'SELECT * FROM "{table}"')
                kept = [place for place, column in enumerate(rows.description) if column[0] != "lane"]
                found[table] = Counter(tuple(_number(row[place]) for place in kept) for row in rows)
        return found

    def keys(self, prefix: str) -> int:
        """How many answers are kept under the suite's key."""
        with closing(sqlite3.connect(self._path)) as source:
            sql = f"SELECT count(*) FROM {prefix}_idempotency_keys WHERE key = ?"
            [(count,)] = source.execute(sql, (KEY,)).fetchall()
        return int(count)


def _number(value: Any) -> Any:
    return value if isinstance(value, int) else value is None


class Abandoned(BaseException):
    """Whoever attempted this is not there any more."""


@contextmanager
def at_points(meet: Callable[[str], None]) -> Iterator[None]:
    """Each crash point that is reached calls `meet` with its name, in whatever thread."""
    with (
        patch.object(crash_points, "_armed", object()),
        patch.object(crash_points, "_die_at", lambda armed, name: meet(name)),
    ):
        yield


def abandon(request: Request, client: FrontDoor, point: str) -> bool:
    """Attempt it until `point`; whether it came so far."""
    assert point in POINTS

    def meet(name: str) -> None:
        if name == point:
            raise Abandoned()

    with at_points(meet):
        try:
            request.send(client)
        except Abandoned:
            return True
    return False


class Crowd:
    """So many at once, each a thread with connections of its own."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._clients = threading.local()

    def send(self, request: Request) -> Sequence[Answer]:
        """All have looked the key up and found it new before any of them goes on. Some then race; the others go on
        when somebody has been through, with what they have seen before."""
        looked, through = threading.Barrier(AT_ONCE), threading.Event()
        here = threading.local()

        def meet(name: str) -> None:
            if name == "request.committed":
                through.set()
            if name == "request.key_is_new" and not getattr(here, "has_met", False):
                here.has_met = True
                looked.wait()
                if here.is_late:
                    through.wait()

        def one(number: int) -> Answer:
            here.has_met, here.is_late = False, number >= AT_ONCE // 2
            try:
                return request.send(self._client())
            finally:
                through.set()
                if not here.has_met:
                    looked.abort()

        with at_points(meet):
            return list(self._pool.map(one, range(AT_ONCE)))

    def close(self) -> None:
        gone = threading.Barrier(AT_ONCE)

        def leave(number: int) -> None:
            gone.wait()
            connections.close_all()

        list(self._pool.map(leave, range(AT_ONCE)))
        self._pool.shutdown()

    def _client(self) -> FrontDoor:
        client: FrontDoor | None = getattr(self._clients, "mine", None)
        if client is None:
            client = self._clients.mine = FrontDoor()
        return client


def as_json(body: Any) -> bytes:
    return b"" if body is None else json.dumps(body).encode()
