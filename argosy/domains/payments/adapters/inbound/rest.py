"""Payments over HTTP: nothing yet. A payment is moved by its checkout and its gateway alone."""

from __future__ import annotations

from argosy.platform.rest import Endpoint

endpoints: list[Endpoint] = []
