"""What the processes of this machine measure, for Prometheus."""

from __future__ import annotations

import os
from hmac import compare_digest
from ipaddress import ip_address
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from argosy.observability.exposition import CONTENT_TYPE, exposition
from argosy.platform.problems import Problem
from argosy.platform.rest import refusal


def metrics(request: HttpRequest) -> HttpResponse:
    """All of this machine, to a process of this machine or to whoever sends the token."""
    if not may_read(request):
        return refusal(Problem(404, "no_such_path", "There is nothing at this address."))
    body = exposition(Path(settings.VAR), f"web-{os.getpid()}")
    return HttpResponse(body, content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


def may_read(request: HttpRequest) -> bool:
    """A proxy of this machine speaks for somebody else: its clients need the token."""
    token: str = settings.METRICS_TOKEN
    sent = request.META.get("HTTP_AUTHORIZATION", "")
    if token and compare_digest(sent.encode(), f"Bearer {token}".encode()):
        return True
    if "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META:
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
