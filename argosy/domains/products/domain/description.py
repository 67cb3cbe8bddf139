"""What a seller sends to describe a product, and everything that can be wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from argosy.contracts.products import Attribute, CreateProduct, LocalWord, NewVariant
from argosy.domains.products.domain.price import money_faults
from argosy.domains.products.domain.product import (
    VARIANTS_MAX,
    AttributeValue,
    Image,
    Product,
    TooManyVariants,
    Variant,
    sku_key,
)
from argosy.domains.products.domain.texts import locale_fault, number_fault, text_fault
from argosy.shared_kernel.errors import DomainError, Invalid, refuse
from argosy.shared_kernel.ids import Id, is_id, named_id

SKU_MAX = 64
TITLE_MAX = 500
DESCRIPTION_MAX = 20_000
CATEGORY_MAX = 200
ATTRIBUTES_MAX = 100
WORDS_MAX = 1_000
IMAGES_MAX = 50
URL_MAX = 2_000
UNITS_EACH_MAX = 1_000
WEIGHT_MAX_GRAMS = 10_000_000
SIDE_MAX_MM = 100_000

_TAX_CATEGORY = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")
_URL = re.compile(r"https?://[^\s/][^\s]*")


class MalformedTaxCategory(Invalid):
    """A tax category is a word of small letters, digits, - and _."""


class MalformedPictureAddress(Invalid):
    """A picture's address begins with https:// or http://."""


class TooManyOfThem(Invalid):
    """There are more of these than we keep."""


class WordRepeats(Invalid):
    """A word is said in one way only."""


class SkuRepeats(Invalid):
    """Two variants of one request have the same SKU."""


class VariantIdRepeats(Invalid):
    """Two variants of one request have the same id."""


class NotAnId(Invalid):
    """Ids are lower-case UUIDs."""


def check_description(wanted: CreateProduct) -> None:
    """Refuse a product with everything that is wrong in its description. A draft may still lack what a sale needs."""
    faults = [
        text_fault("sku", wanted.sku, least=1, most=SKU_MAX),
        *text_faults(wanted.title, wanted.description, wanted.category),
        None if _TAX_CATEGORY.fullmatch(wanted.tax_category) else MalformedTaxCategory(field="tax_category"),
        None if len(wanted.images) <= IMAGES_MAX else TooManyOfThem(field="images", most=IMAGES_MAX),
        *(_picture_fault(f"images.{index}", url) for index, url in enumerate(wanted.images)),
        *_attribute_faults("attributes", wanted.attributes),
        locale_fault(wanted.locale) if wanted.locale else None,
    ]
    for field, chosen in (("product_id", wanted.product_id), ("seller_id", wanted.seller_id)):
        faults.append(id_fault(field, chosen))
    if len(wanted.variants) > VARIANTS_MAX:
        faults.append(TooManyVariants(most=VARIANTS_MAX))
    for index, variant in enumerate(wanted.variants):
        faults += variant_faults(f"variants.{index}", variant)
    faults += _repeats(wanted.variants)
    refuse(faults)


def text_faults(title: str | None, description: str | None, category: str | None) -> list[DomainError | None]:
    """What is wrong with a product's texts; None is not looked at."""
    return [
        text_fault("title", title or "", most=TITLE_MAX),
        text_fault("description", description or "", most=DESCRIPTION_MAX, has_lines=True),
        text_fault("category", category or "", most=CATEGORY_MAX),
    ]


def word_faults(words: Sequence[LocalWord]) -> list[DomainError | None]:
    """What is wrong with names and values in another language."""
    if len(words) > WORDS_MAX:
        return [TooManyOfThem(field="words", most=WORDS_MAX)]
    faults: list[DomainError | None] = []
    for index, one in enumerate(words):
        faults.append(text_fault(f"words.{index}.word", one.word, least=1, most=1_000, has_lines=True))
        faults.append(text_fault(f"words.{index}.said", one.said, least=1, most=1_000, has_lines=True))
    if len({one.word.strip() for one in words}) < len(words):
        faults.append(WordRepeats(field="words"))
    return faults


def variant_faults(where: str, wanted: NewVariant) -> list[DomainError | None]:
    """What is wrong with a variant. An amount of 0 is no price yet."""
    return [
        text_fault(f"{where}.sku", wanted.sku, least=1, most=SKU_MAX),
        *money_faults(wanted.amount, wanted.currency, least=0),
        number_fault(f"{where}.units_each", wanted.units_each, least=1, most=UNITS_EACH_MAX),
        number_fault(f"{where}.weight_grams", wanted.weight_grams, least=0, most=WEIGHT_MAX_GRAMS),
        number_fault(f"{where}.length_mm", wanted.length_mm, least=0, most=SIDE_MAX_MM),
        number_fault(f"{where}.width_mm", wanted.width_mm, least=0, most=SIDE_MAX_MM),
        number_fault(f"{where}.height_mm", wanted.height_mm, least=0, most=SIDE_MAX_MM),
        id_fault(f"{where}.variant_id", wanted.variant_id),
        id_fault(f"{where}.stock_unit_id", wanted.stock_unit_id),
        *_attribute_faults(f"{where}.attributes", wanted.attributes),
    ]


def id_fault(field: str, chosen: str | None) -> DomainError | None:
    return None if chosen is None or is_id(chosen) else NotAnId(field=field)


def variant_id_of(seller_id: str, wanted: NewVariant) -> Id:
    """The id that was chosen, or the one that this seller's SKU always gets."""
    return wanted.variant_id or named_id("variant", sku_key(seller_id, wanted.sku.strip()))


def new_variant(product: Product, wanted: NewVariant, position: int) -> tuple[Variant, list[AttributeValue]]:
    """A variant as described, and its attributes."""
    variant_id = variant_id_of(product.seller_id, wanted)
    variant = Variant(
        id=variant_id,
        position=position,
        sku=wanted.sku.strip(),
        price=wanted.amount,
        currency=wanted.currency,
        stock_unit_id=wanted.stock_unit_id or variant_id,
        units_each=wanted.units_each,
        weight_grams=wanted.weight_grams,
        length_mm=wanted.length_mm,
        width_mm=wanted.width_mm,
        height_mm=wanted.height_mm,
    )
    return variant, new_attributes(product.id, variant_id, wanted.attributes)


def new_attributes(product_id: Id, variant_id: Id | None, wanted: Iterable[Attribute]) -> list[AttributeValue]:
    return [
        AttributeValue(
            id=named_id("attribute", product_id, variant_id or "", str(position)),
            variant_id=variant_id,
            position=position,
            name=one.name.strip(),
            value=one.value.strip(),
        )
        for position, one in enumerate(wanted)
    ]


def new_images(product_id: Id, urls: Iterable[str]) -> list[Image]:
    return [
        Image(id=named_id("image", product_id, str(position)), url=url, type="picture", position=position)
        for position, url in enumerate(urls)
    ]


def _picture_fault(field: str, url: str) -> DomainError | None:
    fault = text_fault(field, url, most=URL_MAX)
    return fault or (None if _URL.fullmatch(url) else MalformedPictureAddress(field=field))


def _attribute_faults(where: str, wanted: Sequence[Attribute]) -> list[DomainError | None]:
    faults: list[DomainError | None] = []
    if len(wanted) > ATTRIBUTES_MAX:
        faults.append(TooManyOfThem(field=where, most=ATTRIBUTES_MAX))
    for index, one in enumerate(wanted[:ATTRIBUTES_MAX]):
        faults.append(text_fault(f"{where}.{index}.name", one.name, least=1, most=100))
        faults.append(text_fault(f"{where}.{index}.value", one.value, least=1, most=1_000, has_lines=True))
    return faults


def _repeats(wanted: Sequence[NewVariant]) -> list[DomainError]:
    faults: list[DomainError] = []
    skus = [one.sku.strip() for one in wanted]
    faults += [SkuRepeats(sku=sku) for sku in sorted({sku for sku in skus if skus.count(sku) > 1})]
    ids = [one.variant_id for one in wanted if one.variant_id is not None]
    faults += [VariantIdRepeats(variant_id=id) for id in sorted({id for id in ids if ids.count(id) > 1})]
    return faults
