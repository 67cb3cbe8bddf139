"""As much of a mail server as one letter takes."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class MailServer(socketserver.ThreadingTCPServer):
    """SMTP (RFC 5321); `recipients` says what is answered to RCPT, and `letters` are as they came."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 32

    def __init__(self, recipients: str = "250 yes") -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.recipients = recipients
        self.letters: list[str] = []

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}?tls=none"


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server: Any = self.server
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline().strip().upper():
            if line.startswith(b"RCPT"):
                self.wfile.write(server.recipients.encode() + b"\r\n")
            elif line == b"DATA":
                self.wfile.write(b"354 go\r\n")
                text = b""
                while (one := self.rfile.readline()) != b".\r\n":
                    text += one.removeprefix(b".")
                server.letters.append(text.decode())
                self.wfile.write(b"250 taken\r\n")
            elif line == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 yes\r\n")


@contextmanager
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()
