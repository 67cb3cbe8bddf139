"""How many bytes a reference checkout leaves behind, by database, and what its messages weigh in the archive.

    python -m benchmarks.footprint [--checkouts 3000]

On PostgreSQL by table with its indexes, with the log that the server writes ahead; on SQLite by file. docs/scale.md
reckons with these figures.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.place import completed, folder, open_marketplace
from benchmarks.results import parser, tell

WARM = 500
_TABLES = (
    "SELECT c.relname, pg_total_relation_size(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relkind = 'r' AND n.nspname = 'public'"
)


def sizes() -> dict[tuple[str, str], int]:
    """Bytes by database and table; of an SQLite file as a whole."""
    from django.db import connections

    found: dict[tuple[str, str], int] = {}
    for alias in connections:
        with connections[alias].cursor() as cursor:
            if connections[alias].vendor == "postgresql":
                cursor.execute(_TABLES)
                found |= {(alias, table): size for table, size in cursor.fetchall()}
            else:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
                found[alias, "file"] = cursor.fetchone()[0]
    return found


def written_ahead() -> int:
    """Bytes of PostgreSQL's write-ahead log so far."""
    from django.db import connections

    if connections["default"].vendor != "postgresql":
        return 0
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")
        return int(cursor.fetchone()[0])


def measured(place: Any, checkouts: int) -> dict[str, float]:
    """One run, in this process; the tables' shares are told on standard error."""
    from argosy.engine.segments import pack
    from argosy.platform.worker import Worker
    from argosy.shared_kernel.messages import MESSAGES
    from benchmarks.reference import baskets, send

    worker = Worker(place, place.contexts)

    def run(name: str, count: int) -> None:
        send(place, "checkout", list(islice(baskets(f"{name}{time.time()}", place.ids), count)))
        worker.drain(600)

    worker.drain()
    run("warm", WARM)
    before, ahead, done = sizes(), written_ahead(), completed(place)
    heads = {label: store.log.head() for label, store in place.stores.items()}
    cpu = time.process_time()
    run("counted", checkouts)
    cpu = time.process_time() - cpu
    done = completed(place) - done
    assert done == checkouts, f"{done} of {checkouts} completed"
    grown = {table: (size - before.get(table, 0)) / checkouts for table, size in sizes().items()}
    messages = packed = 0
    for label, store in place.stores.items():
        at = heads[label]
        while page := store.log.read(at, MESSAGES, 5_000).records:
            messages, at = messages + len(page), page[-1].position
            packed += len(pack(page)[1])
    worker.close()
    for (alias, table), size in sorted(grown.items(), key=lambda one: -one[1])[:20]:
        sys.stderr.write(f"  {alias:14}{table:28}{size:9,.0f}\n")
    return {
        "bytes": sum(grown.values()),
        "outboxes": sum(size for (_, table), size in grown.items() if table.endswith("_outbox_events")),
        "written_ahead": (written_ahead() - ahead) / checkouts,
        "messages": messages / checkouts,
        "archived": packed / checkouts,
        "worker_cpu_us": cpu / checkouts * 1e6,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    made = parser(__doc__)
    made.add_argument("--checkouts", type=int, default=0, help="(3000; 300 with --quick)")
    options = made.parse_args(arguments)
    with folder() as var:
        place = open_marketplace(Path(var), 0)
        tell(options, [measured(place, options.checkouts or (300 if options.quick else 3_000))])


if __name__ == "__main__":
    main()
