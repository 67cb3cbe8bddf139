"""The tables of all views, each twice: readers look at one slot while a rebuild fills the other."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db import models
from django.db.models import Q

from argosy.platform.fields import IdField, InstantField
from argosy.platform.tables import platform_tables


class ViewRow(models.Model):
    """`version` counts the writes of a row; nothing is told from here, so `sequence` stays 0."""

    version = models.BigIntegerField()
    sequence = models.BigIntegerField(default=0)

    class Meta:
        abstract = True


class DocumentRow(ViewRow):
    """A row that readers are sent as it is; `etag` is made of the body and equal where that is equal."""

    body = models.TextField()
    etag = models.CharField(max_length=16)

    class Meta:
        abstract = True


class ProductDetailRow(DocumentRow):
    product_id = IdField(primary_key=True)
    is_published = models.BooleanField()
    editions = models.TextField(default="", db_default="")

    class Meta:
        abstract = True


class ProductSearchRow(ViewRow):
    product_id = IdField(primary_key=True)
    seller_id = IdField()
    title = models.TextField()
    category_id = IdField()
    category = models.CharField(max_length=200)
    variant_attributes_json = models.JSONField()
    currency = models.CharField(max_length=3)
    price_from = models.BigIntegerField()
    price_to = models.BigIntegerField()
    in_stock = models.BooleanField()
    is_published = models.BooleanField()
    listed_at = InstantField()
    card = models.TextField()
    editions = models.TextField(default="", db_default="")

    class Meta:
        abstract = True


class ProductPriceRow(ViewRow):
    price_id = IdField(primary_key=True)
    product_id = IdField()
    currency = models.CharField(max_length=3)
    price_from = models.BigIntegerField()
    was_from = models.BigIntegerField(null=True)

    class Meta:
        abstract = True


class AvailabilityRow(ViewRow):
    stock_unit_id = IdField(primary_key=True)
    available = models.BigIntegerField()
    by_item = models.JSONField()
    product_ids = models.JSONField()

    class Meta:
        abstract = True


class CategoryCountRow(ViewRow):
    category_id = IdField(primary_key=True)
    category = models.CharField(max_length=200)
    products = models.BigIntegerField()

    class Meta:
        abstract = True


class CartSummaryRow(DocumentRow):
    cart_id = IdField(primary_key=True)
    buyer_id = IdField()
    facts = models.TextField()
    editions = models.TextField(default="", db_default="")

    class Meta:
        abstract = True


class CheckoutProgressRow(DocumentRow):
    checkout_id = IdField(primary_key=True)
    buyer_id = IdField()
    status = models.CharField(max_length=12)

    class Meta:
        abstract = True


class OrderListRow(DocumentRow):
    order_id = IdField(primary_key=True)
    buyer_id = IdField()
    claimed_by = IdField(null=True)
    seller_id = IdField()
    status = models.CharField(max_length=12)
    total_amount = models.BigIntegerField()
    created_at = InstantField()
    order_number = models.CharField(max_length=14, default="", db_default="")
    currency = models.CharField(max_length=3, default="", db_default="")

    class Meta:
        abstract = True


class SellerDashboardRow(ViewRow):
    seller_id = IdField(primary_key=True)
    orders_json = models.JSONField()
    currency = models.CharField(max_length=3)
    revenue = models.BigIntegerField()
    other_revenue_json = models.JSONField()

    class Meta:
        abstract = True


class ActivePromotionRow(DocumentRow):
    target_id = IdField(primary_key=True)
    promotion_id = IdField()
    target = models.CharField(max_length=250)
    starts_at = InstantField()
    ends_at = InstantField()

    class Meta:
        abstract = True


class StoreRow(DocumentRow):
    seller_id = IdField(primary_key=True)
    name = models.CharField(max_length=120)
    editions = models.TextField(default="", db_default="")

    class Meta:
        abstract = True


class SkuLevelRow(DocumentRow):
    stock_unit_id = IdField(primary_key=True)
    seller_id = IdField(null=True)
    sku = models.CharField(max_length=64)
    available = models.BigIntegerField()
    is_low = models.BooleanField()

    class Meta:
        abstract = True


class ShelfRow(DocumentRow):
    stock_item_id = IdField(primary_key=True)
    stock_unit_id = IdField()
    warehouse = models.CharField(max_length=32)
    seller_id = IdField(null=True)
    sku = models.CharField(max_length=64)
    on_hand = models.BigIntegerField()
    available = models.BigIntegerField()
    is_low = models.BooleanField()
    is_short = models.BooleanField()

    class Meta:
        abstract = True


class StaffActRow(DocumentRow):
    act_id = IdField(primary_key=True)
    at = InstantField()
    context = models.CharField(max_length=50)
    what = models.CharField(max_length=100)
    about = models.CharField(max_length=200)
    operator = models.CharField(max_length=200)
    acted_as = models.CharField(max_length=10)
    person_id = IdField(null=True)

    class Meta:
        abstract = True


class ViewVersionRow(models.Model):
    """Which slot of a view is live, and by which generation of its subscription it is written.

    `rebuilder` is who fills the other slot at present, until `rebuild_until` unless renewed.
    """

    view = models.CharField(primary_key=True, max_length=50)
    live_slot = models.CharField(max_length=1)
    generation = models.IntegerField()
    rebuilder = models.CharField(max_length=36, default="")
    rebuild_until = InstantField(null=True)

    class Meta:
        db_table = "view_versions"
        constraints = [models.CheckConstraint(condition=Q(live_slot__in=["a", "b"]), name="view_slot_is_a_or_b")]


class Slots(NamedTuple):
    """The two tables of one kind of row."""

    a: type[models.Model]
    b: type[models.Model]


def _slots(base: type[models.Model], table: str, *indexes: tuple[str, ...], where: Q | None = None) -> Slots:
    return Slots(_slot(base, table, "", indexes, where), _slot(base, table, "_b", indexes, where))


def _slot(
    base: type[models.Model],
    table: str,
    suffix: str,
    indexes: tuple[tuple[str, ...], ...],
    where: Q | None,
) -> Any:
    meta = type(
        "Meta",
        (),
        {
            "db_table": table + suffix,
            "indexes": [
                models.Index(
                    fields=list(fields), condition=where, name=f"{_initials(table)}_{fields[0][:12]}_{number}{suffix}"
                )
                for number, fields in enumerate(indexes)
            ],
        },
    )
    return type(base.__name__ + suffix.replace("_", "").upper(), (base,), {"__module__": __name__, "Meta": meta})


def _initials(table: str) -> str:
    return "".join(word[0] for word in table.split("_"))


PRODUCT_DETAIL = _slots(ProductDetailRow, "product_detail_view")
PRODUCT_SEARCH = _slots(
    ProductSearchRow,
    "product_search_view",
    ("listed_at", "product_id"),
    ("price_from", "product_id"),
    ("category_id", "listed_at", "product_id"),
    ("category_id", "price_from", "product_id"),
    ("seller_id", "listed_at", "product_id"),
    ("seller_id", "price_from", "product_id"),
    where=Q(is_published=True),
)
PRODUCT_PRICES = _slots(ProductPriceRow, "product_price_view", ("currency", "price_from", "product_id"))
AVAILABILITY = _slots(AvailabilityRow, "availability_view")
CATEGORY_COUNTS = _slots(CategoryCountRow, "category_count_view")
CART_SUMMARY = _slots(CartSummaryRow, "cart_summary_view", ("buyer_id",))
CHECKOUT_PROGRESS = _slots(CheckoutProgressRow, "checkout_progress_view")
ORDER_LIST = _slots(
    OrderListRow,
    "order_list_view",
    ("buyer_id", "created_at"),
    ("seller_id", "created_at"),
    ("created_at", "order_id"),
    ("order_number",),
    ("claimed_by", "created_at"),
)
SELLER_DASHBOARD = _slots(SellerDashboardRow, "seller_dashboard_view")


ACTIVE_PROMOTIONS = _slots(ActivePromotionRow, "active_promotion_view", ("target", "promotion_id"), ("promotion_id",))
STORES = _slots(StoreRow, "store_view")
STAFF_ACTS = _slots(
    StaffActRow,
    "staff_act_view",
    ("at", "act_id"),
    ("operator", "at", "act_id"),
    ("about", "at", "act_id"),
    ("person_id",),
)


SKU_AVAILABILITY = _slots(SkuLevelRow, "sku_availability_view", ("seller_id", "stock_unit_id"), ("sku",))
WAREHOUSE_STOCK = _slots(
    ShelfRow,
    "warehouse_stock_view",
    ("seller_id", "warehouse", "stock_item_id"),
    ("warehouse", "stock_item_id"),
    ("sku",),
)


class DoctorVerdictRow(models.Model):
    """What the doctor last found of one invariant: disposable like everything here, for whoever asks how things stand.
    `found` are the first rows that break it, as JSON."""

    check_id = models.CharField(max_length=10, primary_key=True)
    violated = models.BigIntegerField()
    found = models.TextField()
    looked_at = InstantField()
    milliseconds = models.BigIntegerField()

    class Meta:
        db_table = "doctor_verdicts"


tables = platform_tables(__name__)
