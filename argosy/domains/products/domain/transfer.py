"""Imports and exports: many products at once, in pieces, and how far each has come."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from argosy.contracts.products_transfers import PieceExported, PieceImported
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import Invalid, NotFound, RuleBroken
from argosy.shared_kernel.ids import Id

CSV, JSON_LINES = "csv", "jsonl"
FORMATS = (CSV, JSON_LINES)
RUNNING, DONE, FAILED, PARKED = "RUNNING", "DONE", "FAILED", "PARKED"
STANDINGS = (RUNNING, DONE, FAILED)
IMPORT_STANDINGS = (*STANDINGS, PARKED)
STOPS_ITS_PROCESS = "stops_its_process"
TRIES_MAX = 5
"""Without a piece between them: who works on a file and never comes back from it is not sent again for ever."""
ROWS_MAX = 20_000
OPEN_MAX = 3
KEPT_MAX = 20
"""Of one seller, imports and exports each; the oldest that have ended make room, and their files with them."""
REFUSED_KEPT = 500


class NotAFormat(Invalid):
    """Files are written as csv or as jsonl."""


class TooManyTransfers(RuleBroken):
    """Three of these are being worked off already: wait for one of them to end."""


class NoSuchImport(NotFound):
    """There is no such import, or it is not yours."""


class ImportIsNotParked(RuleBroken):
    """Only an import that is parked can be resumed."""


class PieceOutOfTurn(RuleBroken):
    """Somebody else has worked off this piece."""


@dataclass(kw_only=True, eq=False)
class ProductImport(Aggregate):
    """A file that goes in. Rows are products: `rows` there are, `rows_read` are worked off, each made, changed,
    unchanged or refused. Its id is made of its seller and content. `tries` were begun since its last piece."""

    seller_id: Id
    requested_by: str
    format: str
    dry_run: bool
    rows: int
    status: str = RUNNING
    fault: str = ""
    rows_read: int = 0
    made: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    refusals: list[dict[str, Any]] = field(default_factory=list)
    """The first 500 of those that were refused."""
    created_at: datetime
    ended_at: datetime | None = None
    tries: int = 0

    @property
    def is_open(self) -> bool:
        return self.status == RUNNING

    def begin_try(self, now: datetime) -> None:
        """Counted before it is made, so that it counts whatever becomes of it. One too many is not made."""
        if not self.is_open:
            return
        if self.tries >= TRIES_MAX:
            self.status, self.fault, self.ended_at = PARKED, STOPS_ITS_PROCESS, now
        else:
            self.tries += 1

    def resume(self) -> None:
        """Go on where it stands, with as many tries as in the beginning."""
        if self.status != PARKED:
            raise ImportIsNotParked(import_id=self.id)
        self.status, self.fault, self.ended_at, self.tries = RUNNING, "", None, 0

    def again(self, requested_by: str, now: datetime) -> None:
        """From the beginning of the same file."""
        self.requested_by = requested_by
        self.status, self.fault, self.ended_at = RUNNING, "", None
        self.rows_read = self.made = self.changed = self.unchanged = self.refused = 0
        self.refusals = []
        self.tries = 0
        self.created_at = now

    def advance(self, piece: PieceImported, now: datetime) -> None:
        """A piece is worked off: the one that follows, and each once."""
        if not self.is_open or piece.first_row != self.rows_read:
            raise PieceOutOfTurn(import_id=self.id)
        self.tries = 0
        self.made += piece.made
        self.changed += piece.changed
        self.unchanged += piece.unchanged
        self.refused += len(piece.refused)
        self.rows_read += piece.made + piece.changed + piece.unchanged + len(piece.refused)
        room = REFUSED_KEPT - len(self.refusals)
        self.refusals = [
            *self.refusals,
            *(
                {"line": one.line, "sku": one.sku, "code": one.code, "detail": one.detail, "fields": list(one.fields)}
                for one in piece.refused[:room]
            ),
        ]
        if piece.is_last:
            self.status, self.fault, self.ended_at = FAILED if piece.fault else DONE, piece.fault, now


@dataclass(kw_only=True, eq=False)
class ProductExport(Aggregate):
    """Files that come out: `parts` are written, of the products up to `after`."""

    seller_id: Id
    format: str
    status: str = RUNNING
    parts: int = 0
    products: int = 0
    after: Id | None = None
    created_at: datetime
    ended_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.status == RUNNING

    def advance(self, piece: PieceExported, now: datetime) -> bool:
        """One more file, if it is the one that follows."""
        if not self.is_open or piece.part != self.parts:
            return False
        self.products += piece.products
        self.after = piece.after or self.after
        # A last piece without products is no file, unless it is the only one.
        self.parts += 1 if piece.products or not self.parts else 0
        if piece.is_last:
            self.status, self.ended_at = DONE, now
        return True
