"""A marketplace whose time can be moved on, with a gateway that answers at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.db import connections

from argosy.platform.server_clock import ServerClock
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
    for clock in (SystemClock, ServerClock):
        monkeypatch.setattr(clock, "now", lambda self: time.now())
    return time


@pytest.fixture
def shop(marketplace: Marketplace, time: Time, monkeypatch: pytest.MonkeyPatch) -> Iterator[Marketplace]:
    monkeypatch.setenv("ARGOSY_TEST_GATEWAY_LATENCY_MS", "0")
    for path in Path(settings.VAR).glob("test_gateway.sqlite3*"):
        path.unlink()
    from tests.doctor.planting import restore
    from tests.doctor.selling import open_shop

    open_shop(marketplace)
    yield marketplace
    restore(marketplace)


def on_postgres() -> bool:
    return settings.DATABASES["default"]["ENGINE"].endswith("postgresql")


def file_of(label: str) -> Path:
    if on_postgres():
        pytest.skip("a server keeps its own files")
    return Path(str(settings.DATABASES["default" if label == "accounts" else label]["NAME"]))


def forget_database(place: Marketplace, label: str) -> None:
    """The worker dies, the database is lost, and begins anew, as `argosy restore --empty` has it."""
    from argosy.platform.restoring import begin_anew

    place.close()
    wrapper = connections[place.runtime.contexts[label].alias]
    wrapper.close()
    if on_postgres():
        name = wrapper.settings_dict["NAME"]
        connections["default"].cursor().execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    else:
        for end in ("", "-wal", "-shm"):
            Path(f"{file_of(label)}{end}").unlink(missing_ok=True)
    begin_anew(place.runtime, label)
