"""The inner rings have no clock, no chance, no thread and no network of their own: all of it comes in through ports.

This lets the simulator run the real engine and the real use cases, and repeat a run byte for byte from its seed.
Imports of Django, drivers and the platform are import-linter's to forbid; here are the standard library's own doors.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest

from tests.architecture.sources import Source, sources, written

PURE_FOLDERS = ("argosy/shared_kernel", "argosy/contracts", "argosy/engine")
PURE_RINGS = ("domain", "application")

FORBIDDEN_MODULES = {
    **dict.fromkeys(("time", "sched"), "time comes in through a Clock"),
    **dict.fromkeys(("random", "secrets"), "chance comes in through a port"),
    "uuid_utils": "new ids come in through a port",
    **dict.fromkeys(
        ("threading", "_thread", "concurrent", "multiprocessing", "asyncio", "subprocess", "signal"),
        "the platform decides what runs when",
    ),
    **dict.fromkeys(("socket", "http", "urllib", "tempfile", "shutil", "glob"), "the outside is reached by adapters"),
}
FORBIDDEN_NAMES = {
    **dict.fromkeys(
        ("uuid.uuid1", "uuid.uuid4", "uuid.uuid6", "uuid.uuid7", "uuid.getnode"), "new ids come in through a port"
    ),
    **dict.fromkeys(("os.urandom", "os.getrandom"), "chance comes in through a port"),
    **dict.fromkeys(("os.environ", "os.getenv"), "settings come in through constructors"),
}
FORBIDDEN_CALLS = {
    "hash": "hash() of text differs from process to process: use zlib.crc32 or hashlib",
    "open": "the outside is reached by adapters",
    "input": "the outside is reached by adapters",
    "print": "speaking is for the command line",
}
CLOCKS = {"clock", "_clock"}


def is_pure(path: PurePosixPath) -> bool:
    """Whether a file belongs to the rings that nothing but ports may reach out of."""
    if any(path.is_relative_to(folder) for folder in PURE_FOLDERS):
        return True
    return path.is_relative_to("argosy/domains") and len(path.parts) > 4 and path.parts[3] in PURE_RINGS


def impurities(source: Source) -> Iterator[str]:
    if is_pure(source.path):
        for node in ast.walk(source.tree):
            for reason in reasons_against(node):
                yield f"{source.path}:{getattr(node, 'lineno', 0)}: {ast.unparse(node)}: {reason}"


def reasons_against(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from filter(None, (FORBIDDEN_MODULES.get(alias.name.split(".")[0]) for alias in names))
        case ast.ImportFrom(module=str(module), names=names, level=0):
            if reason := FORBIDDEN_MODULES.get(module.split(".")[0]):
                yield reason
            yield from filter(None, (FORBIDDEN_NAMES.get(f"{module}.{alias.name}") for alias in names))
        case ast.Attribute(value=ast.Name(id=module), attr=name) if f"{module}.{name}" in FORBIDDEN_NAMES:
            yield FORBIDDEN_NAMES[f"{module}.{name}"]
        case ast.Call(func=ast.Name(id=name)) if name in FORBIDDEN_CALLS:
            yield FORBIDDEN_CALLS[name]
        case ast.Call(func=ast.Attribute(attr="utcnow" | "today")):
            yield "time comes in through a Clock"
        case ast.Call(func=ast.Attribute(value=receiver, attr="now")) if last_name(receiver) not in CLOCKS:
            yield "time comes in through a Clock, which is called `clock`"


def last_name(expression: ast.expr) -> str:
    match expression:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def test_inner_rings_reach_out_through_ports_only() -> None:
    assert [complaint for source in sources() for complaint in impurities(source)] == []


SAFE = [
    "from datetime import UTC, datetime, timedelta\nlater = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=1)",
    "def f(self):\n    return self.clock.now()",
    "def f(clock):\n    return clock.now()",
    "from uuid import UUID\nfrom zlib import crc32\nimport hashlib",
    "def f(timer, order):\n    timer.open(order)",
]
UNSAFE = [
    "import time",
    "import time as clock",
    "from time import monotonic",
    "import random",
    "import secrets",
    "import threading",
    "from concurrent.futures import ThreadPoolExecutor",
    "import asyncio",
    "import urllib.request",
    "import uuid_utils",
    "from uuid import uuid4",
    "import uuid\nnew = uuid.uuid4",
    "import os\nchance = os.urandom(8)",
    "import os\nlevel = os.environ",
    "from datetime import datetime\nborn = datetime.now()",
    "import datetime as dt\nborn = dt.datetime.now(dt.UTC)",
    "from datetime import datetime as moment\nborn = moment.utcnow()",
    "from datetime import date\nborn = date.today()",
    "lane = hash('key') % 16",
    "rates = open('rates.csv')",
    "print('placed')",
]
PURE_PLACES = [
    "argosy/shared_kernel/money.py",
    "argosy/contracts/orders.py",
    "argosy/engine/batch.py",
    "argosy/domains/orders/domain/order.py",
    "argosy/domains/orders/application/orders.py",
    "argosy/domains/orders/application/closing/countdown.py",
]
OTHER_PLACES = [
    "argosy/platform/clock.py",
    "argosy/domains/orders/adapters/outbound/gateways.py",
    "argosy/domains/orders/context.py",
    "argosy/apps/cli/main.py",
    "tests/engine/test_batch.py",
]


@pytest.mark.parametrize("text", SAFE)
def test_plain_python_passes_as_pure(text: str) -> None:
    assert list(impurities(written(PURE_PLACES[0], text))) == []


@pytest.mark.parametrize("text", UNSAFE)
def test_a_door_to_the_outside_is_found(text: str) -> None:
    (complaint,) = impurities(written(PURE_PLACES[0], text))
    assert complaint.startswith(PURE_PLACES[0])


@pytest.mark.parametrize("path", PURE_PLACES)
def test_every_inner_ring_is_looked_at(path: str) -> None:
    assert len(list(impurities(written(path, "import time")))) == 1


@pytest.mark.parametrize("path", OTHER_PLACES)
def test_outer_rings_may_look_at_a_clock(path: str) -> None:
    assert list(impurities(written(path, "import time"))) == []
