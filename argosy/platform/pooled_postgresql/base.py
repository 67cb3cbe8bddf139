"""Django's PostgreSQL backend, whose connections a thread can hand back for others of its process to use.

Contexts have a database each, and a web process has many threads: a connection per database and thread that stays open
would be a hundred for each process. Whoever ends a request hands back what it opened. What is idle lies on one shelf
for all databases of the process, which has few places and keeps nothing for longer than a minute.
"""

from __future__ import annotations

import os
import select
import threading
import time
from typing import Any

import psycopg
from django.conf import settings
from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

from argosy.platform.prepared import PREPARED, Prepared

IDLE_SECONDS = 60.0
TIDY_SECONDS = 10.0

Raw = psycopg.Connection[Any]


class Shelf:
    """Idle connections by database, the newest on top; where there are more than `most`, the oldest are closed."""

    def __init__(self, most: int, idle_seconds: float = IDLE_SECONDS) -> None:
        self.most = most
        self.idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._idle: list[tuple[Any, Raw, float]] = []
        self._process = os.getpid()
        self._is_tidied = False

    def __len__(self) -> int:
        return len(self._idle)

    def take(self, key: Any) -> Raw | None:
        """One that is fit for use, if there is one."""
        while True:
            with self._lock:
                self._forget_a_parents()
                place = next((at for at in range(len(self._idle) - 1, -1, -1) if self._idle[at][0] == key), None)
                if place is None:
                    return None
                _, connection, _ = self._idle.pop(place)
            if _is_fit(connection):
                return connection
            connection.close()

    def put(self, key: Any, connection: Raw) -> None:
        with self._lock:
            self._forget_a_parents()
            self._idle.append((key, connection, time.monotonic()))
            must_start = not self._is_tidied
            self._is_tidied = True
        if must_start:
            threading.Thread(target=self._keep_tidy, name="idle connections", daemon=True).start()
        self.tidy()

    def tidy(self) -> None:
        """Close what is too many or was idle for too long."""
        oldest = time.monotonic() - self.idle_seconds
        with self._lock:
            kept = [one for one in self._idle if one[2] > oldest][-self.most :] if self.most else []
            closing = [one for one in self._idle if one not in kept]
            self._idle = kept
        for _, connection, _ in closing:
            connection.close()

    def _keep_tidy(self) -> None:
        """Also where nothing is asked for any more."""
        while True:
            time.sleep(min(TIDY_SECONDS, self.idle_seconds))
            self.tidy()
            with self._lock:
                if not self._idle:
                    self._is_tidied = False
                    return

    def _forget_a_parents(self) -> None:
        """A process that was forked must not speak on its parent's connections, nor close them."""
        if self._process != os.getpid():
            self._process, self._idle, self._is_tidied = os.getpid(), [], False


def _is_fit(connection: Raw) -> bool:
    """An idle connection that has something to say has been closed by the server."""
    if connection.closed or connection.broken:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN | select.POLLHUP)
    return not poll.poll(0)


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's; `close` closes, `hand_back` lets another thread go on with the connection."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Raw:
        _opened.here.append(self)
        idle = shelf().take(self._key)
        if idle is None:
            made: Raw = super().get_new_connection(conn_params)
            return made
        self.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        return idle

    def create_cursor(self, name: str | None = None) -> Any:
        self._receive()
        return super().create_cursor(name)

    def _set_autocommit(self, autocommit: bool) -> None:
        self._receive()
        super()._set_autocommit(autocommit)  # type: ignore[misc]

    def _receive(self) -> None:
        """What Django asks comes after a commit that is under way beside it (prepared.py)."""
        prepared: Prepared | None = getattr(self.connection, PREPARED, None)
        if prepared is not None:
            prepared.receive()

    def hand_back(self) -> None:
        """Nothing is left open behind a request: a connection in the middle of something is closed."""
        connection = self.connection
        if connection is None:
            return
        is_idle = not connection.closed and connection.info.transaction_status == TransactionStatus.IDLE
        if self.in_atomic_block or not is_idle or not connection.autocommit:
            self.close()
            return
        self.connection = None
        shelf().put(self._key, connection)

    @property
    def _key(self) -> tuple[str, str, str]:
        return self.settings_dict["HOST"], self.settings_dict["PORT"], self.settings_dict["NAME"]


_shelf: list[Shelf] = []


def shelf() -> Shelf:
    """This process's."""
    if not _shelf:
        _shelf.append(Shelf(settings.POSTGRES_IDLE))
    return _shelf[0]


class _Opened(threading.local):
    """Through what this thread has opened connections since it last handed some back."""

    def __init__(self) -> None:
        self.here: list[DatabaseWrapper] = []


_opened = _Opened()


def hand_back() -> None:
    """Of this thread, every connection that it need not keep."""
    while _opened.here:
        _opened.here.pop().hand_back()
