"""What sellers call their stores."""

from __future__ import annotations

import time
from collections.abc import Iterable

from argosy.domains.accounts.adapters.outbound.models import StoreRow
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
        for row in StoreRow.objects.filter(id__in=missing).values_list("id", "name"):
            _known[str(row[0])] = (now + CACHED_SECONDS, row[1])
    return {id: _known[id][1] for id in wanted if id in _known}


def store_name(seller_id: str) -> str:
    """Empty for who has no store."""
    return store_names([seller_id]).get(seller_id, "")


def forget_stores() -> None:
    """Look again: for tests, which replace databases under a running process."""
    _known.clear()
