"""Stock as the view of it has it: for those who keep it, a quarter of a minute behind what is so."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from argosy.platform.auth import merchant
from argosy.platform.bodies import IdText, matching
from argosy.platform.pages import Fields, Page, PageQuery, cursor, page, sparse
from argosy.platform.rest import PREFIX, Asked, get
from argosy.read_models.stock import queries
from argosy.read_models.stock.projector import SkuAvailability, WarehouseStock

_Sku = Annotated[str, msgspec.Meta(max_length=64)]
_Code = Annotated[str, msgspec.Meta(max_length=32)]
_Skus = Annotated[str, matching(r"^[^,]*(,[^,]*){0,99}$", max_length=6_500)]


class AvailabilityQuery(PageQuery, kw_only=True, frozen=True):
    """Which stock units: of one SKU, or of up to 100 `skus` with commas between them; only those of which nothing is
    left, or something is, or that ran low in a warehouse. `fields`: only these of each."""

    sku: _Sku = ""
    only: Literal["", "out", "in", "low"] = ""
    skus: _Skus = ""
    fields: Fields = ""


class WarehouseStockQuery(PageQuery, kw_only=True, frozen=True):
    """Which stock items: of one warehouse, of one SKU, or of up to 100 `skus` with commas between them; only those that
    ran low or lack what is promised. `fields`: only these of each."""

    warehouse: _Code = ""
    sku: _Sku = ""
    only: Literal["", "low", "short"] = ""
    skus: _Skus = ""
    fields: Fields = ""


def sku_availability(asked: Asked) -> Page:
    """How much of each of your stock units there is over all warehouses; staff see everybody's."""
    query: AvailabilityQuery = asked.query
    after = query.position(tuple[Literal[""], IdText])
    found = queries.sku_availability(
        _seller(asked),
        after=after[1] if after else "",
        limit=query.limit + 1,
        skus=_skus(query),
        only=query.only,
    )
    place = found[query.limit - 1].place if len(found) > query.limit else ()
    return page(
        sparse([one.body for one in found], query.fields, SkuAvailability),
        query,
        f"{PREFIX}sku-availability",
        cursor(*place),
        sku=query.sku,
        only=query.only,
        skus=query.skus,
        fields=query.fields,
    )


def warehouse_stock(asked: Asked) -> Page:
    """What lies in which of your warehouses, and what of it is promised; staff see everybody's."""
    query: WarehouseStockQuery = asked.query
    found = queries.warehouse_stock(
        _seller(asked),
        after=query.position(tuple[_Code, IdText]),
        limit=query.limit + 1,
        warehouse=query.warehouse,
        skus=_skus(query),
        only=query.only,
    )
    place = found[query.limit - 1].place if len(found) > query.limit else ()
    return page(
        sparse([one.body for one in found], query.fields, WarehouseStock),
        query,
        f"{PREFIX}warehouse-stock",
        cursor(*place),
        warehouse=query.warehouse,
        sku=query.sku,
        only=query.only,
        skus=query.skus,
        fields=query.fields,
    )


def _seller(asked: Asked) -> str | None:
    """Whose things are shown: staff are shown everybody's."""
    return None if asked.actor.has("staff") else asked.actor.seller_id


def _skus(query: AvailabilityQuery | WarehouseStockQuery) -> list[str]:
    return sorted({one for one in (query.sku, *query.skus.split(",")) if one})


endpoints = [
    get("sku-availability", sku_availability, allow=merchant, parameters=AvailabilityQuery, answers=Page),
    get("warehouse-stock", warehouse_stock, allow=merchant, parameters=WarehouseStockQuery, answers=Page),
]
