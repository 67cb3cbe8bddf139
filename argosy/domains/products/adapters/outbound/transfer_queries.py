"""What sellers see of pictures on their way, of imports and exports; and products as files describe them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from argosy.domains.products.adapters.outbound.models import (
    AttributeRow,
    ExportRow,
    ImageFetchRow,
    ImageRow,
    ImportRow,
    OptionRow,
    PriceRow,
    ProductRow,
    TextRow,
    VariantRow,
)
from argosy.domains.products.domain.product import ARCHIVED, PUBLISHED
from argosy.domains.products.domain.transfer import PARKED, ProductExport, ProductImport
from argosy.shared_kernel.ids import Id

VARIANTS_AT_ONCE = 500


class OwnImageFetch(msgspec.Struct, frozen=True):
    """A picture by address: PENDING, DONE (it is the product's now) or FAILED. `reason` is a code: of the last try
    while it is PENDING, of the end where it FAILED."""

    fetch_id: Id
    product_id: Id
    url: str
    status: str
    reason: str
    image_id: Id | None
    tries: int
    next_try_at: datetime | None
    requested_at: datetime
    ended_at: datetime | None


class RefusedLine(msgspec.Struct, frozen=True):
    """A product that could not go in: the line where it begins, and why."""

    line: int
    sku: str
    code: str
    detail: str
    fields: list[str]


class OwnImport(msgspec.Struct, frozen=True, kw_only=True):
    """How far an import has come: of `rows` products in the file, `rows_read` are worked off. RUNNING, DONE, or FAILED
    where the file cannot be read any more, or PARKED where five tries in a row did not come back (`fault`), until it is
    resumed. `refusals` lists the first 500. `tries` were begun since its last piece."""

    import_id: Id
    status: str
    format: str
    dry_run: bool
    rows: int
    rows_read: int
    made: int
    changed: int
    unchanged: int
    refused: int
    fault: str
    created_at: datetime
    ended_at: datetime | None
    tries: int = 0
    refusals: list[RefusedLine] = []


class ParkedImport(msgspec.Struct, frozen=True):
    """An import that is parked, whose it is, and why."""

    import_id: Id
    seller_id: Id
    rows: int
    rows_read: int
    fault: str
    created_at: datetime
    ended_at: datetime | None


class OwnExport(msgspec.Struct, frozen=True, kw_only=True):
    """How far an export has come: RUNNING or DONE, and the addresses of the files that are written."""

    export_id: Id
    status: str
    format: str
    products: int
    files: list[str]
    created_at: datetime
    ended_at: datetime | None


class Described(NamedTuple):
    """A product as a file says it, and the stock units of its variants by SKU."""

    product_id: Id
    said: dict[str, Any]
    units: dict[str, Id]

    def with_stock(self, left: Mapping[Id, int]) -> dict[str, Any]:
        """With how much is left of each unit; of one that nothing was told of nothing is said."""
        stock = [{"sku": sku, "available": left[unit]} for sku, unit in self.units.items() if unit in left]
        return {**self.said, "stock": stock} if stock else self.said


def image_fetches_of(product_id: str) -> list[OwnImageFetch]:
    """A product's pictures by address, the newest first."""
    return [_fetch(row) for row in ImageFetchRow.objects.filter(product_id=product_id).order_by("-requested_at", "-id")]


def image_fetch(product_id: str, fetch_id: str) -> OwnImageFetch | None:
    row = ImageFetchRow.objects.filter(id=fetch_id, product_id=product_id).first()
    return None if row is None else _fetch(row)


def imports_of(seller_id: str) -> list[OwnImport]:
    """A seller's own imports, the newest first, without what was refused."""
    rows = ImportRow.objects.filter(seller_id=seller_id).defer("refusals").order_by("-created_at", "-id")
    return [_import(row, []) for row in rows]


def import_of(seller_id: str, import_id: str) -> OwnImport | None:
    row = ImportRow.objects.filter(id=import_id, seller_id=seller_id).first()
    return None if row is None else _import(row, msgspec.convert(row.refusals, list[RefusedLine]))


def parked_imports(after: str, limit: int) -> list[ParkedImport]:
    """Imports of all sellers that wait for somebody, by id."""
    rows = ImportRow.objects.filter(status=PARKED).defer("refusals")
    if after:
        rows = rows.filter(id__gt=after)
    return [
        ParkedImport(
            import_id=Id(row.id),
            seller_id=Id(row.seller_id),
            rows=row.rows,
            rows_read=row.rows_read,
            fault=row.fault,
            created_at=row.created_at,
            ended_at=row.ended_at,
        )
        for row in rows.order_by("id")[: limit + 1]
    ]


def exports_of(seller_id: str, base: str) -> list[OwnExport]:
    """A seller's own exports, the newest first."""
    return [_export(row, base) for row in ExportRow.objects.filter(seller_id=seller_id).order_by("-created_at", "-id")]


def export_of(seller_id: str, export_id: str, base: str) -> OwnExport | None:
    row = ExportRow.objects.filter(id=export_id, seller_id=seller_id).first()
    return None if row is None else _export(row, base)


def open_transfers(seller_id: str) -> int:
    """How many imports of a seller are being worked off."""
    return ImportRow.objects.filter(seller_id=seller_id, status="RUNNING").count()


def import_row(import_id: str) -> ProductImport | None:
    """How far an import is, as its pieces need it."""
    row = ImportRow.objects.filter(id=import_id).defer("refusals").first()
    if row is None:
        return None
    return ProductImport(
        id=Id(row.id),
        seller_id=Id(row.seller_id),
        requested_by=row.requested_by,
        format=row.format,
        dry_run=row.dry_run,
        rows=row.rows,
        status=row.status,
        rows_read=row.rows_read,
        created_at=row.created_at,
        tries=row.tries,
    )


def export_row(export_id: str) -> ProductExport | None:
    row = ExportRow.objects.filter(id=export_id).first()
    if row is None:
        return None
    return ProductExport(
        id=Id(row.id),
        seller_id=Id(row.seller_id),
        format=row.format,
        status=row.status,
        parts=row.parts,
        after=None if row.after is None else Id(row.after),
        created_at=row.created_at,
    )


def described_products(seller_id: str, after: str, limit: int, now: datetime) -> list[Described]:
    """A seller's own products by id behind one, but for archived ones; what is left empty is not said. The statements
    are bounded by their number and that of their variants, not one for each."""
    rows = ProductRow.objects.filter(seller_id=seller_id).exclude(status=ARCHIVED)
    if after:
        rows = rows.filter(id__gt=after)
    products = list(rows.order_by("id")[:limit])
    ids = [row.id for row in products]
    said: dict[str, dict[str, Any]] = {
        row.id: {
            "sku": row.sku,
            "title": row.title,
            "description": row.description,
            "category": row.category,
            "tax_category": row.tax_category,
            "status": "published" if row.status == PUBLISHED else "draft",
            "attributes": [],
            "images": [],
            "variants": [],
        }
        for row in products
    }
    for one in AttributeRow.objects.filter(product_id__in=ids, variant_id=None).order_by("position"):
        said[one.product_id]["attributes"].append({"name": one.name, "value": one.value})
    for image in ImageRow.objects.filter(product_id__in=ids).order_by("position"):
        said[image.product_id]["images"].append(image.url)
    for option in OptionRow.objects.filter(product_id__in=ids).order_by("position"):
        said[option.product_id].setdefault("options", []).append({"name": option.name, "values": option.choices})
    for text in TextRow.objects.filter(product_id__in=ids).order_by("locale"):
        said[text.product_id].setdefault("texts", []).append(_text(text))
    for row in products:
        for name in ("locale", "story"):
            if getattr(row, name):
                said[row.id][name] = getattr(row, name)
    variants = list(VariantRow.objects.filter(product_id__in=ids).order_by("position"))
    _add_variants(said, variants, now)
    units: dict[str, dict[str, Id]] = {id: {} for id in ids}
    for variant in variants:
        units[variant.product_id][variant.sku] = Id(variant.stock_unit_id)
    return [Described(Id(row.id), said[row.id], units[row.id]) for row in products]


def _text(row: TextRow) -> dict[str, Any]:
    told = {"locale": row.locale, "title": row.title, "description": row.description, "story": row.story}
    words = [{"word": one["word"], "said": one["said"]} for one in row.words]
    return {name: value for name, value in {**told, "words": words}.items() if value}


def _add_variants(said: dict[str, dict[str, Any]], variants: list[VariantRow], now: datetime) -> None:
    """The variants with their prices apart from sales; other currencies and sales stand in `prices`."""
    sales = _sales([one.id for one in variants], now)
    for row in variants:
        charged = {row.currency: row.price, **{one["currency"]: one["amount"] for one in row.other_prices}}
        usual = {
            currency: next((one.base_price for one in sales.get((row.id, currency), ()) if _runs(one, now)), amount)
            for currency, amount in charged.items()
        }
        said[row.product_id]["variants"].append(_variant(row, usual[row.currency]))
        for currency, amount in usual.items():
            told = [_sale(one, now) for one in sales.get((row.id, currency), ()) if one.base_price == amount]
            if currency != row.currency or told:
                price: dict[str, Any] = {"sku": row.sku, "currency": currency, "amount": amount}
                said[row.product_id].setdefault("prices", []).append({**price, "sales": told} if told else price)


def _sales(variant_ids: list[str], now: datetime) -> dict[tuple[str, str], list[PriceRow]]:
    """Versions that lower a price and are not over, by variant and currency, the first first."""
    found: dict[tuple[str, str], list[PriceRow]] = {}
    for begin in range(0, len(variant_ids), VARIANTS_AT_ONCE):
        rows = PriceRow.objects.filter(
            variant_id__in=variant_ids[begin : begin + VARIANTS_AT_ONCE], discount__gt=0, effective_to__gt=now
        )
        for row in rows.order_by("effective_from"):
            if row.effective_to is not None and row.effective_from < row.effective_to:
                found.setdefault((row.variant_id, row.currency), []).append(row)
    return found


def _runs(row: PriceRow, now: datetime) -> bool:
    return row.effective_from <= now


def _sale(row: PriceRow, now: datetime) -> dict[str, Any]:
    told = {"amount": row.base_price - row.discount, "ends_at": row.effective_to}
    return told if _runs(row, now) else {**told, "starts_at": row.effective_from}


def _variant(row: VariantRow, amount: int) -> dict[str, Any]:
    said = {
        "sku": row.sku,
        "amount": amount,
        "currency": row.currency,
        "attributes": [{"name": one["name"], "value": one["value"]} for one in row.attributes_json],
        "weight_grams": row.weight_grams,
        "length_mm": row.length_mm,
        "width_mm": row.width_mm,
        "height_mm": row.height_mm,
    }
    if row.stock_unit_id != row.id:
        said["stock_unit_id"] = row.stock_unit_id
    if row.units_each != 1:
        said["units_each"] = row.units_each
    return said


def _fetch(row: ImageFetchRow) -> OwnImageFetch:
    return OwnImageFetch(
        fetch_id=Id(row.id),
        product_id=Id(row.product_id),
        url=row.url,
        status=row.status,
        reason=row.reason,
        image_id=None if row.image_id is None else Id(row.image_id),
        tries=row.tries,
        next_try_at=row.next_try_at,
        requested_at=row.requested_at,
        ended_at=row.ended_at,
    )


def _import(row: ImportRow, refusals: list[RefusedLine]) -> OwnImport:
    return OwnImport(
        import_id=Id(row.id),
        status=row.status,
        format=row.format,
        dry_run=row.dry_run,
        rows=row.rows,
        rows_read=row.rows_read,
        made=row.made,
        changed=row.changed,
        unchanged=row.unchanged,
        refused=row.refused,
        fault=row.fault,
        created_at=row.created_at,
        ended_at=row.ended_at,
        tries=row.tries,
        refusals=refusals,
    )


def _export(row: ExportRow, base: str) -> OwnExport:
    return OwnExport(
        export_id=Id(row.id),
        status=row.status,
        format=row.format,
        products=row.products,
        files=[f"{base}/{row.id}/files/{part}" for part in range(row.parts)],
        created_at=row.created_at,
        ended_at=row.ended_at,
    )
