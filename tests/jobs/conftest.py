"""A marketplace whose time can be moved on, with a gateway that answers at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from argosy.platform.system import SystemClock

if TYPE_CHECKING:
    from tests.marketplace import Marketplace


class Time:
    """`pass_by` moves every clock of this process on, in steps in which all that is due is worked off."""

    def __init__(self, place: Marketplace) -> None:
        self.place = place
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def violated(self) -> dict[str, list[str]]:
        """What the doctor finds at this time."""
        from tests.doctor.planting import violated

        return violated(self.place, later=self.ahead.total_seconds())

    def pass_by(self, seconds: float, step: float = 130) -> None:
        while seconds > 0:
            self.ahead += timedelta(seconds=min(step, seconds))
            seconds -= step
            self.place.drain()


@pytest.fixture
def time(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time(marketplace)
    monkeypatch.setattr(SystemClock, "now", lambda self: time.now())
    return time


@pytest.fixture
def shop(marketplace: Marketplace, time: Time, monkeypatch: pytest.MonkeyPatch) -> Iterator[Marketplace]:
    monkeypatch.setenv("ARGOSY_TEST_GATEWAY_LATENCY_MS", "0")
    for path in Path(settings.VAR).glob("test_gateway.sqlite3*"):
        path.unlink()
    from tests.doctor.selling import open_shop

    open_shop(marketplace)
    yield marketplace


def file_of(label: str) -> Path:
    alias = "default" if label == "accounts" else label
    path = str(settings.DATABASES[alias]["NAME"])
    if not path.endswith(".sqlite3"):
        pytest.skip("takes a file away")
    return Path(path)


def forget_database(place: Marketplace, label: str) -> None:
    """The worker dies, the file is lost, and the database is made anew, as `argosy migrate` and `argosy restore` do."""
    place.close()
    path = file_of(label)
    connections[place.runtime.contexts[label].alias].close()
    for end in ("", "-wal", "-shm"):
        Path(f"{path}{end}").unlink(missing_ok=True)
    from argosy.platform.lives import begin_again
    from argosy.platform.sqlite_files import creating

    with creating():
        call_command("migrate", database=place.runtime.contexts[label].alias, verbosity=0, skip_checks=True)
    begin_again(place.runtime, label)
