"""What sellers read of their own products, drafts and archived ones too. Buyers read documents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.db.models import Q

from argosy.contracts.products import CollectionRule
from argosy.contracts.products_categories import AttributeRule, LocalName
from argosy.domains.products.adapters.outbound.models import (
    CategoryRow,
    CollectionRow,
    ImageRow,
    PriceRow,
    ProductRow,
    SlugRow,
    VariantRow,
)
from argosy.domains.products.application.standing import OnSale
from argosy.domains.products.domain.category import code_of
from argosy.domains.products.domain.product import PUBLISHED
from argosy.platform.languages import chosen
from argosy.platform.runtime import dialect_of
from argosy.platform.stray_pictures import pictures_among
from argosy.shared_kernel.ids import Id

PAGE_MAX = 100
COLLECTIONS_MAX = 500

_COLUMNS = ("id", "sku", "title", "description", "category", "status", "version", "updated_at")
_FIELDS = ("product_id", *_COLUMNS[1:])


class OwnVariant(msgspec.Struct, frozen=True):
    """A variant with the price in force; an amount of 0 is no price yet."""

    variant_id: Id
    sku: str
    amount: int
    currency: str
    attributes: list[dict[str, str]]
    stock_unit_id: Id
    units_each: int


class OwnImage(msgspec.Struct, frozen=True):
    """A picture; those that were uploaded are at other sizes too, by the number at the end of their address."""

    image_id: Id
    url: str


class OwnProduct(msgspec.Struct, frozen=True):
    """A product as its seller sees it."""

    product_id: Id
    sku: str
    title: str
    description: str
    category: str
    status: str
    version: int
    updated_at: datetime
    variants: list[OwnVariant]
    images: list[OwnImage] = []


class PriceVersion(msgspec.Struct, frozen=True):
    """A line of a variant's price history."""

    price_id: Id
    amount: int
    currency: str
    effective_from: datetime
    effective_to: datetime | None
    base_amount: int = 0
    """What it costs outside of a sale."""


class CategoryPlace(NamedTuple):
    """What a category is called, and the codes of those above it."""

    name: str
    above: list[str]


class ShownCategory(msgspec.Struct, kw_only=True, frozen=True):
    """A category, and where it stands; `attributes` are what it and those above it say of products."""

    category_id: Id
    code: str
    name: str
    parent: str
    position: int
    attributes: list[AttributeRule]
    names: list[LocalName] = []
    """What it is called in other languages."""


class ShownCollection(msgspec.Struct, kw_only=True, frozen=True):
    """Products that are shown together: those that are named, or those that the rule finds."""

    collection_id: Id
    seller_id: Id | None
    code: str
    title: str
    product_ids: list[Id]
    rule: CollectionRule | None


def product_of(product_id: str, seller_id: str) -> OwnProduct | None:
    """One of a seller's own products; None for all others, there or not."""
    row = ProductRow.objects.filter(id=product_id, seller_id=seller_id).values_list(*_COLUMNS).first()
    return None if row is None else _whole([row])[0]


def is_product_of(product_id: str, seller_id: str | None) -> bool:
    """Whether a product is this seller's; for staff (None), whether it is there."""
    found = ProductRow.objects.filter(id=product_id)
    return (found if seller_id is None else found.filter(seller_id=seller_id)).exists()


def products_of(
    seller_id: str, after: str = "", limit: int = PAGE_MAX, *, status: str = "", sku: str = ""
) -> list[OwnProduct]:
    """A page of a seller's own products by id, of a `status`, or that bear a `sku`, their own or a variant's; `after`
    is the last id of the page before."""
    mine = ProductRow.objects.filter(seller_id=seller_id)
    if status:
        mine = mine.filter(status=status)
    if sku:
        mine = mine.filter(Q(sku=sku) | Q(id__in=VariantRow.objects.filter(sku=sku).values("product_id")))
    if after:
        mine = mine.filter(id__gt=after)
    return _whole(list(mine.order_by("id").values_list(*_COLUMNS)[: min(limit, PAGE_MAX + 1)]))


def prices_of(variant_id: str, product_id: str, seller_id: str) -> list[PriceVersion]:
    """The price history of a seller's own variant, oldest first, planned versions included."""
    owner = ProductRow.objects.filter(id=product_id, seller_id=seller_id).values("id")
    rows = PriceRow.objects.filter(variant_id=variant_id, product_id__in=owner).order_by("effective_from", "id")
    return [
        PriceVersion(
            Id(row.id),
            row.base_price - row.discount,
            row.currency,
            row.effective_from,
            row.effective_to,
            row.base_price,
        )
        for row in rows
    ]


def product_by_slug(slug: str) -> Id | None:
    """Which product a slug leads to; it may have another one by now."""
    found = SlugRow.objects.filter(text=slug).values_list("product_id", flat=True).first()
    return None if found is None else Id(found)


def collections_of(seller_id: str | None) -> list[ShownCollection]:
    """A seller's collections, or (None) the marketplace's, by title."""
    found = CollectionRow.objects.order_by("title", "id")
    found = found.filter(seller_id__isnull=True) if seller_id is None else found.filter(seller_id=seller_id)
    return [_collection(row) for row in found[:COLLECTIONS_MAX]]


def collection(collection_id: str) -> ShownCollection | None:
    """One collection, by whoever's."""
    row = CollectionRow.objects.filter(id=collection_id).first()
    return None if row is None else _collection(row)


def _collection(row: CollectionRow) -> ShownCollection:
    return ShownCollection(
        collection_id=Id(row.id),
        seller_id=None if row.seller_id is None else Id(row.seller_id),
        code=row.code,
        title=row.title,
        product_ids=[Id(id) for id in row.product_ids],
        rule=None if row.rule is None else msgspec.convert(row.rule, CollectionRule),
    )


def category_tree(languages: Sequence[str] = ()) -> list[ShownCategory]:
    """All categories, those above before those below them, called as it fits best for who takes these languages."""
    rows = list(CategoryRow.objects.order_by("position", "name", "id"))
    codes = {row.id: row.code for row in rows}
    by_depth = sorted(rows, key=lambda row: len(row.path))
    return [
        ShownCategory(
            category_id=Id(row.id),
            code=row.code,
            name=_name_for(languages, row),
            parent=codes.get(row.parent_id, ""),
            position=row.position,
            attributes=msgspec.convert(
                list({rule["name"]: rule for rule in (*row.inherited, *row.attributes)}.values()), list[AttributeRule]
            ),
            names=msgspec.convert(row.names, list[LocalName]),
        )
        for row in by_depth
    ]


def _name_for(languages: Sequence[str], row: CategoryRow) -> str:
    called = {one["locale"]: one["name"] for one in row.names}
    return called.get(chosen(languages, "", called), row.name) if called and languages else row.name


def _whole(rows: Sequence[tuple[Any, ...]]) -> list[OwnProduct]:
    """Products with their variants and pictures: two statements more, however many there are."""
    variants: dict[str, list[OwnVariant]] = {row[0]: [] for row in rows}
    for one in VariantRow.objects.filter(product_id__in=list(variants)).order_by("position"):
        variants[one.product_id].append(
            OwnVariant(one.id, one.sku, one.price, one.currency, one.attributes_json, one.stock_unit_id, one.units_each)
        )
    images: dict[str, list[OwnImage]] = {row[0]: [] for row in rows}
    for image in ImageRow.objects.filter(product_id__in=list(images)).order_by("position"):
        images[image.product_id].append(OwnImage(Id(image.id), image.url))
    return [
        OwnProduct(**dict(zip(_FIELDS, row, strict=True)), variants=variants[row[0]], images=images[row[0]])
        for row in rows
    ]


def withheld_otherwise(seller_id: Id, withheld: str, after: Id | None, limit: int) -> list[OnSale]:
    """A seller's published products behind one, by id, that are withheld for another reason than this."""
    found = ProductRow.objects.filter(seller_id=seller_id, status=PUBLISHED).exclude(withheld=withheld)
    if after is not None:
        found = found.filter(id__gt=after)
    variants: dict[str, list[Id]] = {id: [] for id in found.order_by("id").values_list("id", flat=True)[:limit]}
    for id, product_id in VariantRow.objects.filter(product_id__in=list(variants)).values_list("id", "product_id"):
        variants[product_id].append(Id(id))
    return [OnSale(Id(id), of_it) for id, of_it in variants.items()]


def category_places(languages: Sequence[str] = ()) -> dict[str, CategoryPlace]:
    """By code, what each category is called and stands below, as the tree is now."""
    rows = list(CategoryRow.objects.only("id", "code", "name", "names", "path"))
    codes = {row.id: row.code for row in rows}
    return {
        row.code: CategoryPlace(_name_for(languages, row), [codes[id] for id in row.path if id in codes])
        for row in rows
    }


def below_code(code: str) -> list[Id]:
    """Ids of all categories below the one of this code, as the tree is now; nothing for "" and for a code that is not
    in the tree."""
    return below(code_of(code)) if code else []


def below(category_id: Id) -> list[Id]:
    """Ids of all categories below this one, those nearer to it first."""
    dialect = dialect_of("products")
    table = CategoryRow._meta.db_table
    rows = dialect.query(
        f"WITH RECURSIVE below AS (SELECT id, 1 AS depth FROM {table} WHERE parent_id = ? "
        f"UNION ALL SELECT c.id, b.depth + 1 FROM {table} c JOIN below b ON c.parent_id = b.id) "
        f"SELECT {dialect.selected('id', 'uuid')} FROM below ORDER BY depth, id",
        (category_id,),
    )
    return [Id(id) for (id,) in rows]


def pictures_shown(part: str) -> set[str]:
    """Those of our own pictures that any product shows, archived ones too, of those whose names begin so."""
    addresses = ImageRow.objects.filter(url__contains=f"/media/{part}").values_list("url", flat=True)
    return pictures_among(addresses.iterator(chunk_size=5_000))
