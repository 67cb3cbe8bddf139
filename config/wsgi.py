"""The web process's WSGI callable: the API's operations by their short way, all else by Django without middleware.

SQLite files stay open for the life of a thread, and connections to PostgreSQL are handed back after each request for
other threads to use (platform/pooled_postgresql). One that is found broken is closed by whoever finds it
(platform/rest.py, platform/postgres.py), so Django's own look at every alias before and after each request is not
needed (measured: it closed and reopened SQLite files at every request).
"""

from __future__ import annotations

import os
from http import HTTPStatus
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django
from django.core import signals
from django.db import close_old_connections, reset_queries
from django.http import HttpResponse

from argosy.apps.api import short_way
from argosy.apps.api.admission import open_doors
from argosy.observability import metrics
from argosy.platform import cors
from argosy.platform.pooled_postgresql.base import hand_back
from argosy.platform.problems import CONTENT_TYPE, Problem
from argosy.platform.requests import ObservedHandler, Watch
from argosy.platform.rest import standing_at_the_door

django.setup(set_prefix=False)

for signal in (signals.request_started, signals.request_finished):
    signal.disconnect(close_old_connections)
signals.request_started.disconnect(reset_queries)

_watch = Watch()
_handler = ObservedHandler(_watch)
_admission = open_doors()

_UNREAD_MIN, _UNREAD_MAX, _CHUNK = 65_536, 16_000_000, 65_536


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """A HEAD is answered like its GET; the server leaves out the body. Answers go out whole, with their length."""
    if environ["REQUEST_METHOD"] == "HEAD":
        environ = {**environ, "REQUEST_METHOD": "GET"}
    if _admission is not None:
        problem = _admission.refusal(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        if problem is not None:
            return _turned_away(problem, environ, start_response)
    try:
        short = short_way.answer(environ, _watch)
        response: Any = _handler(environ, start_response) if short is None else short
    finally:
        hand_back()
    if response.status_code >= 400 and int(environ.get("CONTENT_LENGTH") or 0) > _UNREAD_MIN:
        _drain(environ["wsgi.input"])
    if short is not None:
        start_response(f"{short.status_code} {short.reason_phrase}", list(short.items()))
        return [short.content]
    if not isinstance(response, HttpResponse):
        return response
    response.close()
    return [response.content]


def _turned_away(problem: Problem, environ: dict[str, Any], start_response: Any) -> Any:
    """An answer that costs next to nothing: that is what it is for."""
    metrics.HTTP_REQUESTS.labels("turned away", environ["REQUEST_METHOD"], str(problem.status)).inc()
    if int(environ.get("CONTENT_LENGTH") or 0) > 0:
        _drain(environ["wsgi.input"])
    body = problem.body()
    told = standing_at_the_door(short_way.ApiRequest(environ, environ["PATH_INFO"]))
    headers = {**problem.headers, **told, "Content-Type": CONTENT_TYPE, "Content-Length": str(len(body))}
    # No middleware has seen it; a page of another origin must read all the same that it is to try again.
    _, sharing = cors.shared(environ["REQUEST_METHOD"], environ["PATH_INFO"], environ)
    start_response(f"{problem.status} {HTTPStatus(problem.status).phrase}", [*headers.items(), *sharing])
    return [body]


def _drain(body: Any) -> None:
    """A client that is still sending hears no answer: let it finish, within bounds."""
    left = _UNREAD_MAX
    while left > 0:
        read = len(body.read(_CHUNK))
        if not read:
            return
        left -= read
