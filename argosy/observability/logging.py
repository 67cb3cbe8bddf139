"""Log lines: JSON for programs, readable at a terminal; each says what it is about.

Every line has `at`, `level`, `event`, `logger`, `process` and the fields of `about.py`: context, actor, message_type,
message_id, correlation_id and causation_id, which are null where nothing caused it. ARGOSY_LOG_FORMAT is json, text or
auto (text at a terminal); ARGOSY_LOG_LEVEL is debug, info, warning or error. Lines go to standard error. What could be
a card's number is masked in each, wherever it came from.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import msgspec
import structlog

from argosy.observability.about import FIELDS, doing
from argosy.shared_kernel.cards import masked

FORMATS = ("auto", "json", "text")
LEVELS = ("debug", "info", "warning", "error")
FIRST = ("at", "level", "event", "logger", "process", *FIELDS)

Line = MutableMapping[str, Any]


class LogSettingIsWrong(Exception):
    """A setting of the log that means nothing; the text is one clear line."""


def configure(settings: Mapping[str, str], stream: TextIO | None = None) -> None:
    """Send every log line of this process, whoever logs it, to standard error in one form: `settings` are `format` and
    `level`."""
    stream = stream or sys.stderr
    format, level = chosen(settings, "format"), chosen(settings, "level")
    is_text = format == "text" or (format == "auto" and stream.isatty())
    shared: list[Any] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        say_what_about,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    last: list[Any] = [readable(stream)] if is_text else [structlog.processors.format_exc_info, as_json]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    handler.set_name("argosy")
    root = logging.getLogger()
    root.handlers = [other for other in root.handlers if other.get_name() != "argosy"] + [handler]
    root.setLevel(level.upper())
    _quieten(level)


def say_what_about(logger: Any, method: str, line: Line) -> Line:
    """The fields that every line has: as it says itself, or as its thread is about."""
    known = doing()
    for name in FIELDS:
        line[name] = line.get(name) or known.get(name)
    line.update({name: value for name, value in known.items() if name not in line})
    line["process"] = os.getpid()
    return line


def as_json(logger: Any, method: str, line: Line) -> str:
    """One line of JSON, the fields that all lines have first."""
    ordered = {name: line.pop(name, None) for name in FIRST}
    return masked(msgspec.json.encode({**ordered, **line}, enc_hook=str).decode())


def readable(stream: TextIO) -> Any:
    """For people: what is not known is left out."""
    render = structlog.dev.ConsoleRenderer(
        colors=stream.isatty() and not os.environ.get("NO_COLOR"), timestamp_key="at", pad_event_to=0
    )

    def shown(logger: Any, method: str, line: Line) -> str:
        text: str = render(logger, method, {name: value for name, value in line.items() if value is not None})
        return masked(text)

    return shown


def _quieten(level: str) -> None:
    """Django has a word on each answer that is no success: what went wrong on our side is told by problems.py."""
    django = logging.getLogger("django")
    django.handlers = []
    django.propagate = True
    for name in ("django.request", "django.security"):
        logging.getLogger(name).setLevel(logging.DEBUG if level == "debug" else logging.ERROR)


def chosen(settings: Mapping[str, str], name: str) -> str:
    """`format` or `level` as it is set; LogSettingIsWrong where there is no such one."""
    allowed = FORMATS if name == "format" else LEVELS
    setting = settings[name].lower()
    if setting not in allowed:
        raise LogSettingIsWrong(f"ARGOSY_LOG_{name.upper()}={settings[name]}: there are {', '.join(allowed)}")
    return setting
