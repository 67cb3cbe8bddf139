"""Pictures that nothing shows: what an upload has left that died before it was written down, and what was taken away.

A worker looks through the storage, a sixteenth at a time. What no context shows for a day is put aside, and thirty days
later it is gone. What is shown after all is put back with the next look: whoever sends the very picture again while it
is put aside, or restores a database from a backup, finds it again. Nothing else waits for this, and any step may be the
last before the process dies: the next look goes on from what is in the storage.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import structlog

from argosy.observability import metrics
from argosy.platform.engine_tables import EngineTables
from argosy.platform.leases import holder_name, is_dead
from argosy.platform.runtime import Runtime
from argosy.platform.storage.chosen import MEDIA, storage
from argosy.platform.storage.objects import ObjectStorage

JOB = "put_stray_pictures_aside"
EVERY_SECONDS = 600.0
LEASE = "pictures"
LEASE_SECONDS = 900
STRAY_AFTER = timedelta(days=1)
KEPT_ASIDE = timedelta(days=30)
AT_ONCE_MAX = 500
"""Files that one turn moves; the rest stays for the next."""
SEEN_MAX = 20_000
"""Strays that one turn remembers."""
PARTS = "0123456789abcdef"
"""By the first letter of their names."""
ASIDE, SEEN = "aside", "seen"
_NAME = re.compile(r"[0-9a-f]{2}/([0-9a-f]{32})-[0-9]{2,5}\.webp")
_ADDRESS = re.compile(r"/media/([0-9a-f]{32})-")

logger = structlog.get_logger("argosy.pictures")


def pictures_among(addresses: Iterable[str]) -> set[str]:
    """Which of our pictures addresses lead to, whatever their size."""
    return {digest for address in addresses for digest in _ADDRESS.findall(address)}


class PictureRounds:
    """One worker at a time goes them, under a lease in the database of views; which part is next the clock tells."""

    def __init__(self, runtime: Runtime, kept: Callable[[], ObjectStorage] = lambda: storage(MEDIA)) -> None:
        self.runtime = runtime
        self.kept = kept
        self.now: Callable[[], datetime] = runtime.clock.now
        self._store: EngineTables = runtime.contexts["search"].subscriptions(runtime)[0].store
        metrics.JOB_EVERY.labels(JOB).set(EVERY_SECONDS)

    def turn(self) -> int:
        """How many files were put aside: none where another worker looks."""
        now = self.runtime.clock.now()
        until = now + timedelta(seconds=LEASE_SECONDS)
        fence = self._store.take_lease(LEASE, holder_name(self.runtime.ids.new()), now, until, is_dead)
        if fence is None:
            return 0
        try:
            return self._look_through(PARTS[int(self.now().timestamp() // EVERY_SECONDS) % len(PARTS)])
        finally:
            self._store.keep_lease(fence, self.runtime.clock.now() - timedelta(seconds=1))

    def give_back(self) -> None:
        """Nothing is held between turns."""

    def _look_through(self, part: str) -> int:
        objects, now = self.kept(), self.now()
        # What is written down while files are listed is shown by the time that it is asked what is.
        names = [name for group in PARTS for name in objects.names(part + group) if _NAME.fullmatch(name)]
        aside = objects.names(f"{ASIDE}/{part}")
        shown = {one for context in self.runtime.contexts.values() for one in context.pictures_shown(part)}
        back, gone = self._settle(objects, aside, shown, now)
        strays = [name for name in names if _picture(name) not in shown][:SEEN_MAX]
        since = self._since(objects, part, strays, now)
        due = [name for name in strays if now - since[name] >= STRAY_AFTER][:AT_ONCE_MAX]
        for name in due:
            _put_aside(objects, name, part, now)
        self._remember(objects, part, {name: since[name] for name in strays if name not in due})
        if due or back or gone:
            metrics.JOB_FOUND.labels(JOB).inc(len(due))
            logger.info("stray pictures", put_aside=len(due), put_back=back, gone=gone)
        return len(due)

    def _settle(self, objects: ObjectStorage, aside: list[str], shown: set[str], now: datetime) -> tuple[int, int]:
        """What is aside and shown after all is put back; what was there for long is gone."""
        back = gone = 0
        for place in aside:
            _, _, moment, name = place.split("/", 3)
            if _picture(name) in shown:
                objects.put(name, objects.get(place))
                back += 1
            elif now.timestamp() - int(moment) >= KEPT_ASIDE.total_seconds():
                gone += 1
            else:
                continue
            objects.remove(place)
            if back + gone == AT_ONCE_MAX:
                break
        return back, gone

    def _since(self, objects: ObjectStorage, part: str, strays: list[str], now: datetime) -> dict[str, datetime]:
        """Since when each was seen to be one."""
        try:
            seen = json.loads(objects.get(f"{SEEN}/{part}"))
        except FileNotFoundError:
            seen = {}
        return {name: datetime.fromisoformat(seen[name]) if name in seen else now for name in strays}

    def _remember(self, objects: ObjectStorage, part: str, since: dict[str, datetime]) -> None:
        if since:
            told = json.dumps({name: moment.isoformat() for name, moment in since.items()})
            objects.put(f"{SEEN}/{part}", told.encode())
        else:
            objects.remove(f"{SEEN}/{part}")


def _picture(name: str) -> str:
    found = _NAME.fullmatch(name)
    return found[1] if found else ""


def _put_aside(objects: ObjectStorage, name: str, part: str, now: datetime) -> None:
    """It is there twice for a moment, and never nowhere."""
    try:
        content = objects.get(name)
    except FileNotFoundError:
        return
    objects.put(f"{ASIDE}/{part}/{int(now.timestamp())}/{name}", content)
    objects.remove(name)
