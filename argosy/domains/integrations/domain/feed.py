"""The feed: what programs are told, in their own words and with their own ids, in one order.

PUBLIC is the whole of it: a fact that is not there is told to nobody, and of one that is there only the fields that
are named. No field about a person is among them, and no buyer's id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from argosy.contracts import accounts, inventory, inventory_counts, orders, products, promotions, taxes_thresholds
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import Invalid, RuleBroken
from argosy.shared_kernel.ids import Id, named_id
from argosy.shared_kernel.messages import Event, Value

ORDER_FEED = named_id("integrations", "feed")
STAFF_OWNER = "staff"
"""Whose news everybody's are."""


class Public(NamedTuple):
    """How a fact is told: its type, the fields that are told of it, and the one that names what it is about."""

    type: str
    fields: tuple[str, ...]
    about: str


_ORDER = ("order_id",)
_THRESHOLD = ("threshold_id", "code", "period", "percent", "amount", "currency", "sales", "places")
PUBLIC: dict[type[Event | Value], Public] = {
    orders.OrderCreated: Public(
        "order.created",
        (
            "order_id",
            "purchase_id",
            "order_number",
            "currency",
            "total_amount",
            "payment_method",
            "lines",
            "created_at",
        ),
        "order_id",
    ),
    orders.OrderConfirmed: Public("order.confirmed", _ORDER, "order_id"),
    orders.OrderPaid: Public("order.paid", ("order_id", "purchase_id", "total_amount", "currency"), "order_id"),
    orders.OrderCancelled: Public("order.cancelled", ("order_id", "reason"), "order_id"),
    orders.OrderCancellationRequested: Public(
        "order.cancellation_requested", ("order_id", "refund_id", "amount", "currency", "reason"), "order_id"
    ),
    orders.OrderCancellationFailed: Public(
        "order.cancellation_failed", ("order_id", "refund_id", "reason"), "order_id"
    ),
    orders.OrderPaymentMethodChanged: Public(
        "order.payment_method_changed", ("order_id", "payment_method"), "order_id"
    ),
    orders.OrderRefunded: Public("order.refunded", ("order_id", "amount", "currency"), "order_id"),
    orders.DeliveryChanged: Public("order.delivery_changed", _ORDER, "order_id"),
    products.ProductCreated: Public("product.created", ("product_id", "sku", "title"), "product_id"),
    products.VariantsAdded: Public("product.variants_added", ("product_id", "variants"), "product_id"),
    products.ProductUpdated: Public("product.updated", ("product_id", "title", "category"), "product_id"),
    products.ProductPublished: Public(
        "product.published", ("product_id", "sku", "title", "category", "slug", "visibility"), "product_id"
    ),
    products.ProductUnpublished: Public("product.unpublished", ("product_id",), "product_id"),
    products.ProductWithheld: Public("product.withheld", ("product_id", "reason"), "product_id"),
    products.ProductSoldAgain: Public("product.sold_again", ("product_id",), "product_id"),
    products.ProductArchived: Public("product.archived", ("product_id",), "product_id"),
    products.PriceChanged: Public(
        "price.changed",
        (
            "product_id",
            "variant_id",
            "price_id",
            "amount",
            "currency",
            "effective_from",
            "was_amount",
            "sale_ends_at",
        ),
        "product_id",
    ),
    products.CurrencyPriceChanged: Public(
        "price.currency_changed",
        (
            "product_id",
            "variant_id",
            "price_id",
            "amount",
            "currency",
            "effective_from",
            "was_amount",
            "sale_ends_at",
        ),
        "product_id",
    ),
    # Of StockTold, which is about many sellers' units, each unit is an event.
    inventory.UnitLevel: Public(
        "stock.changed",
        ("stock_unit_id", "sku", "product_id", "variant_id", "available", "promisable", "shelves"),
        "stock_unit_id",
    ),
    inventory.StockRanLow: Public("stock.low", ("stock_unit_id", "warehouse", "available", "low_at"), "stock_unit_id"),
    inventory.ShortageOpened: Public("shortage.opened", ("stock_unit_id", "warehouse", "missing"), "stock_unit_id"),
    inventory.ShortageClosed: Public("shortage.closed", ("stock_unit_id", "warehouse"), "stock_unit_id"),
    inventory.StockReconciled: Public(
        "stock.counted", ("count_id", "warehouse", "reference_id", "units", "differing"), "count_id"
    ),
    inventory_counts.StockCountEnded: Public(
        "stock.count_ended",
        ("count_id", "source", "lines", "differing", "rejected", "failure"),
        "count_id",
    ),
    inventory.TransferSent: Public(
        "transfer.sent",
        ("transfer_id", "stock_unit_id", "from_warehouse", "to_warehouse", "quantity"),
        "transfer_id",
    ),
    inventory.TransferReceived: Public(
        "transfer.received", ("transfer_id", "stock_unit_id", "to_warehouse", "quantity", "lost"), "transfer_id"
    ),
    promotions.PromotionCreated: Public(
        "promotion.created", ("promotion_id", "name", "terms", "starts_at", "ends_at"), "promotion_id"
    ),
    promotions.PromotionEnded: Public("promotion.ended", ("promotion_id",), "promotion_id"),
    taxes_thresholds.TaxThresholdNeared: Public("tax.threshold_neared", _THRESHOLD, "threshold_id"),
    taxes_thresholds.TaxThresholdCrossed: Public("tax.threshold_crossed", _THRESHOLD, "threshold_id"),
    accounts.SellerSuspended: Public("store.suspended", ("seller_id", "reason"), "seller_id"),
    accounts.SellerReinstated: Public("store.reinstated", ("seller_id",), "seller_id"),
    accounts.HolidayStarted: Public("store.holiday_started", ("seller_id", "until"), "seller_id"),
    accounts.HolidayEnded: Public("store.holiday_ended", ("seller_id",), "seller_id"),
}
TYPES = tuple(public.type for public in PUBLIC.values())


class EventTypeUnknown(Invalid):
    """There is no event of that type."""


class EventFeedIsOff(RuleBroken):
    """This marketplace keeps no feed of events: its operator has not switched it on."""


def type_faults(types: tuple[str, ...], field: str = "types") -> list[Invalid]:
    return [EventTypeUnknown(field=field, type=one[:100]) for one in types if one not in TYPES]


def told_of(event: Event | Value) -> dict[str, Any]:
    """What programs are told of a fact, as plain JSON."""
    return {name: msgspec.to_builtins(getattr(event, name)) for name in PUBLIC[type(event)].fields}


@dataclass(kw_only=True, eq=False)
class FeedOrder(Aggregate):
    """The one that numbers the feed: without gaps, in the order in which it is kept. Up to `swept` nothing is kept any
    more."""

    last: int = 0
    swept: int = 0

    def next(self) -> int:
        self.last += 1
        return self.last


@dataclass(kw_only=True, eq=False)
class FeedEvent(Aggregate):
    """One thing that happened, as programs are told of it. Never changes."""

    position: int
    seller_id: Id
    type: str
    occurred_at: datetime
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(kw_only=True, eq=False)
class ProductOwner(Aggregate):
    """Whose a product is, or a promotion, for facts about it that don't say. Its id is the product's."""

    seller_id: Id
