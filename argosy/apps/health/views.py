"""Whether this process lives, whether it can serve, and whether it can begin: for whoever starts, watches and
balances it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from argosy.apps.health.standing import NOT_READY, Standing, readiness, startup
from argosy.shared_kernel.codec import encode

_JSON = "application/json"
_LIVE = encode({"status": "live"})


def live(request: HttpRequest) -> HttpResponse:
    """This process answers."""
    return HttpResponse(_LIVE, content_type=_JSON, headers={"Cache-Control": "no-store"})


def ready(request: HttpRequest) -> HttpResponse:
    """200 where it can serve something, with reasons where not all is well; 503 where it can serve nothing."""
    return _told(readiness())


def started(request: HttpRequest) -> HttpResponse:
    """200 once every database is there and as new as this program, else 503 with what is missing."""
    return _told(startup())


def _told(standing: Standing) -> HttpResponse:
    status = 503 if standing.status == NOT_READY else 200
    return HttpResponse(encode(standing), status=status, content_type=_JSON, headers={"Cache-Control": "no-store"})
