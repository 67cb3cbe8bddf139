"""Wake-ups between machines: what is rung on one reaches the listeners of all, over Redis or PostgreSQL's NOTIFY.

Settings decide: `ARGOSY_REDIS=redis://host:6379` alone is enough, `ARGOSY_BELL=postgres` takes the server of the
databases. Rings are sent by a thread of their own, gathered, never by whoever commits (a NOTIFY inside the transaction
was measured to cost five times the throughput), and they are a courtesy: while the carrier is away nothing waits for
it but the slow poll. Whoever comes back to it rings EVERYTHING, and hears EVERYTHING, as rings were lost meanwhile.
"""

from __future__ import annotations

import contextlib
import logging
import platform
import select
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import psycopg

EVERYTHING = "*"
"""Rung and heard in place of names where rings may have been lost: there may be news of any kind."""
CHANNEL = "argosy_bell"
AGAIN_SECONDS = 1.0
GATHERED_SECONDS = 0.001
_NAMES_BYTES_MAX = 7_000
"""Of one ring: NOTIFY carries at most 8,000 bytes."""

logger = logging.getLogger(__name__)


class Carrier(Protocol):
    """What takes texts from each machine to all. Any fault of it is an exception; then it is connected to anew."""

    def sender(self) -> contextlib.AbstractContextManager[Callable[[str], None]]:
        """A connection that sends."""
        ...

    def texts(self) -> Iterator[str | None]:
        """What is sent from now on, from all machines, this one too. None first, once it listens, and every now and
        then, so that the caller can end it."""
        ...


class FarBell:
    """Rings other machines. `origin` names this one, whose own rings are passed over: its bell is nearer."""

    def __init__(self, carrier: Carrier, origin: str) -> None:
        self.carrier = carrier
        self.origin = origin
        self.is_closed = False
        self._names: set[str] = set()
        self._has_names = threading.Condition()
        self._sending: threading.Thread | None = None

    def ring(self, names: set[str]) -> None:
        """Have them rung; never waits, never fails."""
        with self._has_names:
            self._names |= names
            if self._sending is None:
                self._sending = _thread("far bell", self._send)
            self._has_names.notify()

    def listen(self, heard: Callable[[set[str]], None]) -> None:
        """Tell `heard`, in a thread of its own, what other machines ring."""
        _thread("far ear", lambda: self._listen(heard))

    def close(self) -> None:
        """Stop both threads in a moment."""
        with self._has_names:
            self.is_closed = True
            self._has_names.notify()

    def _send(self) -> None:
        def send() -> None:
            with self.carrier.sender() as out:
                while (names := self._gather()) is not None:
                    for text in _texts(self.origin, names):
                        out(text)

        self._again_and_again(send, "ring")

    def _gather(self) -> set[str] | None:
        """What was rung since the last time, all of a moment together."""
        with self._has_names:
            while not self._names and not self.is_closed:
                self._has_names.wait()
        time.sleep(GATHERED_SECONDS)
        with self._has_names:
            names, self._names = self._names, set()
        return None if self.is_closed else names

    def _listen(self, heard: Callable[[set[str]], None]) -> None:
        def listen() -> None:
            is_first = True
            for text in self.carrier.texts():
                if self.is_closed:
                    return
                if text is None:
                    if is_first:
                        heard({EVERYTHING})
                    is_first = False
                    continue
                origin, *names = text.split("\n")
                if origin != self.origin:
                    heard(set(names))

        self._again_and_again(listen, "hear")

    def _again_and_again(self, work: Callable[[], None], verb: str) -> None:
        is_told = False
        while not self.is_closed:
            try:
                work()
                is_told = False
            except Exception as error:  # noqa: BLE001 - whatever it is, wake-ups are a courtesy
                if not is_told:
                    logger.warning("cannot %s other machines, the slow poll goes on: %s", verb, error)
                is_told = True
            if not self.is_closed:
                time.sleep(AGAIN_SECONDS)
                with self._has_names:
                    self._names = {EVERYTHING}


class RedisCarrier:
    """Redis' publish and subscribe."""

    def __init__(self, url: str) -> None:
        self.url = url

    @contextlib.contextmanager
    def sender(self) -> Iterator[Callable[[str], None]]:
        with self._client() as client:
            yield lambda text: client.publish(CHANNEL, text)

    def texts(self) -> Iterator[str | None]:
        with self._client() as client, client.pubsub() as heard:
            heard.subscribe(CHANNEL)
            while True:
                message = heard.get_message(timeout=AGAIN_SECONDS)
                if message is None or message["type"] == "subscribe":
                    yield None
                elif message["type"] == "message":
                    yield message["data"].decode()

    def _client(self) -> Any:
        from redis import Redis

        return Redis.from_url(self.url, socket_connect_timeout=2, socket_timeout=5, health_check_interval=5)


class PostgresCarrier:
    """LISTEN and NOTIFY on one database, each on a connection of its own outside any transaction."""

    def __init__(self, address: Mapping[str, Any]) -> None:
        self.address = dict(address)

    @contextlib.contextmanager
    def sender(self) -> Iterator[Callable[[str], None]]:
        with self._connected() as connection:

            def send(text: str) -> None:
                connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, text))

            yield send

    def texts(self) -> Iterator[str | None]:
        with self._connected() as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            yield None
            while True:
                ready = select.select([connection.fileno()], [], [], AGAIN_SECONDS)[0]
                yield from (notice.payload for notice in connection.notifies(timeout=0)) if ready else (None,)

    def _connected(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            **self.address, autocommit=True, connect_timeout=2, keepalives_idle=5, keepalives_interval=2
        )


def far_bell(var: Path, environment: Mapping[str, str], databases: Mapping[str, Any]) -> FarBell | None:
    """As the settings say; None on one machine."""
    kind = environment.get("ARGOSY_BELL") or ("redis" if environment.get("ARGOSY_REDIS") else "local")
    origin = f"{platform.node()}:{var.resolve()}"
    if kind == "redis":
        return FarBell(RedisCarrier(environment["ARGOSY_REDIS"]), origin)
    if kind == "postgres":
        names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
        found = databases["default"]
        return FarBell(PostgresCarrier({key: found[name] for key, name in names.items() if found.get(name)}), origin)
    return None


def _texts(origin: str, names: set[str]) -> Iterator[str]:
    """An origin and its news, in lines; more than one ring may carry is EVERYTHING."""
    text = "\n".join((origin, *sorted(names)))
    yield text if len(text.encode()) <= _NAMES_BYTES_MAX else f"{origin}\n{EVERYTHING}"


def _thread(name: str, work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread
