"""Pieces of imports and exports, each a bounded unit of work: killed at any time, they go on behind the last one."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

import structlog
from django.db import connections

from argosy.contracts.products_transfers import (
    BeginImportTry,
    ContinueImport,
    PieceExported,
    PieceImported,
    RefusedRow,
    TransferFilesForgotten,
)
from argosy.domains.products.adapters.inbound.product_files import Entry, FileNotReadable, entries, written
from argosy.domains.products.adapters.outbound.transfer_queries import described_products, export_row, import_row
from argosy.domains.products.application.importing import CHANGED, MADE, UNCHANGED
from argosy.domains.products.application.transfers import EXPORTS, IMPORTS, ForgetRequest, TransferRequest
from argosy.domains.products.domain.transfer import ProductImport
from argosy.engine.batch import Delivery, run
from argosy.engine.store import VersionConflict
from argosy.engine.work import SYSTEM, Actor, Cause, UnitOfWork
from argosy.platform.crash_points import reached
from argosy.platform.problems import Problem
from argosy.platform.storage.chosen import TRANSFERS, storage
from argosy.shared_kernel.errors import DomainError, Several
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command

if TYPE_CHECKING:
    from argosy.platform.runtime import Runtime

LABEL = "products"
PIECE_ROWS = 50
PART_PRODUCTS = 1_000
SECONDS = 15
CALL_SECONDS = 120
FIELDS_MAX = 5

logger = structlog.get_logger("argosy.products")


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


class _Importer:
    """Reads a file once, from where its import stands."""

    def __init__(self, runtime: Runtime, import_id: Id) -> None:
        self._runtime = runtime
        self._id = import_id
        self._at = -1
        self._left: Iterator[Entry] = iter(())
        self._raw: bytes | None = None

    def begin_try(self) -> None:
        """Count this try. The file is fetched before: a storage that is away is no fault of the import."""
        with suppress(FileNotFoundError):
            self._raw = storage(TRANSFERS).get(file_of(self._id))
        work = self._work()
        work.actor = SYSTEM
        begun = self._delivery(BeginImportTry(import_id=self._id))
        run(self._participant, work, [begun])
        if begun.error is not None:
            raise begun.error
        work.commit()
        self._runtime.ring(work.changes)

    def step(self) -> bool:
        """Work off one piece; whether there may be more."""
        row = import_row(self._id)
        if row is None or not row.is_open:
            return False
        try:
            piece, is_last, fault = self._piece(row)
            self._commit(row, piece, is_last, fault)
        except VersionConflict:
            # Somebody changed what the piece is about, or works on the same one: it is looked at anew.
            self._at = -1
        return True

    def _piece(self, row: ProductImport) -> tuple[Sequence[Entry], bool, str]:
        try:
            if self._at != row.rows_read:
                if self._raw is None:
                    self._raw = storage(TRANSFERS).get(file_of(self._id))
                self._left, self._at = islice(entries(self._raw, row.format), row.rows_read, None), row.rows_read
            piece = list(islice(self._left, PIECE_ROWS))
        except (FileNotFoundError, FileNotReadable):
            return (), True, FileNotReadable.code
        self._at += len(piece)
        return piece, self._at >= row.rows or not piece, ""

    def _commit(self, row: ProductImport, piece: Sequence[Entry], is_last: bool, fault: str) -> None:
        """The products of the piece and the note that it is done, in one commit; of a dry run the note alone."""
        work = self._work()
        work.actor = Actor(id=row.requested_by, roles=frozenset({"seller"}), seller_id=row.seller_id)
        deliveries = [self._delivery(entry.product) for entry in piece if entry.product is not None]
        run(self._participant, work, deliveries)
        noted = self._delivery(_note(row, piece, deliveries, is_last=is_last, fault=fault))
        if row.dry_run:
            work = self._work()
        work.actor = SYSTEM
        run(self._participant, work, [noted])
        if noted.error is not None:
            raise noted.error
        if noted.refusal is None:
            work.commit()
            self._runtime.ring(work.changes)
        else:
            self._at = -1

    @property
    def _participant(self) -> Any:
        return self._runtime.contexts[LABEL].participant

    def _work(self) -> UnitOfWork:
        return UnitOfWork(self._runtime.stores[LABEL], self._runtime.clock.now())

    def _delivery(self, command: Command) -> Delivery:
        id = self._runtime.ids.new()
        return Delivery(message=command, cause=Cause(id, self._id, self._runtime.ids))


def _note(
    row: ProductImport, piece: Sequence[Entry], deliveries: Sequence[Delivery], *, is_last: bool, fault: str
) -> PieceImported:
    ended = iter(deliveries)
    results: Counter[str] = Counter()
    refused: list[RefusedRow] = []
    for entry in piece:
        failure: Exception | None = entry.refusal
        if entry.product is not None:
            delivery = next(ended)
            failure = delivery.refusal or delivery.error
            if failure is None:
                results[delivery.result] += 1
        if failure is not None:
            refused.append(_refused(entry, failure))
    return PieceImported(
        import_id=row.id,
        first_row=row.rows_read,
        made=results[MADE],
        changed=results[CHANGED],
        unchanged=results[UNCHANGED],
        refused=tuple(refused),
        is_last=is_last,
        fault=fault,
    )


def _refused(entry: Entry, failure: Exception) -> RefusedRow:
    """Why a product could not go in, in the words of the API."""
    if isinstance(failure, Problem):
        code, detail, faults = failure.code, failure.detail, failure.faults
    elif isinstance(failure, DomainError):
        code, detail = failure.code, failure.sentence
        faults = [one.details for one in failure.faults] if isinstance(failure, Several) else [failure.details]
    else:
        logger.error("product not imported", line=entry.line, exc_info=failure)
        code, detail, faults = "internal_error", "Something went wrong on our side.", []
    fields: list[str] = []
    for one in faults:
        fields += one.get("missing") or one.get("fields") or ([one["field"]] if one.get("field") else [])
    return RefusedRow(line=entry.line, sku=entry.sku[:100], code=code, detail=detail, fields=tuple(fields[:FIELDS_MAX]))


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
