"""Limits counted in Redis, for webs on several machines: each question is one script, which Redis runs alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from argosy.engine.store import StoreUnavailable
from argosy.platform.limits import Limit, now

_PREFIX = "{argosy-limits}:"
"""In braces, so that a cluster keeps all keys in one place, where one script can see them."""
_PATIENCE_SECONDS = 2.0

_TAKE = """
local now, wait, taken = tonumber(ARGV[1]), 0, {}
for i, key in ipairs(KEYS) do
    local burst, every = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
    taken[i] = math.max(tonumber(redis.call('GET', key) or 0), now) + every
    wait = math.max(wait, taken[i] - now - burst * every)
end
if wait > 0.000001 then return string.format('%.6f', wait) end
for i, key in ipairs(KEYS) do
    redis.call('SET', key, string.format('%.6f', taken[i]), 'PX', math.ceil((taken[i] - now) * 1000))
end
return '0'
"""
_DRAW = """
local key, now, burst = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local every, count = tonumber(ARGV[3]), tonumber(ARGV[4])
local before = math.max(tonumber(redis.call('GET', key) or 0), now)
local room = burst - (before - now) / every
local fits = math.floor(room + 0.000001)
if fits < 1 then return {0, string.format('%.6f', (1 - room) * every), 0} end
local taken = math.min(count, fits)
local after = before + taken * every
redis.call('SET', key, string.format('%.6f', after), 'PX', math.ceil((after - now) * 1000))
return {taken, '0', fits - taken}
"""
_GIVE_BACK = """
for i, key in ipairs(KEYS) do
    local until_then = redis.call('GET', key)
    if until_then then
        redis.call('SET', key, string.format('%.6f', tonumber(until_then) - tonumber(ARGV[i])), 'KEEPTTL')
    end
end
"""


class RedisLimits:
    """A key goes by itself when all that was taken of it has come back. What Redis loses is forgotten: it must not
    evict (`maxmemory-policy noeviction`), and should write its log (`appendonly yes`)."""

    def __init__(self, url: str) -> None:
        self._client: Any = redis.Redis.from_url(
            url,
            socket_timeout=_PATIENCE_SECONDS,
            socket_connect_timeout=_PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 1),
            decode_responses=True,
        )
        self._take: Callable[..., str] = self._client.register_script(_TAKE)
        self._draw: Callable[..., tuple[int, str, int]] = self._client.register_script(_DRAW)
        self._give_back: Callable[..., None] = self._client.register_script(_GIVE_BACK)

    def take(self, wanted: Sequence[tuple[str, Limit]]) -> float:
        said = [now(), *(number for _, limit in wanted for number in limit)]
        with _asked():
            return float(self._take(keys=_keys(wanted), args=said))

    def draw(self, key: str, limit: Limit, count: int) -> tuple[int, float, int]:
        with _asked():
            taken, wait, left = self._draw(keys=[_PREFIX + key], args=[now(), limit.burst, limit.every, count])
            return taken, float(wait), left

    def give_back(self, taken: Sequence[tuple[str, Limit]]) -> None:
        with _asked():
            self._give_back(keys=_keys(taken), args=[limit.every for _, limit in taken])

    def remember(self, key: str, seconds: float) -> None:
        with _asked():
            self._client.set(_PREFIX + key, now() + seconds, px=math.ceil(seconds * 1_000))

    def knows(self, key: str) -> bool:
        with _asked():
            return float(self._client.get(_PREFIX + key) or 0) > now()


def _keys(counted: Sequence[tuple[str, Limit]]) -> list[str]:
    return [_PREFIX + key for key, _ in counted]


@contextmanager
def _asked() -> Iterator[None]:
    try:
        yield
    except (redis.RedisError, OSError) as error:
        raise StoreUnavailable(f"limits cannot be counted: {error}") from error
