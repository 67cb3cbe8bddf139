"""Columns of many rows as PostgreSQL's arrays: one parameter each. Binary where the server reads that much faster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import chain, repeat
from struct import Struct, pack
from typing import Any

from argosy.platform.dialects import ConstraintBroken
from argosy.shared_kernel.codec import encode

_HEADER = Struct(">iiIii")
_UUID, _JSONB, _TIMESTAMPTZ = 2950, 3802, 1184
"""Object identifiers of the elements' types, the same on every server."""
_UUID_LENGTH = "00000010"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Binary(bytes):
    """A parameter in the server's own form, not as text."""


def array(type: str, values: Sequence[Any]) -> bytes:
    """The values as an array of this type."""
    write = _WRITERS.get(type)
    if write is None or (type != "jsonb" and None in values):
        return _text(values)
    return write(values)


def _text(values: Sequence[Any]) -> bytes:
    """JSON has an array's quotes, backslashes and nulls, but other ways to write line ends and the like: texts with
    backslashes or control characters are written one by one."""
    text = encode(values)
    if b"\\" in text:
        text = b"[" + b",".join(map(_quoted, values)) + b"]"
    return b"{" + text[1:-1] + b"}"


def _quoted(value: Any) -> bytes:
    if not isinstance(value, str):
        return encode(value)
    if "\0" in value:
        raise ConstraintBroken("a text cannot hold a NUL character")
    return b'"' + value.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'


def _header(type: int, count: int) -> bytes:
    """One dimension, or none where it is empty; no nulls; counted from one."""
    return _HEADER.pack(1, 0, type, count, 1) if count else pack(">iiI", 0, 0, type)


def _uuids(values: Sequence[str]) -> bytes:
    """What is no id at all is left to the server to refuse."""
    digits = (_UUID_LENGTH + _UUID_LENGTH.join(values)).replace("-", "") if values else ""
    try:
        content = bytes.fromhex(digits)
    except (ValueError, TypeError):
        return _text(values)
    return Binary(_header(_UUID, len(values)) + content) if len(content) == 20 * len(values) else _text(values)


def _instants(values: Sequence[datetime]) -> bytes:
    count = len(values)
    return Binary(
        _header(_TIMESTAMPTZ, count)
        + pack(">" + "iq" * count, *chain.from_iterable(zip(repeat(8), map(_microseconds, values), strict=False)))
    )


@lru_cache(4096)
def _microseconds(value: datetime) -> int:
    return (value - _EPOCH) // _MICROSECOND


def _documents(values: Sequence[Any]) -> bytes:
    """JSON texts, each behind its length and the version of jsonb's form."""
    parts = [_header(_JSONB, len(values))]
    for value in values:
        text = encode(value)
        parts.append((len(text) + 1).to_bytes(4) + b"\1")
        parts.append(text)
    return Binary(b"".join(parts))


_WRITERS: dict[str, Callable[[Sequence[Any]], bytes]] = {
    "uuid": _uuids,
    "timestamptz": _instants,
    "jsonb": _documents,
}
