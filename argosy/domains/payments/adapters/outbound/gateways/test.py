"""The `test` gateway: an outside party with a durable book of its own, which payments can only ask.

Its book is one SQLite file with one row per operation key, so that it forgets nothing when we do, and can be laid
beside our books afterwards. The source decides how it behaves (`SOURCES`). Settings: ARGOSY_TEST_GATEWAY_LATENCY_MS
(50), ARGOSY_TEST_GATEWAY_LOSS, the share of answers that are lost after the effect (0), and
ARGOSY_TEST_GATEWAY_HOLD_HOURS, for how long it holds money (168). A file that
ARGOSY_TEST_GATEWAY_WAY names, with both in one line, tells how things are at present, while it is there.
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from argosy.domains.payments.adapters.outbound.gateways import notices
from argosy.domains.payments.application.gateways import GatewayAnswer, GatewayDidNotAnswer, GatewayRequest, Notice
from argosy.domains.payments.domain.capture import PARTS
from argosy.domains.payments.domain.payment import ACTION, APPROVED, AUTHORIZE, CAPTURE, DECLINED, RENEW, RETURN, VOID
from argosy.platform.locks import FileLock
from argosy.shared_kernel.ids import named_id

SOURCES = {
    "tok_approve": "approves everything",
    "tok_decline": "declines to hold the amount",
    "tok_action": "holds the amount once the buyer has confirmed it (`complete`)",
    "tok_timeout_before": "never answers, and never holds anything",
    "tok_timeout_after": "holds the amount, and its answer is lost",
    "tok_timeout_capture": "takes the amount, and its answer is lost",
    "tok_decline_capture": "holds the amount, and declines to hand it over",
    "tok_decline_part": "hands over the first part of the amount, and declines every other",
    "tok_timeout_part": "takes a part of the amount, and its answer is lost",
    "tok_capture_whole": "hands over the whole amount or nothing",
    "tok_lie_amount": "takes one minor unit more than it was asked for, and says so",
    "tok_hold_once": "holds the amount, and declines to hold it for longer",
    "tok_lie_hold": "holds one minor unit more than it was asked for, and says so",
}
_LOST = {("tok_timeout_after", AUTHORIZE), ("tok_timeout_capture", CAPTURE)}
_MORE_TO_COME = "more_to_come"
"""What the book says of a part that is not the final one."""
_BUSY_SECONDS = 30

_SCHEMA = """
create table if not exists operations (
    key text primary key, operation text not null, payment_id text not null, status text not null,
    amount integer not null, currency text not null, transaction_id text not null, source text not null,
    reason text not null, created_at real not null
) without rowid
"""
_COLUMNS = "key, operation, payment_id, status, amount, currency, transaction_id, source, reason, created_at"


class Operation(NamedTuple):
    """One line of the gateway's own book."""

    key: str
    operation: str
    payment_id: str
    status: str
    amount: int
    currency: str
    transaction_id: str
    source: str
    reason: str
    created_at: float


class TestGateway:
    """Safe from any number of threads and processes: writers take turns, and a key is written once."""

    __test__ = False
    captures = PARTS

    def __init__(
        self,
        path: Path | str,
        *,
        latency_milliseconds: float = 50,
        loss: float = 0,
        seed: int = 0,
        action_base: str = "/test-gateway",
        way: Path | None = None,
    ) -> None:
        self.path = Path(path)
        self.way = way
        self.webhook_secrets: tuple[str, ...] = ()
        self.hold_seconds = 7 * 24 * 3_600
        self.latency_seconds = latency_milliseconds / 1000
        self.loss = loss
        self.action_base = action_base
        self._random = random.Random(seed)
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._process = 0

    @classmethod
    def from_environment(cls, path: Path | str) -> TestGateway:
        """As ARGOSY_TEST_GATEWAY_LATENCY_MS, ARGOSY_TEST_GATEWAY_LOSS and ARGOSY_TEST_GATEWAY_WAY say."""
        way = os.environ.get("ARGOSY_TEST_GATEWAY_WAY")
        gateway = cls(
            path,
            way=Path(way) if way else None,
            latency_milliseconds=float(os.environ.get("ARGOSY_TEST_GATEWAY_LATENCY_MS", "50")),
            loss=float(os.environ.get("ARGOSY_TEST_GATEWAY_LOSS", "0")),
        )
        gateway.hold_seconds = int(float(os.environ.get("ARGOSY_TEST_GATEWAY_HOLD_HOURS", "168")) * 3_600)
        gateway.webhook_secrets = tuple(os.environ.get("ARGOSY_TEST_GATEWAY_WEBHOOK_SECRET", "").split())
        return gateway

    # The port.

    def authorize(self, request: GatewayRequest) -> GatewayAnswer:
        source = request.source
        if source == "tok_timeout_before":
            self._travel()
            raise GatewayDidNotAnswer(request.key)
        status, reason = APPROVED, ""
        if source == "tok_action":
            status = ACTION
        elif source == "tok_decline" or source not in SOURCES:
            status, reason = DECLINED, "card_declined" if source in SOURCES else "unknown_source"
        with self._writing() as book:
            found = _find(book, request.key)
            if found is None:
                if _find(book, f"{request.payment_id}:void") is not None:
                    status, reason = DECLINED, "voided"
                found = _write(book, request, request.amount + (source == "tok_lie_hold"), source, (status, reason))
        return self._answer(found)

    def capture(self, request: GatewayRequest) -> GatewayAnswer:
        with self._writing() as book:
            found = _find(book, request.key)
            if found is None:
                held, taken = _held(book, request.payment_id), _taken(book, request.payment_id)
                status, reason = APPROVED, "" if request.is_final else _MORE_TO_COME
                if held is None or held.amount - taken < request.amount or held.currency != request.currency:
                    status, reason = DECLINED, "nothing_held"
                elif held.source == "tok_decline_capture" or (taken and held.source == "tok_decline_part"):
                    status, reason = DECLINED, "funds_withdrawn"
                elif held.source == "tok_capture_whole" and request.amount < held.amount:
                    status, reason = DECLINED, "whole_amount_only"
                source = held.source if held else ""
                found = _write(book, request, request.amount + (source == "tok_lie_amount"), source, (status, reason))
        return self._answer(found)

    def void(self, request: GatewayRequest) -> GatewayAnswer:
        with self._writing() as book:
            found = _find(book, request.key)
            if found is None:
                is_taken = any(line.reason != _MORE_TO_COME for line in _captures(book, request.payment_id))
                found = _write(
                    book, request, request.amount, "", (DECLINED, "captured") if is_taken else (APPROVED, "")
                )
        return self._answer(found)

    def renew(self, request: GatewayRequest) -> GatewayAnswer:
        """Hold for longer what is held."""
        with self._writing() as book:
            found = _find(book, request.key)
            if found is None:
                held = _held(book, request.payment_id)
                is_kept = held is not None and held.source != "tok_hold_once"
                outcome = (APPROVED, "") if is_kept else (DECLINED, "not_held_for_longer")
                found = _write(book, request, request.amount, "", outcome)
        return self._answer(found)

    def refund(self, request: GatewayRequest) -> GatewayAnswer:
        with self._writing() as book:
            found = _find(book, request.key)
            if found is None:
                left = 0
                for line in _lines(book, request.payment_id):
                    if line.status == APPROVED and line.operation not in (AUTHORIZE, RENEW, VOID):
                        left += line.amount if line.operation == CAPTURE else -line.amount
                found = _write(
                    book,
                    request,
                    request.amount,
                    "",
                    (APPROVED, "") if request.amount <= left else (DECLINED, "exceeds_capture"),
                )
        return self._answer(found)

    def look_up(self, request: GatewayRequest) -> GatewayAnswer | None:
        with self._reading() as book:
            found = _find(book, request.key)
        if found is None:
            self._travel()
            return None
        return self._answer(found, is_look_up=True)

    def read_webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        """What it says of its own accord; nobody is believed while there is no secret."""
        return notices.read(headers, body, self.webhook_secrets, now)

    # What happens at the gateway's own counter.

    def complete(self, payment_id: str) -> bool:
        """The buyer confirms at the gateway; whether there was something to confirm."""
        with self._writing() as book:
            key = f"{payment_id}:{AUTHORIZE}"
            if _find(book, f"{payment_id}:{VOID}") is not None:
                return False
            done = book.execute(
                "update operations set status = ? where key = ? and status = ?", (APPROVED, key, ACTION)
            )
            return done.rowcount == 1

    def operations(self) -> list[Operation]:
        """The whole book, for laying it beside ours."""
        with self._reading() as book:
            return [Operation(*row) for row in book.execute(f"select {_COLUMNS} from operations order by created_at")]

    def page(self, after: str, limit: int) -> list[Operation]:
        """At most so many lines of the book behind a key, in order of keys: a payment's lines lie side by side."""
        with self._reading() as book:
            return [
                Operation(*row)
                for row in book.execute(
                    f"select {_COLUMNS} from operations where key > ? order by key limit ?", (after, limit)
                )
            ]

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._connection is not None and self._process == os.getpid():
                self._connection.close()
            self._connection = None

    # The way to the gateway and back.

    def _answer(self, line: Operation, *, is_look_up: bool = False) -> GatewayAnswer:
        self._travel()
        is_lost = not is_look_up and ((line.source, line.operation) in _LOST or _is_lost_part(line))
        loss = self._now()[1]
        if is_lost or (loss > 0 and self._random.random() < loss):
            raise GatewayDidNotAnswer(line.key)
        url = f"{self.action_base}/{line.payment_id}/complete" if line.status == ACTION else ""
        return GatewayAnswer(
            outcome=line.status,
            gateway_transaction_id=line.transaction_id,
            amount=line.amount,
            currency=line.currency,
            reason=line.reason,
            action_url=url,
        )

    def _travel(self) -> None:
        seconds = self._now()[0]
        if seconds > 0:
            time.sleep(seconds)

    def _now(self) -> tuple[float, float]:
        """How long the way takes at present, and which share of what is said is lost on it."""
        try:
            told = self.way.read_text().split() if self.way else []
        except FileNotFoundError:
            told = []
        return (float(told[0]) / 1000, float(told[1])) if len(told) == 2 else (self.latency_seconds, self.loss)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction. Threads queue at a lock, which is fair and cheap; processes wait at SQLite's."""
        with self._lock:
            book = self._open()
            try:
                book.execute("begin immediate")
                yield book
                book.execute("commit")
            except BaseException as fault:
                if book.in_transaction:
                    book.execute("rollback")
                if isinstance(fault, sqlite3.OperationalError):
                    raise GatewayDidNotAnswer(str(fault)) from fault
                raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._open()
            except sqlite3.OperationalError as fault:
                raise GatewayDidNotAnswer(str(fault)) from fault

    def _open(self) -> sqlite3.Connection:
        """The process's one connection; a child process opens its own and leaves its parent's alone."""
        if self._connection is None or self._process != os.getpid():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            book = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            # Changing a file's journal mode waits for nobody: two processes that open a new book take turns.
            with FileLock(f"{self.path}.lock").held(_BUSY_SECONDS):
                book.execute("pragma journal_mode = wal")
                book.execute("pragma synchronous = normal")
                book.execute(_SCHEMA)
            self._connection, self._process = book, os.getpid()
        return self._connection


def _find(book: sqlite3.Connection, key: str) -> Operation | None:
    row = book.execute(f"select {_COLUMNS} from operations where key = ?", (key,)).fetchone()
    return Operation(*row) if row else None


def _lines(book: sqlite3.Connection, payment_id: str) -> list[Operation]:
    """A payment's lines: its keys begin with its id and a colon, so that they lie side by side."""
    rows = book.execute(
        f"select {_COLUMNS} from operations where key > ? and key < ?", (f"{payment_id}:", f"{payment_id};")
    )
    return [Operation(*row) for row in rows]


def _captures(book: sqlite3.Connection, payment_id: str) -> list[Operation]:
    return [line for line in _lines(book, payment_id) if line.operation == CAPTURE and line.status == APPROVED]


def _taken(book: sqlite3.Connection, payment_id: str) -> int:
    """What was taken in parts. A payment is captured once where it is captured whole: its key sees to that."""
    return sum(line.amount for line in _captures(book, payment_id))


def _is_lost_part(line: Operation) -> bool:
    return line.source == "tok_timeout_part" and line.reason == _MORE_TO_COME


def _held(book: sqlite3.Connection, payment_id: str) -> Operation | None:
    """The authorization of a payment that stands: approved, neither voided nor released by a final capture."""
    held = _find(book, f"{payment_id}:{AUTHORIZE}")
    if held is None or held.status != APPROVED or _find(book, f"{payment_id}:{VOID}") is not None:
        return None
    return None if any(line.reason != _MORE_TO_COME for line in _captures(book, payment_id)) else held


def _write(
    book: sqlite3.Connection,
    request: GatewayRequest,
    amount: int,
    source: str,
    outcome: tuple[str, str],
) -> Operation:
    operation = "refund" if request.operation == RETURN else request.operation
    line = Operation(
        request.key,
        operation,
        request.payment_id,
        outcome[0],
        amount,
        request.currency,
        f"tg_{named_id('test gateway', request.key)}",
        source,
        outcome[1],
        time.time(),
    )
    book.execute(f"insert into operations ({_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", line)
    return line
