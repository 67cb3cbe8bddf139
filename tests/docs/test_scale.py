"""What docs/scale.md reckons follows from what it says was measured, from docs/performance.md, and from the code."""

from __future__ import annotations

import re

import pytest

from argosy.platform.databases import NAMES
from argosy.platform.kafka.settings import PARTITIONS
from argosy.platform.runtime import runtime
from tests.architecture.sources import PROJECT
from tests.benchmarks.test_counts import MESSAGES as GUARDED

PAGE = (PROJECT / "docs" / "scale.md").read_text(encoding="utf-8")
MEASURED = (PROJECT / "docs" / "performance.md").read_text(encoding="utf-8")


def number(pattern: str, text: str = PAGE) -> float:
    """The one number of a page that stands so."""
    found = re.findall(pattern, text)
    assert len(found) == 1, f"{pattern} is there {len(found)} times"
    return float(found[0].replace(",", ""))


def about(said: float, reckoned: float) -> bool:
    """As exact as figures of two digits are."""
    return abs(said - reckoned) <= 0.05 * reckoned


WORKER, WEB = number(r"workers \| ([\d.]+) ms on PostgreSQL") / 1e3, number(r"journey over HTTP \| (\d+) ms") / 1e3
STORED, OUTBOX = number(r"indexes \| (\d+) KB on PostgreSQL") * 1e3, number(r"in outboxes \| (\d+) KB") * 1e3
ON_SQLITE, AHEAD = number(r"PostgreSQL, (\d+) KB on SQLite") * 1e3, number(r"\(WAL\) \| (\d+) KB") * 1e3
ARCHIVED, MESSAGES = number(r"compressed \| ([\d.]+) KB") * 1e3, number(r"\| messages \| (\d+), of")
CHECKOUT = number(r"of the \d+ KB: checkout (\d+) %") / 100
DAY = 86_400


def test_what_it_takes_from_performance_is_what_stands_there() -> None:
    journeys = number(r"32 buyers, gateway 0 ms \|[^|]*\|[^|]*\| (\d+)", MEASURED)
    alone = number(r"per checkout, SQLite \|[^|]*\|[^|]*\| ([\d,]+)", MEASURED) / 1e6
    assert number(r"2 cores did (\d+) journeys") == journeys
    generator = number(r"generator's share of a core \|[^|]*\|[^|]*\| ([\d.]+)", MEASURED) / 100 / journeys
    assert about(WEB, 2 / journeys - alone - generator)
    assert about(number(r"PostgreSQL, ([\d.]+) ms on SQLite") / 1e3, alone)
    of_one_worker = r"engine, SQLite, one worker \|[^|]*\|[^|]*\| ([\d,]+)"
    assert number(r"one worker did ([\d,]+) a second") == number(of_one_worker, MEASURED)


def test_messages_are_those_that_a_checkout_is_held_to() -> None:
    assert MESSAGES == GUARDED
    assert number(r"all of its (\d+) messages included") == GUARDED
    assert number(r"The cost follows the (\d+) messages", MEASURED) == GUARDED


def test_databases_and_logs_are_counted_as_they_are() -> None:
    databases, logs = len(NAMES), len(runtime().logs)
    assert number(r"one connection for each database: (\d+)") == databases
    assert number(r"`max_connections` of (\d+) for each process") == databases
    assert number(r"per thread and database would have been (\d+)") == 8 * databases
    assert number(r"\| connections \| (\d+)") == (24 + 6) * databases
    assert number(r"\| topics \| (\d+)") == logs
    assert number(r"of 4 partitions: (\d+)") == logs * PARTITIONS
    assert number(r"3 GB/s in, ([\d,]+) partitions") == 100 * logs * PARTITIONS


@pytest.mark.parametrize(
    ("said", "reckoned"),
    [
        (r"about ([\d,]+) checkouts a second\*\*", 1 / (CHECKOUT * WORKER)),
        (r"core; ([\d.]+) MB/s written ahead", 10 * AHEAD / 1e6),
        (r"= (\d+) GB a day in files", 10 * DAY * ON_SQLITE / 1e9),
        (r"(\d+) a second, read from the outboxes", 10 * MESSAGES),
        (r"growth \| (\d+) GB a day", 10 * DAY * STORED / 1e9),
        (r"leaves (\d+) GB in all", 7 * 10 * DAY * OUTBOX / 1e9),
        (r"and ([\d.]+) GB a day in the archive", 10 * DAY * ARCHIVED / 1e9),
        (r": (\d+) GB a day stay in tables", 10 * DAY * (STORED - OUTBOX) / 1e9),
        (r"= ([\d.]+) cores busy; checkout alone", 1_000 * WORKER),
        (r"busy and (\d+) MB/s written ahead in all", 1_000 * AHEAD / 1e6),
        (r"\| ([\d,]+) a second of about 0.9 KB", 1_000 * MESSAGES),
        (r"24 hours: ([\d.]+) TB", 1_000 * MESSAGES * 900 * DAY / 1e12),
        (r"= (\d+) cores busy, at 60 %", 1_000 * WEB),
        (r"\| web \| (\d+) processes", 1_000 * WEB / 0.6),
        (r"growth \| ([\d.]+) TB a day \|", 1_000 * DAY * STORED / 1e12),
        (r"and (\d+) GB a day go to the archive", 1_000 * DAY * ARCHIVED / 1e9),
        (r"; ([\d.]+) TB a day stay in tables", 1_000 * DAY * (STORED - OUTBOX) / 1e12),
        (r"processes, (\d+) cores busy \|\n\| databases", 100_000 * WORKER),
        (r"([\d.]+) GB/s written ahead", 100_000 * AHEAD / 1e9),
        (r"([\d.]+) million a second", 100_000 * MESSAGES / 1e6),
        (r"growth \| (\d+) TB a day, ", 100_000 * DAY * STORED / 1e12),
    ],
)
def test_sums_are_what_they_are_reckoned_from(said: str, reckoned: float) -> None:
    assert about(number(said), reckoned)
