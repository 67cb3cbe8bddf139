"""A keep-alive HTTP client that costs little: whoever measures a server must not be what is measured."""

from __future__ import annotations

import socket
from typing import NamedTuple
from urllib.parse import urlsplit

_RECEIVE = 65_536


class Reply(NamedTuple):
    """What a server answered; `head` is in lower case."""

    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key == name.encode():
                return value.strip().decode("latin-1")
        return ""


class Client:
    """One connection to one server, opened when it is needed. Any fault of it is an OSError, and closes it."""

    def __init__(self, host: str, port: int, timeout_seconds: float = 90.0) -> None:
        self.host, self.port = host, port
        self.timeout_seconds = timeout_seconds
        self.authorization = ""
        self._socket: socket.socket | None = None
        self._left = b""

    def send(self, method: str, path: str, body: bytes = b"", prefer: str = "", key: str = "") -> Reply:
        """Ask, and wait for the whole answer; `key` is the Idempotency-Key."""
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
        if self.authorization:
            head += f"Authorization: Bearer {self.authorization}\r\n"
        if prefer:
            head += f"Prefer: {prefer}\r\n"
        if key:
            head += f"Idempotency-Key: {key}\r\n"
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        try:
            connection = self._connected()
            connection.sendall(head.encode() + b"\r\n" + body)
            return self._reply(connection)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket, self._left = None, b""

    def _connected(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.create_connection((self.host, self.port), timeout=self.timeout_seconds)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    def _reply(self, connection: socket.socket) -> Reply:
        while (end := self._left.find(b"\r\n\r\n")) < 0:
            self._more(connection)
        head, self._left = self._left[:end].lower(), self._left[end + 4 :]
        status = int(head[9:12])
        reply = Reply(status, head, b"")
        if status in (204, 304) or status < 200:
            return reply if status >= 200 else self._reply(connection)
        if b"transfer-encoding: chunked" in head:
            return reply._replace(body=self._chunks(connection))
        return reply._replace(body=self._exactly(connection, int(reply.header("content-length") or 0)))

    def _chunks(self, connection: socket.socket) -> bytes:
        parts = []
        while True:
            while (end := self._left.find(b"\r\n")) < 0:
                self._more(connection)
            size, self._left = int(self._left[:end].split(b";")[0], 16), self._left[end + 2 :]
            parts.append(self._exactly(connection, size))
            self._exactly(connection, 2)
            if size == 0:
                return b"".join(parts)

    def _exactly(self, connection: socket.socket, size: int) -> bytes:
        while len(self._left) < size:
            self._more(connection)
        taken, self._left = self._left[:size], self._left[size:]
        return taken

    def _more(self, connection: socket.socket) -> None:
        received = connection.recv(_RECEIVE)
        if not received:
            raise ConnectionResetError("the server closed the connection")
        self._left += received


def host_and_port(url: str) -> tuple[str, int] | None:
    """Of a plain http:// address; None for anything else."""
    try:
        parts = urlsplit(url)
        port = parts.port or 80
    except ValueError:
        return None
    return (parts.hostname, port) if parts.scheme == "http" and parts.hostname else None
