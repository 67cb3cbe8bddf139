"""Whether this process lives, and whether it can serve: for whoever starts, watches and balances it."""

from __future__ import annotations

from django.db import DatabaseError, connections
from django.http import HttpRequest, HttpResponse

from argosy.shared_kernel.codec import encode

_JSON = "application/json"
_LIVE = encode({"status": "live"})


def live(request: HttpRequest) -> HttpResponse:
    """This process answers."""
    return HttpResponse(_LIVE, content_type=_JSON, headers={"Cache-Control": "no-store"})


def ready(request: HttpRequest) -> HttpResponse:
    """Every database answers: 200, or 503 naming those that do not."""
    away = [alias for alias in connections if not _answers(alias)]
    body = encode({"status": "ready"} if not away else {"status": "not ready", "away": away})
    return HttpResponse(body, status=503 if away else 200, content_type=_JSON, headers={"Cache-Control": "no-store"})


def _answers(alias: str) -> bool:
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetchone() == (1,)
    except DatabaseError:
        connections[alias].close()
        return False
