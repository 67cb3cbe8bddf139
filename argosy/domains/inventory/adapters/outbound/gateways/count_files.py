"""Counts as CSV files: what a line says, what it is of here, and a folder into which a warehouse's system writes."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import structlog

from argosy.contracts.inventory_counts import CountLine, RejectedLine, WarehouseAnswered
from argosy.domains.inventory.adapters.outbound.queries import runs_known, shelves
from argosy.domains.inventory.application.count_runs import WarehouseQuestion
from argosy.domains.inventory.application.reconciling import Counted, Unmatched, compare
from argosy.domains.inventory.domain.count_run import RUN_LINES_MAX, run_id
from argosy.domains.inventory.domain.stock import PIECES_MAX
from argosy.shared_kernel.ids import is_id

NEEDED = ("warehouse", "sku", "counted")
BYTES_MAX = 5_000_000
SETTLED_SECONDS = 30.0
"""A file that was written to more lately may be half of one."""

logger = structlog.get_logger("argosy.inventory")


class NoCount(Exception):
    """The file is none of counts; the text says why."""


def header_of(fields: Sequence[str]) -> list[str]:
    """The columns of a file, by its first line."""
    header = [title.strip().lower() for title in fields]
    if any(name not in header for name in NEEDED):
        raise NoCount(f"the first line must name the columns {', '.join(NEEDED)}; seller is known too")
    return header


def counted(header: Sequence[str], line: int, fields: Sequence[str], seller_id: str = "") -> Counted:
    """The line as a count; ValueError says why not."""
    if len(fields) != len(header):
        raise ValueError(f"{len(fields)} fields in place of {len(header)}")
    values = {name: field.strip() for name, field in zip(header, fields, strict=True)}
    for name in NEEDED[:2]:
        if not values[name] or not values[name].isprintable():
            raise ValueError(f"{name} is empty or cannot be printed")
    text = values["counted"]
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= PIECES_MAX):
        raise ValueError(f"counted {text[:40]!r} is not a whole number from 0 to {PIECES_MAX:,}")
    seller_id = values.get("seller", "") or seller_id
    if seller_id and not is_id(seller_id):
        raise ValueError(f"seller {seller_id[:40]!r} is not an id")
    return Counted(line, values["warehouse"], values["sku"], seller_id, int(text), tuple(fields))


def read_counts(raw: bytes, seller_id: str = "") -> tuple[tuple[CountLine, ...], tuple[RejectedLine, ...]]:
    """What a file counts of what is here, of one seller or (empty) of everybody; and the lines that count nothing."""
    rejects: list[RejectedLine] = []
    counts = list(_counts(raw, seller_id, rejects))
    lines: list[CountLine] = []
    for one in compare(counts, shelves({(one.warehouse, one.sku) for one in counts})):
        if isinstance(one, Unmatched):
            rejects.append(RejectedLine(line=one.counted.line, reason=one.reason))
        else:
            matched = one.counted
            lines.append(
                CountLine(warehouse=matched.warehouse, stock_unit_id=one.held.stock_unit_id, counted=matched.pieces)
            )
    return tuple(lines), tuple(sorted(rejects, key=lambda reject: reject.line))


def _counts(raw: bytes, seller_id: str, rejects: list[RejectedLine]) -> Iterator[Counted]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NoCount(f"not UTF-8 text ({error.reason})") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = header_of(next(reader, []))
        for number, fields in enumerate(filter(None, reader)):
            if number >= RUN_LINES_MAX:
                raise NoCount(f"more than {RUN_LINES_MAX:,} lines: send it in parts")
            try:
                found = counted(header, reader.line_num, fields, seller_id)
                # Whoever counts their own counts nobody else's, whatever the column says.
                yield found._replace(seller_id=seller_id or found.seller_id)
            except ValueError as error:
                rejects.append(RejectedLine(line=reader.line_num, reason=str(error)))
    except csv.Error as error:
        raise NoCount(f"line {reader.line_num} is not readable as CSV ({error})") from None


class CountFolder:
    """The oldest file that was not taken yet. Nothing is moved or removed: what was taken is known by its name, its
    size and when it was written, so that a file which is written anew is a new count."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def next(self, question: WarehouseQuestion, attempt: int, call_id: str) -> WarehouseAnswered:
        for path, name in self._untaken():
            try:
                before = path.stat()
                raw = path.read_bytes() if before.st_size <= BYTES_MAX else b""
                if path.stat().st_mtime_ns != before.st_mtime_ns:
                    continue
            except OSError as error:
                # Taken away, or not ours to read: those behind it do not wait for that.
                logger.warning("count not readable", file=path.name, error=str(error))
                continue
            id = run_id(None, name)
            try:
                if before.st_size > BYTES_MAX:
                    raise NoCount(f"more than {BYTES_MAX:,} bytes: write it in parts")
                lines, rejects = read_counts(raw)
            except NoCount as fault:
                return WarehouseAnswered(source=path.name, count_id=id, failure=str(fault))
            return WarehouseAnswered(source=path.name, count_id=id, lines=lines, rejects=rejects)
        return WarehouseAnswered(source=str(self.folder))

    def _untaken(self) -> Iterator[tuple[Path, str]]:
        """The oldest first; those that are written to, or hidden, are left alone."""
        settled = time.time() - SETTLED_SECONDS
        found = []
        for path in self.folder.iterdir():
            if path.suffix.lower() == ".csv" and not path.name.startswith(".") and path.is_file():
                stat = path.stat()
                if stat.st_mtime <= settled:
                    found.append((stat.st_mtime_ns, path, f"{path.name} {stat.st_size} {stat.st_mtime_ns}"))
        taken = runs_known(run_id(None, name) for _, _, name in found)
        return ((path, name) for _, path, name in sorted(found) if run_id(None, name) not in taken)
