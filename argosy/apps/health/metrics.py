"""What the processes of this machine measure, for Prometheus."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from argosy.apps.health.port import may_read
from argosy.observability.exposition import CONTENT_TYPE, exposition
from argosy.platform.problems import Problem
from argosy.platform.rest import refusal


def metrics(request: HttpRequest) -> HttpResponse:
    """All of this machine, to a process of this machine or to whoever sends the token."""
    if not may_read(request.META.get("REMOTE_ADDR", ""), request.headers, settings.METRICS_TOKEN):
        return refusal(Problem(404, "no_such_path", "There is nothing at this address."))
    body = exposition(Path(settings.VAR), f"web-{os.getpid()}")
    return HttpResponse(body, content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})
