"""A marketplace that has sold, made once and copied for each test."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from django.conf import settings
from django.db import connections

if TYPE_CHECKING:
    from tests.marketplace import Marketplace, Rows


class Sold(NamedTuple):
    """Databases after selling: files, the gateway's book among them, or rows on PostgreSQL."""

    files: Path
    rows: dict[str, Rows]


@pytest.fixture(scope="session")
def sold_once(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Sold:
    from tests.marketplace import kept_rows, pristine

    fresh = pristine(migrated)
    next(fresh)
    _book().unlink(missing_ok=True)
    _sell()
    files = tmp_path_factory.mktemp("sold")
    for path in Path(settings.VAR).glob("*.sqlite3"):
        shutil.copy(path, files)
    rows = kept_rows()
    next(fresh, None)
    return Sold(files, rows)


@pytest.fixture
def sold(sold_once: Sold) -> Iterator[Marketplace]:
    """A marketplace at rest after a few of every kind of checkout."""
    from tests.doctor.planting import restore
    from tests.marketplace import Marketplace, pristine, put_back

    fresh = pristine(sold_once.files)
    next(fresh)
    if sold_once.rows:
        put_back(sold_once.rows)
        shutil.copy(sold_once.files / _book().name, _book())
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
