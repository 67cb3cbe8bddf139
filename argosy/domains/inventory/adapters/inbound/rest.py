"""Inventory over HTTP, for those who keep stock."""

from __future__ import annotations

from argosy.contracts.inventory import AdjustStock, ReceiveStock
from argosy.domains.inventory.domain.stock import StockLevel
from argosy.platform.auth import merchant
from argosy.platform.rest import post

endpoints = [
    post(
        "stock/{stock_unit_id}/receipts",
        ReceiveStock,
        allow=merchant,
        status=201,
        filled=("product_id", "seller_id"),
        answers=StockLevel,
    ),
    post("stock/{stock_unit_id}/adjustments", AdjustStock, allow=merchant, status=201, answers=StockLevel),
]
