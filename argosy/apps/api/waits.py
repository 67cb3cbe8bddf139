"""Waiting for documents: long-polls and event streams, thousands at a time, in one process and one thread.

An open wait is a future in a table and costs nothing until the doorbell names its document; then the document is read
once and sent if it is another. A look every few seconds is the safety net for a ring that was lost. The declarations,
permissions and reads are the API's own; everything but reads that can be waited for is elsewhere.

    python -m argosy.apps.api.waits HOST PORT
"""

from __future__ import annotations

import asyncio
import atexit
import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from argosy.observability.metrics import WAITS_OPEN
from argosy.platform import cors
from argosy.platform.bodies import query_of
from argosy.platform.doorbell import Listener
from argosy.platform.far_bell import EVERYTHING
from argosy.platform.problems import CONTENT_TYPE, Problem, problem_of
from argosy.platform.rest import (
    PREFIX,
    Asked,
    Document,
    Endpoint,
    admit,
    look,
    matches,
    must_wait,
    query_in,
    wait_asked,
)

LOOK_SECONDS = 5.0
HEARTBEAT_SECONDS = 15.0
STREAM_SECONDS_MAX = 3600.0
WAITS_MAX = 5_000

_PARAMETER = re.compile(r"\\{(\w+)\\}")
Headers = list[tuple[str, str]]


class Route(NamedTuple):
    """A path whose document can be waited for."""

    pattern: re.Pattern[str]
    endpoint: Endpoint


class Request:
    """What endpoints need of an RSGI request, under WSGI's names."""

    def __init__(self, scope: Any) -> None:
        self.META = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in scope.headers.items()}
        # As WSGI has it: each letter a byte.
        self.META["QUERY_STRING"] = scope.query_string.encode().decode("latin-1")
        self.META["REMOTE_ADDR"] = scope.client.rpartition(":")[0].strip("[]")


class Shared:
    """A protocol whose every answer bears these headers: who may read it, and how a quota stands."""

    def __init__(self, protocol: Any, headers: Headers) -> None:
        self._protocol = protocol
        self._headers = headers
        self.client_disconnect = protocol.client_disconnect

    def response_empty(self, status: int, headers: Headers) -> None:
        self._protocol.response_empty(status, [*headers, *self._headers])

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None:
        self._protocol.response_bytes(status, [*headers, *self._headers], body)

    def response_stream(self, status: int, headers: Headers) -> Any:
        return self._protocol.response_stream(status, [*headers, *self._headers])


class Waits:
    """The RSGI application. `start` in its loop, `stop` to send everybody who waits what there is."""

    def __init__(self, endpoints: Iterator[Endpoint], listener: Listener) -> None:
        self.routes = [_route(endpoint) for endpoint in endpoints if endpoint.watches and endpoint.query is not None]
        self.listener = listener
        self.is_stopping = False
        self.count = 0
        self._open: dict[str, set[asyncio.Event]] = {}

    def start(self) -> None:
        asyncio.get_running_loop().add_reader(self.listener.fileno(), self._hear)

    def stop(self) -> None:
        self.is_stopping = True
        for events in self._open.values():
            for event in events:
                event.set()

    def _hear(self) -> None:
        """Wake those whose document was named; asked in the order that is shorter."""
        heard = self.listener.heard()
        for name in list(self._open) if EVERYTHING in heard else self._open.keys() & heard:
            for event in self._open[name]:
                event.set()

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        if scope.proto != "http":
            protocol.close(403)
            return
        request = Request(scope)
        is_preflight, headers = cors.shared(scope.method, scope.path, request.META)
        if headers:
            protocol = Shared(protocol, headers)
        if is_preflight:
            protocol.response_empty(200, [])
            return
        try:
            await self._answer(scope, request, protocol)
        except Exception as error:  # noqa: BLE001 - the boundary, where problem_of logs what nobody foresaw
            _refuse(protocol, problem_of(error))

    async def _answer(self, scope: Any, request: Request, protocol: Any) -> None:
        if scope.path == f"{PREFIX}health/live":
            protocol.response_bytes(200, [("content-type", "application/json")], b'{"status":"live"}')
            return
        endpoint, parameters = self._find(scope)
        asked = admit(endpoint, request, parameters)  # type: ignore[arg-type]
        if asked.standing is not None:
            protocol = Shared(protocol, [(name.lower(), value) for name, value in asked.standing.headers.items()])
        try:
            await self._tell(endpoint, asked, protocol)
        except Exception as error:  # noqa: BLE001 - as above
            _refuse(protocol, problem_of(error))

    async def _tell(self, endpoint: Endpoint, asked: Asked, protocol: Any) -> None:
        if endpoint.parameters is not None:
            asked.query = query_of(query_in(asked.request.META), endpoint.parameters)
        found = look(endpoint, asked)
        with self._listening(endpoint.watches.format_map(asked.parameters)) as news:
            if "text/event-stream" in asked.header("ACCEPT"):
                await self._stream(endpoint, asked, found, news, protocol)
            else:
                await self._poll(endpoint, asked, found, news, protocol)

    def _find(self, scope: Any) -> tuple[Endpoint, dict[str, str]]:
        for route in self.routes:
            match = route.pattern.fullmatch(scope.path)
            if match and scope.method != "GET":
                raise Problem(405, "method_not_allowed", "Here is only waited.", headers={"Allow": "GET"})
            if match:
                return route.endpoint, match.groupdict()
        raise Problem(404, "no_such_path", "There is nothing to wait for at this address.")

    @contextmanager
    def _listening(self, name: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever the document is named."""
        if self.count >= WAITS_MAX:
            raise Problem(503, "too_many_waits", "Too many wait already.", headers={"Retry-After": "5"})
        event = asyncio.Event()
        self._open.setdefault(name, set()).add(event)
        self.count += 1
        WAITS_OPEN.set(self.count)
        try:
            yield event
        finally:
            self.count -= 1
            WAITS_OPEN.set(self.count)
            self._open[name].discard(event)
            if not self._open[name]:
                del self._open[name]

    async def _poll(
        self,
        endpoint: Endpoint,
        asked: Asked,
        found: Document,
        news: asyncio.Event,
        protocol: Any,
    ) -> None:
        seconds = wait_asked(asked)
        headers = [("preference-applied", f"wait={seconds}")] if seconds else []
        loop = asyncio.get_running_loop()
        give_up = loop.time() + seconds
        with _leaving(protocol, news) as gone:
            while must_wait(found, asked) and not (gone.done() or self.is_stopping):
                left = give_up - loop.time()
                if left <= 0:
                    break
                await _woken(news, min(left, LOOK_SECONDS))
                found = look(endpoint, asked)
        headers += [("etag", found.etag), ("cache-control", "private, no-cache"), *_shared()]
        if matches(asked.header("IF_NONE_MATCH"), found.etag):
            protocol.response_empty(304, headers)
        else:
            protocol.response_bytes(200, [("content-type", "application/json"), *headers], found.body)

    async def _stream(
        self,
        endpoint: Endpoint,
        asked: Asked,
        found: Document,
        news: asyncio.Event,
        protocol: Any,
    ) -> None:
        """Every change as an event whose id is the document's tag; the stream ends with the last one."""
        transport = protocol.response_stream(
            200, [("content-type", "text/event-stream"), ("cache-control", "no-store"), *_shared()]
        )
        loop = asyncio.get_running_loop()
        give_up, spoke, told = loop.time() + STREAM_SECONDS_MAX, loop.time(), asked.header("LAST_EVENT_ID")
        await transport.send_bytes(b"retry: 1000\n\n")
        with _leaving(protocol, news) as gone:
            while not gone.done():
                if found.etag != told:
                    told, spoke = found.etag, loop.time()
                    await transport.send_bytes(b"id: %b\nevent: change\ndata: %b\n\n" % (told.encode(), found.body))
                elif loop.time() - spoke >= HEARTBEAT_SECONDS:
                    spoke = loop.time()
                    await transport.send_bytes(b": here\n\n")
                if found.is_final or self.is_stopping or loop.time() >= give_up:
                    return
                await _woken(news, LOOK_SECONDS)
                found = look(endpoint, asked)


async def _woken(event: asyncio.Event, seconds: float) -> None:
    """When news came, or time is up."""
    loop = asyncio.get_running_loop()
    timer = loop.call_later(seconds, event.set)
    try:
        await event.wait()
    finally:
        timer.cancel()
        event.clear()


@contextmanager
def _leaving(protocol: Any, event: asyncio.Event) -> Iterator[asyncio.Future[None]]:
    """Done when the client has gone; `event` wakes whoever waits."""
    gone = asyncio.ensure_future(protocol.client_disconnect())
    gone.add_done_callback(lambda _: event.set())
    try:
        yield gone
    finally:
        gone.cancel()


def _route(endpoint: Endpoint) -> Route:
    return Route(re.compile(PREFIX + _PARAMETER.sub(r"(?P<\1>[^/]+)", re.escape(endpoint.path))), endpoint)


def _shared() -> Headers:
    """Pages of our own main port may read this one."""
    return [("vary", "authorization"), ("x-content-type-options", "nosniff")]


def _refuse(protocol: Any, problem: Problem) -> None:
    headers = [("content-type", CONTENT_TYPE), *((name.lower(), value) for name, value in problem.headers.items())]
    protocol.response_bytes(problem.status, headers, problem.body())


async def serve(host: str, port: int) -> None:
    """Until SIGTERM, SIGINT, or the end of whoever started this."""
    from granian.constants import HTTPModes
    from granian.server.embed import Server

    from argosy.apps.api.endpoints import endpoints
    from argosy.platform.presence import present
    from argosy.platform.runtime import runtime

    present("waits").keep_writing()
    listener = Listener(runtime().var / "doorbell", "waits", runtime().far_bell)
    waits = Waits((one for declared in endpoints().values() for one in declared), listener)
    # Its own limits are for requests that come and go: waits stay, and each holds its connection all the while.
    server = Server(
        waits,
        host,
        port,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
        backlog=1_024,
        backpressure=2 * WAITS_MAX,
    )
    loop = asyncio.get_running_loop()

    def stop() -> None:
        waits.stop()
        loop.call_later(0.2, server.stop)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    waits.start()
    watch = asyncio.ensure_future(_end_with(os.getppid(), stop))
    try:
        await server.serve()
    finally:
        watch.cancel()
        listener.close()


async def _end_with(parent: int, stop: Any) -> None:
    while os.getppid() == parent:
        await asyncio.sleep(1)
    stop()


def main(arguments: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup(set_prefix=False)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Short reads in the loop's own thread are the design.
    asyncio.run(partial(serve, arguments[0], int(arguments[1]))())
    return 0


def leave_at_the_end() -> None:
    """Granian's threads abort with a loud panic when they meet an interpreter that is being taken down: be gone before,
    once everybody else has ended what they had to end."""
    atexit.register(lambda: os._exit(1 if hasattr(sys, "last_type") else 0))


if __name__ == "__main__":
    leave_at_the_end()
    sys.exit(main(sys.argv[1:]))
