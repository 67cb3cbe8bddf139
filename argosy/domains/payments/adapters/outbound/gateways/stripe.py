"""Stripe, on its official library: amounts are held first and captured by hand, each operation under its own key.

Settings, from the environment alone: ARGOSY_STRIPE_KEY (without it there is no such gateway), the webhook's secret
ARGOSY_STRIPE_WEBHOOK_SECRET (two with a space between while one is replaced), ARGOSY_STRIPE_RETURN_URL, where buyers
come back to who had to act at their bank, ARGOSY_STRIPE_MULTICAPTURE (`on`) where Stripe has enabled that for the
account, and ARGOSY_STRIPE_URL for another address than Stripe's own.

A look-up reads the payment intent by its id, or searches for ours in its metadata. Stripe's search may be a minute
behind: what it does not find is asked for again under the same key, which Stripe answers as it did the first time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import requests
import stripe

from argosy.domains.payments.adapters.outbound.gateways import stripe_statement
from argosy.domains.payments.application.gateways import (
    GatewayAnswer,
    GatewayDidNotAnswer,
    GatewayRequest,
    Notice,
    StatementPage,
)
from argosy.domains.payments.domain.capture import PART, PARTS
from argosy.domains.payments.domain.payment import ACTION, APPROVED, AUTHORIZE, CAPTURE, DECLINED, REFUND, RETURN, VOID
from argosy.domains.payments.domain.signatures import verify_timed
from argosy.domains.payments.domain.webhook import WebhookIsUnreadable
from argosy.shared_kernel.ids import Id, is_id
from argosy.shared_kernel.money import AMOUNT_MAX, UnknownCurrency, exponent

TIMEOUT_SECONDS = 8
"""Less than a call of ours may take, so that the outcome is never taken from us in the middle."""

# How many decimals Stripe's amounts have, where that differs from ISO 4217 (its page on currencies, "Special cases").
_DECIMALS = {"ISK": 2, "UGX": 2, "MGA": 0}

_OPERATIONS = {
    "payment_intent.amount_capturable_updated": AUTHORIZE,
    "payment_intent.payment_failed": AUTHORIZE,
    "payment_intent.succeeded": CAPTURE,
    "payment_intent.canceled": VOID,
    "refund.created": REFUND,
    "refund.updated": REFUND,
    "refund.failed": REFUND,
    "charge.refund.updated": REFUND,
}


class AmountHasNoSpelling(Exception):
    """Stripe cannot take this amount of this currency."""


def spelled(amount: int, currency: str) -> int:
    """Our minor units as Stripe's. Of currencies with three decimals it takes whole tens alone."""
    ours, theirs = exponent(currency), _DECIMALS.get(currency, exponent(currency))
    if ours == 3 and amount % 10:
        raise AmountHasNoSpelling()
    if theirs >= ours:
        return amount * 10 ** (theirs - ours)
    whole, rest = divmod(amount, 10 ** (ours - theirs))
    if rest:
        raise AmountHasNoSpelling()
    return int(whole)


def read(amount: int, currency: str) -> int:
    """Stripe's amount in our minor units; 0 where it is none of ours, which no asked amount equals."""
    ours, theirs = exponent(currency), _DECIMALS.get(currency, exponent(currency))
    if ours >= theirs:
        return int(amount * 10 ** (ours - theirs))
    whole, rest = divmod(amount, 10 ** (theirs - ours))
    return 0 if rest else int(whole)


class _NoRedirects(requests.Session):
    """Whoever answers with a redirect is not followed, neither with our key nor with our orders."""

    def request(self, *args: Any, **options: Any) -> requests.Response:  # type: ignore[override]
        return super().request(*args, **{**options, "allow_redirects": False})


class StripeGateway:
    """Safe from any number of threads. A card's money is held for seven days, and for no longer by asking: that needs
    another kind of authorization, which not every card gives."""

    hold_seconds = 7 * 24 * 3_600
    statement_lag_seconds = 900

    def __init__(
        self,
        key: str,
        *,
        webhook_secrets: tuple[str, ...] = (),
        return_url: str = "",
        url: str = "",
        captures: str = PART,
    ) -> None:
        self.captures = captures
        self.webhook_secrets = webhook_secrets
        self.return_url = return_url
        client = stripe.RequestsClient(timeout=TIMEOUT_SECONDS, session=_NoRedirects())  # type: ignore[no-untyped-call]
        addresses: Any = {"api": url} if url else {}
        self._stripe = stripe.StripeClient(key, base_addresses=addresses, http_client=client, max_network_retries=0).v1

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> StripeGateway | None:
        key = environment.get("ARGOSY_STRIPE_KEY", "")
        if not key:
            return None
        return cls(
            key,
            webhook_secrets=tuple(environment.get("ARGOSY_STRIPE_WEBHOOK_SECRET", "").split()),
            return_url=environment.get("ARGOSY_STRIPE_RETURN_URL", ""),
            url=environment.get("ARGOSY_STRIPE_URL", ""),
            captures=PARTS if environment.get("ARGOSY_STRIPE_MULTICAPTURE", "") == "on" else PART,
        )

    # The port.

    def authorize(self, request: GatewayRequest) -> GatewayAnswer:
        params: dict[str, Any] = {
            "amount": None,
            "currency": request.currency.lower(),
            "payment_method": request.source,
            "payment_method_types": ["card"],
            "capture_method": "manual",
            "confirm": True,
            "metadata": {"payment_id": request.payment_id, "key": request.key},
        }
        if self.captures == PARTS:
            params["payment_method_options"] = {"card": {"request_multicapture": "if_available"}}
        if self.return_url:
            params["return_url"] = self.return_url

        def ask() -> GatewayAnswer:
            params["amount"] = spelled(request.amount, request.currency)
            return _held(self._stripe.payment_intents.create(params, _options(request)))  # type: ignore[arg-type]

        return _asked(ask)

    def capture(self, request: GatewayRequest) -> GatewayAnswer:
        def ask() -> GatewayAnswer:
            params: Any = {
                "amount_to_capture": spelled(request.amount, request.currency),
                "expand": ["latest_charge.balance_transaction"],
            }
            if request.capture_id is not None:  # By this a look-up knows that it happened.
                params["metadata"] = {request.capture_id: str(params["amount_to_capture"])}
            if not request.is_final:
                params["final_capture"] = False
            return _taken(self._stripe.payment_intents.capture(request.reference, params, _options(request)), request)

        return _asked(ask)

    def void(self, request: GatewayRequest) -> GatewayAnswer:
        def ask() -> GatewayAnswer:
            found = self._intent(request)
            if found is None or found.status == "canceled":
                return GatewayAnswer(outcome=APPROVED, gateway_transaction_id=found.id if found else request.key)
            if found.status == "succeeded":
                return GatewayAnswer(outcome=DECLINED, gateway_transaction_id=found.id, reason="captured")
            gone = self._stripe.payment_intents.cancel(found.id, {}, _options(request))
            return GatewayAnswer(outcome=APPROVED, gateway_transaction_id=gone.id)

        return _asked(ask)

    def refund(self, request: GatewayRequest) -> GatewayAnswer:
        def ask() -> GatewayAnswer:
            metadata = {"payment_id": request.payment_id, "key": request.key, "refund_id": request.refund_id or ""}
            params: Any = {
                "payment_intent": _intent_id(request.reference),
                "amount": spelled(request.amount, request.currency),
                "metadata": metadata,
            }
            return _paid_back(self._stripe.refunds.create(params, _options(request)))

        return _asked(ask)

    def look_up(self, request: GatewayRequest) -> GatewayAnswer | None:
        try:
            if request.operation in (REFUND, RETURN):
                return self._refund(request)
            found = self._intent(request)
        except stripe.StripeError as error:
            raise GatewayDidNotAnswer(request.key) from error
        if found is None:
            return None
        if request.operation == AUTHORIZE:
            return _held(found)
        if request.operation == CAPTURE and request.capture_id is not None:
            noted = getattr(found.metadata, request.capture_id, "")
            return _part_found(_taken(found, request), int(noted)) if noted else None
        if request.operation == CAPTURE:
            return None if found.status == "requires_capture" else _taken(found, request)
        if found.status == "canceled":
            return GatewayAnswer(outcome=APPROVED, gateway_transaction_id=found.id)
        is_taken = found.status == "succeeded"
        return GatewayAnswer(outcome=DECLINED, reason="captured") if is_taken else None

    def statement(self, since: datetime, until: datetime, after: str) -> StatementPage:
        """A page of what it moved, captures and refunds with what it kept of each."""
        try:
            return stripe_statement.page(self._stripe, since, until, after, read)
        except stripe.StripeError as error:
            raise GatewayDidNotAnswer(type(error).__name__) from error

    def read_webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        """What it says of its own accord."""
        verify_timed(headers.get("stripe-signature", ""), body, self.webhook_secrets, now)
        try:
            event = msgspec.json.decode(body, type=_Event)
            told = event.data.object
            amount = read(told.amount, told.currency.upper()) if told.currency else 0
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, UnknownCurrency):
            raise WebhookIsUnreadable() from None
        operation = _OPERATIONS.get(event.type, "")
        if operation == REFUND and not is_id(told.metadata.get("refund_id", "")):
            operation = ""  # Made at Stripe's own counter: the statement tells of it.
        payment_id, refund_id = told.metadata.get("payment_id", ""), told.metadata.get("refund_id", "")
        return Notice(
            event_id=event.id,
            type=event.type,
            told_at=datetime.fromtimestamp(event.created, UTC),
            operation=operation,
            payment_id=Id(payment_id) if is_id(payment_id) else None,
            refund_id=Id(refund_id) if is_id(refund_id) else None,
            reference=told.id,
            amount=min(max(amount, 0), AMOUNT_MAX),
            currency=told.currency.upper(),
        )

    def _intent(self, request: GatewayRequest) -> Any:
        """The payment intent, by its id or by ours."""
        expand: Any = {"expand": ["latest_charge.balance_transaction"]}
        if request.reference:
            return self._stripe.payment_intents.retrieve(request.reference, expand)
        query = f"metadata['payment_id']:'{request.payment_id}'"
        found = self._stripe.payment_intents.search({"query": query, "limit": 1}).data
        return found[0] if found else None

    def _refund(self, request: GatewayRequest) -> GatewayAnswer | None:
        listed = self._stripe.refunds.list({"payment_intent": _intent_id(request.reference), "limit": 100})
        for one in listed.auto_paging_iter():
            if one.metadata is not None and getattr(one.metadata, "key", "") == request.key:
                return _paid_back(one)
        return None


class _Told(msgspec.Struct):
    id: str
    metadata: dict[str, str] = {}
    amount: int = 0
    currency: str = ""


class _Data(msgspec.Struct):
    object: _Told


class _Event(msgspec.Struct):
    id: str
    type: str
    created: int
    data: _Data


def _options(request: GatewayRequest) -> Any:
    return {"idempotency_key": request.key}


def _asked(ask: Callable[[], GatewayAnswer]) -> GatewayAnswer:
    """What it answers. A no is an answer; all else is not known, and looked up before anybody asks again."""
    try:
        return ask()
    except AmountHasNoSpelling:
        return GatewayAnswer(outcome=DECLINED, reason="amount_not_payable")
    except stripe.CardError as error:
        return GatewayAnswer(outcome=DECLINED, reason=_reason(error))
    except stripe.InvalidRequestError as error:
        return GatewayAnswer(outcome=DECLINED, reason=_reason(error))
    except stripe.StripeError as error:
        raise GatewayDidNotAnswer(type(error).__name__) from error


def _reason(error: Any) -> str:
    told = error.error
    return str(getattr(told, "decline_code", None) or error.code or "invalid_request")[:100]


def _held(intent: Any) -> GatewayAnswer:
    currency = intent.currency.upper()
    if intent.status in ("requires_capture", "succeeded"):
        # What was taken of it in parts, it held.
        is_open = intent.status == "requires_capture"
        held = intent.amount_capturable + intent.amount_received if is_open else intent.amount
        return GatewayAnswer(
            outcome=APPROVED,
            gateway_transaction_id=intent.id,
            amount=read(held, currency),
            currency=currency,
        )
    if intent.status == "requires_action":
        return GatewayAnswer(outcome=ACTION, gateway_transaction_id=intent.id, action_url=_action_url(intent))
    if intent.status == "processing":
        raise GatewayDidNotAnswer(intent.id)
    failed = getattr(intent, "last_payment_error", None)
    reason = getattr(failed, "decline_code", None) or getattr(failed, "code", None) or intent.status
    return GatewayAnswer(outcome=DECLINED, gateway_transaction_id=intent.id, reason=str(reason)[:100])


def _action_url(intent: Any) -> str:
    redirect = getattr(getattr(intent, "next_action", None), "redirect_to_url", None)
    return str(getattr(redirect, "url", "") or "")


def _taken(intent: Any, request: GatewayRequest) -> GatewayAnswer:
    """A part is what Stripe has received beyond the parts before it; what it keeps of a part its statement says."""
    is_part = request.capture_id is not None
    if intent.status == "processing":
        raise GatewayDidNotAnswer(intent.id)
    if intent.status != "succeeded" and not (is_part and intent.amount_received):
        return GatewayAnswer(outcome=DECLINED, gateway_transaction_id=intent.id, reason=intent.status)
    currency = intent.currency.upper()
    balance = getattr(getattr(intent, "latest_charge", None), "balance_transaction", None)
    has_fee = (
        str(getattr(balance, "currency", "")).upper() == currency and request.is_final and not request.taken_amount
    )
    return GatewayAnswer(
        outcome=APPROVED,
        gateway_transaction_id=f"{intent.id}/{request.capture_id}" if is_part else intent.id,
        amount=read(intent.amount_received, currency) - request.taken_amount,
        currency=currency,
        fee_amount=read(getattr(balance, "fee", 0), currency) if has_fee else 0,
    )


def _part_found(answer: GatewayAnswer, noted: int) -> GatewayAnswer:
    """A part that is looked for when others were taken after it is as large as was noted with it."""
    if answer.outcome != APPROVED:
        return answer
    return msgspec.structs.replace(answer, amount=min(answer.amount, read(noted, answer.currency)))


def _intent_id(reference: str) -> str:
    """Of a payment intent that was captured in parts each has its own reference, behind the intent's id."""
    return reference.partition("/")[0]


def _paid_back(refund: Any) -> GatewayAnswer:
    if refund.status in ("failed", "canceled"):
        reason = str(getattr(refund, "failure_reason", "") or refund.status)
        return GatewayAnswer(outcome=DECLINED, gateway_transaction_id=refund.id, reason=reason)
    if refund.status != "succeeded":
        raise GatewayDidNotAnswer(refund.id)
    currency = refund.currency.upper()
    return GatewayAnswer(
        outcome=APPROVED,
        gateway_transaction_id=refund.id,
        amount=read(refund.amount, currency),
        currency=currency,
    )
