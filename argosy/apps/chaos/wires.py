"""The way between a marketplace's processes and a server: a port of our own that passes on all that it hears, until it
is slow, cut, or has forgotten who was speaking.

Nobody has to be root for it. The kernel lets whoever has a socket drop what arrives at it (SO_ATTACH_FILTER), the
packets too that only say what was received: whoever is at the other end meets the silence of a cable that is cut, and
not the end of a connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import socket
import struct
import threading
from collections.abc import Callable
from typing import TypeVar

HOST = "127.0.0.1"
CHUNK = 65_536
PATIENCE_SECONDS = 10.0
_ATTACH_FILTER, _DETACH_FILTER = 26, 27
_DROP_ALL = struct.pack("HBBI", 0x06, 0, 0, 0)
"""A filter of one instruction: of what arrives, keep no byte."""

Done = TypeVar("Done")


class Wire:
    """From `port`, where processes speak, to a server's. Its harm is done to all connections, also to later ones."""

    def __init__(self, server_port: int) -> None:
        self.slowness_seconds = 0.0
        """How much later everything arrives, either way."""
        self._server_port = server_port
        self._is_cut = False
        self._is_deaf = False
        self._changed = asyncio.Event()
        self._lines: set[_Line] = set()
        self._lost: list[_Line] = []
        self._listener = socket.create_server((HOST, 0), backlog=256)
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=f"wire to {server_port}", daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """Nothing arrives any more, either way."""
        self._do(lambda: self._set(is_cut=True, is_deaf=True))

    def cut_outward(self) -> None:
        """Nothing that processes send arrives; what the server says does."""
        self._do(lambda: self._set(is_cut=False, is_deaf=True))

    def mend(self) -> None:
        """All arrives again, also what was sent and not given up meanwhile."""
        self._do(lambda: self._set(is_cut=False, is_deaf=False))

    def forget(self) -> int:
        """Who is connected is heard no more, by either side and for ever, and nobody is told; others connect as ever.
        How many those are."""
        return self._do(self._forget)

    def close(self) -> None:
        """Everything ends."""
        if self._thread.is_alive():
            self._do(self._end)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(PATIENCE_SECONDS)

    # In the wire's own thread.

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.create_task(self._connect_all())
        self._loop.run_forever()
        self._loop.close()

    def _do(self, change: Callable[[], Done]) -> Done:
        async def done() -> Done:
            return change()

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(PATIENCE_SECONDS)

    def _set(self, *, is_cut: bool, is_deaf: bool) -> None:
        self._is_cut, self._is_deaf = is_cut, is_deaf
        for one in (self._listener, *(line.process for line in self._lines)):
            _hear(one, not is_deaf)
        self._tell()

    def _forget(self) -> int:
        for line in self._lines:
            line.is_lost = True
            _hear(line.process, False)
            _hear(line.server, False)
        found = len(self._lines)
        self._lost += self._lines
        self._lines.clear()
        return found

    def _end(self) -> None:
        for task in asyncio.all_tasks(self._loop):
            if task is not asyncio.current_task(self._loop):
                task.cancel()
        self._listener.close()
        for line in (*self._lines, *self._lost):
            line.close()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _connect_all(self) -> None:
        while True:
            process, _ = await self._loop.sock_accept(self._listener)
            self._loop.create_task(self._connect(process))

    async def _connect(self, process: socket.socket) -> None:
        server = socket.socket()
        line = _Line(process, server)
        for one in (process, server):
            one.setblocking(False)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _hear(process, not self._is_deaf)
        self._lines.add(line)
        try:
            await self._loop.sock_connect(server, (HOST, self._server_port))
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass_on(line, process, server))
                both.create_task(self._pass_on(line, server, process))
        except* OSError:
            await self._arrives(line)
        if not line.is_lost:
            self._lines.discard(line)
            line.close()

    async def _pass_on(self, line: _Line, source: socket.socket, sink: socket.socket) -> None:
        while True:
            chunk = await self._loop.sock_recv(source, CHUNK)
            if self.slowness_seconds:
                await asyncio.sleep(self.slowness_seconds)
            await self._arrives(line)
            if not chunk:
                with contextlib.suppress(OSError):
                    sink.shutdown(socket.SHUT_WR)
                return
            await self._loop.sock_sendall(sink, chunk)

    async def _arrives(self, line: _Line) -> None:
        """Wait until what is sent on this line may arrive; on one that is lost it never does."""
        while self._is_cut or line.is_lost:
            await self._changed.wait()


class _Line:
    """One connection: its two ends."""

    def __init__(self, process: socket.socket, server: socket.socket) -> None:
        self.process = process
        self.server = server
        self.is_lost = False

    def close(self) -> None:
        self.process.close()
        self.server.close()


def _hear(one: socket.socket, is_heard: bool) -> None:
    """Whether what arrives at this socket is taken, or lost before anybody can say that it was received."""
    if is_heard:
        # One that has no filter says so.
        with contextlib.suppress(OSError):
            one.setsockopt(socket.SOL_SOCKET, _DETACH_FILTER, 0)
        return
    program = ctypes.create_string_buffer(_DROP_ALL)
    one.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("HL", 1, ctypes.addressof(program)))
