"""Look-ups of inventory's own that are not by id."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.db.models import F, Q, QuerySet

from argosy.contracts.inventory_counts import RejectedLine
from argosy.domains.inventory.adapters.outbound.models import (
    CountRunRow,
    ReservationRow,
    StockItemRow,
    StockMovementRow,
    StockTransferRow,
    WarehouseRow,
    tables,
)
from argosy.domains.inventory.application.reconciling import Held
from argosy.domains.inventory.domain.stock import StockLevel
from argosy.shared_kernel.ids import Id

SKUS_ASKED = 500
"""So many are looked for in one statement."""


class ShownWarehouse(msgspec.Struct, kw_only=True, frozen=True):
    """A warehouse that the asker may use; `is_own` says who may change it."""

    warehouse_id: Id
    code: str
    name: str
    country: str
    serves: list[str]
    parcel_cost: int
    abroad_cost: int
    priority: int
    is_open: bool
    is_own: bool


class ShownTransfer(msgspec.Struct, kw_only=True, frozen=True):
    """Pieces on their way, or what of them arrived."""

    transfer_id: Id
    stock_unit_id: Id
    from_warehouse: str
    to_warehouse: str
    quantity: int
    received: int
    status: str
    reference_id: str
    created_at: datetime


class ShownMovement(msgspec.Struct, kw_only=True, frozen=True):
    """Pieces that came or went, and why."""

    movement_id: Id
    warehouse: str
    change: int
    reason: str
    reference_id: str
    created_at: datetime


class SkuMovement(ShownMovement, kw_only=True, frozen=True):
    """The same, and of which stock unit."""

    stock_unit_id: Id


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


def untold_units(after: Id | None, limit: int) -> Sequence[Id]:
    """Ids of stock units that have changed since they were last told of, behind one."""
    rows = StockItemRow.objects.filter(is_told=False).order_by("stock_unit_id")
    if after is not None:
        rows = rows.filter(stock_unit_id__gt=after)
    return [Id(id) for id in rows.values_list("stock_unit_id", flat=True).distinct()[:limit]]


def levels(
    seller_id: str | None, *, after: str = "", limit: int, warehouse: str = "", only: str = ""
) -> list[StockLevel]:
    """Stock items by id, of one seller or (None) of all: `only` those that ran "low" or are "short"."""
    rows = StockItemRow.objects.order_by("id")
    if seller_id is not None:
        rows = rows.filter(seller_id=seller_id)
    if after:
        rows = rows.filter(id__gt=after)
    if warehouse:
        rows = rows.filter(warehouse=warehouse)
    if only == "low":
        rows = rows.filter(low_at__gt=0, available_quantity__lte=F("low_at") + F("safety_stock"))
    elif only == "short":
        rows = rows.filter(missing__gt=0)
    return _levels(rows[:limit])


class ShownCount(msgspec.Struct, kw_only=True, frozen=True):
    """A count that came as a file: RUNNING, DONE, or FAILED, and why. `source` is `upload`, or the file of a
    warehouse's system; of the lines that are of nothing here the first hundred are told."""

    count_id: Id
    source: str
    status: str
    lines: int
    done: int
    differing: int
    rejected: int
    rejects: list[RejectedLine]
    failure: str
    created_at: datetime
    ended_at: datetime | None


def runs_known(ids: Iterable[Id]) -> set[Id]:
    """Those of these counts that were taken."""
    return {Id(id) for id in CountRunRow.objects.filter(id__in=list(ids)).values_list("id", flat=True)}


def count_run(count_id: str, seller_id: str | None) -> ShownCount | None:
    rows = CountRunRow.objects.filter(id=count_id)
    return next(map(_count, rows if seller_id is None else rows.filter(seller_id=seller_id)), None)


def count_runs(
    seller_id: str | None, *, before: tuple[datetime, str] | None = None, limit: int, status: str = ""
) -> list[ShownCount]:
    """Counts of one seller or (None) of all, the newest first."""
    rows = CountRunRow.objects.order_by("-created_at", "-id")
    if seller_id is not None:
        rows = rows.filter(seller_id=seller_id)
    if status:
        rows = rows.filter(status=status)
    if before is not None:
        at, id = before
        rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, id__lt=id))
    return [_count(row) for row in rows[:limit]]


def _count(row: CountRunRow) -> ShownCount:
    return ShownCount(
        count_id=Id(row.id),
        source=row.source,
        status=row.status,
        lines=row.lines,
        done=row.done,
        differing=row.differing,
        rejected=row.rejected,
        rejects=msgspec.convert(row.rejects, list[RejectedLine]),
        failure=row.failure,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )


def shelves(wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], list[Held]]:
    """What is held of these SKUs in these warehouses, of every seller."""
    found: dict[tuple[str, str], list[Held]] = {}
    skus = sorted({sku for _, sku in wanted})
    for part in (skus[first : first + SKUS_ASKED] for first in range(0, len(skus), SKUS_ASKED)):
        for row in StockItemRow.objects.filter(sku__in=part).order_by("id"):
            if (row.warehouse, row.sku) in wanted:
                held = Held(
                    Id(row.stock_unit_id), row.seller_id or "", row.total_quantity, row.reserved + row.allocated
                )
                found.setdefault((row.warehouse, row.sku), []).append(held)
    return found


def levels_of_unit(stock_unit_id: str, seller_id: str | None) -> list[StockLevel]:
    """A stock unit in each of its warehouses; nothing for strangers."""
    rows = StockItemRow.objects.filter(stock_unit_id=stock_unit_id).order_by("warehouse")
    return _levels(rows if seller_id is None else rows.filter(seller_id=seller_id))


class WhichMovements(NamedTuple):
    """Of a unit's: in a warehouse, for a reason, from a time on and before another."""

    warehouse: str = ""
    reason: str = ""
    moved_from: datetime | None = None
    moved_before: datetime | None = None


ALL_MOVEMENTS = WhichMovements()


def movements_of_unit(
    stock_unit_id: str,
    seller_id: str | None,
    *,
    before: tuple[datetime, str] | None = None,
    limit: int,
    which: WhichMovements = ALL_MOVEMENTS,
) -> list[ShownMovement]:
    """What came and went of a stock unit, the newest first."""
    items = StockItemRow.objects.filter(stock_unit_id=stock_unit_id)
    if seller_id is not None:
        items = items.filter(seller_id=seller_id)
    if which.warehouse:
        items = items.filter(warehouse=which.warehouse)
    places = dict(items.values_list("id", "warehouse"))
    rows = _newest_first(StockMovementRow.objects.filter(stock_item_id__in=list(places)), which, before)
    return [ShownMovement(warehouse=places[row.stock_item_id], **_moved(row)) for row in rows[:limit]]


def movements_of_sku(
    sku: str,
    seller_id: str | None,
    *,
    before: tuple[datetime, str] | None = None,
    limit: int,
    which: WhichMovements = ALL_MOVEMENTS,
) -> list[SkuMovement]:
    """What came and went of every stock unit of a SKU, of one seller or (None) of all; the newest first."""
    items = StockItemRow.objects.filter(sku=sku)
    if seller_id is not None:
        items = items.filter(seller_id=seller_id)
    if which.warehouse:
        items = items.filter(warehouse=which.warehouse)
    found = StockMovementRow.objects.filter(stock_item_id__in=items.values("id"))
    rows = list(_newest_first(found, which, before)[:limit])
    places = {
        id: (warehouse, unit_id)
        for id, warehouse, unit_id in StockItemRow.objects.filter(
            id__in={row.stock_item_id for row in rows}
        ).values_list("id", "warehouse", "stock_unit_id")
    }
    return [
        SkuMovement(
            warehouse=places[row.stock_item_id][0], stock_unit_id=Id(places[row.stock_item_id][1]), **_moved(row)
        )
        for row in rows
    ]


def _newest_first(
    rows: QuerySet[StockMovementRow], which: WhichMovements, before: tuple[datetime, str] | None
) -> QuerySet[StockMovementRow]:
    if which.reason:
        rows = rows.filter(reason=which.reason)
    if which.moved_from is not None:
        rows = rows.filter(created_at__gte=which.moved_from)
    if which.moved_before is not None:
        rows = rows.filter(created_at__lt=which.moved_before)
    if before is not None:
        at, id = before
        rows = rows.filter(created_at__lte=at).exclude(created_at=at, id__gte=id)
    return rows.order_by("-created_at", "-id")


def _moved(row: StockMovementRow) -> dict[str, Any]:
    return {
        "movement_id": Id(row.id),
        "change": row.change,
        "reason": row.reason,
        "reference_id": row.reference_id,
        "created_at": row.created_at,
    }


def warehouses(seller_id: str | None) -> list[ShownWarehouse]:
    """A seller's own warehouses and the marketplace's; for staff (None) the marketplace's."""
    rows = WarehouseRow.objects.filter(seller_id__isnull=True).order_by("code")
    own = WarehouseRow.objects.filter(seller_id=seller_id).order_by("code") if seller_id is not None else []
    return [
        ShownWarehouse(
            warehouse_id=Id(row.id),
            code=row.code,
            name=row.name,
            country=row.country,
            serves=row.serves,
            parcel_cost=row.parcel_cost,
            abroad_cost=row.abroad_cost,
            priority=row.priority,
            is_open=row.is_open,
            is_own=row.seller_id == seller_id,
        )
        for row in (*own, *rows)
    ]


def transfers(seller_id: str | None, *, after: str = "", limit: int, status: str = "") -> list[ShownTransfer]:
    """Transfers by id, of one seller or (None) of all."""
    rows = StockTransferRow.objects.order_by("id")
    if seller_id is not None:
        rows = rows.filter(seller_id=seller_id)
    if after:
        rows = rows.filter(id__gt=after)
    if status:
        rows = rows.filter(status=status)
    return [
        ShownTransfer(
            transfer_id=Id(row.id),
            stock_unit_id=Id(row.stock_unit_id),
            from_warehouse=row.from_warehouse,
            to_warehouse=row.to_warehouse,
            quantity=row.quantity,
            received=row.received,
            status=row.status,
            reference_id=row.reference_id,
            created_at=row.created_at,
        )
        for row in rows[:limit]
    ]


def _levels(rows: QuerySet[StockItemRow]) -> list[StockLevel]:
    return [
        StockLevel(
            stock_item_id=Id(row.id),
            stock_unit_id=Id(row.stock_unit_id),
            warehouse=row.warehouse,
            on_hand=row.total_quantity,
            reserved=row.reserved,
            allocated=row.allocated,
            available=row.available_quantity,
            safety_stock=row.safety_stock,
            low_at=row.low_at,
            oversell=row.oversell,
            oversell_max=row.oversell_max,
            expected_at=row.expected_at,
            backordered=row.backordered,
            missing=row.missing,
        )
        for row in rows
    ]
