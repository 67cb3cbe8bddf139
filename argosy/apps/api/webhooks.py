"""Where gateways call: 204 for what is kept, now or before; a problem for all else, of which only a count stays."""

from __future__ import annotations

import structlog
from django.http import HttpRequest, HttpResponse

from argosy.domains.payments.adapters.inbound.webhooks import receive
from argosy.domains.payments.domain.signatures import SignatureDoesNotHold
from argosy.domains.payments.domain.webhook import RAW_LETTERS_MAX, WebhookIsUnreadable
from argosy.observability import metrics
from argosy.platform.problems import Problem, problem_of
from argosy.platform.rest import refusal

logger = structlog.get_logger("argosy.webhooks")


def payment_webhook(request: HttpRequest, gateway: str) -> HttpResponse:
    """POST /api/v1/payments/webhooks/{gateway}."""
    try:
        if request.method != "POST":
            raise Problem(405, "method_not_allowed", "Gateways POST.", headers={"Allow": "POST"})
        receive(gateway, _headers(request), _body(request))
    except (SignatureDoesNotHold, WebhookIsUnreadable) as error:
        metrics.WEBHOOKS_REFUSED.labels(gateway, error.code).inc()
        logger.warning("webhook_refused", gateway=gateway, code=error.code)
        return refusal(Problem(400, error.code, error.sentence))
    except Exception as error:  # noqa: BLE001 - the boundary, where problem_of logs what nobody foresaw
        return refusal(problem_of(error))
    return HttpResponse(status=204)


def _body(request: HttpRequest) -> bytes:
    environment = request.META
    try:
        length = max(int(environment.get("CONTENT_LENGTH") or 0), 0)
    except ValueError:
        length = 0
    if length > RAW_LETTERS_MAX:
        raise Problem(413, "body_too_large", f"A webhook is at most {RAW_LETTERS_MAX} bytes.")
    raw: bytes = environment["wsgi.input"].read(length)
    return raw


def _headers(request: HttpRequest) -> dict[str, str]:
    return {
        name[5:].replace("_", "-").lower(): value for name, value in request.META.items() if name.startswith("HTTP_")
    }
