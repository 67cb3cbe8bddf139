"""One trace follows one request through all contexts, however many messages, timers and calls that takes.

Nothing travels with the messages for it: a trace's id is the correlation id, a span's id is made of the message and the
context that handled it, and so is its parent's, of the message that caused it. Each process tells its own spans, after
the commit, and whoever collects them has the whole.

Off by default: ARGOSY_TRACING is off, console or otlp (to OTEL_EXPORTER_OTLP_ENDPOINT), and needs the extra `tracing`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from importlib.util import find_spec
from typing import Any, Protocol
from uuid import UUID

from argosy.engine.log import Record
from argosy.engine.store import Due

KINDS = ("off", "console", "otlp")


class TracingSettingIsWrong(Exception):
    """A setting of tracing that means nothing, or a package that it needs; the text is one clear line."""


class Processor(Protocol):
    """What takes spans that have ended: one of OpenTelemetry's."""

    def on_end(self, span: Any) -> None: ...


class Tracer:
    """Tells spans of what was done and committed. `ratio` of all traces are told, each as a whole or not at all."""

    def __init__(self, processor: Processor, role: str, ratio: float = 1.0) -> None:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.util.instrumentation import InstrumentationScope

        self.processor = processor
        self._resource = Resource.create({"service.name": "argosy", "argosy.role": role})
        self._scope = InstrumentationScope("argosy")
        self._below = int(ratio * 2**64)

    def handled(
        self, context: str, subscription: str, messages: Sequence[tuple[str, Record]], began: datetime, ended: datetime
    ) -> None:
        """Messages that a subscription has applied in one batch, each caused by what its source handled before."""
        for source, record in messages:
            if self._is_told(record.correlation_id):
                self._tell(
                    f"{subscription} handles {record.wire_name}",
                    record.correlation_id,
                    span_id(record.message_id, subscription),
                    span_id(record.cause_id, source),
                    (began, ended),
                    {
                        "messaging.operation.name": "process",
                        "messaging.message.id": record.message_id,
                        "argosy.context": context,
                        "argosy.message": record.wire_name,
                        "argosy.source": source,
                        "argosy.cause_id": record.cause_id,
                        "argosy.waited_seconds": (began - record.created_at).total_seconds(),
                    },
                )

    def called(self, context: str, calls: Sequence[Due], ended: datetime) -> None:
        """Calls to the outside that were answered: from when they were due to the commit of their answer."""
        for due in calls:
            if self._is_told(due.correlation_id):
                self._tell(
                    f"{context} calls {due.name}",
                    due.correlation_id,
                    span_id(due.id, context),
                    span_id(due.cause_id, context),
                    (due.due_at, ended),
                    {"argosy.context": context, "argosy.call": due.id, "argosy.attempts": due.attempts},
                )

    def requested(self, about: Mapping[str, str], name: str, status: int, times: tuple[datetime, datetime]) -> None:
        """A request that has committed something: where its trace begins."""
        correlation = about.get("correlation_id", "")
        if correlation and self._is_told(correlation):
            self._tell(
                name,
                correlation,
                span_id(about.get("causation_id", ""), about.get("context", "")),
                0,
                times,
                {
                    "http.response.status_code": status,
                    "argosy.context": about.get("context", ""),
                    "argosy.message": about.get("message_type", ""),
                },
            )

    def _is_told(self, correlation_id: str) -> bool:
        trace = trace_id(correlation_id)
        return trace != 0 and trace % 2**64 < self._below

    def _tell(
        self,
        name: str,
        correlation_id: str,
        own: int,
        parent: int,
        times: tuple[datetime, datetime],
        attributes: dict[str, Any],
    ) -> None:
        from opentelemetry.sdk.trace import ReadableSpan
        from opentelemetry.trace import SpanContext, SpanKind, TraceFlags

        trace, flags = trace_id(correlation_id), TraceFlags(TraceFlags.SAMPLED)
        kind = SpanKind.CONSUMER if "messaging.message.id" in attributes else SpanKind.CLIENT
        self.processor.on_end(
            ReadableSpan(
                name,
                context=SpanContext(trace, own, is_remote=False, trace_flags=flags),
                parent=SpanContext(trace, parent, is_remote=True, trace_flags=flags) if parent else None,
                resource=self._resource,
                attributes={"argosy.correlation_id": correlation_id, **attributes},
                kind=kind if parent else SpanKind.SERVER,
                start_time=_nanoseconds(times[0]),
                end_time=_nanoseconds(times[1]),
                instrumentation_scope=self._scope,
            )
        )


class _Current:
    tracer: Tracer | None = None


def current() -> Tracer | None:
    """This process's tracer; None where nothing is traced."""
    return _Current.tracer


def use(tracer: Tracer | None) -> None:
    """Trace with this one from now on."""
    _Current.tracer = tracer


def begin(kind: str, ratio: str, role: str) -> None:
    """Trace as the settings say."""
    share = checked(kind, ratio)
    if kind == "off":
        return use(None)
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return use(Tracer(BatchSpanProcessor(_exporter(kind)), role, share))


def checked(kind: str, ratio: str) -> float:
    """The share of all requests that is traced; TracingSettingIsWrong where that cannot be."""
    if kind not in KINDS:
        raise TracingSettingIsWrong(f"ARGOSY_TRACING={kind}: there are {', '.join(KINDS)}")
    if kind != "off" and find_spec("opentelemetry") is None:
        raise TracingSettingIsWrong(f"ARGOSY_TRACING={kind} needs the packages of `pip install 'argosy[tracing]'`")
    try:
        share = float(ratio)
    except ValueError:
        share = -1.0
    if not 0.0 <= share <= 1.0:
        raise TracingSettingIsWrong(f"ARGOSY_TRACING_RATIO={ratio}: it is a share between 0 and 1")
    return share


def _exporter(kind: str) -> Any:
    if kind == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return ConsoleSpanExporter()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()


def trace_id(correlation_id: str) -> int:
    """The correlation id itself. 0 where it is no request's: a schedule's tellings would be one trace without end."""
    try:
        return UUID(correlation_id).int
    except ValueError:
        return 0


def span_id(message_id: str, handler: str) -> int:
    """Of the handling of one message by one handler: the same in every process; never 0."""
    return int.from_bytes(blake2b(f"{message_id}\n{handler}".encode(), digest_size=8).digest()) or 1


def _nanoseconds(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000) * 1_000
