"""A record as a message of Kafka, and back.

Headers carry the record's fields and two positions: where the record stands in its source's log, and where what was
sent before it in the same partition stands. A message without a type is a mark: everything up to its position was sent
before it. `head` of a mark is the end of the source's log as its sender saw it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from confluent_kafka import Message

from argosy.engine.log import Position, Record

_POSITION, _BEHIND, _TYPE, _HEAD = "position", "behind", "type", "head"
Headers = list[tuple[str, str | bytes | None]]


class Sent(NamedTuple):
    """What a message says about its place in the source's log; `head` is told by marks only."""

    position: Position
    behind: Position
    wire_name: str
    head: Position | None = None


def record_headers(record: Record, behind: Position) -> Headers:
    return [
        (_POSITION, written(record.position)),
        (_BEHIND, written(behind)),
        (_TYPE, record.wire_name),
        ("id", record.message_id),
        ("version", str(record.version)),
        ("lane", str(record.lane)),
        ("sequence", str(record.sequence)),
        ("correlation", record.correlation_id),
        ("cause", record.cause_id),
        ("subject", record.subject),
        ("created", record.created_at.isoformat()),
    ]


def mark_headers(position: Position, behind: Position, head: Position) -> Headers:
    return [(_POSITION, written(position)), (_BEHIND, written(behind)), (_HEAD, written(head))]


def sent(message: Message) -> Sent | None:
    """None for what no relay has sent."""
    headers = _headers(message)
    position, behind = headers.get(_POSITION), headers.get(_BEHIND)
    if position is None or behind is None:
        return None
    head = headers.get(_HEAD)
    return Sent(read(position), read(behind), headers.get(_TYPE, ""), None if head is None else read(head))


def record_of(message: Message, position: Position) -> Record:
    """The record that a message which is no mark carries."""
    headers, key, value = _headers(message), message.key(), message.value()
    return Record(
        message_id=headers["id"],
        wire_name=headers[_TYPE],
        version=int(headers["version"]),
        key=_text(key),
        lane=int(headers["lane"]),
        sequence=int(headers["sequence"]),
        payload=_text(value),
        correlation_id=headers["correlation"],
        cause_id=headers["cause"],
        subject=headers["subject"],
        created_at=datetime.fromisoformat(headers["created"]),
        position=position,
    )


def written(position: Position) -> str:
    return f"{position.epoch}.{position.xid}.{position.id}"


def read(text: str) -> Position:
    epoch, xid, id = text.split(".")
    return Position(int(epoch), int(xid), int(id))


def _headers(message: Message) -> dict[str, str]:
    headers: Any = message.headers() or ()
    return {name: _text(value) for name, value in headers}


def _text(value: str | bytes | None) -> str:
    return value.decode() if isinstance(value, bytes) else value or ""
