"""A warehouse's counts as a CSV file: the system of whoever has no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from argosy.apps.cli.console import Failed
from argosy.apps.cli.csv_files import csv_records
from argosy.apps.cli.product_rows import Reject
from argosy.domains.inventory.application.reconciling import Counted
from argosy.domains.inventory.domain.stock import PIECES_MAX
from argosy.shared_kernel.ids import is_id

NEEDED = ("warehouse", "sku", "counted")


class CsvCounts:
    """The rows of the file that can be read; the others are set aside in `rejects`."""

    def __init__(self, path: Path, seller_id: str = "") -> None:
        self.path = path
        self.seller_id = seller_id
        self.header: list[str] = []
        self.rejects: list[Reject] = []

    def counts(self) -> Iterator[Counted]:
        records = csv_records(self.path, errors="surrogateescape")
        _, header = next(records, (1, []))
        self.header = [title.strip().lower() for title in header]
        lacking = [name for name in NEEDED if name not in self.header]
        if lacking:
            raise Failed(
                f"{self.path}:1: the first line must name the columns {', '.join(NEEDED)}; seller is known too"
            )
        for line, fields in records:
            try:
                yield self._counted(line, fields)
            except ValueError as error:
                self.rejects.append(Reject(line, str(error), tuple(fields)))

    def _counted(self, line: int, fields: list[str]) -> Counted:
        """The row as a count; ValueError says why not."""
        if len(fields) != len(self.header):
            raise ValueError(f"{len(fields)} fields in place of {len(self.header)}")
        values = {name: field.strip() for name, field in zip(self.header, fields, strict=True)}
        for name in NEEDED[:2]:
            if not values[name] or not values[name].isprintable():
                raise ValueError(f"{name} is empty or cannot be printed")
        text = values["counted"]
        if not (text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= PIECES_MAX):
            raise ValueError(f"counted {text[:40]!r} is not a whole number from 0 to {PIECES_MAX:,}")
        seller_id = values.get("seller", "") or self.seller_id
        if seller_id and not is_id(seller_id):
            raise ValueError(f"seller {seller_id[:40]!r} is not an id")
        return Counted(line, values["warehouse"], values["sku"], seller_id, int(text), tuple(fields))
