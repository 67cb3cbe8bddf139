"""The API as one NinjaAPI: every context's endpoints under /api/v1, and their description."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from functools import cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from argosy.apps.api.endpoints import endpoints
from argosy.apps.api.openapi import extra_of
from argosy.platform.problems import Problem, not_found
from argosy.platform.rest import Endpoint, refusal, respond

DESCRIPTION = """Buyers browse, fill a cart with goods of many sellers, pay once and follow their orders; sellers list,
price and stock. Money is integer minor units of an ISO 4217 currency. Commands take an `Idempotency-Key`; refusals are
problem documents (RFC 9457) whose `code` is stable. Sign in with `POST /sessions`, then send the token as a bearer."""


class Api(NinjaAPI):
    """Knows the schemas of our structs, which ninja does not."""

    def __init__(self, title: str) -> None:
        super().__init__(
            title=title,
            version="1",
            description=DESCRIPTION,
            docs_url=None,
            openapi_url=None,
            urls_namespace=f"api:{title}",
        )
        self.schemas: dict[str, Any] = {}

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> OpenAPISchema:
        schema = super().get_openapi_schema(path_prefix=path_prefix or "/api/v1/", path_params=path_params)
        components = schema["components"]
        components["schemas"] = {
            name: components["schemas"].get(name) or self.schemas[name]
            for name in sorted({*components["schemas"], *self.schemas})
        }
        components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
        for operation in (one for methods in schema["paths"].values() for one in methods.values()):
            # Ninja's own 200 is a number, and listed whatever an operation answers; ours are texts.
            operation["responses"] = {
                status: answer for status, answer in operation["responses"].items() if isinstance(status, str)
            }
        return schema


def api_of(by_context: dict[str, Iterable[Endpoint]], title: str) -> Api:
    api = Api(title)
    for label, declared in by_context.items():
        for endpoint in declared:
            _add(api, label, endpoint)
    api.add_exception_handler(Http404, lambda request, error: refusal(not_found()))
    return api


@cache
def whole_api() -> Api:
    """All of it, once per process."""
    return api_of(dict(endpoints()), "Argosy")


def _add(api: Api, label: str, endpoint: Endpoint) -> None:
    def view(request: HttpRequest, **parameters: str) -> HttpResponse:
        return respond(endpoint, label, request, parameters)

    # Ninja reads the path's parameters from the signature.
    view.__name__ = endpoint.name
    view.__doc__ = None
    signature = inspect.Signature(
        [
            inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD),
            *(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=str) for name in endpoint.path_names),
        ]
    )
    setattr(view, "__signature__", signature)  # noqa: B010 - a function has no such attribute to a type checker
    summary, _, rest = inspect.cleandoc(endpoint.promise).partition("\n\n")
    api.default_router.add_api_operation(
        f"/{endpoint.path}",
        [endpoint.method],
        view,
        operation_id=endpoint.name,
        summary=" ".join(summary.split()) or endpoint.name,
        description=" ".join(rest.split()) or None,
        tags=[label],
        openapi_extra=extra_of(endpoint, api.schemas),
        url_name=f"{label}-{endpoint.name}",
    )


def no_such_path(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """What every address that is none answers, the API's in its own form."""
    return refusal(Problem(404, "no_such_path", "There is nothing at this address."))
