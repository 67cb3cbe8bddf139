"""What an experiment changes about the world that its processes live in; config/chaos.py puts it into place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo

AHEAD = "ARGOSY_CHAOS_AHEAD_SECONDS"
GATEWAY_WAY = "ARGOSY_TEST_GATEWAY_WAY"


def set_up(environment: Mapping[str, str]) -> None:
    """The clock as it is told."""
    ahead = float(environment.get(AHEAD, "0"))
    if ahead:
        put_clock_ahead(ahead)


def put_clock_ahead(seconds: float) -> None:
    """This process takes it to be later than it is."""
    from argosy.platform import calls, system

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(seconds=seconds)

    for module in (system, calls):
        module.datetime = Shifted  # type: ignore[attr-defined]
