"""A warehouse's counts as a CSV file: the system of whoever has no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from argosy.apps.cli.console import Failed
from argosy.apps.cli.csv_files import csv_records
from argosy.apps.cli.product_rows import Reject
from argosy.domains.inventory.application.reconciling import Counted


class CsvCounts:
    """The rows of the file that can be read; the others are set aside in `rejects`."""

    def __init__(self, path: Path, seller_id: str = "") -> None:
        self.path = path
        self.seller_id = seller_id
        self.header: list[str] = []
        self.rejects: list[Reject] = []

    def counts(self) -> Iterator[Counted]:
        from argosy.domains.inventory.adapters.outbound.gateways.count_files import NoCount, counted, header_of

        records = csv_records(self.path, errors="surrogateescape")
        _, header = next(records, (1, []))
        try:
            self.header = header_of(header)
        except NoCount as fault:
            raise Failed(f"{self.path}:1: {fault}") from None
        for line, fields in records:
            try:
                yield counted(self.header, line, fields, self.seller_id)
            except ValueError as error:
                self.rejects.append(Reject(line, str(error), tuple(fields)))
