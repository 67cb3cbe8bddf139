"""Look-ups of inventory's own that are not by id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from argosy.domains.inventory.adapters.outbound.models import ReservationRow, tables
from argosy.shared_kernel.ids import Id


def overdue_reservations(now: datetime, limit: int) -> Sequence[Id]:
    """Ids of at most `limit` reservations that are ACTIVE past their time, earliest first.

    One that waits parked was asked for already: asking again at every sweep would fill the parking within hours, and
    then nobody's stock could be held any more.
    """
    parked = tables.parked.objects.values_list("key", flat=True)
    open_ones = (
        ReservationRow.objects.filter(open_until__lte=now).exclude(id__in=list(parked)).order_by("open_until", "id")
    )
    return [Id(id) for id in open_ones.values_list("id", flat=True)[:limit]]
