"""The web process's WSGI callable: Django without middleware.

SQLite files stay open for the life of a thread, and connections to PostgreSQL are handed back after each request for
other threads to use (platform/pooled_postgresql). One that is found broken is closed by whoever finds it
(platform/rest.py, platform/postgres.py), so Django's own look at every alias before and after each request is not
needed (measured: it closed and reopened SQLite files at every request).
"""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django
from django.core import signals
from django.db import close_old_connections, reset_queries
from django.http import HttpResponse

from argosy.platform.requests import ObservedHandler

from argosy.platform.pooled_postgresql.base import hand_back

django.setup(set_prefix=False)

for signal in (signals.request_started, signals.request_finished):
    signal.disconnect(close_old_connections)
signals.request_started.disconnect(reset_queries)

_handler = ObservedHandler()

_UNREAD_MIN, _UNREAD_MAX, _CHUNK = 65_536, 16_000_000, 65_536


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """A HEAD is answered like its GET; the server leaves out the body. Answers go out whole, with their length."""
    if environ["REQUEST_METHOD"] == "HEAD":
        environ = {**environ, "REQUEST_METHOD": "GET"}
    try:
        response = _handler(environ, start_response)
    finally:
        hand_back()
    if response.status_code >= 400 and int(environ.get("CONTENT_LENGTH") or 0) > _UNREAD_MIN:
        _drain(environ["wsgi.input"])
    if not isinstance(response, HttpResponse):
        return response
    response.close()
    return [response.content]


def _drain(body: Any) -> None:
    """A client that is still sending hears no answer: let it finish, within bounds."""
    left = _UNREAD_MAX
    while left > 0:
        read = len(body.read(_CHUNK))
        if not read:
            return
        left -= read
