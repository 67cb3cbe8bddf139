"""Stock by owner: of SKUs over all warehouses, and shelf by shelf."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from argosy.read_models.slots import live_table, search
from argosy.read_models.stock.projector import Shelf, SkuLevel
from argosy.read_models.stored import ROWS_MAX, Listed
from argosy.shared_kernel.ids import Id, is_id

VIEW = "catalogue"
"""Stock is a part of that view, which listens to inventory anyway: a subscription of its own would cost every checkout
another look at inventory's log."""

UNITS_AT_ONCE = 500

_KINDS = {"out": "available = 0", "in": "available > 0", "low": "is_low", "short": "is_short"}


def sku_availability(
    seller_id: str | None, *, after: str = "", limit: int, skus: Sequence[str] = (), only: str = ""
) -> list[Listed]:
    """Stock units by id, of one seller or (None) of all: of some SKUs, `only` those of which nothing is there ("out"),
    something is ("in"), or that ran "low"."""
    where, parameters = _where(seller_id, only, ("sku", skus))
    if is_id(after):
        where, parameters = [*where, "stock_unit_id > ?"], [*parameters, after]
    id = search().selected("stock_unit_id", "uuid")
    rows = _rows(f"body, {id}", SkuLevel, where, "stock_unit_id", (*parameters, min(limit, ROWS_MAX)))
    return [Listed(msgspec.Raw(body.encode()), ("", id)) for body, id in rows]


def warehouse_stock(
    seller_id: str | None,
    *,
    after: tuple[str, str] | None = None,
    limit: int,
    warehouse: str = "",
    skus: Sequence[str] = (),
    only: str = "",
) -> list[Listed]:
    """Stock items by warehouse and id, of one seller or (None) of all: `only` those that ran "low" or are "short"."""
    where, parameters = _where(seller_id, only, ("sku", skus), ("warehouse", [warehouse] if warehouse else []))
    if after is not None:
        where, parameters = [*where, "(warehouse, stock_item_id) > (?, ?)"], [*parameters, *after]
    id = search().selected("stock_item_id", "uuid")
    rows = _rows(
        f"body, warehouse, {id}", Shelf, where, "warehouse, stock_item_id", (*parameters, min(limit, ROWS_MAX))
    )
    return [Listed(msgspec.Raw(body.encode()), (place, id)) for body, place, id in rows]


def left_of(stock_unit_ids: Sequence[Id]) -> dict[Id, int]:
    """How many pieces of these stock units are there in all warehouses and promised to nobody, as it was last told;
    of others there is nothing."""
    found: dict[Id, int] = {}
    wanted = [id for id in dict.fromkeys(stock_unit_ids) if is_id(id)]
    id = search().selected("stock_unit_id", "uuid")
    for begin in range(0, len(wanted), UNITS_AT_ONCE):
        asked = tuple(wanted[begin : begin + UNITS_AT_ONCE])
        rows = search().query(
            f"SELECT {id}, available FROM {live_table(VIEW, SkuLevel)} "
            f"WHERE stock_unit_id IN ({', '.join('?' for _ in asked)})",
            asked,
        )
        found.update((Id(unit_id), available) for unit_id, available in rows)
    return found


def _where(seller_id: str | None, only: str, *among: tuple[str, Sequence[str]]) -> tuple[list[str], list[Any]]:
    where, parameters = [_KINDS[only]] if only else [], []
    if seller_id is not None:
        where.append("seller_id = ?")
        parameters.append(seller_id)
    for column, values in among:
        if values:
            where.append(f"{column} IN ({', '.join('?' for _ in values)})")
            parameters += values
    return where, parameters


def _rows(columns: str, kind: Any, where: list[str], order: str, parameters: tuple[Any, ...]) -> list[Any]:
    condition = f"WHERE {' AND '.join(where)} " if where else ""
    return search().query(
        f"SELECT {columns} FROM {live_table(VIEW, kind)} {condition}ORDER BY {order} LIMIT ?", parameters
    )
