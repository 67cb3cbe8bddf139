"""A real web for tests: both of its processes on free ports, and a client that keeps no connection."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from argosy.apps.cli.processes import free_ports

PROJECT = Path(__file__).resolve().parents[2]
START = "import sys; from argosy.apps.api.server import serve; sys.exit(serve('127.0.0.1', {}, {}, 8))"
READY_SECONDS = 30


class Reply:
    """What came back over the wire, and how long it took."""

    def __init__(self, response: http.client.HTTPResponse, body: bytes, seconds: float) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = body
        self.seconds = seconds

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def __repr__(self) -> str:
        return f"{self.status} {self.headers} {self.body[:300]!r} after {self.seconds:.2f} s"


class Web:
    """`call` over the main port, `wait` over the other one."""

    def __init__(self) -> None:
        self.port, self.waits_port = free_ports()
        self.process = subprocess.Popen(
            [sys.executable, "-c", START.format(self.port, self.waits_port)],
            cwd=PROJECT,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(PROJECT), "DJANGO_SETTINGS_MODULE": "config.settings"},
        )
        give_up = time.monotonic() + READY_SECONDS
        while not (self._is_up(self.port) and self._is_up(self.waits_port)):
            assert self.process.poll() is None, self.process.stderr and self.process.stderr.read().decode()
            assert time.monotonic() < give_up, "the web does not start"
            time.sleep(0.02)

    def open(self, port: int, method: str, path: str, body: bytes = b"", **headers: str) -> http.client.HTTPConnection:
        """A request that was sent and not yet answered."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, f"/api/v1/{path}", body or None, {"Content-Type": "application/json", **sent})
        return connection

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        port: int = 0,
        token: str = "",
        **headers: str,
    ) -> Reply:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        if token:
            headers["Authorization"] = f"Bearer {token}"
        began = time.monotonic()
        connection = self.open(port or self.port, method, path, raw, **headers)
        response = connection.getresponse()
        reply = Reply(response, response.read(), time.monotonic() - began)
        connection.close()
        return reply

    def wait(self, path: str, **options: Any) -> Reply:
        return self.call("GET", path, port=self.waits_port, **options)

    def stop(self) -> int:
        """Politely; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)
        assert self.process.stderr is not None
        self.process.stderr.close()

    def _is_up(self, port: int) -> bool:
        try:
            return self.call("GET", "health/live", port=port).status == 200
        except OSError:
            return False
