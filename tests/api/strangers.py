"""What suites about strangers share: what an answer says, and what it cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections

from argosy.platform.auth import tokens
from argosy.read_models.slots import forget_live_slots
from tests.api.provider import Provider
from tests.api.scene import Scene
from tests.api.shop import Answer, Shop
from tests.api.test_providers import provider
from tests.marketplace import Marketplace

__all__ = ["provider", "scene"]


@pytest.fixture
def scene(marketplace: Marketplace, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """Who bears a token is looked up once, so that what is counted is what an answer costs."""
    monkeypatch.setenv("ARGOSY_EVENT_FEED", "yes")
    folder = Path(settings.VAR) / "mail"
    for path in folder.glob("*"):
        path.unlink()
    shop = Shop(marketplace)
    monkeypatch.setattr(tokens(), "_seconds", 3_600.0)
    return Scene(shop, folder, provider)


class Work:
    """What an answer cost: each statement with how many rows it gave."""

    def __init__(self) -> None:
        self.statements: list[tuple[str, str, int]] = []

    @contextmanager
    def counted(self, shop: Shop) -> Iterator[None]:
        self.statements = []
        # Which table of a view is live is remembered for a second: else it would hang on the clock who asks for it.
        forget_live_slots()
        dialects = {type(store.dialect) for store in shop.place.runtime.stores.values()}
        with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
            for dialect in dialects:
                patch.setattr(dialect, "query", self._watched(dialect.query))
            for alias in connections:
                stack.enter_context(connections[alias].execute_wrapper(self._noted(alias)))
            yield

    def _watched(self, query: Any) -> Any:
        def watched(dialect: Any, sql: str, parameters: Any = ()) -> Any:
            rows = query(dialect, sql, parameters)
            self.statements.append((dialect.alias, sql, len(rows)))
            return rows

        return watched

    def _noted(self, alias: str) -> Any:
        def noted(execute: Any, sql: str, *rest: Any) -> Any:
            self.statements.append((alias, sql, -1))
            return execute(sql, *rest)

        return noted


def masked(text: str, ids: dict[str, str]) -> str:
    """Without what they asked for, which may be told back to them."""
    for name, value in ids.items():
        if len(value) == 1:
            continue
        text = text.replace(value, f"<{name}>").replace(value.upper(), f"<{name}>")
    return text


def told(answer: Answer, ids: dict[str, str]) -> tuple[int, str, dict[str, str]]:
    headers = {name: masked(value, ids) for name, value in answer.headers.items()}
    return answer.status, masked(answer.body.decode(), ids), headers
