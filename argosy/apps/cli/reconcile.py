"""`argosy reconcile`: what a warehouse has counted against ours; differences are told, and corrected when asked."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from hashlib import blake2b
from itertools import groupby
from pathlib import Path
from typing import Any

from argosy.apps.cli.console import Failed, count, progress, say
from argosy.apps.cli.product_rows import Reject, check_rejects, write_rejects
from argosy.apps.cli.project import ready
from argosy.apps.cli.warehouse_counts import CsvCounts
from argosy.contracts.inventory import CountedUnit, ReconcileStock
from argosy.domains.inventory.application.reconciling import Counted, Matched, Unmatched, compare
from argosy.domains.inventory.domain.stock import LINES_MAX
from argosy.shared_kernel.ids import is_id

HELP = """\
Reads what a warehouse has counted from a CSV file, plain or .gz, with the columns warehouse, sku and counted, and
seller (an id) where a SKU is of several. Lists what differs from what is held here. With --apply the shelf is right:
the books follow by movements under the reason that is given, all of a warehouse in parts of 500, and where less was
found than is promised a shortage is opened. Rows that are of nothing here are written to FILE.rejects.csv with their
line and the reason. The same file with the same reason is applied once, however often it is run.
"""
EPILOG = """\
examples:
  argosy reconcile counts.csv
  argosy reconcile counts.csv --apply --reason "count of July"
"""
SHOWN_MAX = 50
REASON_MAX = 60


def add(commands: Any, name: str, summary: str) -> None:
    command = commands.add_parser(name, help=summary, description=HELP, epilog=EPILOG)
    command.add_argument("file", metavar="FILE", type=Path, help="the CSV file, plain or .gz")
    command.add_argument("--seller", default="", help="the id of the seller of rows that name none")
    command.add_argument("--apply", action="store_true", help="correct what differs; needs --reason")
    command.add_argument("--reason", default="", help=f"why, for the movements (at most {REASON_MAX} characters)")
    command.add_argument("--rejects", type=Path, help="where rows go that are of nothing here (FILE.rejects.csv)")
    command.set_defaults(run=reconcile)


def reconcile(options: argparse.Namespace) -> None:
    """Differences by warehouse, then how many there are and what became of them."""
    began = time.monotonic()
    check_rejects(options.file, options.rejects)
    reason = options.reason.strip()
    if options.apply and not (reason and reason.isprintable() and len(reason) <= REASON_MAX):
        raise Failed(f"--apply needs --reason: why the books follow, in 1 to {REASON_MAX} characters")
    if options.seller and not is_id(options.seller):
        raise Failed(f"--seller {options.seller[:40]}: this is not an id")
    system = CsvCounts(options.file, options.seller)
    with progress("reading the file"):
        counts = list(system.counts())
    ready()
    matched, rejects = _compared(counts)
    rejects = sorted([*system.rejects, *rejects], key=lambda reject: reject.line)
    path = write_rejects(options.file, options.rejects, system.header, rejects)
    if rejects and not matched:
        raise Failed(f"none of {count(len(rejects), 'row')} is of anything here: see {path}")
    differing = [one for one in matched if one.change]
    for one in differing[:SHOWN_MAX]:
        say(_line(one))
    if len(differing) > SHOWN_MAX:
        say(f"and {len(differing) - SHOWN_MAX:,} more")
    done = "nothing was changed"
    if options.apply:
        done = f"{count(_apply(matched, reason), 'stock item')} corrected"
    took = f"({time.monotonic() - began:.1f} s)"
    say(f"{count(len(counts), 'count')}, {count(len(differing), 'difference')}; {done} {took}")
    if rejects:
        say(f"{count(len(rejects), 'row')} could not be matched: see {path}")


def _compared(counts: Sequence[Counted]) -> tuple[list[Matched], list[Reject]]:
    from argosy.domains.inventory.adapters.outbound.queries import shelves

    matched: list[Matched] = []
    rejects: list[Reject] = []
    for found in compare(counts, shelves({(one.warehouse, one.sku) for one in counts})):
        if isinstance(found, Unmatched):
            rejects.append(Reject(found.counted.line, found.reason, found.counted.fields))
        else:
            matched.append(found)
    return sorted(matched, key=lambda one: (one.counted.warehouse, one.held.stock_unit_id)), rejects


def _apply(matched: Sequence[Matched], reason: str) -> int:
    """How many stock items were corrected. A part's reference is made of all that was counted in it, what is equal
    too: the same file again is the same counts, which were applied, whatever has come and gone since."""
    from argosy.apps.cli.bulk import Bulk
    from argosy.platform.runtime import runtime

    commands = [
        _reconciling(warehouse, part[first : first + LINES_MAX], reason)
        for warehouse, of_it in groupby(matched, key=lambda one: one.counted.warehouse)
        for part in [list(of_it)]
        for first in range(0, len(part), LINES_MAX)
    ]
    inventory = Bulk(runtime(), "inventory")
    with progress("correcting", len(commands)) as step:
        inventory.send_all(commands, step)
    return inventory.changed["StockItem"]


def _reconciling(warehouse: str, part: Sequence[Matched], reason: str) -> ReconcileStock:
    counts = tuple(CountedUnit(stock_unit_id=one.held.stock_unit_id, counted=one.counted.pieces) for one in part)
    said = "\n".join(f"{one.stock_unit_id} {one.counted}" for one in counts)
    digest = blake2b(said.encode(), digest_size=8).hexdigest()
    return ReconcileStock(warehouse=warehouse, reference_id=f"{reason} {digest}", counts=counts)


def _line(one: Matched) -> str:
    short = f"; {one.missing:,} of {one.held.promised:,} promised are missing" if one.missing else ""
    counted = one.counted
    return (
        f"{counted.warehouse} {counted.sku}: {one.held.on_hand:,} here, {counted.pieces:,} counted "
        f"({one.change:+,}){short}"
    )
