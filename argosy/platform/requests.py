"""Every request counted, timed and told of, wherever it goes."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from argosy.observability import metrics, tracing
from argosy.observability.about import doing, now_about

SLOW_SECONDS = 1.0
WARM_SECONDS = 10.0
"""A process's first requests load what they need: that they take long is no news."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

logger = structlog.get_logger("argosy.http")


class ObservedHandler(WSGIHandler):
    """Django's handler, watched. Labels are routes as they are declared, never addresses as they are sent."""

    def __init__(self) -> None:
        super().__init__()
        self._warm_at = time.perf_counter() + WARM_SECONDS
        self._seconds: dict[tuple[str, str], Any] = {}
        self._requests: dict[tuple[str, str, int], Any] = {}

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        now_about({})
        response = super().get_response(request)
        seconds = time.perf_counter() - began
        route = route_of(request)
        method = request.method if request.method in METHODS else "other"
        if (tracer := tracing.current()) is not None:
            ended = datetime.now(UTC)
            times = (ended - timedelta(seconds=seconds), ended)
            tracer.requested(doing(), f"{method} {route}", response.status_code, times)
        self._count(route, str(method), response.status_code, seconds)
        if response.status_code >= 500 or (seconds > SLOW_SECONDS and began > self._warm_at):
            tell = logger.error if response.status_code >= 500 else logger.warning
            tell("answered", method=method, route=route, status=response.status_code, seconds=round(seconds, 4))
        elif logger.isEnabledFor(10):
            logger.debug("answered", method=method, route=route, status=response.status_code, seconds=round(seconds, 4))
        return response

    def _count(self, route: str, method: str, status: int, seconds: float) -> None:
        timed = self._seconds.get((route, method))
        if timed is None:
            timed = self._seconds[route, method] = metrics.HTTP_SECONDS.labels(route, method)
        timed.observe(seconds)
        counted = self._requests.get((route, method, status))
        if counted is None:
            counted = self._requests[route, method, status] = metrics.HTTP_REQUESTS.labels(route, method, str(status))
        counted.inc()


def route_of(request: HttpRequest) -> str:
    """As it is declared; `none` where nothing is declared for the address."""
    match = request.resolver_match
    route: str = match.route if match is not None and match.route is not None else "none"
    return "none" if route.startswith("^") else route
