"""What views are made of: rows that hold a document as the text that a reader is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b

import msgspec

from argosy.engine.work import UnitOfWork
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.codec import encode_sorted


@dataclass(kw_only=True, eq=False)
class Document(Aggregate):
    """A row whose `body` is JSON text, written once here and never again turned into anything else by a reader."""

    body: str = ""

    def show(self, document: msgspec.Struct) -> None:
        """From now on readers are sent this."""
        self.body = encode_sorted(document).decode()


def etag_of(body: str) -> str:
    """A strong validator: equal exactly where the text is equal, whichever replay wrote it."""
    return blake2b(body.encode(), digest_size=8).hexdigest()


def told_at(work: UnitOfWork) -> str:
    """When the event that is being handled was told, to the millisecond: a replay finds the same time."""
    return _spelled(work.told_at)


@lru_cache(4096)
def _spelled(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
