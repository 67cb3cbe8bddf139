"""Receive webhooks, and believe only those whose signature holds (Standard Webhooks 1.0).

    WEBHOOK_SECRET=whsec_... python receive_webhooks.py PORT

Any library of Standard Webhooks does the same. Answer 2xx within 15 seconds and work later; an event may come more than
once, always with the same `webhook-id`.
"""

from __future__ import annotations

import hmac
import json
import os
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer

OLD_SECONDS = 300


def is_genuine(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether these bytes were signed with our secret, not long ago."""
    id, at, sent = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not at.isdigit() or abs(time.time() - int(at)) > OLD_SECONDS:
        return False
    key = b64decode(secret.removeprefix("whsec_"))
    expected = "v1," + b64encode(hmac.digest(key, f"{id}.{at}.".encode() + body, sha256)).decode()
    return any(hmac.compare_digest(expected, one) for one in sent.split(" "))


class Receiver(BaseHTTPRequestHandler):
    seen: set[str] = set()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not is_genuine(os.environ["WEBHOOK_SECRET"], self.headers, body):
            self.send_error(401)
            return
        if self.headers["webhook-id"] not in self.seen:
            self.seen.add(self.headers["webhook-id"])
            event = json.loads(body)
            print(event["type"], json.dumps(event["data"], sort_keys=True), flush=True)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Only events are printed."""


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
