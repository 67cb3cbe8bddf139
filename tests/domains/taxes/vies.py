"""VIES on this machine: a real server that speaks its REST API, checks what it is sent, and can be away."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KNOWN = {"DE136695976", "EL094259216", "PT501964843"}
STATES = set("AT BE BG CY CZ DE DK EE EL ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI".split())


class ViesOnThisMachine:
    """`fault` is what it answers in place of an answer, as VIES does: with status 200, and `actionSucceed` false."""

    def __init__(self) -> None:
        self.fault = ""
        self.status = 200
        self.body: bytes | None = None
        self.sleeps = 0.0
        self.known = set(KNOWN)
        self.asked: list[dict[str, Any]] = []
        vies = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.path == "/rest-api/check-vat-number", self.path
                assert self.headers["Content-Type"] == "application/json"
                raw = vies.body if vies.body is not None else json.dumps(vies.answer(json.loads(sent))).encode()
                time.sleep(vies.sleeps)
                self.send_response(vies.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/rest-api"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, sent: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(sent)
        requester = (sent.get("requesterMemberStateCode"), sent.get("requesterNumber"))
        if self.fault:
            return _fault(self.fault)
        if sent["countryCode"] not in STATES or not sent["vatNumber"].isalnum():
            return _fault("INVALID_INPUT")
        if (requester[0] is None) != (requester[1] is None):
            return _fault("INVALID_REQUESTER_INFO")
        is_valid = sent["countryCode"] + sent["vatNumber"] in self.known
        return {
            "countryCode": sent["countryCode"],
            "vatNumber": sent["vatNumber"],
            "requestDate": "2026-11-29T19:30:00.000Z",
            "valid": is_valid,
            "requestIdentifier": f"WAPIAAAA{len(self.asked):08}" if requester[0] and is_valid else "",
            "name": "SOMEBODY GMBH" if is_valid else "---",
            "address": "---",
            "traderName": "---",
            "traderNameMatch": "NOT_PROCESSED",
        }


def _fault(name: str) -> dict[str, Any]:
    return {"actionSucceed": False, "errorWrappers": [{"error": name}]}
