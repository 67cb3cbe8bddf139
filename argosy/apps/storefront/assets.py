"""Styles, script and icon: a few small files whose addresses change with their content, so that they may be kept for
ever by whoever has them."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import structlog
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from argosy.apps.storefront.pages import no_such_page
from argosy.engine.store import StoreUnavailable
from argosy.platform.media import ADDRESS, media

FOLDER = Path(__file__).parent / "static"
KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
logger = structlog.get_logger("argosy.http")
_FOR_EVER = "public, max-age=31536000, immutable"


class Asset(NamedTuple):
    """One file as it is sent."""

    body: bytes
    kind: str
    digest: str


@cache
def assets() -> dict[str, Asset]:
    """All of them by name, read once."""
    found = {}
    for path in sorted(FOLDER.iterdir()):
        if path.suffix in KINDS:
            body = path.read_bytes()
            found[path.name] = Asset(body, KINDS[path.suffix], blake2b(body, digest_size=6).hexdigest())
    return found


def asset_address(name: str) -> str:
    return f"/assets/{assets()[name].digest}/{name}"


def asset(request: HttpRequest, digest: str, name: str) -> HttpResponseBase:
    """A file under its address; under an older one it is sent as it now is, and not kept."""
    found = assets().get(name)
    if found is None or request.method != "GET":
        return no_such_page(request)
    return HttpResponse(
        found.body,
        content_type=found.kind,
        headers={
            "Cache-Control": _FOR_EVER if digest == found.digest else "no-cache",
            "X-Content-Type-Options": "nosniff",
        },
    )


def sized(url: str, size: int) -> str:
    """The address of a picture in another size, where we have it in others."""
    return f"{url.rpartition('-')[0]}-{size}.webp" if url.startswith(ADDRESS) else url


def picture(request: HttpRequest, key: str) -> HttpResponseBase:
    """An uploaded picture in one of its sizes; what is under an address never changes."""
    try:
        found = media().get(key) if request.method in ("GET", "HEAD") else None
    except StoreUnavailable as error:
        logger.warning("picture not read", error=str(error))
        return HttpResponse(status=503, headers={"Retry-After": "5", "Cache-Control": "no-store"})
    if found is None:
        return no_such_page(request)
    return HttpResponse(
        found,
        content_type="image/webp",
        headers={"Cache-Control": _FOR_EVER, "X-Content-Type-Options": "nosniff"},
    )
