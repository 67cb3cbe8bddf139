"""The short way to the API's operations: from the server's environment to an endpoint and back, without Django's list
of addresses, ninja's reading of parameters and the signals of a request. They cost more than to read a document does.

What it finds is what Django would find (a test compares every operation); whatever it does not find goes the long way:
addresses that are none, methods that an address does not take, letters that must be decoded first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse

from argosy.platform import cors
from argosy.platform.requests import Watch
from argosy.platform.rest import PARAMETER, PREFIX, Endpoint, respond

Segments = tuple[str, ...]


class ApiRequest(WSGIRequest):
    """A request as far as endpoints look at it: its environment, method, address and query."""

    def __init__(self, environ: dict[str, Any], path: str) -> None:
        self.environ = self.META = environ
        self.method = environ["REQUEST_METHOD"]
        self.path = self.path_info = path
        self.resolver_match = None


class Operation(NamedTuple):
    """An endpoint with its context, its address as Django writes it, and where in an address its parameters stand."""

    endpoint: Endpoint
    label: str
    route: str
    places: tuple[tuple[int, str], ...]

    def parameters(self, segments: Segments) -> dict[str, str]:
        return {name: segments[place] for place, name in self.places}


class _Address(NamedTuple):
    fixed: tuple[tuple[int, str], ...]
    by_method: dict[str, Operation]

    def meets(self, segments: Segments) -> bool:
        return all(segments[place] == text for place, text in self.fixed)


class ShortWay:
    """Addresses by their length and first segment, those with the fewest parameters first (`promotions/active` is none
    of the promotions), else in the order in which they are declared: the first that meets."""

    def __init__(self, by_context: Mapping[str, Iterable[Endpoint]]) -> None:
        self._addresses: dict[tuple[int, str], list[_Address]] = {}
        known: dict[str, _Address] = {}
        for label, declared in by_context.items():
            for endpoint in declared:
                address = known.get(endpoint.path)
                segments = endpoint.path.split("/")
                named = {place: found[1] for place, text in enumerate(segments) if (found := PARAMETER.match(text))}
                if address is None:
                    fixed = tuple((place, text) for place, text in enumerate(segments) if place not in named)
                    address = known[endpoint.path] = _Address(fixed, {})
                    self._addresses.setdefault((len(segments), segments[0]), []).append(address)
                route = PREFIX[1:] + PARAMETER.sub(r"<\1>", endpoint.path)
                address.by_method[endpoint.method] = Operation(endpoint, label, route, tuple(named.items()))
        for addresses in self._addresses.values():
            addresses.sort(key=lambda one: -len(one.fixed))

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation that is asked for, with its parameters; None for what must go the long way."""
        if not path.startswith(PREFIX) or not path.isascii():
            return None
        segments = tuple(path[len(PREFIX) :].split("/"))
        for address in self._addresses.get((len(segments), segments[0]), ()):
            if address.meets(segments) and "" not in segments:
                operation = address.by_method.get(method)
                return None if operation is None else (operation, operation.parameters(segments))
        return None


@cache
def short_way() -> ShortWay:
    """To all operations, once per process."""
    from argosy.apps.api.endpoints import endpoints

    return ShortWay(endpoints())


def answer(environ: dict[str, Any], watch: Watch) -> HttpResponse | None:
    """The whole answer, counted and told like any other; None for what must go the long way."""
    if environ.get("SCRIPT_NAME"):
        return None
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    found = short_way().find(method, path)
    if found is None:
        return None
    operation, parameters = found
    began = watch.begin()
    response = respond(operation.endpoint, operation.label, ApiRequest(environ, path), parameters)
    watch.end(began, method, operation.route, response.status_code)
    for name, value in cors.shared(method, path, environ)[1]:
        # An answer may differ by the asker's languages as well.
        varies = response.headers.get("Vary") if name == "vary" else None
        response.headers[name] = f"{varies}, {value}" if varies else value
    return response
