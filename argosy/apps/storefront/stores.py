"""What sellers call their stores, and what a store's page says of it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from argosy.domains.accounts.adapters.outbound.models import StoreRow
from argosy.domains.accounts.domain.seller_store import OPEN, SUSPENDED
from argosy.platform.runtime import runtime
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


@dataclass(frozen=True)
class StoreShown:
    """A store as everybody may see it."""

    seller_id: str
    name: str
    country: str
    region: str
    city: str
    opened_at: datetime
    is_suspended: bool
    on_holiday: bool
    holiday_until: datetime | None
    """While they are on holiday, and have said so."""

    @property
    def where(self) -> str:
        """Below its country."""
        return ", ".join(part for part in (self.city, self.region) if part)


def store_shown(seller_id: str) -> StoreShown | None:
    """None for who has no store, or one that was never opened. A suspended one says that, and nothing of why."""
    row = StoreRow.objects.filter(id=seller_id, status__in=(OPEN, SUSPENDED)).first() if is_id(seller_id) else None
    if row is None:
        return None
    until = row.holiday_until
    is_over = until is not None and until <= runtime().clock.now()
    return StoreShown(
        seller_id=str(row.id),
        name=row.name,
        country=row.country,
        region=row.region,
        city=row.city,
        opened_at=row.opened_at,
        is_suspended=row.status == SUSPENDED,
        on_holiday=row.on_holiday and not is_over,
        holiday_until=until,
    )


def forget_stores() -> None:
    """Look again: for tests, which replace databases under a running process."""
    _known.clear()
