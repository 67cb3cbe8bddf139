"""News that an older transaction of the server holds back: nobody rings for it again, so it is looked for again soon,
ever less often."""

from __future__ import annotations

from argosy.engine.consumer import Consumer

LOOK_SECONDS = 0.001
LOOK_SECONDS_MAX = 0.05


class HiddenNews:
    """Who waits for such news, and when to look. Times are those of a clock that never goes back."""

    def __init__(self) -> None:
        self._waiting: dict[Consumer, tuple[float, float]] = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def note(self, consumer: Consumer, now: float) -> None:
        """It has just looked at everything there was to see."""
        if not consumer.must_look_again:
            self._waiting.pop(consumer, None)
            return
        _, wait = self._waiting.get(consumer, (0.0, LOOK_SECONDS / 2))
        wait = min(2 * wait, LOOK_SECONDS_MAX)
        self._waiting[consumer] = (now + wait, wait)

    def due(self, now: float) -> list[Consumer]:
        """Who is to look now."""
        return [consumer for consumer, (at, _) in self._waiting.items() if at <= now]

    def wait_at_most(self, seconds: float, now: float) -> float:
        """How long to wait for a ring, if not longer than this."""
        soonest = min((at for at, _ in self._waiting.values()), default=None)
        return seconds if soonest is None else min(seconds, max(soonest - now, 0.0))

    def clear(self) -> None:
        self._waiting.clear()
