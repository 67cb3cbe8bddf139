"""Limits that guard sign-in and money: counted in one store for all processes, and closed where it is away.

A limit lets `burst` attempts through at once and one more every `every` seconds: what is kept of it is one number, the
time at which all that was taken will have come back (the generic cell rate algorithm of ATM's traffic control).
Attempts are taken before anything is tried, so that many at once are no way around, and given back where they turn out
to be none.

Whether a store is there is no matter of taste: a limit that cannot be counted refuses. SQLite by default, in a file of
its own beside the databases; a table of the accounts' database where these are on PostgreSQL; Redis where
`ARGOSY_LIMITS=redis` says so (redis_limits.py).
"""

from __future__ import annotations

import ipaddress
import math
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connections, transaction
from django.http import HttpRequest

from argosy.engine.store import StoreUnavailable
from argosy.platform.locks import FileLock, LockTimeout

KEY_BYTES = 16
SWEEP_EVERY = 500
_TABLE = "CREATE {kind} IF NOT EXISTS limits (key {text} PRIMARY KEY, until {real} NOT NULL)"


def now() -> float:
    """Seconds, by this machine's clock: those of all webs must agree to about a second."""
    return time.time()


class LimitsSettingIsWrong(Exception):
    """The text says what is set, and what could be."""


class Limit(NamedTuple):
    """So many at once, and one more after each `every` seconds."""

    burst: int
    every: float


class Limits(Protocol):
    """The store. Keys are what is counted: who tries what, or from where. Every method raises StoreUnavailable where it
    cannot say."""

    def take(self, wanted: Sequence[tuple[str, Limit]]) -> float:
        """Take one attempt of each, or none of any: for how many seconds to wait before (0: they were taken)."""
        ...

    def draw(self, key: str, limit: Limit, count: int) -> tuple[int, float, int]:
        """Take up to so many together: how many there were, for how many seconds to wait where there was none, and how
        many are left."""
        ...

    def give_back(self, taken: Sequence[tuple[str, Limit]]) -> None:
        """They were no attempts."""
        ...

    def remember(self, key: str, seconds: float) -> None:
        """Know this key for so long."""
        ...

    def knows(self, key: str) -> bool: ...


class Counted:
    """What databases and memory share: the reckoning, over rows that they read and write in one transaction."""

    def __init__(self) -> None:
        self._turns = 0

    def take(self, wanted: Sequence[tuple[str, Limit]]) -> float:
        at = now()
        with self._rows([key for key, _ in wanted]) as rows:
            taken = {key: max(rows.get(key, 0.0), at) + limit.every for key, limit in wanted}
            wait = max(taken[key] - at - limit.burst * limit.every for key, limit in wanted)
            if wait > 1e-6:
                return wait
            rows.update(taken)
        return 0.0

    def draw(self, key: str, limit: Limit, count: int) -> tuple[int, float, int]:
        at = now()
        with self._rows([key]) as rows:
            until = max(rows.get(key, 0.0), at)
            room = limit.burst - (until - at) / limit.every
            fits = math.floor(room + 1e-6)
            if fits < 1:
                return 0, (1 - room) * limit.every, 0
            taken = min(count, fits)
            rows[key] = until + taken * limit.every
        return taken, 0.0, fits - taken

    def give_back(self, taken: Sequence[tuple[str, Limit]]) -> None:
        with self._rows([key for key, _ in taken]) as rows:
            for key, limit in taken:
                if key in rows:
                    rows[key] -= limit.every

    def remember(self, key: str, seconds: float) -> None:
        with self._rows([key]) as rows:
            rows[key] = now() + seconds

    def knows(self, key: str) -> bool:
        with self._rows([key]) as rows:
            return rows.get(key, 0.0) > now()

    def _rows(self, keys: Sequence[str]) -> Any:
        raise NotImplementedError

    def _is_time_to_sweep(self) -> bool:
        self._turns += 1
        return self._turns % SWEEP_EVERY == 0


class SqliteLimits(Counted):
    """In a file of its own: counting waits for no sale, and no sale for counting. What a power cut takes is a moment's
    counts."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.lock = FileLock(f"{path}.lock")
        self._local = threading.local()

    @contextmanager
    def _rows(self, keys: Sequence[str]) -> Iterator[dict[str, float]]:
        try:
            with self.lock.held():
                connection = self._connection()
                connection.execute("BEGIN IMMEDIATE")
                try:
                    before = self._read(connection, keys)
                    rows = dict(before)
                    yield rows
                    changed = [(key, until) for key, until in rows.items() if before.get(key) != until]
                    connection.executemany("INSERT OR REPLACE INTO limits (key, until) VALUES (?, ?)", changed)
                    if self._is_time_to_sweep():
                        connection.execute("DELETE FROM limits WHERE until < ?", (now(),))
                    connection.execute("COMMIT")
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
        except (sqlite3.Error, OSError, LockTimeout) as error:
            self._local.connection = None
            raise StoreUnavailable(f"limits cannot be counted: {error}") from error

    @staticmethod
    def _read(connection: sqlite3.Connection, keys: Sequence[str]) -> dict[str, float]:
        marks = ", ".join("?" for _ in keys)
        return dict(connection.execute(f"SELECT key, until FROM limits WHERE key IN ({marks})", list(keys)).fetchall())

    def _connection(self) -> sqlite3.Connection:
        """This thread's, to the file that is there now: who counts in one that was taken away counts alone."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is not None and self._local.file == _file(self.path):
            return connection
        connection = sqlite3.connect(self.path, isolation_level=None, timeout=2)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(_TABLE.format(kind="TABLE", text="TEXT", real="REAL"))
        self._local.connection, self._local.file = connection, _file(self.path)
        return connection


def _file(path: Path) -> tuple[int, int] | None:
    try:
        there = path.stat()
    except FileNotFoundError:
        return None
    return there.st_dev, there.st_ino


class PostgresLimits(Counted):
    """In the accounts' database, as a table that a crash of the server may empty."""

    def __init__(self, alias: str = "default") -> None:
        super().__init__()
        self.alias = alias
        self._is_made = False

    @contextmanager
    def _rows(self, keys: Sequence[str]) -> Iterator[dict[str, float]]:
        try:
            self._make()
            with transaction.atomic(using=self.alias), connections[self.alias].cursor() as cursor:
                # Rows are made before they are locked, in one order, so that two who come first at once take turns.
                cursor.execute(
                    "INSERT INTO limits (key, until) SELECT k, 0 FROM unnest(%s::text[]) k ORDER BY k "
                    "ON CONFLICT DO NOTHING",
                    [list(keys)],
                )
                cursor.execute(
                    "SELECT key, until FROM limits WHERE key = ANY(%s) ORDER BY key FOR UPDATE", [list(keys)]
                )
                before = dict(cursor.fetchall())
                rows = dict(before)
                yield rows
                for key, until in rows.items():
                    if before.get(key) != until:
                        cursor.execute("UPDATE limits SET until = %s WHERE key = %s", [until, key])
                if self._is_time_to_sweep():
                    over = "SELECT key FROM limits WHERE until < %s FOR UPDATE SKIP LOCKED"
                    cursor.execute(f"DELETE FROM limits WHERE key IN ({over})", [now()])
        except DatabaseError as error:
            self._is_made = False
            connections[self.alias].close_if_unusable_or_obsolete()
            raise StoreUnavailable(f"limits cannot be counted: {error}") from error

    def _make(self) -> None:
        if not self._is_made:
            with connections[self.alias].cursor() as cursor:
                cursor.execute(_TABLE.format(kind="UNLOGGED TABLE", text="text", real="double precision"))
            self._is_made = True


@cache
def limits() -> Limits:
    """The one store of this marketplace, as its settings say."""
    if url := limits_redis(os.environ):
        from argosy.platform.redis_limits import RedisLimits

        return RedisLimits(url)
    if connections["default"].vendor == "postgresql":
        return PostgresLimits()
    return SqliteLimits(Path(settings.VAR) / "limits.sqlite3")


def limits_redis(environment: Mapping[str, str]) -> str:
    """Where the Redis is that counts; empty where the databases do."""
    kind = environment.get("ARGOSY_LIMITS", "")
    if kind not in ("", "databases", "redis"):
        raise LimitsSettingIsWrong(f"ARGOSY_LIMITS={kind}: there are databases, redis")
    if kind == "redis" and not environment.get("ARGOSY_REDIS"):
        raise LimitsSettingIsWrong("ARGOSY_LIMITS=redis needs ARGOSY_REDIS=redis://host:6379")
    return environment["ARGOSY_REDIS"] if kind == "redis" else ""


def counted_as(*parts: str) -> str:
    """What is counted, as a key that says nothing to who reads the store."""
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    secret = blake2b(settings.SECRET_KEY.encode(), digest_size=32).digest()
    return f"{parts[0]}:{blake2b(text, digest_size=KEY_BYTES, key=secret).hexdigest()}"


def seconds(wait: float) -> int:
    """For a Retry-After."""
    return max(1, math.ceil(wait))


def is_by_proxy(request: HttpRequest) -> bool:
    """Whether a proxy of ours has passed it on: what it says of the visitor is believed."""
    here = _address(request.META.get("REMOTE_ADDR", ""))
    return here is not None and any(here in network for network in settings.TRUSTED_PROXIES)


def address_of(request: HttpRequest) -> str:
    """From where a request comes, as far as it can be believed: the nearest address that is no proxy of ours. Of IPv6
    the network that one subscriber has (/64)."""
    trusted = settings.TRUSTED_PROXIES
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    here = _address(request.META.get("REMOTE_ADDR", ""))
    while hops and here is not None and any(here in network for network in trusted):
        nearer = _address(hops.pop())
        if nearer is None:
            break
        here = nearer
    if here is None:
        return "unknown"
    if isinstance(here, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((here, 64), strict=False).network_address)
    return str(here)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found
