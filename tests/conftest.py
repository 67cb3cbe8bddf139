"""What all tests share: services that they may need, and what to do where one is absent (tests/needed_services.py)."""

from __future__ import annotations

import pytest

from tests.needed_services import VARIABLES, Absent, address_of


def pytest_runtest_setup(item: pytest.Item) -> None:
    for service in VARIABLES:
        if item.get_closest_marker(service) is not None:
            demand(service)


def demand(service: str) -> str:
    """The service's address; without it the test is skipped, and in CI it fails."""
    try:
        return address_of(service)
    except Absent as absent:
        if absent.fatal:
            pytest.fail(absent.reason, pytrace=False)
        pytest.skip(absent.reason)


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """A PostgreSQL server whose user may create databases; for tests marked `postgres`."""
    return demand("postgres")


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser's program; for tests marked `browser`."""
    return demand("browser")
