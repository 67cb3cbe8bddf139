"""How much of the API one asker may use: by setting, counted in the store of limits, told in answers.

    ARGOSY_RATE_LIMITS="address=300/60 account=600/60 key=1200/60"

So many requests in so many seconds; they come back steadily. A request counts for its key, else its account, else its
address. Answers tell how things stand as draft-ietf-httpapi-ratelimit-headers-10 says (`RateLimit-Policy`,
`RateLimit`), waits and refusals with them; whoever has used up all gets 429 with `Retry-After`. Who is turned away at
the door is not counted, and told what this process remembers of them: that look costs no question to anybody.

To cost little, a process draws a twentieth of the quota at a time and gives it out by itself: one question to the store
for twenty requests, and where several processes serve, at most that share each is reserved and not used. These limits
share fairly and guard neither money nor sign-in: where the store is away each process counts alone, by the same
numbers, says so in the log and in `argosy_rate_limits_alone`, and asks the store again every few seconds. So nothing
opens silently, and the shop goes on.
"""

from __future__ import annotations

import math
import os
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

import structlog
from django.http import HttpRequest

from argosy.engine.store import StoreUnavailable
from argosy.engine.work import Actor
from argosy.observability import metrics
from argosy.platform.limits import Counted, Limit, Limits, LimitsSettingIsWrong, address_of, counted_as, limits, seconds
from argosy.platform.problems import Problem

SETTING = "ARGOSY_RATE_LIMITS"
KINDS = ("address", "account", "key")
AT_ONCE_SHARE, AT_ONCE_MAX = 20, 50
ALONE_SECONDS = 5.0
ASKERS_MAX = 20_000
_SAID = re.compile(r"(address|account|key)=([1-9][0-9]{0,6})/([1-9][0-9]{0,4})")

logger = structlog.get_logger("argosy.http")


class Quota(NamedTuple):
    """So many requests in so many seconds, for each asker of a kind."""

    kind: str
    requests: int
    window: int

    @property
    def limit(self) -> Limit:
        return Limit(self.requests, self.window / self.requests)

    @property
    def at_once(self) -> int:
        """How many are drawn from the store together."""
        return max(1, min(AT_ONCE_MAX, self.requests // AT_ONCE_SHARE))


class Standing(NamedTuple):
    """What is left to an asker; `wait` seconds until one more, where nothing is."""

    quota: Quota
    left: int
    wait: float = 0.0

    @property
    def headers(self) -> dict[str, str]:
        quota = self.quota
        back = math.ceil((quota.requests - self.left) * quota.limit.every)
        return {
            "RateLimit-Policy": f'"{quota.kind}";q={quota.requests};w={quota.window}',
            "RateLimit": f'"{quota.kind}";r={self.left};t={back}',
        }


def quotas_of(environment: Mapping[str, str]) -> dict[str, Quota]:
    """As the setting says; none by default."""
    quotas = {}
    for said in environment.get(SETTING, "").split():
        found = _SAID.fullmatch(said)
        if found is None or found[1] in quotas:
            raise LimitsSettingIsWrong(f"{SETTING}={said}: write address=300/60 account=600/60 key=1200/60, each once")
        quotas[found[1]] = Quota(found[1], int(found[2]), int(found[3]))
    return quotas


class MemoryLimits(Counted):
    """For a process that counts alone."""

    def __init__(self) -> None:
        super().__init__()
        self._until: dict[str, float] = {}
        self._lock = threading.Lock()

    @contextmanager
    def _rows(self, keys: Sequence[str]) -> Iterator[dict[str, float]]:
        with self._lock:
            if len(self._until) > ASKERS_MAX:
                self._until.clear()
            rows = {key: self._until[key] for key in keys if key in self._until}
            yield rows
            self._until.update(rows)


class _Drawn:
    """What this process has for one asker: so many to give out, and how many the store had left then."""

    __slots__ = ("beyond", "here", "until")

    def __init__(self, here: int, beyond: int, until: float) -> None:
        self.here, self.beyond, self.until = here, beyond, until


class RateLimits:
    """One process's counting."""

    def __init__(self, quotas: Mapping[str, Quota], store: Limits) -> None:
        self.quotas = quotas
        self._store = store
        self._alone = MemoryLimits()
        self._alone_until = 0.0
        self._drawn: dict[str, _Drawn] = {}
        self._lock = threading.Lock()
        self.asked = 0
        """How often the store was asked."""

    def count(self, request: HttpRequest, actor: Actor) -> Standing | None:
        """Count one request; a Problem where its asker has used up theirs, None where nobody counts."""
        if not self.quotas:
            return None
        asker = self._asker(request, actor)
        if asker is None:
            return None
        standing = self.take(*asker)
        if standing.wait:
            raise _too_many(standing)
        return standing

    def remembered(self, request: HttpRequest, actor: Actor) -> Standing | None:
        """How things stand for one who is not counted, as far as this process knows; None where it knows nothing."""
        asker = self._asker(request, actor) if self.quotas else None
        if asker is None:
            return None
        quota, key = asker
        with self._lock:
            drawn = self._drawn.get(key)
            is_known = drawn is not None and drawn.until > time.monotonic()
            return Standing(quota, drawn.here + drawn.beyond) if drawn is not None and is_known else None

    def _asker(self, request: HttpRequest, actor: Actor) -> tuple[Quota, str] | None:
        kind = "key" if actor.scopes else "account" if actor.id else "address"
        quota = self.quotas.get(kind)
        return None if quota is None else (quota, counted_as("rate", kind, actor.id or address_of(request)))

    def take(self, quota: Quota, key: str) -> Standing:
        """One of an asker's quota, out of what is here or drawn anew."""
        at = time.monotonic()
        with self._lock:
            drawn = self._drawn.get(key)
            if drawn is not None and drawn.here and drawn.until > at:
                drawn.here -= 1
                return Standing(quota, drawn.here + drawn.beyond)
        taken, wait, beyond = self._draw(key, quota)
        if not taken:
            return Standing(quota, 0, wait)
        with self._lock:
            if len(self._drawn) >= ASKERS_MAX:
                self._drawn.clear()
            # What was drawn and not used has come back by then.
            self._drawn[key] = _Drawn(taken - 1, beyond, at + quota.window)
        return Standing(quota, taken - 1 + beyond)

    def _draw(self, key: str, quota: Quota) -> tuple[int, float, int]:
        if time.monotonic() >= self._alone_until:
            self.asked += 1
            try:
                drawn = self._store.draw(key, quota.limit, quota.at_once)
            except StoreUnavailable as error:
                self._alone_until = time.monotonic() + ALONE_SECONDS
                logger.error("rate_limits_counted_alone", error=str(error), seconds=ALONE_SECONDS)
                metrics.RATE_LIMITS_ALONE.set(1)
            else:
                metrics.RATE_LIMITS_ALONE.set(0)
                return drawn
        return self._alone.draw(key, quota.limit, 1)


@cache
def rate_limits() -> RateLimits:
    """This process's."""
    quotas = quotas_of(os.environ)
    return RateLimits(quotas, limits() if quotas else MemoryLimits())


def _too_many(standing: Standing) -> Problem:
    metrics.RATE_LIMITED.labels(standing.quota.kind).inc()
    return Problem(
        429,
        "too_many_requests",
        f"More than {standing.quota.requests} requests in {standing.quota.window} seconds. Nothing was done.",
        headers={**standing.headers, "Retry-After": str(seconds(standing.wait))},
    )
