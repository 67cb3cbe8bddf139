"""A stand-in for Razorpay on loopback: orders that are paid at its page, payments captured by hand, refunds."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

AUTH = ("rzp_test_key", "rzp_test_secret")
Answer = tuple[int, dict[str, Any]]


class RazorpayStandIn:
    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.payments: dict[str, dict[str, Any]] = {}
        self.refunds: list[dict[str, Any]] = []
        self.sent: list[tuple[str, str, dict[str, Any]]] = []
        self.next: list[Answer] = []
        self.now: Callable[[], int] = lambda: 1_767_225_600
        """Its own clock, in seconds."""
        self.page = 100
        self.lock = Lock()
        self.url = ""

    def pay(self, order_id: str) -> str:
        """The buyer pays at their page; the payment's id."""
        order = self.orders[order_id]
        payment = {
            "id": f"pay_{len(self.payments) + 1}",
            "amount": order["amount"],
            "currency": order["currency"],
            "order_id": order_id,
            "status": "authorized",
            "captured": False,
            "fee": None,
            "notes": [],
            "created_at": self.now(),
        }
        self.payments[payment["id"]] = payment
        return str(payment["id"])

    def expire(self, payment_id: str) -> None:
        """Nobody captured it in time: Razorpay pays it back by itself, by a refund like any other."""
        payment = self.payments[payment_id]
        assert payment["status"] == "authorized"
        self.refund(payment, {"amount": payment["amount"], "notes": []})
        payment["status"] = "refunded"

    def answer(self, method: str, path: str, sent: dict[str, Any]) -> Answer:
        with self.lock:
            self.sent.append((method, path, sent))
            return self.next.pop(0) if self.next else self.decide(method, path.strip("/").split("/")[1:], sent)

    def decide(self, method: str, parts: list[str], sent: dict[str, Any]) -> Answer:
        match (method, parts):
            case ("POST", ["orders"]):
                order = {"id": f"order_{len(self.orders) + 1}", "status": "created", **sent}
                self.orders[order["id"]] = order
                return 200, order
            case ("GET", ["orders"]):
                return items([one for one in self.orders.values() if one["receipt"] == sent["receipt"]])
            case ("PATCH", ["orders", id]):
                self.orders[id]["notes"] = sent["notes"]
                return 200, self.orders[id]
            case ("GET", ["orders", id]) if id in self.orders:
                return 200, self.orders[id]
            case ("GET", ["payments"]):
                return self.listed(list(self.payments.values()), sent)
            case ("GET", ["payments", id]) if id in self.payments:
                return 200, self.payments[id]
            case ("GET", ["refunds"]):
                return self.listed(self.refunds, sent)
            case ("GET", ["orders", id, "payments"]):
                return items([one for one in self.payments.values() if one["order_id"] == id])
            case ("POST", ["payments", id, "capture"]):
                payment = self.payments[id]
                if payment["status"] != "authorized":
                    return no("This payment has already been captured")
                payment |= {"status": "captured", "captured": True, "fee": payment["amount"] * 2 // 100}
                return 200, payment
            case ("POST", ["payments", id, "refund"]):
                return self.refund(self.payments[id], sent)
            case ("GET", ["payments", id, "refunds"]):
                return items([one for one in self.refunds if one["payment_id"] == id])
        return no("The id provided does not exist")

    def listed(self, things: list[dict[str, Any]], sent: dict[str, Any]) -> Answer:
        """The latest first, between two times that are both in it."""
        since, until, skip = int(sent["from"]), int(sent["to"]), int(sent["skip"])
        found = [one for one in reversed(things) if since <= one["created_at"] <= until]
        return items(found[skip : skip + min(self.page, int(sent["count"]))])

    def refund(self, payment: dict[str, Any], sent: dict[str, Any]) -> Answer:
        back = sum(one["amount"] for one in self.refunds if one["payment_id"] == payment["id"])
        if sent["amount"] > payment["amount"] - back:
            return no("The total refund amount is greater than the refund payment amount")
        made = {"id": f"rfnd_{len(self.refunds) + 1}", "payment_id": payment["id"], "status": "processed", **sent}
        made |= {"currency": payment["currency"], "created_at": self.now()}
        self.refunds.append(made)
        return 200, made


def items(found: list[dict[str, Any]]) -> Answer:
    return 200, {"entity": "collection", "count": len(found), "items": found}


def no(why: str) -> Answer:
    return 400, {"error": {"code": "BAD_REQUEST_ERROR", "description": why}}


@contextmanager
def standing_in() -> Iterator[RazorpayStandIn]:
    """One that listens on a free port of loopback."""
    there = RazorpayStandIn()
    expected = "Basic " + base64.b64encode(":".join(AUTH).encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            url = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            sent = json.loads(raw) if raw and raw != b"{}" else dict(parse_qsl(url.query))
            assert self.headers["Authorization"] == expected
            status, body = there.answer(self.command, url.path, sent)
            answer = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PATCH = _handle  # noqa: N815 - named by the standard library

        def log_message(self, *args: Any) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield there
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
