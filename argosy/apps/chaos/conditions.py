"""What an experiment changes about the world that its processes live in; config/chaos.py puts it into place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo

AHEAD = "ARGOSY_CHAOS_AHEAD_SECONDS"
HURRY = "ARGOSY_CHAOS_HURRY_SECONDS"
"""How old what the gateway's book says must be before it counts, and how long between two looks at it."""
GATEWAY_WAY = "ARGOSY_TEST_GATEWAY_WAY"


def set_up(environment: Mapping[str, str]) -> None:
    """The clock as it is told, and jobs in a hurry."""
    ahead = float(environment.get(AHEAD, "0"))
    if ahead:
        put_clock_ahead(ahead)
    if HURRY in environment:
        look_often(float(environment[HURRY]))


def look_often(seconds: float) -> None:
    """The gateway's book is laid beside ours without the pauses in between."""
    from argosy.domains.payments.application import statements

    statements.FRESH_SECONDS = statements.ROUND_SECONDS = seconds  # type: ignore[assignment]


def put_clock_ahead(seconds: float) -> None:
    """This process takes it to be later than it is."""
    from argosy.platform import calls, system

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(seconds=seconds)

    for module in (system, calls):
        module.datetime = Shifted  # type: ignore[attr-defined]
