"""Counts that are worked off in parts: what came in one file, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from argosy.contracts.inventory_counts import CountLine, RejectedLine, StockCountEnded
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import Invalid
from argosy.shared_kernel.ids import Id, named_id

RUNNING, DONE, FAILED = "RUNNING", "DONE", "FAILED"
RUN_STATUSES = (RUNNING, DONE, FAILED)
RUN_LINES_MAX = 20_000
PART_LINES = 500
REJECTS_KEPT = 100
SOURCE_MAX = 100


class NothingInTheFile(Invalid):
    """A file of counts has one line of a SKU that is known here, and no more than so many."""


@dataclass(kw_only=True, eq=False)
class CountRun(Aggregate):
    """RUNNING until its last part is worked off, then DONE; FAILED where the file was none."""

    source: str
    seller_id: Id | None
    status: str = RUNNING
    lines: int = 0
    done: int = 0
    differing: int = 0
    rejected: int = 0
    rejects: list[RejectedLine] = field(default_factory=list)
    failure: str = ""
    created_at: datetime
    ended_at: datetime | None = None

    def reject(self, rejects: tuple[RejectedLine, ...]) -> None:
        """The first of them are kept to look at."""
        self.rejected += len(rejects)
        self.rejects = [*self.rejects, *rejects][:REJECTS_KEPT]

    def work_off(self, lines: int, differing: int, now: datetime) -> None:
        self.done += lines
        self.differing += differing
        if self.done == self.lines:
            self.end(DONE, now)

    def end(self, status: str, now: datetime) -> None:
        self.status, self.ended_at = status, now
        self.record(
            StockCountEnded(
                count_id=self.id,
                seller_id=self.seller_id,
                source=self.source,
                lines=self.lines,
                differing=self.differing,
                rejected=self.rejected,
                failure=self.failure,
            )
        )


@dataclass(kw_only=True, eq=False)
class CountedPart(Aggregate):
    """Lines of a count that wait to be worked off; gone once they are."""

    lines: list[CountLine] = field(default_factory=list)


def run_id(seller_id: str | None, reference: str) -> Id:
    """One per owner and reference."""
    return named_id("count-run", seller_id or "", reference)


def part_id(count_id: str, part: int) -> Id:
    return named_id("count-part", count_id, str(part))
