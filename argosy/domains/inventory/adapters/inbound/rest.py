"""Inventory over HTTP, for those who keep stock."""

from __future__ import annotations

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
from argosy.domains.inventory.adapters.outbound import queries
from argosy.domains.inventory.domain.stock import StockLevel
from argosy.platform.auth import merchant
from argosy.platform.bodies import ID_PATTERN
from argosy.platform.pages import Page, PageQuery, cursor, page
from argosy.platform.rest import PREFIX, Asked, Made, get, patch, post, put
from argosy.shared_kernel.bulk import BulkAnswer

_Id = Annotated[str, msgspec.Meta(pattern=ID_PATTERN)]
_Instant = Annotated[datetime, msgspec.Meta(tz=True)]
_Code = Annotated[str, msgspec.Meta(max_length=32)]


class StockQuery(PageQuery, kw_only=True, frozen=True):
    """Which stock items: of one warehouse, only those that ran low or lack what is promised."""

    warehouse: _Code = ""
    only: Literal["", "low", "short"] = ""


class TransferQuery(PageQuery, kw_only=True, frozen=True):
    """Which transfers."""

    status: Literal["", "SENT", "RECEIVED"] = ""


class Levels(msgspec.Struct, kw_only=True):
    """A stock unit, warehouse by warehouse."""

    items: list[StockLevel]


class OpenWarehouses(msgspec.Struct, kw_only=True):
    """The warehouses that you may keep stock in."""

    items: list[queries.ShownWarehouse]


def my_stock(asked: Asked) -> Page:
    """Your stock items, exactly as they are now; staff see everybody's."""
    query: StockQuery = asked.query
    after = query.position(tuple[_Id])
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
    query: PageQuery = asked.query
    unit_id, seller_id = asked["stock_unit_id"], _seller(asked)
    if not queries.levels_of_unit(unit_id, seller_id):
        return None
    before = query.position(tuple[_Instant, _Id])
    found = queries.movements_of_unit(unit_id, seller_id, before=before, limit=query.limit + 1)
    last = found[query.limit - 1] if len(found) > query.limit else None
    after = cursor(last.created_at, last.movement_id) if last else ""
    return page(found, query, f"{PREFIX}stock/{unit_id}/movements", after)


def my_warehouses(asked: Asked) -> OpenWarehouses:
    """Your warehouses, and the marketplace's."""
    return OpenWarehouses(items=queries.warehouses(_seller(asked)))


def my_transfers(asked: Asked) -> Page:
    """Your transfers; staff see everybody's."""
    query: TransferQuery = asked.query
    after = query.position(tuple[_Id])
    found = queries.transfers(
        _seller(asked), after=after[0] if after else "", limit=query.limit + 1, status=query.status
    )
    return _page(found, query, "transfers", [one.transfer_id for one in found], status=query.status)


def _seller(asked: Asked) -> str | None:
    """Whose things are shown: staff are shown everybody's."""
    return None if asked.actor.has("staff") else asked.actor.seller_id


def _page(found: list[Any], query: PageQuery, path: str, ids: list[Any], **filters: str) -> Page:
    after = cursor(ids[query.limit - 1]) if len(found) > query.limit else ""
    return page(found, query, f"{PREFIX}{path}", after, **filters)


endpoints = [
    get("stock", my_stock, allow=merchant, parameters=StockQuery, answers=Page),
    get("stock/{stock_unit_id}", stock_of_unit, allow=merchant, answers=Levels),
    get("stock/{stock_unit_id}/movements", movements_of_unit, allow=merchant, parameters=PageQuery, answers=Page),
    post(
        "stock/{stock_unit_id}/receipts",
        ReceiveStock,
        allow=merchant,
        status=201,
        filled=("product_id", "seller_id"),
        answers=StockLevel,
    ),
    post("stock/{stock_unit_id}/adjustments", AdjustStock, allow=merchant, status=201, answers=StockLevel),
    post("stock-adjustments", AdjustStocks, allow=merchant, answers=BulkAnswer),
    put("stock/{stock_unit_id}/rules", SetStockRules, allow=merchant, answers=StockLevel),
    post("stock/{stock_unit_id}/transfers", SendTransfer, allow=merchant, status=201, answers=Made),
    get("transfers", my_transfers, allow=merchant, parameters=TransferQuery, answers=Page),
    post("transfers/{transfer_id}/arrival", ReceiveTransfer, allow=merchant),
    get("warehouses", my_warehouses, allow=merchant, answers=OpenWarehouses),
    post("warehouses", OpenWarehouse, allow=merchant, status=201, answers=Made),
    patch("warehouses/{code}", ChangeWarehouse, allow=merchant),
    post("warehouses/{warehouse}/counts", ReconcileStock, allow=merchant, status=201, answers=Made),
]
