"""Refuses early what could not be served in time: 503 with Retry-After, so that what is accepted is served well.

Two bounds, both measured beside the requests and never inside one:

- how long a request waits for its turn: a request of our own asks every quarter of a second. While it waits longer
  than it should time after time, a growing share of what is new is refused, and less again once it does not. What
  is about the least critical contexts goes first, and what is about the most critical ones last;
- how many checkouts are under way, and how old the oldest is: while both are too much, no other is begun. Many alone
  are a rush, and old ones alone a context that is away or a gateway that is slow: neither is refused.

Whoever has a checkout already follows it, aborts it and pays, and health is always told.
"""

from __future__ import annotations

import http.client
import logging
import os
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from argosy.engine.store import StoreUnavailable
from argosy.platform.pooled_postgresql.base import hand_back
from argosy.platform.problems import Problem

ADDRESS = "ARGOSY_WEB_ADDRESS"
"""Where this web listens, as `host port`; the process that serves finds it in its environment."""
EVERY_SECONDS = 0.25
PROBE_SECONDS_MAX = 5.0
SLOW_LOOKS = 3
"""Looks in a row that find requests waiting too long, before any is refused: a hiccup is none."""
SHARE_UP, SHARE_DOWN, SHARE_MAX = 0.25, 0.05, 0.95
BEGINS_AT = {"low": 0.0, "medium": 0.2, "high": 0.4, "critical": 0.6}
"""From which share on requests of each criticality are refused as well."""
RETRY_SECONDS = 2

_BEGINS = ("POST", "/api/v1/checkouts")
_ALWAYS = re.compile(r"/(api/v1/)?health/|/metrics$|/api/v1/checkouts/|/test-gateway/|/checkouts?/")

logger = logging.getLogger("argosy.http")


class Bounds(NamedTuple):
    """How long a request may wait for its turn; and how many checkouts may be under way while the oldest of them is how
    old. Zero: no bound."""

    queue_seconds: float = 0.5
    checkouts: int = 1_000
    checkouts_seconds: float = 5.0

    @classmethod
    def of(cls, environment: dict[str, str]) -> Bounds:
        """As ARGOSY_SHED_QUEUE_SECONDS, ARGOSY_SHED_CHECKOUTS and ARGOSY_SHED_CHECKOUTS_SECONDS say."""
        usual = cls()
        return cls(
            float(environment.get("ARGOSY_SHED_QUEUE_SECONDS", usual.queue_seconds)),
            int(environment.get("ARGOSY_SHED_CHECKOUTS", usual.checkouts)),
            float(environment.get("ARGOSY_SHED_CHECKOUTS_SECONDS", usual.checkouts_seconds)),
        )


class Waiting(NamedTuple):
    """Checkouts that wait for us: how many, and since when the oldest."""

    checkouts: int = 0
    seconds: float = 0.0


class Admission:
    """Decides whether a request is let in; `look` learns how things stand."""

    def __init__(
        self,
        bounds: Bounds,
        probe: Callable[[], float],
        waiting: Callable[[int], Waiting],
        criticality: Callable[[str, str], str],
    ) -> None:
        self.bounds = bounds
        self.share = 0.0
        """Which share of what is new and least critical is refused."""
        self.is_behind = False
        self._probe = probe
        self._waiting = waiting
        self._criticality = criticality
        self._owed = dict.fromkeys(BEGINS_AT, 0.0)
        self._slow_looks = 0

    def look(self) -> None:
        """Measure both."""
        if self.bounds.queue_seconds:
            self._slow_looks = self._slow_looks + 1 if self._probe() > self.bounds.queue_seconds else 0
            share = self.share
            if self._slow_looks >= SLOW_LOOKS:
                share = min(share + SHARE_UP, SHARE_MAX)
            elif not self._slow_looks:
                share = max(share - SHARE_DOWN, 0.0)
            self._note(share > 0, self.share > 0, "requests wait too long for their turn")
            self.share = share
        if self.bounds.checkouts:
            count, seconds = self._waiting(self.bounds.checkouts)
            is_behind = count > self.bounds.checkouts and seconds > self.bounds.checkouts_seconds
            self._note(is_behind, self.is_behind, "too many checkouts are under way")
            self.is_behind = is_behind

    def refusal(self, method: str, path: str) -> Problem | None:
        """Why this request is not let in; None where it is."""
        if not self.share and not self.is_behind:
            return None
        # A browser's question whether it may ask at all costs nothing, and a refusal of it could not be read.
        if method == "OPTIONS" or _ALWAYS.match(path):
            return None
        if self.is_behind and (method, path) == _BEGINS:
            return _busy("So many checkouts are on their way that yours would wait too long.")
        if not self.share:
            return None
        level = self._criticality(method, path)
        self._owed[level] += self.share_of(level)
        if self._owed[level] < 1:
            return None
        self._owed[level] -= 1
        return _busy("More is asked of us than we can answer in time.")

    def share_of(self, level: str) -> float:
        """Which share of what is so critical is refused: none at first, in the end as much as of all else."""
        begins = BEGINS_AT[level]
        return max(self.share - begins, 0.0) * (SHARE_MAX / (SHARE_MAX - begins))

    def _note(self, is_so: bool, was_so: bool, what: str) -> None:
        if is_so != was_so:
            logger.warning("%s: %s", what, "some are refused" if is_so else "no more are refused")


def _busy(detail: str) -> Problem:
    return Problem(
        503, "overloaded", f"{detail} Nothing was done; try again.", headers={"Retry-After": str(RETRY_SECONDS)}
    )


def checkouts_under_way(more_than: int) -> Waiting:
    """Checkouts that have begun and wait for us."""
    from argosy.domains.checkout.adapters.outbound.queries import under_way

    try:
        count, oldest = under_way(more_than)
    except StoreUnavailable:
        # What is away says nothing about how much is asked of us.
        return Waiting()
    return Waiting(count, (datetime.now(UTC) - oldest).total_seconds() if oldest else 0.0)


def probe(address: str) -> Callable[[], float]:
    """How long one of our own requests takes at `host port`."""
    host, _, port = address.rpartition(" ")

    def ask() -> float:
        began = time.monotonic()
        connection = http.client.HTTPConnection(host, int(port), timeout=PROBE_SECONDS_MAX)
        try:
            connection.request("GET", "/health/live")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return PROBE_SECONDS_MAX
        finally:
            connection.close()
        return time.monotonic() - began

    return ask


def keep_looking(admission: Admission) -> None:
    """From a thread of its own, for as long as the process lives."""

    def run() -> None:
        while True:
            time.sleep(EVERY_SECONDS)
            try:
                admission.look()
            except Exception:
                logger.exception("could not look at how much is asked of us")
            finally:
                hand_back()

    threading.Thread(target=run, name="admission", daemon=True).start()


def open_doors() -> Admission | None:
    """This process's admission, at work; none where nobody said where it listens."""
    address = os.environ.get(ADDRESS, "")
    bounds = Bounds.of(dict(os.environ))
    if not address or not (bounds.queue_seconds or bounds.checkouts):
        return None
    from argosy.apps.api.criticality import criticality_of

    admission = Admission(bounds, probe(address), checkouts_under_way, criticality_of)
    keep_looking(admission)
    return admission
