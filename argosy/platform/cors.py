"""Which pages of other origins may read the API in a browser (CORS): those that the setting lists, none by default.

    ARGOSY_CORS_ORIGINS="https://shop.example https://admin.example:8443"

django-cors-headers decides and writes the headers, for the web as its middleware and for waits through `shared`. Only
paths under /api/ are opened, and only to bearer tokens: cookies are never asked along, so that nobody's page acts in
the name of a visitor's session with the shop.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse

SETTING = "ARGOSY_CORS_ORIGINS"
MIDDLEWARE = "corsheaders.middleware.CorsMiddleware"
PATHS = r"^/api/"
SENT = (
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-none-match",
    "last-event-id",
    "prefer",
)
READ = (
    "ETag",
    "Idempotent-Replay",
    "Link",
    "Location",
    "Preference-Applied",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "WWW-Authenticate",
)
REMEMBERED_SECONDS = 3_600

Headers = list[tuple[str, str]]


class OriginIsWrong(Exception):
    """The text says what is set, and how an origin is written."""


def origins_of(environment: Mapping[str, str]) -> list[str]:
    """As the setting lists them; OriginIsWrong where one is none."""
    origins = environment.get(SETTING, "").split()
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or origin != f"{parts.scheme}://{parts.netloc}":
            raise OriginIsWrong(f"{SETTING}={origin}: an origin is written https://host or https://host:port")
    return origins


def shared(method: str, path: str, meta: Mapping[str, str]) -> tuple[bool, Headers]:
    """For a process without middleware: whether this request only asks what it may (a preflight, to be answered at
    once), and the headers of its answer."""
    middleware = _middleware()
    if middleware is None:
        return False, []
    request = HttpRequest()
    request.method, request.path_info = method, path
    request.META = dict(meta)
    answer = middleware.check_preflight(request)
    response = HttpResponse() if answer is None else answer
    middleware.add_response_headers(request, response)
    names = ("vary", "access-control-")
    return answer is not None, [
        (name.lower(), value) for name, value in response.items() if name.lower().startswith(names)
    ]


@cache
def _middleware() -> Any:
    from django.conf import settings

    if MIDDLEWARE not in settings.MIDDLEWARE:
        return None
    from corsheaders.middleware import CorsMiddleware

    return CorsMiddleware(lambda request: HttpResponse())
