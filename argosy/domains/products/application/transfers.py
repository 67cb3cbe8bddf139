"""Imports and exports begin, go on piece by piece, and make room for later ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from argosy.contracts.products_transfers import (
    BeginImportTry,
    ContinueImport,
    ExportProducts,
    ImportProducts,
    PieceExported,
    PieceImported,
    ResumeImport,
    TransferFilesForgotten,
)
from argosy.domains.products.application.ownership import SellersOnly
from argosy.domains.products.domain.transfer import (
    FORMATS,
    KEPT_MAX,
    OPEN_MAX,
    NoSuchImport,
    NotAFormat,
    ProductExport,
    ProductImport,
    TooManyTransfers,
)
from argosy.engine.reads import by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id

IMPORT, EXPORT, FORGET = "product_import", "product_export", "forget_transfer"
IMPORTS, EXPORTS = "imports", "exports"

T = TypeVar("T", ProductImport, ProductExport)


class TransferRequest(msgspec.Struct, frozen=True):
    """Which import or export is worked on: how far it is stands in its row."""

    transfer_id: Id


class ForgetRequest(msgspec.Struct, frozen=True):
    """Whose files are forgotten."""

    kind: str
    transfer_id: Id


class Transfers:
    """Keeps how far each has come; the pieces themselves are calls of due work, outside of any request."""

    def __init__(
        self, work: UnitOfWork, imports: Repository[ProductImport], exports: Repository[ProductExport]
    ) -> None:
        self.work = work
        self.imports = imports
        self.exports = exports

    @then_reads(imports=lambda self, command: [by("seller_id", self.work.actor.seller_id)])
    def import_products(self, command: ImportProducts) -> Id:
        """Begin. The same file while it is worked off is the same import; afterwards it goes through once more."""
        seller_id = self._seller()
        if command.format not in FORMATS:
            raise NotAFormat(field="format", known=list(FORMATS))
        of_seller = self.imports.all_by("seller_id", seller_id)
        there = next((one for one in of_seller if one.id == command.import_id), None)
        if there is not None and there.is_open:
            return there.id
        _check_room(of_seller)
        if there is not None:
            there.again(self.work.actor.id, self.work.now)
        else:
            for gone in _crowded_out(of_seller):
                self.imports.remove(gone)
                self._forget(IMPORTS, gone.id)
            there = ProductImport(
                id=command.import_id,
                seller_id=seller_id,
                requested_by=self.work.actor.id,
                format=command.format,
                dry_run=command.dry_run,
                rows=command.rows,
                created_at=self.work.now,
            )
            self.imports.add(there)
        self.work.call(IMPORT, there.id, TransferRequest(there.id))
        return there.id

    @reads(imports=lambda command: [command.import_id])
    def begin_import_try(self, command: BeginImportTry) -> None:
        """Each try is kept before it is made."""
        there = self.imports.find(command.import_id)
        if there is not None:
            there.begin_try(self.work.now)

    @reads(imports=lambda command: [command.import_id])
    @then_reads(imports=lambda self, command: self._beside(command))
    def resume_import(self, command: ResumeImport) -> None:
        """Whoever has mended what stopped it, or believes that it has passed, starts it again."""
        actor = self.work.actor
        there = self.imports.find(command.import_id)
        is_theirs = there is not None and bool(actor.seller_id) and there.seller_id == actor.seller_id
        if there is None or not (is_theirs or actor.has("staff") or actor.has("system")):
            raise NoSuchImport(import_id=command.import_id)
        there.resume()
        # It is one of those that run by now.
        _check_room([one for one in self.imports.all_by("seller_id", there.seller_id) if one.id != there.id])
        self.work.call(IMPORT, there.id, TransferRequest(there.id))

    @reads(imports=lambda command: [command.import_id])
    def note_piece(self, command: PieceImported) -> None:
        """Each piece counts once."""
        self.imports.get(command.import_id).advance(command, self.work.now)

    @reads(imports=lambda command: [command.import_id])
    def continue_import(self, command: ContinueImport) -> None:
        there = self.imports.find(command.import_id)
        if there is not None and there.is_open:
            self.work.call(IMPORT, there.id, TransferRequest(there.id))

    @then_reads(exports=lambda self, command: [by("seller_id", self.work.actor.seller_id)])
    def export_products(self, command: ExportProducts) -> Id:
        """Begin."""
        seller_id = self._seller()
        if command.format not in FORMATS:
            raise NotAFormat(field="format", known=list(FORMATS))
        of_seller = self.exports.all_by("seller_id", seller_id)
        _check_room(of_seller)
        for gone in _crowded_out(of_seller):
            self.exports.remove(gone)
            self._forget(EXPORTS, gone.id)
        export = ProductExport(
            id=self.work.new_id(), seller_id=seller_id, format=command.format, created_at=self.work.now
        )
        self.exports.add(export)
        self.work.call(EXPORT, export.id, TransferRequest(export.id))
        return export.id

    @reads(exports=lambda command: [command.export_id])
    def note_part(self, command: PieceExported) -> None:
        """Each part counts once; then the next one is written."""
        export = self.exports.find(command.export_id)
        if export is not None and export.advance(command, self.work.now) and export.is_open:
            self.work.call(EXPORT, export.id, TransferRequest(export.id))

    def note_forgotten(self, command: TransferFilesForgotten) -> None:
        """Nothing is left of it."""

    def _beside(self, command: ResumeImport) -> list[Any]:
        there = self.imports.find(command.import_id)
        return [] if there is None else [by("seller_id", there.seller_id)]

    def _seller(self) -> Id:
        if not self.work.actor.seller_id:
            raise SellersOnly()
        return Id(self.work.actor.seller_id)

    def _forget(self, kind: str, id: Id) -> None:
        self.work.call(FORGET, id, ForgetRequest(kind, id))


def _check_room(of_seller: Sequence[ProductImport] | Sequence[ProductExport]) -> None:
    if sum(one.is_open for one in of_seller) >= OPEN_MAX:
        raise TooManyTransfers(most=OPEN_MAX)


def _crowded_out(of_seller: Sequence[T]) -> list[T]:
    ended = sorted((one for one in of_seller if not one.is_open), key=lambda one: (one.created_at, one.id))
    return ended[: max(0, len(of_seller) + 1 - KEPT_MAX)]
