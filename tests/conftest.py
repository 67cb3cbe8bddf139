"""What all tests share: services that they may need, and what to do where one is absent (needed_services.py)."""

from __future__ import annotations

import pytest

from tests.needed_services import VARIABLES, demand


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
