"""How products' aggregates become rows."""

from __future__ import annotations

from argosy.domains.products.adapters.outbound.models import (
    AttributeRow,
    CategoryRow,
    CollectionRow,
    ExportRow,
    ImageFetchRow,
    ImageRow,
    ImportRow,
    OfferRow,
    OptionRow,
    PriceRow,
    ProductRow,
    PublicationRow,
    SlugRow,
    StandingRow,
    TextRow,
    VariantRow,
)
from argosy.domains.products.domain.category import Category
from argosy.domains.products.domain.collection import Collection
from argosy.domains.products.domain.image_fetch import ImageFetch
from argosy.domains.products.domain.offer import Offer
from argosy.domains.products.domain.option import Option
from argosy.domains.products.domain.price import Price
from argosy.domains.products.domain.product import (
    AttributeValue,
    Image,
    LocalText,
    Product,
    Publication,
    Variant,
    category_id,
)
from argosy.domains.products.domain.slug import Slug
from argosy.domains.products.domain.standing import SellerStanding
from argosy.domains.products.domain.transfer import ProductExport, ProductImport
from argosy.platform.rows import Part, Rows

ROWS = (
    Rows(
        Product,
        ProductRow,
        copies={"category_id": lambda product: category_id(product.category)},
        parts={
            "variants": Part(
                Variant,
                VariantRow,
                owner="product_id",
                copies={"attributes_json": lambda product, variant: product.attributes_of(variant.id)},
            ),
            "images": Part(Image, ImageRow, owner="product_id"),
            "attributes": Part(AttributeValue, AttributeRow, owner="product_id"),
            "publications": Part(Publication, PublicationRow, owner="product_id", is_log=True),
            "options": Part(Option, OptionRow, owner="product_id", names={"values": "choices"}),
            "texts": Part(LocalText, TextRow, owner="product_id"),
        },
    ),
    Rows(Price, PriceRow),
    Rows(Offer, OfferRow),
    Rows(Category, CategoryRow),
    Rows(Slug, SlugRow),
    Rows(Collection, CollectionRow),
    Rows(SellerStanding, StandingRow),
    Rows(ImageFetch, ImageFetchRow),
    Rows(ProductImport, ImportRow),
    Rows(ProductExport, ExportRow),
)
