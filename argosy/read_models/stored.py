"""What readers are given: text as it was stored, ready to be sent."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from argosy.read_models.slots import live_table, search
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.ids import is_id

ROWS_MAX = 1_000


class Stored(NamedTuple):
    """A document and its entity tag."""

    body: bytes
    etag: str


class Listed(NamedTuple):
    """One thing of a list, and its place there: the next page begins after the place of the last one shown."""

    body: msgspec.Raw
    place: tuple[Any, str]


def document(view: str, kind: type[Aggregate], condition: str, *ids: str) -> Stored | None:
    """The one row that meets the condition, whose parameters are ids; text that is no id meets none."""
    if not all(map(is_id, ids)):
        return None
    rows = search().query(f"SELECT body, etag FROM {live_table(view, kind)} WHERE {condition} LIMIT 1", ids)
    return Stored(rows[0][0].encode(), f'"{rows[0][1]}"') if rows else None
