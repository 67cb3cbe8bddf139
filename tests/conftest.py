"""What all tests share: services that they may need, and what to do where one is absent (needed_services.py)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
import pytest

from tests.needed_services import VARIABLES, demand


def pytest_configure() -> None:
    """Django is set up by hand: tests commit for real on databases of their own, with no plugin between."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()


@pytest.fixture(scope="session", autouse=True)
def messages_say_what_they_are() -> None:
    """A worker hands over what it told itself without reading it: every message that any test tells must be equal to
    what a reader would make of it."""
    from argosy.engine.work import UnitOfWork
    from argosy.shared_kernel.codec import decode

    record_of = UnitOfWork._record

    def checked(self: UnitOfWork, message: Any, *rest: Any) -> Any:
        record = record_of(self, message, *rest)
        read = decode(record.wire_name, record.version, record.payload)
        assert read == message, f"{record.wire_name} is read as {read}, and was {message}"
        return record

    UnitOfWork._record = checked  # type: ignore[method-assign]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where a broker carries every message, only tests over a whole marketplace do anything that they did not do
    without it; those marked `kafka` take a broker of themselves, wherever they run."""
    if os.environ.get("ARGOSY_TRANSPORT") != "kafka":
        return
    kept = [
        item
        for item in items
        if "migrated" in getattr(item, "fixturenames", ()) and item.get_closest_marker("kafka") is None
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def pytest_runtest_setup(item: pytest.Item) -> None:
    for service in VARIABLES:
        if item.get_closest_marker(service) is not None:
            demand(service)


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """A PostgreSQL server whose user may create databases; for tests marked `postgres`."""
    return demand("postgres")


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser's program; for tests marked `browser`."""
    return demand("browser")


if TYPE_CHECKING:
    from tests.marketplace import Marketplace


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every database, migrated once a run; the folder that keeps them as they were then."""
    from tests.marketplace import migrate_all

    migrate_all()
    return tmp_path_factory.mktemp("template") / "databases"


@pytest.fixture
def marketplace(migrated: Path) -> Iterator[Marketplace]:
    """A whole marketplace on fresh databases; see tests/marketplace.py."""
    from tests.marketplace import Marketplace, pristine

    fresh = pristine(migrated)
    next(fresh)
    place = Marketplace()
    yield place
    place.close()
    next(fresh, None)
