"""Counts of a warehouse's own system: taken whole, worked off in parts, each file once."""

from __future__ import annotations

import msgspec

from argosy.contracts.inventory_counts import AskWarehouses, CountLine, CountPart, SendCount, WarehouseAnswered
from argosy.domains.inventory.application.keeping import StockKeeping, counting_seller
from argosy.domains.inventory.domain.count_run import (
    FAILED,
    PART_LINES,
    RUN_LINES_MAX,
    SOURCE_MAX,
    CountedPart,
    CountRun,
    NothingInTheFile,
    part_id,
    run_id,
)
from argosy.domains.inventory.domain.stock import COUNT, StockItem, check_text, movement_id, stock_item_id
from argosy.engine.reads import reads, then_reads
from argosy.engine.work import Repository
from argosy.shared_kernel.ids import Id

WAREHOUSE = "warehouse"
UPLOADED = "upload"


class WarehouseQuestion(msgspec.Struct, frozen=True):
    """Whether there is a count that was not taken yet."""


class CountRuns:
    """Takes counts, and works them off."""

    def __init__(
        self, keeping: StockKeeping, runs: Repository[CountRun], parts: Repository[CountedPart], *, has_system: bool
    ) -> None:
        self.keeping = keeping
        self.work = keeping.work
        self.items = keeping.items
        self.movements = keeping.movements
        self.runs = runs
        self.parts = parts
        self.has_system = has_system

    @then_reads(runs=lambda self, command: [run_id(counting_seller(self.work.actor), command.reference_id)])
    def send_count(self, command: SendCount) -> Id:
        """A seller's own count; the same reference is the same count."""
        seller_id = counting_seller(self.work.actor)
        check_text("reference_id", command.reference_id)
        id = run_id(seller_id, command.reference_id)
        if self.runs.find(id) is not None:
            return id
        if not 0 < len(command.lines) <= RUN_LINES_MAX:
            raise NothingInTheFile(
                lines=len(command.lines),
                lines_max=RUN_LINES_MAX,
                rejects=[msgspec.to_builtins(one) for one in command.rejects[:20]],
            )
        run = CountRun(id=id, source=UPLOADED, seller_id=seller_id, created_at=self.work.now)
        run.reject(command.rejects)
        self._begin(run, command.lines)
        return id

    def ask_warehouses(self, command: AskWarehouses) -> None:
        """Where the operator has named a system. While one question is open, no other is asked."""
        if self.has_system:
            self.work.call(WAREHOUSE, WAREHOUSE, WarehouseQuestion(), id=WAREHOUSE)

    @reads(runs=lambda command: [command.count_id] if command.count_id else [])
    def take_answer(self, command: WarehouseAnswered) -> None:
        """A file that was taken before is taken no more."""
        if command.count_id is None or self.runs.find(command.count_id) is not None:
            return
        run = CountRun(
            id=command.count_id, source=command.source[:SOURCE_MAX], seller_id=None, created_at=self.work.now
        )
        run.reject(command.rejects)
        if command.failure or not command.lines:
            run.failure = command.failure or "no line is of anything here"
            self.runs.add(run)
            run.end(FAILED, self.work.now)
            return
        self._begin(run, command.lines)

    @reads(runs=lambda command: [command.count_id], parts=lambda command: [part_id(command.count_id, command.part)])
    @then_reads(
        items=lambda self, command: [_item_id(line) for line in self._lines(command)],
        movements=lambda self, command: [
            movement_id(_item_id(line), COUNT, _reference(command)) for line in self._lines(command)
        ],
    )
    def count_part(self, command: CountPart) -> None:
        """What was counted is what is there; where that is less than what is promised, a shortage is opened."""
        run, part = self.runs.find(command.count_id), self.parts.find(part_id(command.count_id, command.part))
        if run is None or part is None:
            return
        differing = 0
        for line in part.lines:
            item = self._item(line, run)
            if item is not None and item.on_hand != line.counted:
                differing += 1
                self.keeping.move(item, line.counted - item.on_hand, COUNT, _reference(command), may_uncover=True)
        run.work_off(len(part.lines), differing, self.work.now)
        self.parts.remove(part)
        if run.done < run.lines:
            self.work.announce(CountPart(count_id=run.id, part=command.part + 1))

    def _begin(self, run: CountRun, lines: tuple[CountLine, ...]) -> None:
        run.lines = len(lines)
        self.runs.add(run)
        for part, first in enumerate(range(0, len(lines), PART_LINES)):
            self.parts.add(CountedPart(id=part_id(run.id, part), lines=list(lines[first : first + PART_LINES])))
        self.work.announce(CountPart(count_id=run.id, part=0))

    def _lines(self, command: CountPart) -> list[CountLine]:
        part = self.parts.find(part_id(command.count_id, command.part))
        return [] if part is None else part.lines

    def _item(self, line: CountLine, run: CountRun) -> StockItem | None:
        """What a seller counts is their own, whatever the file says."""
        item = self.items.find(_item_id(line))
        return item if item is not None and run.seller_id in (None, item.seller_id) else None


def _item_id(line: CountLine) -> Id:
    return stock_item_id(line.stock_unit_id, line.warehouse)


def _reference(command: CountPart) -> str:
    return f"{command.count_id} {command.part}"
