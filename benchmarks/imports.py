"""A seller's whole catalogue over HTTP: imported, imported again, exported, and the export imported once more as a dry
run, which must change nothing.

    python -m benchmarks.imports [FILE --map TARGET=COLUMN ... --set TARGET=TEXT ...] [--format csv]

FILE is any CSV of products, plain or .gz; --map says which of its columns holds what of a file of products
(docs/how-to/import-and-export-products.md), --set what each row says of what it has no column for. Without one,
products are made up. More than 20,000 go in as several imports, one after the other. What was refused is told by reason
on standard error.
"""

from __future__ import annotations

import csv
import io
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection
from itertools import groupby, islice
from pathlib import Path
from typing import Any, NamedTuple

from argosy.apps.cli.csv_files import csv_records
from argosy.domains.products.domain.transfer import ROWS_MAX
from benchmarks.place import marketplace
from benchmarks.results import parser, tell
from benchmarks.shop import API, PASSWORD, Shop, email, register

MADE_UP = 20_000
POLL_SECONDS = 0.25
KINDS = {"csv": "text/csv", "jsonl": "application/jsonl"}


class File(NamedTuple):
    """A file of products, as the API takes it."""

    kind: str
    content: bytes


class Seller:
    """Somebody with a store, who sends files and waits for what becomes of them."""

    def __init__(self, server: tuple[str, int]) -> None:
        self.server = server
        self.token = ""
        self.token = self.asked("POST", "sessions", {"email": email(0), "password": PASSWORD})["token"]
        self.asked("POST", "stores", {"store_name": "The whole catalogue"})

    def asked(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        content = self.sent(method, path, raw, kind)
        return json.loads(content) if content else None

    def sent(self, method: str, path: str, raw: bytes = b"", kind: str = "") -> bytes:
        connection = HTTPConnection(*self.server, timeout=90)
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        connection.request(method, f"{API}/{path}", raw or None, {**headers, "Content-Type": kind} if kind else headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        assert answer.status < 300, (method, path, answer.status, content[:500])
        return content

    def imported(self, file: File, *, is_dry: bool = False) -> dict[str, Any]:
        """What became of a file."""
        asked = self.asked("POST", f"stores/mine/imports?dry_run={str(is_dry).lower()}", file.content, file.kind)
        return self._ended(f"stores/mine/imports/{asked['id']}")

    def exported(self, form: str) -> tuple[dict[str, Any], list[File]]:
        """What was written, and the files."""
        asked = self.asked("POST", "stores/mine/exports", {"format": form})
        export = self._ended(f"stores/mine/exports/{asked['id']}")
        return export, [File(KINDS[form], self.sent("GET", path.removeprefix(f"{API}/"))) for path in export["files"]]

    def _ended(self, path: str) -> dict[str, Any]:
        while (found := self.asked("GET", path))["status"] == "RUNNING":
            time.sleep(POLL_SECONDS)
        assert found["status"] == "DONE", found
        return dict(found)


def made_up(many: int) -> Iterator[dict[str, str]]:
    for number in range(many):
        yield {
            "sku": f"M-{number}",
            "title": f"Thing {number}",
            "description": "A thing to buy. " * 20,
            "category": f"things-{number % 100}",
            "status": "published",
            "price": f"{number % 500 + 1}.90",
            "currency": "EUR",
            "weight_grams": "250",
            "attribute:colour": "red",
        }


def rows_of(path: Path, maps: Sequence[str], said: Sequence[str]) -> Iterator[dict[str, str]]:
    """The rows of a file under the names that the API knows."""
    records = csv_records(path)
    _, header = next(records)
    places = {target: header.index(column) for target, _, column in (one.partition("=") for one in maps)}
    always = {target: text for target, _, text in (one.partition("=") for one in said)}
    for _, fields in records:
        yield {**always, **{target: fields[place] for target, place in places.items()}}


def files(rows: Iterator[dict[str, str]]) -> Iterator[File]:
    """As many as it takes, each as large as an import may be."""
    for _, part in groupby(enumerate(rows), lambda one: one[0] // ROWS_MAX):
        out = io.StringIO(newline="")
        writer: Any = None
        for _, row in part:
            writer = writer or csv.DictWriter(out, list(row))
            if not out.tell():
                writer.writeheader()
            writer.writerow(row)
        yield File(KINDS["csv"], out.getvalue().encode())


def memory_mb(pid: int) -> float:
    """The most that a process has had in memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def processor_seconds(pid: int) -> float:
    """What a process has worked, in itself and in the kernel."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Clock:
    """How long something took, and what the worker worked meanwhile: the latter is told of a busy machine, too."""

    def __init__(self, worker: int) -> None:
        self._worker = worker
        self._began, self._had = time.perf_counter(), processor_seconds(worker)

    def told(self, name: str, rows: int) -> dict[str, float]:
        took, worked = time.perf_counter() - self._began, processor_seconds(self._worker) - self._had
        return {f"{name}_rows": rows, f"{name}_per_second": rows / took, f"{name}_worker_us": worked / rows * 1e6}


def _came(imports: Sequence[dict[str, Any]], name: str) -> dict[str, float]:
    """What became of the rows."""
    for code, many in Counter(line["code"] for one in imports for line in one["refusals"]).most_common():
        sys.stderr.write(f"  {name}: {many:,} refused as {code}\n")
    return {f"{name}_{what}": sum(one[what] for one in imports) for what in ("made", "changed", "refused")}


def measured(shop: Shop, wanted: Sequence[File], form: str) -> dict[str, float]:
    seller, worker, result = Seller(shop.server), shop.pid("worker"), dict[str, float]()

    def imported(name: str, sent: Sequence[File], *, is_dry: bool = False) -> None:
        clock = Clock(worker)
        imports = [seller.imported(one, is_dry=is_dry) for one in sent]
        result.update(clock.told(name, sum(one["rows"] for one in imports)) | _came(imports, name))

    imported("first", wanted)
    imported("again", wanted)
    clock = Clock(worker)
    export, written = seller.exported(form)
    result |= clock.told("export", export["products"])
    imported("back", written, is_dry=True)
    return {**result, **{f"{name}_mb": memory_mb(shop.pid(name)) for name in ("worker", "web")}}


def main(arguments: Sequence[str] | None = None) -> None:
    made = parser(__doc__)
    made.add_argument("file", metavar="FILE", type=Path, nargs="?")
    made.add_argument("--map", metavar="TARGET=COLUMN", action="append", default=[])
    made.add_argument("--set", metavar="TARGET=TEXT", action="append", default=[])
    made.add_argument("--format", choices=KINDS, default="jsonl", help="of the export (jsonl)")
    made.add_argument("--products", type=int, default=0, help=f"so many (all of FILE, or {MADE_UP}; 200 with --quick)")
    options = made.parse_args(arguments)
    many = options.products or (200 if options.quick else None)
    rows = rows_of(options.file, options.map, options.set) if options.file else made_up(many or MADE_UP)
    wanted = list(files(islice(rows, many)))
    with marketplace() as place:
        register(place, 1)
        with Shop() as shop:
            tell(options, [measured(shop, wanted, options.format)])


if __name__ == "__main__":
    main()
