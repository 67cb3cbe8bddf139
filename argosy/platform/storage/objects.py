"""Object storage: files by key, whole or not at all. Pictures, archived segments and sellers' files are kept in it."""

from __future__ import annotations

import re
from typing import Protocol

from argosy.engine.store import StoreUnavailable

_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}(?:/[A-Za-z0-9_][A-Za-z0-9._-]{0,199}){0,4}")


class StorageIsAway(StoreUnavailable):
    """It does not answer, or answers that it cannot now: whoever needs it waits, and tries again."""


class StorageRefuses(StorageIsAway):
    """It answers and does not let us: credentials, bucket or rights are wrong. Work waits until they are set right."""


class ObjectStorage(Protocol):
    """What a driver offers. Any call may raise StorageIsAway; then nothing is known to have been done, and the same
    call may be made again."""

    def put(self, key: str, content: bytes) -> None:
        """Keep it, whole and for good once this returns, in place of what was there. Nobody ever sees a part of it."""
        ...

    def get(self, key: str) -> bytes:
        """What was kept; FileNotFoundError where nothing was."""
        ...

    def remove(self, key: str) -> None:
        """Forget it; what is not there stays away."""
        ...

    def names(self, prefix: str) -> list[str]:
        """Every key that begins with `prefix/`, sorted."""
        ...


def checked(key: str) -> str:
    """A key that is one: segments of plain letters, so that it means the same to every driver and leads nowhere else.
    Whoever passes on what a stranger sent looks at it first."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key[:100]!r} is no key")
    return key
