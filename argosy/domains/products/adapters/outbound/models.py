"""Products' tables."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from argosy.domains.products.domain.image_fetch import STANDINGS as FETCH_STANDINGS
from argosy.domains.products.domain.product import STATUSES
from argosy.domains.products.domain.transfer import IMPORT_STANDINGS
from argosy.domains.products.domain.transfer import STANDINGS as TRANSFER_STANDINGS
from argosy.platform.fields import IdField, InstantField
from argosy.platform.tables import AggregateRow, platform_tables


class ProductRow(AggregateRow):
    """What a seller describes. `category_id` is a copy: the name's id."""

    sku_key = IdField()
    seller_id = IdField(db_index=True)
    sku = models.CharField(max_length=64)
    title = models.CharField(max_length=500)
    description = models.TextField()
    category = models.CharField(max_length=200)
    category_id = IdField(null=True)
    tax_category = models.CharField(max_length=50)
    status = models.CharField(max_length=16)
    created_at = InstantField()
    updated_at = InstantField()
    published_at = InstantField(null=True)
    visibility = models.CharField(max_length=16, default="listed", db_default="listed")
    slug = models.CharField(max_length=80, default="", db_default="")
    story = models.TextField(default="", db_default="")
    locale = models.CharField(max_length=20, default="", db_default="")
    withheld = models.CharField(max_length=16, default="", db_default="")

    class Meta:
        db_table = "products"
        indexes = [models.Index(fields=["seller_id", "id"], name="products_by_seller")]
        constraints = [
            models.UniqueConstraint(fields=["sku_key"], name="products_one_per_seller_and_sku"),
            models.CheckConstraint(condition=Q(status__in=STATUSES), name="products_status_known"),
            models.CheckConstraint(
                condition=~Q(status="PUBLISHED") | (~Q(title="") & ~Q(category="") & Q(published_at__isnull=False)),
                name="products_on_sale_are_whole",
            ),
        ]


class VariantRow(models.Model):
    """One thing that can be bought. `price` copies the version in force from product_pricing, `attributes_json` the
    variant's rows of product_attributes; both are written with their source."""

    id = IdField(primary_key=True)
    product_id = IdField(db_index=True)
    position = models.BigIntegerField()
    sku = models.CharField(max_length=64)
    attributes_json = models.JSONField()
    price = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    stock_unit_id = IdField()
    units_each = models.BigIntegerField()
    weight_grams = models.BigIntegerField()
    length_mm = models.BigIntegerField()
    width_mm = models.BigIntegerField()
    height_mm = models.BigIntegerField()
    was_price = models.BigIntegerField(null=True)
    sale_ends_at = InstantField(null=True)
    other_prices = models.JSONField(default=list, db_default=[])

    class Meta:
        db_table = "product_variants"
        constraints = [
            models.UniqueConstraint(fields=["product_id", "sku"], name="variants_one_per_product_and_sku"),
            models.CheckConstraint(condition=Q(price__gte=0), name="variants_price_not_negative"),
            models.CheckConstraint(condition=Q(units_each__gte=1), name="variants_draw_a_piece_or_more"),
        ]


class ImageRow(models.Model):
    """A picture by its address."""

    id = IdField(primary_key=True)
    product_id = IdField(db_index=True)
    url = models.CharField(max_length=2000)
    type = models.CharField(max_length=16)
    position = models.BigIntegerField()

    class Meta:
        db_table = "product_images"


class AttributeRow(models.Model):
    """A name and a value; of one variant, or (without variant_id) of the whole product."""

    id = IdField(primary_key=True)
    product_id = IdField(db_index=True)
    variant_id = IdField(null=True)
    position = models.BigIntegerField()
    name = models.CharField(max_length=100)
    value = models.CharField(max_length=1000)
    searchable = models.BooleanField()

    class Meta:
        db_table = "product_attributes"


class OptionRow(models.Model):
    """An axis along which the product's variants differ."""

    id = IdField(primary_key=True)
    product_id = IdField(db_index=True)
    position = models.BigIntegerField()
    name = models.CharField(max_length=100)
    choices = models.JSONField()

    class Meta:
        db_table = "product_options"


class TextRow(models.Model):
    """A product in another language."""

    id = IdField(primary_key=True)
    product_id = IdField(db_index=True)
    locale = models.CharField(max_length=20)
    title = models.CharField(max_length=500)
    description = models.TextField()
    story = models.TextField(default="", db_default="")
    words = models.JSONField(default=list, db_default=[])

    class Meta:
        db_table = "product_texts"
        constraints = [models.UniqueConstraint(fields=["product_id", "locale"], name="texts_one_per_locale")]


class CategoryRow(AggregateRow):
    """A category of the tree. `path` and `inherited` copy what stands above it."""

    code = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=200)
    parent_id = IdField(null=True, db_index=True)
    path = models.JSONField()
    position = models.BigIntegerField()
    attributes = models.JSONField()
    inherited = models.JSONField()
    names = models.JSONField(default=list, db_default=[])
    created_at = InstantField()
    updated_at = InstantField()

    class Meta:
        db_table = "product_categories"


class SlugRow(AggregateRow):
    """A slug that a product has or had."""

    text = models.CharField(max_length=80, unique=True)
    product_id = IdField(db_index=True)
    created_at = InstantField()

    class Meta:
        db_table = "product_slugs"


class CollectionRow(AggregateRow):
    """Products that are shown together. The id is made of owner and code."""

    seller_id = IdField(null=True, db_index=True)
    code = models.CharField(max_length=80)
    title = models.CharField(max_length=200)
    product_ids = models.JSONField()
    rule = models.JSONField(null=True)
    updated_at = InstantField()

    class Meta:
        db_table = "product_collections"


class StandingRow(AggregateRow):
    """How a seller stands, as accounts has told it. The id is the seller's."""

    is_suspended = models.BooleanField()
    is_on_holiday = models.BooleanField()
    updated_at = InstantField()

    class Meta:
        db_table = "product_sellers"


class PublicationRow(models.Model):
    """When a product came on sale or went off sale; lines are added and never changed."""

    id = IdField(primary_key=True)
    product_id = IdField(db_index=True)
    status = models.CharField(max_length=16)
    published_at = InstantField()
    unlisted_at = InstantField(null=True)

    class Meta:
        db_table = "product_publications"


class PriceRow(AggregateRow):
    """One version of a variant's price, in force in [effective_from, effective_to). `price = base_price - discount`."""

    product_id = IdField()
    variant_id = IdField()
    base_price = models.BigIntegerField()
    discount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    effective_from = InstantField()
    effective_to = InstantField(null=True)

    class Meta:
        db_table = "product_pricing"
        indexes = [models.Index(fields=["variant_id", "effective_from"], name="pricing_by_variant_and_time")]
        constraints = [
            models.CheckConstraint(
                condition=Q(discount__gte=0) & Q(base_price__gt=F("discount")), name="pricing_leaves_a_price"
            ),
            models.CheckConstraint(
                condition=Q(effective_to__isnull=True) | Q(effective_to__gte=F("effective_from")),
                name="pricing_ends_after_it_begins",
            ),
        ]


class OfferRow(AggregateRow):
    """A variant as a sale sees it: a copy of its product and its price, written in their transaction."""

    sku_key = IdField()
    product_id = IdField()
    seller_id = IdField()
    sku = models.CharField(max_length=64)
    title = models.CharField(max_length=500)
    unit_amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    price_id = IdField(null=True)
    stock_unit_id = IdField()
    units_each = models.BigIntegerField()
    weight_grams = models.BigIntegerField()
    volume_mm3 = models.BigIntegerField()
    category = models.CharField(max_length=200)
    tax_category = models.CharField(max_length=50)
    is_on_sale = models.BooleanField()
    withheld = models.CharField(max_length=16, default="", db_default="")
    other_prices = models.JSONField(default=list, db_default=[])

    class Meta:
        db_table = "product_offers"
        constraints = [
            models.UniqueConstraint(fields=["sku_key"], name="offers_one_per_seller_and_sku"),
            models.CheckConstraint(
                condition=Q(is_on_sale=False) | (Q(price_id__isnull=False) & Q(unit_amount__gt=0)),
                name="offers_on_sale_have_a_price",
            ),
        ]


class ImageFetchRow(AggregateRow):
    """A picture by address, on its way or ended. The id is made of product and address."""

    product_id = IdField(db_index=True)
    url = models.CharField(max_length=2000)
    status = models.CharField(max_length=16)
    reason = models.CharField(max_length=64)
    image_id = IdField(null=True)
    tries = models.BigIntegerField()
    next_try_at = InstantField(null=True)
    requested_at = InstantField()
    ended_at = InstantField(null=True)

    class Meta:
        db_table = "product_image_fetches"
        constraints = [
            models.CheckConstraint(condition=Q(status__in=FETCH_STANDINGS), name="image_fetches_status_known")
        ]


class ImportRow(AggregateRow):
    """A file of products that goes in, and how far it has come."""

    seller_id = IdField(db_index=True)
    requested_by = models.CharField(max_length=64)
    format = models.CharField(max_length=8)
    dry_run = models.BooleanField()
    rows = models.BigIntegerField()
    status = models.CharField(max_length=16)
    fault = models.CharField(max_length=64)
    rows_read = models.BigIntegerField()
    made = models.BigIntegerField()
    changed = models.BigIntegerField()
    unchanged = models.BigIntegerField()
    refused = models.BigIntegerField()
    refusals = models.JSONField()
    created_at = InstantField()
    ended_at = InstantField(null=True)
    tries = models.SmallIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "product_imports"
        constraints = [
            models.CheckConstraint(condition=Q(status__in=IMPORT_STANDINGS), name="imports_status_known"),
            models.CheckConstraint(
                condition=Q(rows_read=F("made") + F("changed") + F("unchanged") + F("refused"))
                & Q(rows_read__lte=F("rows")),
                name="imports_count_every_row_once",
            ),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(status="PARKED"), name="imports_parked")]


class ExportRow(AggregateRow):
    """Files of products that come out, and how far they have come."""

    seller_id = IdField(db_index=True)
    format = models.CharField(max_length=8)
    status = models.CharField(max_length=16)
    parts = models.BigIntegerField()
    products = models.BigIntegerField()
    after = IdField(null=True)
    created_at = InstantField()
    ended_at = InstantField(null=True)

    class Meta:
        db_table = "product_exports"
        constraints = [models.CheckConstraint(condition=Q(status__in=TRANSFER_STANDINGS), name="exports_status_known")]


tables = platform_tables(__name__, outbox="products_outbox_events")
