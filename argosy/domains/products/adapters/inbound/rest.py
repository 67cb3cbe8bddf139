"""Products over HTTP, for those who sell them. What is on sale is read from the catalogue's documents."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from argosy.contracts.products import (
    AddImage,
    AddVariant,
    ArchiveProduct,
    ArrangeImages,
    CombineOptions,
    CreateProduct,
    EndPrice,
    LinkStock,
    PublishProduct,
    RemoveCollection,
    SetCollection,
    SetOptions,
    SetPrice,
    SetPrices,
    SetSale,
    SetSlug,
    SetStory,
    SetTexts,
    SetVisibility,
    UnpublishProduct,
    UpdateProduct,
)
from argosy.contracts.products_categories import (
    AddCategory,
    MoveCategory,
    NameCategory,
    RenameCategory,
    SetCategoryAttributes,
)
from argosy.domains.products.adapters.inbound import transfers
from argosy.domains.products.adapters.outbound import queries
from argosy.domains.products.application.making import NoSuchStockUnit
from argosy.domains.products.application.ownership import NoSuchProduct
from argosy.domains.products.application.pricing import NoSuchVariant
from argosy.platform.auth import merchant, public, seller, staff
from argosy.platform.bodies import IdText
from argosy.platform.languages import Spoken, wanted
from argosy.platform.media import address_of, media
from argosy.platform.owned import Owned, seller_asking
from argosy.platform.pages import Fields, Page, PageQuery, cursor, page, sparse
from argosy.platform.pictures import BYTES_MAX, TYPES, read_picture
from argosy.platform.rest import (
    PREFIX,
    Asked,
    Document,
    Made,
    Received,
    Upload,
    delete,
    document,
    get,
    patch,
    post,
    put,
)
from argosy.shared_kernel.bulk import BulkAnswer

_Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class OwnProductsQuery(PageQuery, kw_only=True, frozen=True):
    """Which of your products: in one state, or the one that bears a SKU, its own or a variant's. `fields`: only these
    of each."""

    status: Literal["", "DRAFT", "PUBLISHED", "ARCHIVED"] = ""
    sku: Annotated[str, msgspec.Meta(max_length=64)] = ""
    fields: Fields = ""


class AsOf(msgspec.Struct, kw_only=True, frozen=True):
    """Which versions: all, or (with `at`) those in force then, one of each currency; with `currency`, of that alone."""

    at: _Instant | None = None
    currency: Annotated[str, msgspec.Meta(max_length=3)] = ""


class Prices(msgspec.Struct, kw_only=True):
    """A variant's price history, oldest first, planned versions included."""

    items: list[queries.PriceVersion]


class Collected(msgspec.Struct, kw_only=True):
    """Collections of one owner."""

    items: list[queries.ShownCollection]


class CategoryTree(msgspec.Struct, kw_only=True):
    """All categories, those above before those below them."""

    items: list[queries.ShownCategory]


def my_products(asked: Asked) -> Page:
    """Your products by id, drafts and archived ones too."""
    query: OwnProductsQuery = asked.query
    after = query.position(tuple[IdText])
    found = queries.products_of(
        asked.actor.seller_id, after[0] if after else "", query.limit + 1, status=query.status, sku=query.sku
    )
    last = cursor(found[query.limit - 1].product_id) if len(found) > query.limit else ""
    return page(
        sparse(found, query.fields, queries.OwnProduct),
        query,
        f"{PREFIX}stores/mine/products",
        last,
        status=query.status,
        sku=query.sku,
        fields=query.fields,
    )


def my_product(asked: Asked) -> queries.OwnProduct | None:
    """One of your products as you described it."""
    return queries.product_of(asked["product_id"], asked.actor.seller_id)


def my_prices(asked: Asked) -> Prices | None:
    """What your variant cost, costs and will cost, or what it costs at one time."""
    query: AsOf = asked.query
    found = queries.prices_of(asked["variant_id"], asked["product_id"], asked.actor.seller_id)
    if not found:
        return None
    if query.at is not None:
        found = [one for one in found if _is_in_force(one, query.at)]
    if query.currency:
        found = [one for one in found if one.currency == query.currency]
    return Prices(items=found)


def category_tree(asked: Asked) -> Document:
    """The tree of categories, named in the language that fits best, and what each says of attributes."""
    languages = wanted(asked.header("ACCEPT_LANGUAGE"), asked.query.locale)
    return document(CategoryTree(items=queries.category_tree(languages)))._replace(speaks="")


def my_collections(asked: Asked) -> Collected:
    """Your collections; for staff, the marketplace's."""
    return Collected(items=queries.collections_of(None if asked.actor.has("staff") else asked.actor.seller_id))


def _is_in_force(version: queries.PriceVersion, at: datetime) -> bool:
    return version.effective_from <= at and (version.effective_to is None or at < version.effective_to)


def _admit(asked: Asked) -> None:
    """A stranger's file is not even read."""
    owner = None if asked.actor.has("staff") else asked.actor.seller_id
    if not queries.is_product_of(asked["product_id"], owner):
        raise NoSuchProduct(product_id=asked["product_id"])


def _picture(asked: Asked, raw: bytes) -> Received:
    picture = read_picture(raw)
    return Received({"url": address_of(picture.digest)}, lambda: picture.keep(media()))


PICTURE = Upload(TYPES, BYTES_MAX, _picture, _admit)

OWN = transfers.OWN
OWN_PRODUCTS = (Owned("products", "product_ids", {"seller_id": seller_asking}, NoSuchProduct, told="product_id"),)
OWN_VARIANT = (
    *OWN,
    Owned(
        "product_variants",
        "variant_id",
        {"product_id": lambda asked: asked["product_id"]},
        NoSuchVariant,
        is_for_staff=False,
    ),
)
OWN_STOCK = Owned("product_offers", "stock_unit_id", {"seller_id": seller_asking}, NoSuchStockUnit, is_of_a_body=True)

endpoints = [
    post(
        "products",
        CreateProduct,
        allow=seller,
        status=201,
        filled=("product_id", "seller_id"),
        answers=Made,
        location="products/{id}",
    ),
    patch("products/{product_id}", UpdateProduct, allow=merchant, owned=OWN),
    post("products/{product_id}/variants", AddVariant, allow=merchant, owned=OWN, status=201, answers=Made),
    put("products/{product_id}/options", SetOptions, allow=merchant, owned=OWN),
    post("products/{product_id}/combinations", CombineOptions, allow=merchant, owned=OWN),
    put(
        "products/{product_id}/variants/{variant_id}/stock",
        LinkStock,
        allow=merchant,
        owned=(*OWN_VARIANT, OWN_STOCK),
    ),
    post(
        "products/{product_id}/variants/{variant_id}/prices",
        SetPrice,
        allow=merchant,
        owned=OWN_VARIANT,
        status=201,
        answers=Made,
    ),
    post("prices", SetPrices, allow=merchant, answers=BulkAnswer),
    post(
        "products/{product_id}/variants/{variant_id}/sales",
        SetSale,
        allow=merchant,
        owned=OWN_VARIANT,
        status=201,
        answers=Made,
    ),
    delete(
        "products/{product_id}/variants/{variant_id}/prices/{currency}",
        EndPrice,
        allow=merchant,
        owned=OWN_VARIANT,
    ),
    post(
        "products/{product_id}/images",
        AddImage,
        allow=merchant,
        status=201,
        answers=Made,
        filled=("url",),
        upload=PICTURE,
    ),
    put("products/{product_id}/story", SetStory, allow=merchant, owned=OWN),
    put("products/{product_id}/images", ArrangeImages, allow=merchant, owned=OWN),
    put("products/{product_id}/visibility", SetVisibility, allow=merchant, owned=OWN),
    put("products/{product_id}/slug", SetSlug, allow=merchant, owned=OWN),
    put("products/{product_id}/texts/{locale}", SetTexts, allow=merchant, owned=OWN),
    post("products/{product_id}/publish", PublishProduct, allow=merchant, owned=OWN),
    post("products/{product_id}/unpublish", UnpublishProduct, allow=merchant, owned=OWN),
    post("products/{product_id}/archive", ArchiveProduct, allow=merchant, owned=OWN),
    get("stores/mine/products", my_products, allow=seller, parameters=OwnProductsQuery, answers=Page),
    get("stores/mine/products/{product_id}", my_product, allow=seller, answers=queries.OwnProduct),
    get(
        "stores/mine/products/{product_id}/variants/{variant_id}/prices",
        my_prices,
        allow=seller,
        parameters=AsOf,
        answers=Prices,
    ),
    get("stores/mine/collections", my_collections, allow=merchant, answers=Collected),
    put("stores/mine/collections/{code}", SetCollection, allow=merchant, answers=Made, owned=OWN_PRODUCTS),
    delete("stores/mine/collections/{code}", RemoveCollection, allow=merchant),
    get("categories/tree", category_tree, allow=public, parameters=Spoken, answers=CategoryTree),
    post("categories", AddCategory, allow=staff, status=201, answers=Made),
    put("categories/{code}/place", MoveCategory, allow=staff),
    put("categories/{code}/name", RenameCategory, allow=staff),
    put("categories/{code}/names/{locale}", NameCategory, allow=staff),
    put("categories/{code}/attributes", SetCategoryAttributes, allow=staff),
    *transfers.endpoints,
]
