"""Razorpay, on its official library: an order of ours is paid at their page, held, and captured by hand.

Settings, from the environment alone: ARGOSY_RAZORPAY_KEY and ARGOSY_RAZORPAY_SECRET (without both there is no such
gateway), ARGOSY_RAZORPAY_PAGE, the page with their checkout to which `?order_id=` is added, the webhook's secret
ARGOSY_RAZORPAY_WEBHOOK_SECRET (two with a space between while one is replaced), and ARGOSY_RAZORPAY_URL for another
address than Razorpay's own.

Razorpay knows no idempotency keys: an order bears our payment's id as its receipt, a refund our key in its notes, and
both are looked for before they are made. It cannot let go of what is held: an order that was let go of is marked so, is
never captured, and pays itself back after its time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import razorpay
import requests
from razorpay.errors import BadRequestError, GatewayError, ServerError

from argosy.domains.payments.application.gateways import (
    GatewayAnswer,
    GatewayDidNotAnswer,
    GatewayRequest,
    Movement,
    Notice,
    StatementPage,
)
from argosy.domains.payments.domain.capture import WHOLE
from argosy.domains.payments.domain.payment import (
    ACTION,
    APPROVED,
    AUTHORIZE,
    CAPTURE,
    DECLINED,
    REFUND,
    RETURN,
    is_return,
)
from argosy.domains.payments.domain.signatures import TOLERANCE_SECONDS, SignatureDoesNotHold, verify_plain
from argosy.domains.payments.domain.webhook import WebhookIsUnreadable
from argosy.shared_kernel.ids import Id, is_id
from argosy.shared_kernel.money import AMOUNT_MAX, exponent

TIMEOUT_SECONDS = 8
HELD_MINUTES = 7_200
"""How long a payment is held that nobody captures: five days, then Razorpay pays it back."""

_PAGE = 100
"""As many as Razorpay gives at once."""
_LOOK_UPS = 20
"""How many orders and payments are looked up for one page of a list: where it needs more, it ends earlier."""
_KNOWN_MAX = 10_000
"""So many orders and payments are remembered, that nobody looks up again whose they are."""

_OPERATIONS = {
    "payment.authorized": AUTHORIZE,
    "payment.captured": CAPTURE,
    "order.paid": CAPTURE,
    "refund.created": REFUND,
    "refund.processed": REFUND,
    "refund.failed": REFUND,
}
_NO_DECISIONS = (401, 403, 408, 409, 429)
"""The library takes these for a no; they say nothing of the operation."""


class _Session(requests.Session):
    """Bounded, and followed nowhere else; what is no decision is not taken for one."""

    def request(self, *args: Any, **options: Any) -> requests.Response:  # type: ignore[override]
        options = {**options, "allow_redirects": False, "timeout": TIMEOUT_SECONDS}
        try:
            response = super().request(*args, **options)
        except requests.RequestException as error:
            raise GatewayDidNotAnswer(type(error).__name__) from error
        status = response.status_code
        if 300 <= status < 400 or status >= 500 or status in _NO_DECISIONS:
            raise GatewayDidNotAnswer(str(status))
        return response


class RazorpayGateway:
    """Safe from any number of threads. What it holds pays itself back after five days, and is captured whole."""

    captures = WHOLE

    hold_seconds = 5 * 24 * 3_600
    statement_lag_seconds = HELD_MINUTES * 60 + 3_600
    """Payments are listed under the time at which buyers paid: a list is whole when none can be captured any more."""

    def __init__(
        self, auth: tuple[str, str], *, page: str, webhook_secrets: tuple[str, ...] = (), url: str = ""
    ) -> None:
        self.page = page
        self.webhook_secrets = webhook_secrets
        self._receipts: dict[str, str] = {}
        self._paid_by: dict[str, str] = {}
        addresses = {"base_url": url} if url else {}
        self._razorpay: Any = razorpay.Client(session=_Session(), auth=auth, **addresses)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> RazorpayGateway | None:
        key, secret = environment.get("ARGOSY_RAZORPAY_KEY", ""), environment.get("ARGOSY_RAZORPAY_SECRET", "")
        if not (key and secret):
            return None
        return cls(
            (key, secret),
            page=environment.get("ARGOSY_RAZORPAY_PAGE", ""),
            webhook_secrets=tuple(environment.get("ARGOSY_RAZORPAY_WEBHOOK_SECRET", "").split()),
            url=environment.get("ARGOSY_RAZORPAY_URL", ""),
        )

    # The port.

    def authorize(self, request: GatewayRequest) -> GatewayAnswer:
        def ask() -> GatewayAnswer:
            if exponent(request.currency) == 3 and request.amount % 10:
                return GatewayAnswer(outcome=DECLINED, reason="amount_not_payable")
            order = self._order(request.payment_id)
            if order is None:
                held = {"capture": "manual", "capture_options": {"manual_expiry_period": HELD_MINUTES}}
                order = self._razorpay.order.create(
                    {
                        "amount": request.amount,
                        "currency": request.currency,
                        "receipt": request.payment_id,
                        "notes": {"payment_id": request.payment_id, "key": request.key},
                        "payment": held,
                    }
                )
            return self._held(order)

        return _asked(ask)

    def capture(self, request: GatewayRequest) -> GatewayAnswer:
        def ask() -> GatewayAnswer:
            order = self._order(request.payment_id)
            if order is None or _is_let_go(order):
                return GatewayAnswer(outcome=DECLINED, reason="let_go")
            payment = self._payment(order)
            if payment is None or request.amount != payment["amount"]:
                return GatewayAnswer(outcome=DECLINED, reason="nothing_held")
            if payment["status"] == "authorized":
                currency = {"currency": request.currency}
                payment = self._razorpay.payment.capture(payment["id"], request.amount, currency)
            return _taken(payment)

        return _asked(ask)

    def void(self, request: GatewayRequest) -> GatewayAnswer:
        def ask() -> GatewayAnswer:
            order = self._order(request.payment_id)
            if order is None:
                return GatewayAnswer(outcome=APPROVED, gateway_transaction_id=request.key)
            payment = self._payment(order)
            if payment is not None and _is_taken(payment):
                return GatewayAnswer(outcome=DECLINED, gateway_transaction_id=payment["id"], reason="captured")
            if not _is_let_go(order):
                self._razorpay.order.edit(order["id"], {"notes": {**_notes(order), "let_go": request.key}})
            return GatewayAnswer(outcome=APPROVED, gateway_transaction_id=order["id"])

        return _asked(ask)

    def refund(self, request: GatewayRequest) -> GatewayAnswer:
        def ask() -> GatewayAnswer:
            found = self._refund(request)
            if found is None:
                notes = {"payment_id": request.payment_id, "key": request.key, "refund_id": request.refund_id or ""}
                data = {"amount": request.amount, "notes": notes, "speed": "normal"}
                found = self._razorpay.payment.refund(request.reference, data)
            return _paid_back(found)

        return _asked(ask)

    def look_up(self, request: GatewayRequest) -> GatewayAnswer | None:
        def ask() -> GatewayAnswer | None:
            if request.operation in (REFUND, RETURN):
                found = self._refund(request)
                return None if found is None else _paid_back(found)
            order = self._order(request.payment_id)
            if order is None:
                return None
            if request.operation == AUTHORIZE:
                return self._held(order)
            payment = self._payment(order)
            is_taken = payment is not None and _is_taken(payment)
            if request.operation == CAPTURE:
                return _taken(payment) if is_taken and payment is not None else None
            if is_taken:
                return GatewayAnswer(outcome=DECLINED, reason="captured")
            return GatewayAnswer(outcome=APPROVED, gateway_transaction_id=order["id"]) if _is_let_go(order) else None

        try:
            return ask()
        except (BadRequestError, GatewayError, ServerError, requests.RequestException, ValueError) as error:
            raise GatewayDidNotAnswer(request.key) from error

    def statement(self, since: datetime, until: datetime, after: str) -> StatementPage:
        """A page of what it moved: captured payments with what it kept of each, then refunds. `after` names the list
        and how many of it were read. A page with much to be looked up is a short one, so that each comes in time."""
        kind, _, count = (after or "payments:0").partition(":")
        listing = self._razorpay.payment if kind == "payments" else self._razorpay.refund
        times = {"from": int(since.timestamp()), "to": int(until.timestamp()) - 1}  # Both are in it.
        try:
            found = listing.all({**times, "count": _PAGE, "skip": int(count)})["items"]
            read, moved = self._read(kind, found)
        except (BadRequestError, GatewayError, ServerError, requests.RequestException) as error:
            raise GatewayDidNotAnswer(type(error).__name__) from error
        if read < len(found) or len(found) == _PAGE:
            return StatementPage(tuple(moved), f"{kind}:{int(count) + read}")
        return StatementPage(tuple(moved), "refunds:0" if kind == "payments" else "")

    def read_webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        """What it says of its own accord. Its signature has no time: one that is played again is known by its id."""
        verify_plain(headers.get("x-razorpay-signature", ""), body, self.webhook_secrets)
        try:
            event = msgspec.json.decode(body, type=_Event)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise WebhookIsUnreadable() from None
        event_id = headers.get("x-razorpay-event-id", "")
        if not 0 < len(event_id) <= 200:
            raise WebhookIsUnreadable()
        if event.created_at > now.timestamp() + TOLERANCE_SECONDS:
            raise SignatureDoesNotHold()
        operation = _OPERATIONS.get(event.event, "")
        payment, refund = event.payload.payment.entity, event.payload.refund.entity
        told = refund if operation == REFUND else payment
        payment_id = (
            _noted(told, "payment_id") or _noted(payment, "payment_id") or event.payload.order.entity.receipt or ""
        )
        refund_id = _noted(refund, "refund_id")
        if operation == REFUND and not is_id(refund_id):
            operation = ""  # Made at Razorpay's own counter: their statement tells of it.
        return Notice(
            event_id=event_id,
            type=event.event,
            told_at=datetime.fromtimestamp(event.created_at, UTC),
            operation=operation,
            payment_id=Id(payment_id) if is_id(payment_id) else None,
            refund_id=Id(refund_id) if is_id(refund_id) else None,
            reference=told.id,
            amount=min(max(told.amount, 0), AMOUNT_MAX),
            currency=told.currency[:3],
        )

    def _read(self, kind: str, found: Sequence[Mapping[str, Any]]) -> tuple[int, list[Movement]]:
        """How many of these were read, and what they moved."""
        left, moved = _LOOK_UPS, list[Movement]()
        for read, one in enumerate(found):
            needed = self._look_ups(kind, one)
            if needed > left:
                return read, moved
            left -= needed
            movement = self._moved(kind, one)
            moved += [movement] if movement is not None else []
        return len(found), moved

    def _look_ups(self, kind: str, one: Mapping[str, Any]) -> int:
        """How much may have to be looked up to know which payment of ours it is of."""
        if kind == "payments" and not _is_taken(one):
            return 0
        if is_id(str(_notes(one).get("payment_id") or "")):
            return 0
        if kind == "refunds":
            return 0 if one["payment_id"] in self._paid_by else 2
        return int(one.get("order_id") is not None and one["order_id"] not in self._receipts)

    def _moved(self, kind: str, one: Mapping[str, Any]) -> Movement | None:
        is_refund = kind == "refunds"
        if not (one["status"] in ("processed", "pending") if is_refund else _is_taken(one)):
            return None
        notes = _notes(one)
        payment_id, key = str(notes.get("payment_id") or ""), str(notes.get("key") or "")
        if is_refund and not is_id(payment_id):
            known = self._paid_by.get(one["payment_id"])
            payment = self._razorpay.payment.fetch(one["payment_id"]) if known is None else {}
            if known is None and not _is_taken(payment):
                return None  # Held and never taken: Razorpay paid it back by itself.
            payment_id = known if known is not None else self._paid_for(payment)
        elif not is_refund:
            payment_id = self._paid_for(one)
        operation = (RETURN if is_return(key) else REFUND) if is_refund else CAPTURE
        is_fee_told = not is_refund and one["currency"] == "INR"
        return Movement(
            operation=operation,
            reference=one["id"],
            amount=one["amount"],
            currency=one["currency"],
            done_at=datetime.fromtimestamp(one["created_at"], UTC),
            payment_id=Id(payment_id) if is_id(payment_id) else None,
            key=(key if is_refund else f"{payment_id}:{CAPTURE}" if payment_id else "")[:200],
            fee_amount=int(one.get("fee") or 0) if is_fee_told else 0,
            fee_currency="INR" if is_fee_told else "",
        )

    def _paid_for(self, payment: Mapping[str, Any]) -> str:
        """Our payment, as it says itself, or as the order bears it that was paid; empty where there was none."""
        found, order_id = str(_notes(payment).get("payment_id") or ""), payment.get("order_id")
        if not is_id(found):
            found = self._receipt(order_id) if order_id else ""
        _remember(self._paid_by, payment["id"], found)
        return found

    def _receipt(self, order_id: str) -> str:
        known = self._receipts.get(order_id)
        if known is None:
            known = str(self._razorpay.order.fetch(order_id).get("receipt") or "")
            _remember(self._receipts, order_id, known)
        return known

    def _order(self, payment_id: str) -> dict[str, Any] | None:
        found: list[dict[str, Any]] = self._razorpay.order.all({"receipt": payment_id})["items"]
        order = next((order for order in found if order.get("receipt") == payment_id), None)
        if order is not None:
            _remember(self._receipts, order["id"], payment_id)
        return order

    def _payment(self, order: Mapping[str, Any]) -> dict[str, Any] | None:
        """The one payment of an order that came to something."""
        found: list[dict[str, Any]] = self._razorpay.order.payments(order["id"])["items"]
        return next((one for one in found if one["status"] == "authorized" or _is_taken(one)), None)

    def _refund(self, request: GatewayRequest) -> dict[str, Any] | None:
        found: list[dict[str, Any]] = self._razorpay.payment.fetch_multiple_refund(request.reference)["items"]
        return next((one for one in found if _notes(one).get("key") == request.key), None)

    def _held(self, order: Mapping[str, Any]) -> GatewayAnswer:
        """Held once somebody has paid at their page."""
        payment = self._payment(order)
        if payment is None:
            joint = "&" if "?" in self.page else "?"
            url = f"{self.page}{joint}order_id={order['id']}"
            return GatewayAnswer(outcome=ACTION, gateway_transaction_id=order["id"], action_url=url)
        return GatewayAnswer(
            outcome=APPROVED,
            gateway_transaction_id=payment["id"],
            amount=payment["amount"],
            currency=payment["currency"],
        )


class _Entity(msgspec.Struct):
    id: str = ""
    amount: int = 0
    currency: str = ""
    receipt: str | None = None
    notes: dict[str, Any] | list[Any] = {}


class _Part(msgspec.Struct):
    entity: _Entity = msgspec.field(default_factory=_Entity)


class _Payload(msgspec.Struct):
    payment: _Part = msgspec.field(default_factory=_Part)
    refund: _Part = msgspec.field(default_factory=_Part)
    order: _Part = msgspec.field(default_factory=_Part)


class _Event(msgspec.Struct):
    event: str
    created_at: int
    payload: _Payload


def _noted(entity: _Entity, name: str) -> str:
    return str(entity.notes.get(name, "")) if isinstance(entity.notes, dict) else ""


def _notes(thing: Mapping[str, Any]) -> dict[str, Any]:
    """Razorpay sends an empty list where there are no notes."""
    notes = thing.get("notes")
    return notes if isinstance(notes, dict) else {}


def _remember(known: dict[str, str], id: str, what: str) -> None:
    if len(known) >= _KNOWN_MAX:
        known.clear()
    known[id] = what


def _is_let_go(order: Mapping[str, Any]) -> bool:
    return bool(_notes(order).get("let_go"))


def _is_taken(payment: Mapping[str, Any]) -> bool:
    """What was held and never captured pays itself back, and is called refunded as well."""
    return payment["status"] in ("captured", "refunded") and payment.get("captured") is not False


def _asked(ask: Callable[[], GatewayAnswer]) -> GatewayAnswer:
    """What it answers. A no is an answer; all else is not known, and looked up before anybody asks again."""
    try:
        return ask()
    except BadRequestError as error:
        return GatewayAnswer(outcome=DECLINED, reason=str(error)[:100] or "bad_request")
    except (GatewayError, ServerError, requests.RequestException, ValueError, KeyError) as error:
        raise GatewayDidNotAnswer(type(error).__name__) from error


def _taken(payment: Mapping[str, Any]) -> GatewayAnswer:
    return GatewayAnswer(
        outcome=APPROVED,
        gateway_transaction_id=payment["id"],
        amount=payment["amount"],
        currency=payment["currency"],
        # What Razorpay keeps is told in rupees, whatever was paid.
        fee_amount=int(payment.get("fee") or 0) if payment["currency"] == "INR" else 0,
    )


def _paid_back(refund: Mapping[str, Any]) -> GatewayAnswer:
    if refund["status"] == "failed":
        return GatewayAnswer(outcome=DECLINED, gateway_transaction_id=refund["id"], reason="refund_failed")
    if refund["status"] != "processed":
        raise GatewayDidNotAnswer(refund["id"])
    return GatewayAnswer(
        outcome=APPROVED,
        gateway_transaction_id=refund["id"],
        amount=refund["amount"],
        currency=refund["currency"],
    )
