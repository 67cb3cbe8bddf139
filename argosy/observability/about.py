"""What this thread is doing, for the lines that it logs meanwhile: set once per request, call or report, never per
message."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

FIELDS = ("context", "actor", "message_type", "message_id", "correlation_id", "causation_id")
"""Stand on every line, null where nothing is known."""


class _Doing(threading.local):
    fields: Mapping[str, str] = {}


_doing = _Doing()


def doing() -> Mapping[str, str]:
    """What this thread is about now."""
    return _doing.fields


def now_about(fields: Mapping[str, str]) -> None:
    """From here on, until it is said otherwise."""
    _doing.fields = fields


def also_about(**fields: str) -> None:
    """More has become known of what this thread is doing."""
    _doing.fields = {**_doing.fields, **fields}


@contextmanager
def about(**fields: str) -> Iterator[None]:
    """Within this block, beside what it was about before."""
    before = _doing.fields
    _doing.fields = {**before, **fields}
    try:
        yield
    finally:
        _doing.fields = before
