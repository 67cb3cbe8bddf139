"""Files of products: where they are kept, and who works them off, in seeds whose sellers send any."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import msgspec

from argosy.contracts.products_transfers import ContinueImport
from argosy.domains.products.adapters.outbound.importer import Importer, Place
from argosy.domains.products.application.transfers import IMPORT, TransferRequest
from argosy.domains.products.domain.transfer import ProductImport
from argosy.engine.due import CallTarget
from argosy.engine.store import Changes
from argosy.simulation.contexts import Part
from argosy.simulation.faults import Crash, Faults
from argosy.simulation.ids import NumberedIds
from argosy.simulation.scheduler import SimulatedClock

LABEL = "products"
ONE_IN = 2
"""In so many seeds in which all can be read: what cannot be is refused as a row, and that is right."""
PIECE_ROWS, PIECES_MAX = 3, 4


class HalfWay(Exception):
    """Whoever worked on it is no more; the call ends as one of which nothing is heard."""


def has_imports(faults: Faults) -> bool:
    may_be = bool(faults.rates["file sent"]) and not faults.rates["poison"]
    return may_be and Random(f"{faults.seed}:imports").randrange(ONE_IN) == 0


class Files:
    """All files, by import, as the storage has them."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.kept: dict[str, bytes] = {}
        self.ring: Callable[[Changes], None] = lambda changes: None
        self._random = Random(f"{faults.seed}:importers")

    def put_into(self, parts: dict[str, Part]) -> None:
        """Have imports worked off, where there are any."""
        if has_imports(self.faults):
            part = parts[LABEL]
            scheduler = part.store.scheduler
            self._place = Place(
                part.participant,
                part.store,
                SimulatedClock(scheduler),
                NumberedIds(scheduler, 0xFFE),
                self._ring,
                self._row,
                lambda id: self.kept[id],
                PIECE_ROWS,
            )
            parts[LABEL] = replace(part, calls={IMPORT: CallTarget(TransferRequest, self._work_off, seconds=20)})

    def _ring(self, changes: Changes) -> None:
        self.ring(changes)

    def _row(self, import_id: str) -> ProductImport | None:
        found = self._place.store.load(ProductImport, "id", [import_id])
        return found[0] if found else None

    def _work_off(self, request: TransferRequest, attempt: int, call_id: str) -> ContinueImport:
        """A few pieces; who dies meanwhile has done those that are committed."""
        try:
            importer = Importer(self._place, request.transfer_id)
            importer.begin_try()
            for _ in range(self._random.randrange(PIECES_MAX)):
                importer.step()
                if self.faults.strikes("importer died"):
                    raise Crash("behind a piece")
        except Crash as died:
            raise HalfWay(request.transfer_id) from died
        return ContinueImport(import_id=request.transfer_id)


def file_of(lines: list[object]) -> bytes:
    return b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
