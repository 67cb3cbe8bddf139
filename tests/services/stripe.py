"""A stand-in for Stripe on loopback: payment intents that are captured by hand, refunds, idempotency keys, search.

It keeps what was sent to it, so that tests can look at that, and says no as Stripe does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

KEY = "sk_test_stand_in"


class Sent(NamedTuple):
    """One request, as it came."""

    method: str
    path: str
    form: dict[str, str]
    idempotency_key: str


class StripeStandIn:
    def __init__(self) -> None:
        self.intents: dict[str, dict[str, Any]] = {}
        self.refunds: list[dict[str, Any]] = []
        self.answers: dict[str, tuple[str, int, dict[str, Any]]] = {}
        self.sent: list[Sent] = []
        self.next: list[tuple[int, dict[str, Any], dict[str, str]]] = []
        """What is answered next, whatever is asked: status, body, headers."""
        self.is_deaf_after = False
        self.moved: list[dict[str, Any]] = []
        """Balance transactions, the earliest first; sources stand under their ids in `sources`."""
        self.sources: dict[str, dict[str, Any]] = {}
        self.now: Callable[[], int] = lambda: 1_767_225_600
        """Its own clock, in seconds."""
        self.page = 100
        """Do what is asked, and answer with a fault of the server's."""
        self.lock = Lock()
        self.url = ""

    def answer(self, sent: Sent) -> tuple[int, dict[str, Any], dict[str, str]]:
        with self.lock:
            self.sent.append(sent)
            if self.next:
                return self.next.pop(0)
            known = self.answers.get(sent.idempotency_key)
            what = json.dumps([sent.path, sent.form])
            if known is not None:
                if known[0] != what:
                    return 400, error("idempotency_error", "keys_differ", type="idempotency_error"), {}
                return known[1], known[2], {}
            status, body = self.decide(sent)
            if sent.idempotency_key:
                self.answers[sent.idempotency_key] = (what, status, body)
            if self.is_deaf_after:
                return 500, error("api_error", ""), {}
            return status, body, {}

    def decide(self, sent: Sent) -> tuple[int, dict[str, Any]]:
        parts = sent.path.strip("/").split("/")[1:]
        match (sent.method, parts):
            case ("POST", ["payment_intents"]):
                return self.create(sent.form)
            case ("GET", ["payment_intents", "search"]):
                wanted = sent.form["query"].split("'")[3]
                found = [one for one in self.intents.values() if one["metadata"].get("payment_id") == wanted]
                return 200, {"object": "search_result", "data": found[:1], "has_more": False, "url": sent.path}
            case ("GET", ["payment_intents", id]) if id in self.intents:
                return 200, self.intents[id]
            case ("POST", ["payment_intents", id, "capture"]) if id in self.intents:
                return self.capture(self.intents[id], sent.form)
            case ("POST", ["payment_intents", id, "cancel"]) if id in self.intents:
                return self.cancel(self.intents[id])
            case ("POST", ["refunds"]):
                return self.refund(sent.form)
            case ("GET", ["refunds"]):
                found = [one for one in self.refunds if one["payment_intent"] == sent.form["payment_intent"]]
                return 200, {"object": "list", "data": found, "has_more": False, "url": sent.path}
            case ("GET", ["balance_transactions"]):
                return self.balance_transactions(sent)
        return 404, error("invalid_request_error", "resource_missing")

    def balance_transactions(self, sent: Sent) -> tuple[int, dict[str, Any]]:
        """The latest first, from behind one, with their sources."""
        since, until = int(sent.form["created[gte]"]), int(sent.form["created[lt]"])
        found = [one for one in reversed(self.moved) if since <= one["created"] < until]
        ids = [one["id"] for one in found]
        found = found[ids.index(sent.form["starting_after"]) + 1 :] if "starting_after" in sent.form else found
        limit = min(self.page, int(sent.form["limit"]))
        told = [{**one, "source": self.sources[one["source"]]} for one in found[:limit]]
        return 200, {"object": "list", "data": told, "has_more": len(found) > limit, "url": sent.path}

    def move(self, kind: str, source: dict[str, Any], amount: int, fee: int = 0) -> dict[str, Any]:
        """The balance changes."""
        self.sources[source["id"]] = source
        moved = {
            "id": f"txn_{len(self.moved) + 1}",
            "object": "balance_transaction",
            "type": kind,
            "amount": amount,
            "fee": fee,
            "currency": source["currency"],
            "exchange_rate": None,
            "source": source["id"],
            "created": self.now(),
        }
        self.moved.append(moved)
        return moved

    def create(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        source = form["payment_method"]
        if source == "pm_card_chargeDeclined":
            return 402, error("card_error", "card_declined", decline_code="generic_decline")
        amount = int(form["amount"])
        intent: dict[str, Any] = {
            "id": f"pi_{len(self.intents) + 1}",
            "object": "payment_intent",
            "amount": amount,
            "amount_capturable": amount,
            "amount_received": 0,
            "currency": form["currency"],
            "status": "requires_capture",
            "metadata": metadata(form),
            "latest_charge": None,
            "is_multicapture": form.get("payment_method_options[card][request_multicapture]") == "if_available",
            "next_action": None,
        }
        if source == "pm_card_threeDSecureRequired":
            url = {"url": "https://bank.example/act", "return_url": form.get("return_url")}
            intent |= {"status": "requires_action", "amount_capturable": 0}
            intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": url}
        self.intents[intent["id"]] = intent
        return 200, intent

    def capture(self, intent: dict[str, Any], form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        amount = int(form["amount_to_capture"])
        if intent["status"] != "requires_capture":
            return 400, error("invalid_request_error", "payment_intent_unexpected_state")
        if amount > intent["amount_capturable"]:
            return 400, error("invalid_request_error", "amount_too_large")
        is_final = form.get("final_capture", "true") == "true"
        if not is_final and not intent["is_multicapture"]:
            return 400, error("invalid_request_error", "capture_multiple_unavailable")
        charge = {
            "id": f"ch_{intent['id']}",
            "object": "charge",
            "currency": intent["currency"],
            "amount": intent["amount"],
            "amount_captured": intent["amount_received"] + amount,
            "payment_intent": intent["id"],
            "metadata": {name: intent["metadata"][name] for name in ("payment_id", "key")},
        }
        fee = self.move("charge", dict(charge), amount, amount * 29 // 1_000)
        charge["balance_transaction"] = fee
        intent["metadata"] = {**intent["metadata"], **metadata(form)}
        intent["amount_received"] += amount
        intent["latest_charge"] = charge
        is_over = is_final or intent["amount_capturable"] == amount
        intent["status"] = "succeeded" if is_over else "requires_capture"
        intent["amount_capturable"] = 0 if is_over else intent["amount_capturable"] - amount
        return 200, dict(intent)

    def cancel(self, intent: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if intent["status"] == "succeeded":
            return 400, error("invalid_request_error", "payment_intent_unexpected_state")
        intent |= {"status": "canceled", "amount_capturable": 0}
        return 200, dict(intent)

    def refund(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        intent, amount = self.intents[form["payment_intent"]], int(form["amount"])
        back = sum(one["amount"] for one in self.refunds if one["payment_intent"] == intent["id"])
        if amount > intent["amount_received"] - back:
            return 400, error("invalid_request_error", "charge_already_refunded")
        made = {
            "id": f"re_{len(self.refunds) + 1}",
            "object": "refund",
            "amount": amount,
            "currency": intent["currency"],
            "payment_intent": intent["id"],
            "status": "succeeded",
            "metadata": metadata(form),
        }
        self.refunds.append(made)
        self.move("refund", made, -amount)
        return 200, made


def metadata(form: dict[str, str]) -> dict[str, str]:
    return {name[9:-1]: value for name, value in form.items() if name.startswith("metadata[")}


def error(kind: str, code: str, **more: str) -> dict[str, Any]:
    return {"error": {"type": kind, "code": code, "message": code, **more}}


@contextmanager
def standing_in() -> Iterator[StripeStandIn]:
    """One that listens on a free port of loopback."""
    stripe = StripeStandIn()

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            url = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            form = dict(parse_qsl(self.rfile.read(length).decode() or url.query))
            assert self.headers["Authorization"] == f"Bearer {KEY}"
            sent = Sent(self.command, url.path, form, self.headers.get("Idempotency-Key") or "")
            status, body, headers = stripe.answer(sent)
            raw = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", "Content-Length": str(len(raw)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = _handle  # noqa: N815 - named by the standard library

        def log_message(self, *args: Any) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stripe.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield stripe
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
