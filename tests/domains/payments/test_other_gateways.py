"""Another package adds a gateway without a fork: built, put on the path, found by its entry point, as good as ours."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from argosy.domains.payments.adapters.outbound.gateways import registry
from argosy.domains.payments.adapters.outbound.gateways.test import TestGateway
from argosy.domains.payments.application.gateways import Gateway
from tests.domains.payments.gateway_contract import GatewayContract

PACKAGE = Path(__file__).parents[2] / "fixtures" / "example_gateway"
SET_UP = {"example_gateway_key": "sk_example"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example package, built as its author would build it."""
    folder = tmp_path_factory.mktemp("example") / "package"
    shutil.copytree(PACKAGE, folder)
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel"],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    (found,) = (folder / "dist").glob("*.whl")
    return found


@pytest.fixture
def installed(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(wheel))
    importlib.invalidate_caches()
    yield
    sys.modules.pop("argosy_example_gateway", None)


def made(environment: Mapping[str, str], name: str) -> Any:
    return registry.gateways_of(environment).get(name)


@pytest.mark.usefixtures("installed")
class TestExampleGateway(GatewayContract):
    def make(self) -> Gateway:
        gateway: Gateway = made(SET_UP, "example")
        return gateway


class TestOurTestGateway(GatewayContract):
    @pytest.fixture(autouse=True)
    def book(self, tmp_path: Path) -> Iterator[None]:
        self.gateway = TestGateway(tmp_path / "book.sqlite3", latency_milliseconds=0)
        yield
        self.gateway.close()

    def make(self) -> Gateway:
        return self.gateway


@pytest.mark.usefixtures("installed")
def test_a_gateway_is_there_once_it_is_set_up() -> None:
    assert made({}, "example") is None
    assert made(SET_UP, "example") is not None
    assert set(registry.gateways_of({})) >= {"test"}


def test_without_the_package_there_is_no_such_gateway() -> None:
    assert "example" not in registry.factories()


class Point:
    def __init__(self, name: str, value: Any) -> None:
        self.name, self.value, self._made = name, "package:factory", value

    def load(self) -> Any:
        return self._made


@pytest.mark.parametrize(
    ("name", "factory", "says"),
    [
        ("test", lambda environment: None, "no other has: test"),
        ("Bad Name", lambda environment: None, "Bad Name"),
        ("half", lambda environment: object(), "half: has no authorize, capture, void, refund, look_up"),
    ],
)
def test_what_is_no_gateway_is_named(monkeypatch: pytest.MonkeyPatch, name: str, factory: Any, says: str) -> None:
    monkeypatch.setattr(registry, "entry_points", lambda group: [Point(name, factory)])
    with pytest.raises(registry.NoGateway, match=says):
        registry.gateways_of({})
