"""The API's description to read: JSON for programs, and a page to browse and try it that needs no other server."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import ninja
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from argosy.apps.api.api import whole_api
from argosy.platform.auth import NOBODY
from argosy.platform.problems import not_found
from argosy.platform.rest import Asked, document, refusal, send

ASSETS = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Argosy API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<noscript><p>The description itself is at <a href="openapi.json">openapi.json</a>.</p></noscript>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({
  url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, persistAuthorization: true, validatorUrl: null,
});
"""
_POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"


@cache
def _description() -> bytes:
    from argosy.shared_kernel.codec import encode

    return encode(dict(whole_api().get_openapi_schema()))


def openapi_json(request: HttpRequest) -> HttpResponse:
    return send(document(_description())._replace(is_public=True), Asked(request, NOBODY, {}))


def docs_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_PAGE, headers={"Content-Security-Policy": _POLICY})


def docs_asset(request: HttpRequest, name: str) -> HttpResponseBase:
    """The page's scripts and styles, as ninja's own package has them."""
    if name == "start.js":
        return HttpResponse(_START, content_type="text/javascript")
    if name not in ASSETS:
        return refusal(not_found())
    path = Path(ninja.__file__).parent / "static" / "ninja" / name
    return HttpResponse(
        path.read_bytes(), content_type=ASSETS[name], headers={"Cache-Control": "public, max-age=86400"}
    )
