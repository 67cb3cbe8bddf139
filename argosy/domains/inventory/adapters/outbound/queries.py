"""Look-ups of inventory's own that are not by id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from argosy.domains.inventory.adapters.outbound.models import ReservationRow
from argosy.shared_kernel.ids import Id


def overdue_reservations(now: datetime, limit: int) -> Sequence[Id]:
    """Ids of at most `limit` reservations that are ACTIVE past their time, earliest first."""
    open_ones = ReservationRow.objects.filter(open_until__lte=now).order_by("open_until", "id")
    return [Id(id) for id in open_ones.values_list("id", flat=True)[:limit]]
