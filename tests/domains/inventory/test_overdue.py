"""The search for overdue holds, on the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from argosy.shared_kernel.ids import Id
from tests.marketplace import Marketplace
from tests.support import an_id

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def plant(name: str, minutes_late: float) -> Id:
    from argosy.domains.inventory.adapters.outbound.models import ReservationRow

    ReservationRow.objects.create(
        id=an_id(name),
        version=1,
        sequence=0,
        flow_id=an_id(f"flow {name}"),
        status="ACTIVE",
        open_until=NOW - timedelta(minutes=minutes_late),
        created_at=NOW,
    )
    return an_id(name)


def park(id: Id) -> None:
    from argosy.domains.inventory.adapters.outbound.models import tables

    tables.parked.objects.create(
        subscription="inventory",
        source="inventory",
        epoch=1,
        xid=0,
        position=1,
        key=id,
        record="{}",
        tries=1,
        next_try=NOW,
        error="",
    )


def test_overdue_holds_come_earliest_first_and_those_with_time_left_not_at_all(marketplace: Marketplace) -> None:
    from argosy.domains.inventory.adapters.outbound.queries import overdue_reservations

    later, earlier = plant("later", 1), plant("earlier", 2)
    plant("in time", -1)
    assert list(overdue_reservations(NOW, 10)) == [earlier, later]
    assert list(overdue_reservations(NOW, 1)) == [earlier]


def test_a_hold_that_cannot_be_ended_is_asked_for_once_and_not_at_every_sweep(marketplace: Marketplace) -> None:
    """Found by simulation: a sweep every 15 s parked 1,000 messages behind it in four hours, and inventory stopped."""
    from argosy.domains.inventory.adapters.outbound.queries import overdue_reservations

    stuck, other = plant("stuck", 2), plant("other", 1)
    park(stuck)
    assert list(overdue_reservations(NOW, 10)) == [other]
