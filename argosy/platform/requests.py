"""Every request counted, timed and told of, wherever it goes."""

from __future__ import annotations

import logging
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


class Watch:
    """Counts, times and tells of answers. Labels are routes as they are declared, never addresses as they are sent."""

    def __init__(self) -> None:
        self._warm_at = time.perf_counter() + WARM_SECONDS
        self._seconds: dict[tuple[str, str], Any] = {}
        self._requests: dict[tuple[str, str, int], Any] = {}

    def begin(self) -> float:
        """When a request begins; what this thread did before is no part of it."""
        now_about({})
        return time.perf_counter()

    def end(self, began: float, method: str | None, route: str, status: int) -> None:
        """It is answered."""
        seconds = time.perf_counter() - began
        method = method if method in METHODS else "other"
        if (tracer := tracing.current()) is not None:
            ended = datetime.now(UTC)
            times = (ended - timedelta(seconds=seconds), ended)
            tracer.requested(doing(), f"{method} {route}", status, times)
        self._count(route, method, status, seconds)
        if status >= 500 or (seconds > SLOW_SECONDS and began > self._warm_at):
            tell = logger.error if status >= 500 else logger.warning
            tell("answered", method=method, route=route, status=status, seconds=round(seconds, 4))
        elif _tells_all():
            logger.debug("answered", method=method, route=route, status=status, seconds=round(seconds, 4))

    def _count(self, route: str, method: str, status: int, seconds: float) -> None:
        timed = self._seconds.get((route, method))
        if timed is None:
            timed = self._seconds[route, method] = metrics.HTTP_SECONDS.labels(route, method)
        timed.observe(seconds)
        counted = self._requests.get((route, method, status))
        if counted is None:
            counted = self._requests[route, method, status] = metrics.HTTP_REQUESTS.labels(route, method, str(status))
        counted.inc()


class ObservedHandler(WSGIHandler):
    """Django's handler, watched."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        began = self._watch.begin()
        response = super().get_response(request)
        self._watch.end(began, request.method, route_of(request), response.status_code)
        return response


def _tells_all() -> bool:
    return logging.getLogger("argosy.http").isEnabledFor(logging.DEBUG)


def route_of(request: HttpRequest) -> str:
    """As it is declared; `none` where nothing is declared for the address."""
    match = request.resolver_match
    route: str = match.route if match is not None and match.route is not None else "none"
    return "none" if route.startswith("^") else route
