"""The web process's WSGI callable: Django without middleware.

Connections to databases stay open for the life of a thread; one that is found broken is closed by whoever finds it
(platform/rest.py, platform/dialects.py), so Django's own look at every alias before and after each request is not
needed (measured: it closed and reopened SQLite files at every request).
"""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django
from django.core import signals
from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections, reset_queries

django.setup(set_prefix=False)

for signal in (signals.request_started, signals.request_finished):
    signal.disconnect(close_old_connections)
signals.request_started.disconnect(reset_queries)

_handler = WSGIHandler()


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """A HEAD is answered like its GET; the server leaves out the body."""
    if environ["REQUEST_METHOD"] == "HEAD":
        environ = {**environ, "REQUEST_METHOD": "GET"}
    return _handler(environ, start_response)
