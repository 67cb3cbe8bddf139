"""How the views' rows become rows of tables, in either slot."""

from __future__ import annotations

from typing import Any, NamedTuple

from argosy.platform.rows import Rows
from argosy.read_models import models
from argosy.read_models.active_promotions.projector import ActivePromotion
from argosy.read_models.audit.projector import Act
from argosy.read_models.cart_summary.projector import CartSummary
from argosy.read_models.catalogue.projector import (
    CategoryCount,
    PriceBeside,
    ProductDetail,
    ProductListing,
    StockUnitLevel,
    category_id,
)
from argosy.read_models.checkout_progress.projector import CheckoutProgress
from argosy.read_models.documents import etag_of
from argosy.read_models.order_history.projector import OrderSummary, SellerDashboard
from argosy.read_models.stock.projector import Shelf, SkuLevel
from argosy.read_models.stores.projector import StoreShown

_ETAG = {"etag": lambda row: etag_of(row.body)}


class Kept(NamedTuple):
    """A kind of row, its two tables, and how its fields are called there. `copied` columns hold copies of what another
    view showed at some time, which a rebuild need not find again."""

    kind: type[Any]
    slots: models.Slots
    names: dict[str, str]
    copies: dict[str, Any] = {}
    copied: tuple[str, ...] = ()

    def in_slot(self, slot: str) -> Rows:
        return Rows(self.kind, getattr(self.slots, slot), names=self.names, copies=self.copies)

    @property
    def id_column(self) -> str:
        return self.names["id"]


KEPT = (
    Kept(ProductDetail, models.PRODUCT_DETAIL, {"id": "product_id"}, _ETAG),
    Kept(
        ProductListing,
        models.PRODUCT_SEARCH,
        {"id": "product_id", "variant_attributes": "variant_attributes_json"},
        {"category_id": lambda listing: category_id(listing.category)},
    ),
    Kept(PriceBeside, models.PRODUCT_PRICES, {"id": "price_id"}),
    Kept(StockUnitLevel, models.AVAILABILITY, {"id": "stock_unit_id"}, {"available": lambda unit: unit.available}),
    Kept(SkuLevel, models.SKU_AVAILABILITY, {"id": "stock_unit_id"}, _ETAG),
    Kept(Shelf, models.WAREHOUSE_STOCK, {"id": "stock_item_id"}, _ETAG),
    Kept(CategoryCount, models.CATEGORY_COUNTS, {"id": "category_id"}),
    Kept(CartSummary, models.CART_SUMMARY, {"id": "cart_id"}, _ETAG, copied=("body", "etag", "editions")),
    Kept(CheckoutProgress, models.CHECKOUT_PROGRESS, {"id": "checkout_id"}, _ETAG),
    Kept(OrderSummary, models.ORDER_LIST, {"id": "order_id"}, _ETAG),
    Kept(ActivePromotion, models.ACTIVE_PROMOTIONS, {"id": "target_id"}, _ETAG),
    Kept(StoreShown, models.STORES, {"id": "seller_id"}, _ETAG),
    Kept(Act, models.STAFF_ACTS, {"id": "act_id"}, _ETAG),
    Kept(
        SellerDashboard,
        models.SELLER_DASHBOARD,
        {"id": "seller_id", "orders": "orders_json", "other_revenue": "other_revenue_json"},
    ),
)


_BY_KIND: dict[type[Any], Kept] = {kept.kind: kept for kept in KEPT}


def kept_of(kind: type[Any]) -> Kept:
    return _BY_KIND[kind]


ROWS = tuple(kept.in_slot("a") for kept in KEPT)
