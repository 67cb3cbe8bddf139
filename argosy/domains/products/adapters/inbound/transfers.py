"""Over HTTP: pictures by address, and many products at once."""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from argosy.contracts.products_media import FetchImage
from argosy.contracts.products_transfers import ExportProducts, ImportProducts, ResumeImport
from argosy.domains.products.adapters.inbound.product_files import BYTES_MAX, count
from argosy.domains.products.adapters.outbound import transfer_queries as queries
from argosy.domains.products.adapters.outbound.queries import is_product_of
from argosy.domains.products.adapters.outbound.transferring import file_of, part_of
from argosy.domains.products.application.ownership import NoSuchProduct
from argosy.domains.products.domain.transfer import (
    CSV,
    JSON_LINES,
    OPEN_MAX,
    ROWS_MAX,
    NoSuchImport,
    TooManyTransfers,
)
from argosy.platform.auth import merchant, seller, staff
from argosy.platform.bodies import IdText, query_of
from argosy.platform.owned import Owned, seller_asking
from argosy.platform.pages import Page, PageQuery, cursor, page
from argosy.platform.rest import PREFIX, Asked, Document, Made, Received, Upload, document, get, post, query_in
from argosy.platform.storage.chosen import TRANSFERS, storage
from argosy.shared_kernel.errors import Invalid
from argosy.shared_kernel.ids import named_id

_EXPORTS = f"{PREFIX}stores/mine/exports"
TYPES = {"text/csv": CSV, "application/jsonl": JSON_LINES, "application/x-ndjson": JSON_LINES}
_KIND = {CSV: "text/csv; charset=utf-8", JSON_LINES: "application/jsonl"}


class TooManyRows(Invalid):
    """A file holds at most 20,000 products: send the others in another one."""


class FileIsEmpty(Invalid):
    """There is no product in this file."""


class ImportQuery(msgspec.Struct, kw_only=True, frozen=True):
    """`dry_run`: find out what would become of it, and change nothing."""

    dry_run: bool = False


def image_fetches(asked: Asked) -> Page | None:
    """A product's pictures by address, the newest first."""
    if not _is_own(asked):
        return None
    return Page(items=queries.image_fetches_of(asked["product_id"]), next=None)


def image_fetch(asked: Asked) -> queries.OwnImageFetch | None:
    """One of them, and what became of it."""
    return queries.image_fetch(asked["product_id"], asked["fetch_id"]) if _is_own(asked) else None


def my_imports(asked: Asked) -> Page:
    """Your imports, the newest first; what was refused stands in each."""
    return Page(items=queries.imports_of(asked.actor.seller_id), next=None)


def my_import(asked: Asked) -> queries.OwnImport | None:
    """How far one of your imports has come, and what was refused."""
    return queries.import_of(asked.actor.seller_id, asked["import_id"])


def parked_imports(asked: Asked) -> Page:
    """Imports of all sellers that are parked."""
    query: PageQuery = asked.query
    position = query.position(tuple[IdText])
    found = queries.parked_imports(position[0] if position else "", query.limit)
    after = cursor(found[min(len(found), query.limit) - 1].import_id) if found else ""
    return page(found, query, f"{PREFIX}imports/parked", after)


def my_exports(asked: Asked) -> Page:
    """Your exports, the newest first."""
    return Page(items=queries.exports_of(asked.actor.seller_id, _EXPORTS), next=None)


def my_export(asked: Asked) -> queries.OwnExport | None:
    """How far one of your exports has come, and where its files are."""
    return queries.export_of(asked.actor.seller_id, asked["export_id"], _EXPORTS)


def my_export_file(asked: Asked) -> Document | None:
    """A file of one of your exports. It can be imported as it is."""
    part = asked["part"]
    export = queries.export_of(asked.actor.seller_id, asked["export_id"], _EXPORTS)
    if export is None or f"{_EXPORTS}/{export.export_id}/files/{part}" not in export.files:
        return None
    content = storage(TRANSFERS).get(part_of(export.export_id, int(part)))
    return document(content)._replace(kind=_KIND[export.format])


def _is_own(asked: Asked) -> bool:
    return is_product_of(asked["product_id"], None if asked.actor.has("staff") else asked.actor.seller_id)


def _file(asked: Asked, raw: bytes) -> Received:
    """Count it. What is kept by a process that then dies is written over by the next try."""
    query = query_of(query_in(asked.request.META), ImportQuery)
    sent = asked.request.META.get("CONTENT_TYPE") or "text/csv"
    kind = TYPES[sent.partition(";")[0].strip().lower()]
    rows = count(raw, kind)
    if not rows:
        raise FileIsEmpty()
    if rows > ROWS_MAX:
        raise TooManyRows(rows=rows, most=ROWS_MAX)
    digest = blake2b(raw, digest_size=16).hexdigest()
    import_id = named_id("import", asked.actor.seller_id, kind, digest, str(query.dry_run))
    there = queries.import_row(import_id)
    if (there is None or not there.is_open) and queries.open_transfers(asked.actor.seller_id) >= OPEN_MAX:
        raise TooManyTransfers(most=OPEN_MAX)
    fields = {"import_id": import_id, "format": kind, "rows": rows, "dry_run": query.dry_run}
    return Received(fields, lambda: storage(TRANSFERS).put(file_of(import_id), raw))


PRODUCTS = Upload(tuple(TYPES), BYTES_MAX, _file)

OWN_IMPORT = (Owned("product_imports", "import_id", {"seller_id": seller_asking}, NoSuchImport),)
OWN = (Owned("products", "product_id", {"seller_id": seller_asking}, NoSuchProduct),)

endpoints = [
    post(
        "products/{product_id}/image-fetches",
        FetchImage,
        allow=merchant,
        owned=OWN,
        status=202,
        answers=Made,
        location="products/{product_id}/image-fetches/{id}",
    ),
    get("products/{product_id}/image-fetches", image_fetches, allow=merchant, answers=Page),
    get("products/{product_id}/image-fetches/{fetch_id}", image_fetch, allow=merchant, answers=queries.OwnImageFetch),
    post(
        "stores/mine/imports",
        ImportProducts,
        allow=seller,
        status=202,
        answers=Made,
        filled=("import_id", "format", "rows", "dry_run"),
        upload=PRODUCTS,
        parameters=ImportQuery,
        location="stores/mine/imports/{id}",
    ),
    get("stores/mine/imports", my_imports, allow=seller, answers=Page),
    get("stores/mine/imports/{import_id}", my_import, allow=seller, answers=queries.OwnImport),
    post("imports/{import_id}/resume", ResumeImport, allow=merchant, owned=OWN_IMPORT),
    get("imports/parked", parked_imports, allow=staff, parameters=PageQuery, answers=Page),
    post(
        "stores/mine/exports",
        ExportProducts,
        allow=seller,
        status=202,
        answers=Made,
        location="stores/mine/exports/{id}",
    ),
    get("stores/mine/exports", my_exports, allow=seller, answers=Page),
    get("stores/mine/exports/{export_id}", my_export, allow=seller, answers=queries.OwnExport),
    get(
        "stores/mine/exports/{export_id}/files/{part}",
        my_export_file,
        allow=seller,
        sends=("text/csv", "application/jsonl"),
    ),
]
