"""Stores: one by its id, in the language that fits best, and what several are called."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from argosy.read_models.slots import live_table, search
from argosy.read_models.stored import Stored, document_for
from argosy.read_models.stores.projector import StoreShown
from argosy.shared_kernel.ids import is_id

VIEW = "stores"


def store(seller_id: str, wanted: Sequence[str] = ()) -> Stored | None:
    """None for who has no store, or one that was never opened."""
    return document_for(wanted, VIEW, StoreShown, "seller_id = ?", seller_id)


def names(seller_ids: Collection[str]) -> dict[str, str]:
    """What these sellers' stores are called, by their ids; who has none is left out, and text that is no id has
    none."""
    wanted = [seller_id for seller_id in seller_ids if is_id(seller_id)]
    if not wanted:
        return {}
    dialect = search()
    rows = dialect.query(
        f"SELECT {dialect.selected('seller_id', 'uuid')}, name FROM {live_table(VIEW, StoreShown)} "
        f"WHERE seller_id IN ({', '.join('?' for _ in wanted)})",
        tuple(wanted),
    )
    return dict(rows)
