"""Pieces of imports and exports, each a bounded unit of work: killed at any time, they go on behind the last one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.db import connections

from argosy.contracts.products_transfers import ContinueImport, PieceExported, TransferFilesForgotten
from argosy.domains.products.adapters.inbound.product_files import written
from argosy.domains.products.adapters.outbound.importer import Importer, Place
from argosy.domains.products.adapters.outbound.transfer_queries import described_products, export_row, import_row
from argosy.domains.products.application.transfers import EXPORTS, IMPORTS, ForgetRequest, TransferRequest
from argosy.platform.crash_points import reached
from argosy.platform.storage.chosen import TRANSFERS, storage
from argosy.shared_kernel.ids import Id

if TYPE_CHECKING:
    from argosy.platform.runtime import Runtime

LABEL = "products"
PIECE_ROWS = 50
PART_PRODUCTS = 1_000
SECONDS = 15
CALL_SECONDS = 120


def file_of(import_id: str) -> str:
    return f"{IMPORTS}/{import_id}/file"


def part_of(export_id: str, part: int) -> str:
    return f"{EXPORTS}/{export_id}/{part:06}"


def import_pieces(request: TransferRequest, attempt: int, call_id: str) -> ContinueImport:
    """Work off pieces of an import for a while; whoever is called next goes on."""
    from argosy.platform.runtime import runtime

    try:
        until = time.monotonic() + SECONDS
        importer = _Importer(runtime(), Id(request.transfer_id))
        importer.begin_try()
        reached("import.begun")
        while time.monotonic() < until and importer.step():
            reached("import.piece")
    finally:
        # A thread of the pool: what it holds open nobody else would use.
        connections[runtime().contexts[LABEL].alias].close()
    return ContinueImport(import_id=Id(request.transfer_id))


class _Importer(Importer):
    """Where files and imports are kept here."""

    def __init__(self, runtime: Runtime, import_id: Id) -> None:
        place = Place(
            runtime.contexts[LABEL].participant,
            runtime.stores[LABEL],
            runtime.clock,
            runtime.ids,
            runtime.ring,
            import_row,
            lambda id: storage(TRANSFERS).get(file_of(id)),
            PIECE_ROWS,
        )
        super().__init__(place, import_id)


def export_part(request: TransferRequest, attempt: int, call_id: str) -> PieceExported:
    """Write the next file of an export, with what is left of each stock unit as it is shown. Written again after a
    crash, it takes its own place."""
    from argosy.platform.runtime import runtime

    row = export_row(request.transfer_id)
    if row is None or not row.is_open:
        return PieceExported(export_id=Id(request.transfer_id), part=-1, products=0)
    found = described_products(row.seller_id, row.after or "", PART_PRODUCTS + 1, runtime().clock.now())
    products = found[:PART_PRODUCTS]
    if products or not row.parts:
        units = [unit for one in products for unit in one.units.values()]
        left: dict[Id, int] = {}
        for context in runtime().contexts.values():
            left.update(context.units_left(units))
        said = [one.with_stock(left) for one in products]
        storage(TRANSFERS).put(part_of(row.id, row.parts), written(said, row.format))
    return PieceExported(
        export_id=Id(row.id),
        part=row.parts,
        products=len(products),
        after=products[-1].product_id if products else None,
        is_last=len(found) <= PART_PRODUCTS,
    )


def forget_files(request: ForgetRequest, attempt: int, call_id: str) -> TransferFilesForgotten:
    """Remove what is kept of an import or export."""
    kept = storage(TRANSFERS)
    if request.kind == IMPORTS and import_row(request.transfer_id) is not None:
        # The same file was sent once more in the meantime.
        return TransferFilesForgotten(transfer_id=request.transfer_id)
    for name in kept.names(f"{request.kind}/{request.transfer_id}"):
        kept.remove(name)
    return TransferFilesForgotten(transfer_id=request.transfer_id)
