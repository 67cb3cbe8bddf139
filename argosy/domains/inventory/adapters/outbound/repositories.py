"""How inventory's aggregates become rows."""

from __future__ import annotations

from argosy.domains.inventory.adapters.outbound.models import (
    CountedPartRow,
    CountRunRow,
    ReservationRow,
    StockCountRow,
    StockItemRow,
    StockMovementRow,
    StockReservationRow,
    StockTransferRow,
    WarehouseRow,
)
from argosy.domains.inventory.domain.count_run import CountedPart, CountRun
from argosy.domains.inventory.domain.reservation import Reservation, ReservedLine
from argosy.domains.inventory.domain.stock import StockItem, StockMovement
from argosy.domains.inventory.domain.transfer import StockCount, StockTransfer
from argosy.domains.inventory.domain.warehouse import Warehouse
from argosy.platform.rows import Part, Rows

ROWS = (
    Rows(
        StockItem,
        StockItemRow,
        names={"on_hand": "total_quantity"},
        copies={"available_quantity": lambda item: item.available},
    ),
    Rows(
        Reservation,
        ReservationRow,
        parts={
            "lines": Part(
                ReservedLine,
                StockReservationRow,
                owner="reservation_id",
                copies={"created_at": lambda reservation, line: reservation.created_at},
            )
        },
    ),
    Rows(StockMovement, StockMovementRow),
    Rows(Warehouse, WarehouseRow),
    Rows(StockTransfer, StockTransferRow),
    Rows(StockCount, StockCountRow),
    Rows(CountRun, CountRunRow),
    Rows(CountedPart, CountedPartRow),
)
