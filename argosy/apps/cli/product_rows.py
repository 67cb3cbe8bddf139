"""The rows of a product file: those that can be sold, and the others with the reason."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from argosy.apps.cli.console import Failed
from argosy.apps.cli.csv_files import csv_records
from argosy.apps.cli.project import var_folder
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.money import Money

REQUIRED = ("title", "price")
TARGETS = (*REQUIRED, "sku", "category", "description", "seller", "stock")
PIECES_MAX = 10**9


@dataclass(frozen=True, kw_only=True)
class Good:
    """A row that can be sold."""

    line: int
    fields: tuple[str, ...]
    sku: str
    title: str
    description: str
    category: str
    seller: str
    amount: int
    stock: int
    attributes: dict[str, str]


@dataclass(frozen=True)
class Reject:
    """A row that cannot go in."""

    line: int
    reason: str
    fields: tuple[str, ...]


def read_products(
    path: Path,
    targets: dict[str, str],
    currency: str,
    defaults: dict[str, str],
) -> tuple[list[str], list[Good], list[Reject]]:
    """The header, the good rows and the others. `defaults` stand in for what a row leaves empty."""
    records = csv_records(path, errors="surrogateescape")
    _, header = next(records, (1, []))
    header = [title.strip() for title in header]
    if not any(header):
        raise Failed(f"{path}:1: no column names; the first line must hold them")
    columns = _columns(header, targets)
    goods: list[Good] = []
    rejects: list[Reject] = []
    lines: dict[tuple[str, str], int] = {}
    for line, fields in records:
        try:
            good = _good(line, tuple(fields), len(header), columns, (currency, defaults))
            first = lines.setdefault((good.seller, good.sku), line)
            if first != line:
                raise ValueError(f"the same SKU {good.sku} is on line {first}")
        except ValueError as error:
            rejects.append(Reject(line, str(error), tuple(fields)))
        else:
            goods.append(good)
    return header, goods, rejects


def _columns(header: Sequence[str], targets: dict[str, str]) -> dict[str, int]:
    """Where each target stands; a known target that no --map names is looked for under its own name."""
    known = ", ".join(header)[:500]
    unknown = [column for column in targets.values() if column not in header]
    if unknown:
        raise Failed(f"--map: the file has no column {', '.join(unknown)}; its columns are {known}")
    named = {target: target for target in TARGETS if target in header} | targets
    missing = [target for target in REQUIRED if target not in named]
    if missing:
        raise Failed(
            f"--map: say which column holds {' and '.join(missing)}, as in --map {missing[0]}=COLUMN; "
            f"the columns are {known}"
        )
    return {target: header.index(column) for target, column in named.items()}


def _good(
    line: int,
    fields: tuple[str, ...],
    width: int,
    columns: dict[str, int],
    stated: tuple[str, dict[str, str]],
) -> Good:
    """The row as a product; ValueError says why not."""
    currency, defaults = stated
    if len(fields) != width:
        raise ValueError(f"{len(fields)} fields in place of {width}")
    # Only prose has lines.
    values = {
        target: fields[index].strip() if target == "description" else " ".join(fields[index].split())
        for target, index in columns.items()
    }
    for target, value in values.items():
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            raise ValueError(f"{target} is not UTF-8 text")
    if not values["title"]:
        raise ValueError("title is empty")
    values = {target: value or defaults.get(target, "") for target, value in (defaults | values).items()}
    attributes = {name: value for name, value in values.items() if name not in TARGETS and value}
    return Good(
        line=line,
        fields=fields,
        sku=values.get("sku") or _sku_of(values),
        title=values["title"],
        description=values.get("description", ""),
        category=values["category"],
        seller=values["seller"],
        amount=_amount(values["price"], currency),
        stock=_pieces(values["stock"]),
        attributes=attributes,
    )


def _amount(text: str, currency: str) -> int:
    if not text:
        raise ValueError("price is empty")
    try:
        amount = Money.of(text, currency).amount
    except DomainError:
        raise ValueError(f"price {text[:40]!r} is not an amount of {currency}") from None
    if amount <= 0:
        raise ValueError("price is not above 0")
    return amount


def _pieces(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= PIECES_MAX):
        raise ValueError(f"stock {text[:40]!r} is not a whole number from 0 to {PIECES_MAX:,}")
    return int(text)


def _sku_of(values: dict[str, str]) -> str:
    """The same for rows that say the same."""
    told = "\x1f".join(f"{name}={value}" for name, value in sorted(values.items()))
    return "auto-" + blake2b(told.encode(), digest_size=10).hexdigest()


def check_rejects(path: Path, wanted: Path | None) -> None:
    """Failed, where the list of rejects would take the place of the file itself."""
    if wanted is not None and os.path.realpath(wanted) == os.path.realpath(path):
        raise Failed(f"--rejects {wanted}: this is the file itself; name another place")


def write_rejects(path: Path, wanted: Path | None, header: Sequence[str], rejects: Sequence[Reject]) -> Path:
    """Where the rejected rows were written: `wanted`, or beside the file, or in the data folder where that may not be
    written to. Without rejects an earlier list is taken away."""
    name = f"{path.name}.rejects.csv"
    places = [wanted] if wanted else [path.with_name(name), var_folder() / name]
    for place in places:
        try:
            if not rejects:
                place.unlink(missing_ok=True)
                return place
            with place.open("w", encoding="utf-8", errors="surrogateescape", newline="") as text:
                writer = csv.writer(text)
                writer.writerow(["line", "reason", *header])
                writer.writerows([reject.line, reject.reason, *reject.fields] for reject in rejects)
        except OSError as error:
            failure = f"{place}: {(error.strerror or str(error)).lower()}; name another place with --rejects"
            continue
        return place
    raise Failed(failure)
