"""Django's test client before the callable that the server calls: what tests ask takes the way that requests take."""

from __future__ import annotations

from io import BytesIO
from types import SimpleNamespace
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.test.client import ClientHandler


class _Door(ClientHandler):
    def __call__(self, environ: dict[str, Any]) -> HttpResponse:
        from config.wsgi import application

        # A test's own payload allows no reading beyond its end, as a connection does.
        environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read())
        said: list[Any] = []
        body = b"".join(application(environ, lambda status, headers, failure=None: said.extend((status, headers))))
        response = HttpResponse(body, status=int(said[0].split()[0]))
        del response.headers["Content-Type"]
        for name, value in said[1]:
            if name.lower() == "set-cookie":
                response.cookies.load(value)
            else:
                response.headers[name] = value
        response.wsgi_request = SimpleNamespace()  # type: ignore[attr-defined]
        return response


class FrontDoor(Client):
    """A browser or a program, in this process."""

    def __init__(self) -> None:
        super().__init__(raise_request_exception=False)
        self.handler = _Door()
