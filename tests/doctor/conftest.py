"""A marketplace that has sold, made once and copied for each test."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.db import connections

if TYPE_CHECKING:
    from tests.marketplace import Marketplace


@pytest.fixture(scope="session")
def sold_files(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """The databases and the gateway's book after selling; None on PostgreSQL, where each test sells for itself."""
    from tests.marketplace import pristine

    if not settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        return None
    fresh = pristine(migrated)
    next(fresh)
    _sell()
    files = tmp_path_factory.mktemp("sold")
    for path in Path(settings.VAR).glob("*.sqlite3"):
        shutil.copy(path, files)
    next(fresh, None)
    return files


@pytest.fixture
def sold(migrated: Path, sold_files: Path | None) -> Iterator[Marketplace]:
    """A marketplace at rest after a few of every kind of checkout."""
    from tests.doctor.planting import restore
    from tests.marketplace import Marketplace, pristine

    fresh = pristine(migrated if sold_files is None else sold_files)
    next(fresh)
    if sold_files is None:
        _book().unlink(missing_ok=True)
        _sell()
    place = Marketplace()
    yield place
    place.close()
    restore(place)
    next(fresh, None)


def _sell() -> None:
    from tests.doctor.selling import sell
    from tests.marketplace import Marketplace

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ARGOSY_TEST_GATEWAY_LATENCY_MS", "0")
        place = Marketplace()
        sell(place)
        place.close()
        connections.close_all()
    # What the worker's gateway still holds open goes into the file that is copied.
    book = sqlite3.connect(_book())
    book.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    book.close()


def _book() -> Path:
    return Path(settings.VAR) / "test_gateway.sqlite3"
