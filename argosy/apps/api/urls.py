"""Addresses under /api/v1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path

from argosy.apps.api.api import whole_api
from argosy.apps.api.docs import docs_asset, docs_page, openapi_json
from argosy.platform.problems import Problem
from argosy.platform.rest import refusal


def in_our_form(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """What ninja itself refuses is refused in the API's own form."""

    def answer(request: HttpRequest, *arguments: Any, **parameters: Any) -> HttpResponseBase:
        response = view(request, *arguments, **parameters)
        if response.status_code != 405:
            return response
        return refusal(
            Problem(
                405,
                "method_not_allowed",
                "This address does not take that method.",
                headers={"Allow": response.headers["Allow"]},
            )
        )

    return answer


def operations() -> list[Any]:
    patterns: list[Any] = [pattern for pattern in whole_api().urls[0] if getattr(pattern, "name", "") != "api-root"]
    for pattern in patterns:
        pattern.callback = in_our_form(pattern.callback)
    # What an address says outright goes before what a parameter could be, whoever declares it first.
    return sorted(patterns, key=lambda one: str(one.pattern).count("<"))


urlpatterns: list[Any] = [
    *operations(),
    path("openapi.json", openapi_json),
    path("docs", docs_page),
    path("docs/<str:name>", docs_asset),
]
