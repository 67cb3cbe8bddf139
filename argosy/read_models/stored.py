"""What readers are given: text as it was stored, ready to be sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from argosy.read_models.documents import etag_of
from argosy.read_models.editions import edition
from argosy.read_models.slots import live_table, search
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.ids import is_id

ROWS_MAX = 1_000


class Stored(NamedTuple):
    """A document, its entity tag, and its language where that is not the document's own."""

    body: bytes
    etag: str
    locale: str = ""


class Listed(NamedTuple):
    """One thing of a list, and its place there: the next page begins after the place of the last one shown. Of the
    others nobody asks for it, so that what a database has stored is made a value (`read`) only then."""

    body: msgspec.Raw
    stored: tuple[Any, str]
    read: Callable[[Any], Any] | None = None

    @property
    def place(self) -> tuple[Any, str]:
        value, id = self.stored
        return (value if self.read is None else self.read(value), id)


def document(view: str, kind: type[Aggregate], condition: str, *ids: str) -> Stored | None:
    """The one row that meets the condition, whose parameters are ids; text that is no id meets none."""
    if not all(map(is_id, ids)):
        return None
    rows = search().query(f"SELECT body, etag FROM {live_table(view, kind)} WHERE {condition} LIMIT 1", ids)
    return Stored(rows[0][0].encode(), f'"{rows[0][1]}"') if rows else None


def document_for(wanted: Sequence[str], view: str, kind: type[Aggregate], condition: str, *ids: str) -> Stored | None:
    """The same in the language that fits best for a reader who takes these."""
    if not wanted:
        return document(view, kind, condition, *ids)
    if not all(map(is_id, ids)):
        return None
    table = live_table(view, kind)
    rows = search().query(f"SELECT body, etag, editions FROM {table} WHERE {condition} LIMIT 1", ids)
    if not rows:
        return None
    body, etag, editions = rows[0]
    locale, text = edition(editions, wanted)
    return Stored(text.encode(), f'"{etag_of(text)}"', locale) if locale else Stored(body.encode(), f'"{etag}"')
