"""What sellers call their stores, and what a store's page says of it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from argosy.platform.runtime import runtime
from argosy.read_models.stores import queries
from argosy.read_models.stores.projector import StoreDocument, read_store
from argosy.shared_kernel.ids import is_id

CACHED_SECONDS = 60.0
CACHED_MAX = 10_000

_known: dict[str, tuple[float, str]] = {}


def store_names(seller_ids: Iterable[str]) -> dict[str, str]:
    """The names of these sellers' stores; who has none is left out. A name may be a minute old."""
    wanted = {str(seller_id) for seller_id in seller_ids if is_id(seller_id)}
    now = time.monotonic()
    missing = [id for id in wanted if _known.get(id, (0.0, ""))[0] <= now]
    if missing:
        if len(_known) > CACHED_MAX:
            _known.clear()
        for id, name in queries.names(missing).items():
            _known[id] = (now + CACHED_SECONDS, name)
    return {id: _known[id][1] for id in wanted if id in _known}


def store_name(seller_id: str) -> str:
    """Empty for who has no store."""
    return store_names([seller_id]).get(seller_id, "")


def store_shown(seller_id: str, languages: Sequence[str] = ()) -> StoreDocument | None:
    """None for who has no store, or one that was never opened. A holiday whose end has come is over here as well."""
    stored = queries.store(seller_id, languages)
    if stored is None:
        return None
    found: StoreDocument = read_store(stored.body)
    until = found.holiday_until
    if until is not None and until <= runtime().clock.now():
        found.on_holiday = False
    return found


def forget_stores() -> None:
    """Look again: for tests, which replace databases under a running process."""
    _known.clear()
