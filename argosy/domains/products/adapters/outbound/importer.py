"""Pieces of a file of products: each with the note that it is done, in one commit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

import structlog

from argosy.contracts.products_transfers import BeginImportTry, PieceImported, RefusedRow
from argosy.domains.products.adapters.inbound.product_files import Entry, FileNotReadable, entries
from argosy.domains.products.application.importing import CHANGED, MADE, UNCHANGED
from argosy.domains.products.domain.transfer import ProductImport
from argosy.engine.batch import Delivery, run
from argosy.engine.participant import Participant
from argosy.engine.store import Changes, Store, VersionConflict
from argosy.engine.work import SYSTEM, Actor, Cause, UnitOfWork
from argosy.platform.problems import Problem
from argosy.shared_kernel.clock import Clock
from argosy.shared_kernel.errors import DomainError, Several
from argosy.shared_kernel.ids import Id, IdSource
from argosy.shared_kernel.messages import Command

FIELDS_MAX = 5

logger = structlog.get_logger("argosy.products")


class Place(NamedTuple):
    """Where it is worked off: `row` says how far an import is, `file` gives what was sent. A simulation has its own."""

    participant: Participant
    store: Store
    clock: Clock
    ids: IdSource
    ring: Callable[[Changes], None]
    row: Callable[[str], ProductImport | None]
    file: Callable[[str], bytes]
    piece_rows: int


class Importer:
    """Reads a file once, from where its import stands."""

    def __init__(self, place: Place, import_id: Id) -> None:
        self._place = place
        self._id = import_id
        self._at = -1
        self._left: Iterator[Entry] = iter(())
        self._raw: bytes | None = None

    def begin_try(self) -> None:
        """Count this try. The file is fetched before: a storage that is away is no fault of the import."""
        with suppress(FileNotFoundError):
            self._raw = self._place.file(self._id)
        work = self._work()
        work.actor = SYSTEM
        begun = self._delivery(BeginImportTry(import_id=self._id))
        run(self._place.participant, work, [begun])
        if begun.error is not None:
            raise begun.error
        work.commit()
        self._place.ring(work.changes)

    def step(self) -> bool:
        """Work off one piece; whether there may be more."""
        row = self._place.row(self._id)
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
                    self._raw = self._place.file(self._id)
                self._left, self._at = islice(entries(self._raw, row.format), row.rows_read, None), row.rows_read
            piece = list(islice(self._left, self._place.piece_rows))
        except (FileNotFoundError, FileNotReadable):
            return (), True, FileNotReadable.code
        self._at += len(piece)
        return piece, self._at >= row.rows or not piece, ""

    def _commit(self, row: ProductImport, piece: Sequence[Entry], is_last: bool, fault: str) -> None:
        """The products of the piece and the note that it is done, in one commit; of a dry run the note alone."""
        work = self._work()
        work.actor = Actor(id=row.requested_by, roles=frozenset({"seller"}), seller_id=row.seller_id)
        deliveries = [self._delivery(entry.product) for entry in piece if entry.product is not None]
        run(self._place.participant, work, deliveries)
        noted = self._delivery(_note(row, piece, deliveries, is_last=is_last, fault=fault))
        if row.dry_run:
            work = self._work()
        work.actor = SYSTEM
        run(self._place.participant, work, [noted])
        if noted.error is not None:
            raise noted.error
        if noted.refusal is None:
            work.commit()
            self._place.ring(work.changes)
        else:
            self._at = -1

    def _work(self) -> UnitOfWork:
        return UnitOfWork(self._place.store, self._place.clock.now())

    def _delivery(self, command: Command) -> Delivery:
        id = self._place.ids.new()
        return Delivery(message=command, cause=Cause(id, self._id, self._place.ids))


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
