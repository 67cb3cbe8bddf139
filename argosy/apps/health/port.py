"""A small port of its own for a process that serves nothing else: /metrics and /health/live of its machine."""

from __future__ import annotations

import threading
from hmac import compare_digest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Protocol

from argosy.apps.health.standing import NOT_READY, liveness
from argosy.observability.exposition import CONTENT_TYPE, exposition
from argosy.shared_kernel.codec import encode

FORWARDED = ("X-Forwarded-For", "Forwarded")


def serve(var: Path, own: str, role: str, address: tuple[str, int], token: str) -> ThreadingHTTPServer:
    """Serve until `shutdown`, from threads of its own. OSError where somebody else listens there."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/health/live":
                standing = liveness(var, role)
                self._answer(503 if standing.status == NOT_READY else 200, "application/json", encode(standing))
            elif self.path == "/metrics" and may_read(self.client_address[0], self.headers, token):
                self._answer(200, CONTENT_TYPE, exposition(var, own))
            else:
                self._answer(404, "text/plain", b"There is nothing at this address.\n")

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            """A scrape every few seconds is no news."""

    server = ThreadingHTTPServer(address, Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server


class Headers(Protocol):
    """A request's headers, whoever parsed them."""

    def __contains__(self, name: str, /) -> bool: ...

    def get(self, name: str, /) -> str | None: ...


def may_read(address: str, headers: Headers, token: str) -> bool:
    """Whether somebody may read what is measured: a process of this machine, or whoever sends the token. A proxy of
    this machine speaks for somebody else: its clients need the token."""
    if token and compare_digest((headers.get("Authorization") or "").encode(), f"Bearer {token}".encode()):
        return True
    if any(name in headers for name in FORWARDED):
        return False
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
