"""Inventory over HTTP, for those who keep stock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from argosy.contracts.inventory import (
    AdjustStock,
    AdjustStocks,
    ChangeWarehouse,
    OpenWarehouse,
    ReceiveStock,
    ReceiveTransfer,
    ReconcileStock,
    SendTransfer,
    SetStockRules,
)
from argosy.contracts.inventory_counts import SendCount
from argosy.domains.inventory.adapters.outbound import queries
from argosy.domains.inventory.adapters.outbound.gateways.count_files import BYTES_MAX, NoCount, read_counts
from argosy.domains.inventory.domain.stock import TEXT_MAX, NoSuchStockUnit, StockLevel
from argosy.domains.inventory.domain.transfer import NoSuchTransfer
from argosy.platform.auth import merchant
from argosy.platform.bodies import IdText, invalid
from argosy.platform.owned import Owned, seller_asking
from argosy.platform.pages import Page, PageQuery, cursor, page
from argosy.platform.rest import PREFIX, Asked, Made, Received, Upload, get, patch, post, put
from argosy.shared_kernel.bulk import BulkAnswer
from argosy.shared_kernel.ids import named_id

_Instant = Annotated[datetime, msgspec.Meta(tz=True)]
_Code = Annotated[str, msgspec.Meta(max_length=32)]


class StockQuery(PageQuery, kw_only=True, frozen=True):
    """Which stock items: of one warehouse, only those that ran low or lack what is promised."""

    warehouse: _Code = ""
    only: Literal["", "low", "short"] = ""


class TransferQuery(PageQuery, kw_only=True, frozen=True):
    """Which transfers."""

    status: Literal["", "SENT", "RECEIVED"] = ""


class MovementsQuery(PageQuery, kw_only=True, frozen=True):
    """Which movements: in a warehouse (its code), for a reason, from a time on and before another."""

    warehouse: Annotated[str, msgspec.Meta(max_length=32)] = ""
    reason: Annotated[str, msgspec.Meta(max_length=100)] = ""
    moved_from: _Instant | None = None
    moved_before: _Instant | None = None


class SkuMovementsQuery(MovementsQuery, kw_only=True, frozen=True):
    """Of which SKU, and which of its movements."""

    sku: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class CountsQuery(PageQuery, kw_only=True, frozen=True):
    """Which counts."""

    status: Literal["", "RUNNING", "DONE", "FAILED"] = ""


class Levels(msgspec.Struct, kw_only=True):
    """A stock unit, warehouse by warehouse."""

    items: list[StockLevel]


class OpenWarehouses(msgspec.Struct, kw_only=True):
    """The warehouses that you may keep stock in."""

    items: list[queries.ShownWarehouse]


def my_stock(asked: Asked) -> Page:
    """Your stock items, exactly as they are now; staff see everybody's."""
    query: StockQuery = asked.query
    after = query.position(tuple[IdText])
    found = queries.levels(
        _seller(asked),
        after=after[0] if after else "",
        limit=query.limit + 1,
        warehouse=query.warehouse,
        only=query.only,
    )
    return _page(
        found, query, "stock", [one.stock_item_id for one in found], warehouse=query.warehouse, only=query.only
    )


def stock_of_unit(asked: Asked) -> Levels | None:
    """One stock unit in each of its warehouses."""
    found = queries.levels_of_unit(asked["stock_unit_id"], _seller(asked))
    return Levels(items=found) if found else None


def movements_of_unit(asked: Asked) -> Page | None:
    """What came and went of a stock unit, and why; the newest first."""
    query: MovementsQuery = asked.query
    unit_id, seller_id = asked["stock_unit_id"], _seller(asked)
    if not queries.levels_of_unit(unit_id, seller_id):
        return None
    before = query.position(tuple[_Instant, IdText])
    found = queries.movements_of_unit(unit_id, seller_id, before=before, limit=query.limit + 1, which=_which(query))
    return _movements(found, query, f"stock/{unit_id}/movements")


def movements_of_sku(asked: Asked) -> Page:
    """What came and went of all your stock units of a SKU, and why, the newest first; staff see everybody's."""
    query: SkuMovementsQuery = asked.query
    before = query.position(tuple[_Instant, IdText])
    found = queries.movements_of_sku(
        query.sku, _seller(asked), before=before, limit=query.limit + 1, which=_which(query)
    )
    return _movements(found, query, "stock-movements", sku=query.sku)


def _which(query: MovementsQuery) -> queries.WhichMovements:
    return queries.WhichMovements(query.warehouse, query.reason, query.moved_from, query.moved_before)


def _movements(found: Sequence[queries.ShownMovement], query: MovementsQuery, path: str, **filters: str) -> Page:
    last = found[query.limit - 1] if len(found) > query.limit else None
    return page(
        found,
        query,
        f"{PREFIX}{path}",
        cursor(last.created_at, last.movement_id) if last else "",
        warehouse=query.warehouse,
        reason=query.reason,
        moved_from=query.moved_from.isoformat() if query.moved_from else "",
        moved_before=query.moved_before.isoformat() if query.moved_before else "",
        **filters,
    )


def my_warehouses(asked: Asked) -> OpenWarehouses:
    """Your warehouses, and the marketplace's."""
    return OpenWarehouses(items=queries.warehouses(_seller(asked)))


def my_transfers(asked: Asked) -> Page:
    """Your transfers; staff see everybody's."""
    query: TransferQuery = asked.query
    after = query.position(tuple[IdText])
    found = queries.transfers(
        _seller(asked), after=after[0] if after else "", limit=query.limit + 1, status=query.status
    )
    return _page(found, query, "transfers", [one.transfer_id for one in found], status=query.status)


def my_stock_counts(asked: Asked) -> Page:
    """Counts that came as files, the newest first; staff see everybody's, and those of warehouses' systems."""
    query: CountsQuery = asked.query
    before = query.position(tuple[_Instant, IdText])
    found = queries.count_runs(_seller(asked), before=before, limit=query.limit + 1, status=query.status)
    last = found[query.limit - 1] if len(found) > query.limit else None
    after = cursor(last.created_at, last.count_id) if last else ""
    return page(found, query, f"{PREFIX}stock-counts", after, status=query.status)


def my_stock_count(asked: Asked) -> queries.ShownCount | None:
    """One count, how far it is, and what became of it."""
    return queries.count_run(asked["count_id"], _seller(asked))


def _counts_in(asked: Asked, raw: bytes) -> Received:
    """Without a key each upload is a count of its own."""
    try:
        lines, rejects = read_counts(raw, _seller(asked) or "")
    except NoCount as fault:
        raise invalid([{"code": "not_valid", "field": "", "detail": f"This is no file of counts: {fault}."}]) from None
    key = asked.header("IDEMPOTENCY_KEY").strip()
    # A key may be longer than a reference is.
    reference = key if len(key) <= TEXT_MAX else named_id("count by key", key)
    return Received({"reference_id": reference or asked.new_id(), "lines": lines, "rejects": rejects})


COUNTS = Upload(("text/csv",), BYTES_MAX, _counts_in)


def _seller(asked: Asked) -> str | None:
    """Whose things are shown: staff are shown everybody's."""
    return None if asked.actor.has("staff") else asked.actor.seller_id


def _page(found: list[Any], query: PageQuery, path: str, ids: list[Any], **filters: str) -> Page:
    after = cursor(ids[query.limit - 1]) if len(found) > query.limit else ""
    return page(found, query, f"{PREFIX}{path}", after, **filters)


OWN = (Owned("stock_items", "stock_unit_id", {"seller_id": seller_asking}, NoSuchStockUnit, "stock_unit_id"),)
OWN_TRANSFER = (Owned("stock_transfers", "transfer_id", {"seller_id": seller_asking}, NoSuchTransfer),)

endpoints = [
    get("stock", my_stock, allow=merchant, parameters=StockQuery, answers=Page),
    get("stock/{stock_unit_id}", stock_of_unit, allow=merchant, answers=Levels),
    get("stock/{stock_unit_id}/movements", movements_of_unit, allow=merchant, parameters=MovementsQuery, answers=Page),
    get("stock-movements", movements_of_sku, allow=merchant, parameters=SkuMovementsQuery, answers=Page),
    post(
        "stock/{stock_unit_id}/receipts",
        ReceiveStock,
        allow=merchant,
        status=201,
        filled=("product_id", "seller_id"),
        answers=StockLevel,
        owned=OWN,
    ),
    post("stock/{stock_unit_id}/adjustments", AdjustStock, allow=merchant, status=201, answers=StockLevel, owned=OWN),
    post("stock-adjustments", AdjustStocks, allow=merchant, answers=BulkAnswer),
    put("stock/{stock_unit_id}/rules", SetStockRules, allow=merchant, answers=StockLevel, owned=OWN),
    post("stock/{stock_unit_id}/transfers", SendTransfer, allow=merchant, status=201, answers=Made, owned=OWN),
    get("transfers", my_transfers, allow=merchant, parameters=TransferQuery, answers=Page),
    post("transfers/{transfer_id}/arrival", ReceiveTransfer, allow=merchant, owned=OWN_TRANSFER),
    get("warehouses", my_warehouses, allow=merchant, answers=OpenWarehouses),
    post("warehouses", OpenWarehouse, allow=merchant, status=201, answers=Made),
    patch("warehouses/{code}", ChangeWarehouse, allow=merchant),
    get("stock-counts", my_stock_counts, allow=merchant, parameters=CountsQuery, answers=Page),
    get("stock-counts/{count_id}", my_stock_count, allow=merchant, answers=queries.ShownCount),
    post(
        "stock-counts",
        SendCount,
        allow=merchant,
        status=202,
        answers=Made,
        location="stock-counts/{id}",
        filled=("reference_id", "lines", "rejects"),
        upload=COUNTS,
    ),
    post("warehouses/{warehouse}/counts", ReconcileStock, allow=merchant, status=201, answers=Made),
]
