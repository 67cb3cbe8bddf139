"""`argosy import taxes`: tax rules from a CSV file; what cannot go in is set aside with its line and the reason."""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from argosy.apps.cli.console import Failed, count, progress, say
from argosy.apps.cli.csv_files import csv_records
from argosy.apps.cli.product_rows import Reject, check_rejects, write_rejects
from argosy.apps.cli.project import ready
from argosy.contracts.taxes import SetTaxRule
from argosy.shared_kernel.errors import DomainError

HELP = """\
Reads a CSV file of tax rules, plain or .gz, with these column names in the first line: country or zone, region,
category, rate (in percent, up to four decimals: 8.875), inclusive (yes or no) and valid_from (2027-01-01, or a time
with its offset). rate and one of country and zone are needed; an empty category is `standard`, inclusive is yes where
--exclusive is not given, and a rule without valid_from counts from now on. Rules that are new may bring their past
with them, a line for each rate. Rows that cannot go in are written to FILE.rejects.csv with their line and the reason,
and the rest goes in. Running it again changes nothing.
"""
EPILOG = """\
examples:
  argosy import taxes vat.csv
  argosy import taxes us-sales-tax.csv.gz --exclusive --rejects /tmp/rejects.csv
"""
COLUMNS = ("country", "zone", "region", "category", "rate", "inclusive", "valid_from")
YES, NO = ("yes", "true", "1"), ("no", "false", "0")
BATCH = 256

_RATE = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,4}))? ?%?")


class Row(NamedTuple):
    """A row that can be read."""

    line: int
    fields: tuple[str, ...]
    rule: SetTaxRule

    @property
    def place(self) -> tuple[str, ...]:
        rule = self.rule
        return rule.zone, rule.country, " ".join(rule.region.split()).upper(), rule.category


def add(kinds: Any) -> None:
    command = kinds.add_parser("taxes", help="a CSV file of tax rules", description=HELP, epilog=EPILOG)
    command.add_argument("file", metavar="FILE", type=Path, help="the CSV file, plain or .gz")
    command.add_argument("--exclusive", action="store_true", help="rows that say nothing are of taxes on top of prices")
    command.add_argument("--rejects", type=Path, help="where rows go that cannot go in (FILE.rejects.csv)")
    command.set_defaults(run=import_taxes)


def import_taxes(options: argparse.Namespace) -> None:
    """Every good row is a rule, or a version of one."""
    began = time.monotonic()
    check_rejects(options.file, options.rejects)
    with progress("reading the file"):
        header, rows, rejects = read_rules(options.file, is_inclusive=not options.exclusive)
    ready()
    refused, changed = _send(rows)
    rejects = sorted([*rejects, *refused], key=lambda reject: reject.line)
    path = write_rejects(options.file, options.rejects, header, rejects)
    took = f"({time.monotonic() - began:.1f} s)"
    if rejects and len(rows) == len(refused):
        raise Failed(f"none of {count(len(rejects), 'row')} could go in: see {path}")
    held = count(len(rows) - len(refused), "row")
    say(
        f"imported {held}, {count(changed, 'rule')} changed {took}"
        if changed
        else f"nothing has changed: {held} {took}"
    )
    if rejects:
        say(f"{count(len(rejects), 'row')} could not go in: see {path}")


def read_rules(path: Path, *, is_inclusive: bool) -> tuple[list[str], list[Row], list[Reject]]:
    """The header, the rows that can be read, and the others."""
    records = csv_records(path, errors="surrogateescape")
    _, header = next(records, (1, []))
    header = [title.strip().lower() for title in header]
    if "rate" not in header or not {"country", "zone"} & set(header):
        raise Failed(f"{path}:1: the first line must name the columns: rate, country or zone, and any of {COLUMNS[2:]}")
    rows: list[Row] = []
    rejects: list[Reject] = []
    lines: dict[tuple[Any, ...], int] = {}
    for line, fields in records:
        try:
            row = Row(line, tuple(fields), _rule(fields, header, is_inclusive=is_inclusive))
            first = lines.setdefault((*row.place, row.rule.valid_from), line)
            if first != line:
                raise ValueError(f"the same rule from the same time on is on line {first}")
        except ValueError as error:
            rejects.append(Reject(line, str(error), tuple(fields)))
        else:
            rows.append(row)
    return header, rows, rejects


def _rule(fields: Sequence[str], header: Sequence[str], *, is_inclusive: bool) -> SetTaxRule:
    """The row as a rule; ValueError says why not."""
    if len(fields) != len(header):
        raise ValueError(f"{len(fields)} fields in place of {len(header)}")
    values = {name: " ".join(field.split()) for name, field in zip(header, fields, strict=True)}
    millionths = _rate(values["rate"])
    said = values.get("inclusive", "").lower()
    if said not in ("", *YES, *NO):
        raise ValueError(f"inclusive {said[:20]!r} is neither yes nor no")
    return SetTaxRule(
        country=values.get("country", "").upper(),
        zone=values.get("zone", "").upper(),
        region=values.get("region", ""),
        category=values.get("category", "").lower() or "standard",
        basis_points=millionths // 100,
        hundredths=millionths % 100,
        is_inclusive=said in YES if said else is_inclusive,
        valid_from=_time(values.get("valid_from", "")),
    )


def _rate(text: str) -> int:
    found = _RATE.fullmatch(text)
    if found is None or not text.isascii():
        raise ValueError(f"rate {text[:20]!r} is no percentage with at most four decimals")
    return int(found[1]) * 10_000 + int((found[2] or "").ljust(4, "0"))


def _time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"valid_from {text[:40]!r} is no date and no time") from None
    if len(text) > len("2027-01-01") and moment.tzinfo is None:
        raise ValueError(f"valid_from {text[:40]!r} does not say its offset")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _send(rows: Sequence[Row]) -> tuple[list[Reject], int]:
    """Tell taxes of all rows; those that were refused after all, and how many rules changed."""
    from argosy.apps.cli.bulk import Bulk
    from argosy.platform.runtime import runtime

    bulk = Bulk(runtime(), "taxes")
    refused: list[Reject] = []
    with progress("setting rules", len(rows)) as step:
        for batch in _batches(rows):
            refusals = bulk.send([row.rule for row in batch], step)
            refused += [
                Reject(row.line, _words(refusal), row.fields)
                for row, refusal in zip(batch, refusals, strict=True)
                if refusal is not None
            ]
    return refused, bulk.made["TaxRule"] + bulk.changed["TaxRule"]


def _batches(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """All rows of a rule in one batch, in order of time: only while it is made may a rule be given a past."""
    early = datetime.min.replace(tzinfo=UTC)
    by_place: dict[tuple[str, ...], list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row.rule.valid_from or early, row.line)):
        by_place.setdefault(row.place, []).append(row)
    batch: list[Row] = []
    for group in by_place.values():
        if batch and len(batch) + len(group) > BATCH:
            yield batch
            batch = []
        batch += group
    if batch:
        yield batch


def _words(refusal: DomainError) -> str:
    """Why, in a sentence for each fault."""
    return "; ".join(fault.sentence for fault in getattr(refusal, "faults", (refusal,)))
