"""How the marketplace stands, with reasons: for probes, for load balancers and for people."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from django.db import DatabaseError, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from argosy.observability.exposition import SILENT_SECONDS, samples
from argosy.platform.context import Context
from argosy.platform.runtime import runtime

LAG_SECONDS = 30.0
"""A subscription further behind is worth a word."""
TURN_SECONDS = 30.0
"""A worker looks at everything every second; one that has not for so long hangs."""

READY, DEGRADED, NOT_READY = "ready", "degraded", "not ready"


class Standing(msgspec.Struct, omit_defaults=True):
    """`away` are databases that do not answer, by Django's name for them; `reasons` is for people."""

    status: str
    away: list[str] = []
    reasons: list[str] = []


def readiness() -> Standing:
    """Ready while any database answers: the contexts stand apart, and one that is away is no reason to take the rest
    away too. What is not as it should be is said, and alerts are raised elsewhere."""
    away = [alias for alias in connections if not _answers(alias)]
    reasons = [f"the database {alias} does not answer" for alias in away]
    reasons += [*_lagging(), *_doctors_verdict()]
    if len(away) == len(list(connections)):
        return Standing(NOT_READY, away, reasons)
    return Standing(DEGRADED if reasons else READY, away, reasons)


def startup() -> Standing:
    """Whether this program can begin: every database is there and as new as the program."""
    missing = [reason for context in runtime().contexts.values() for reason in _behind(context)]
    return Standing(NOT_READY if missing else READY, reasons=missing)


def liveness(var: Path, role: str) -> Standing:
    """Whether a process of this role lives on this machine and goes round."""
    processes = [(labels["process"], value) for labels, value in samples(var, "argosy_build_info") if value]
    alive = [name for name, _ in processes if name.startswith(f"{role}-")]
    if not alive:
        return Standing(NOT_READY, reasons=[f"no {role} has told anything for {SILENT_SECONDS:.0f} s"])
    turns = {labels["process"]: value for labels, value in samples(var, "argosy_worker_turn_timestamp_seconds")}
    hung = [name for name in alive if time.time() - turns.get(name, time.time()) > TURN_SECONDS]
    return Standing(NOT_READY if hung else "live", reasons=[f"{name} does not go round" for name in hung])


def _lagging() -> Iterator[str]:
    for labels, seconds in samples(runtime().var, "argosy_dispatch_lag_seconds"):
        if seconds > LAG_SECONDS:
            yield f"{labels['subscription']} is {seconds:.0f} s behind {labels['source']}"


def _doctors_verdict() -> Iterator[str]:
    """The newest one: a job's file stays when its process is gone."""
    verdicts = {labels["process"]: sound for labels, sound in samples(runtime().var, "argosy_doctor_is_sound")}
    times = {labels["process"]: at for labels, at in samples(runtime().var, "argosy_doctor_last_timestamp_seconds")}
    if not verdicts:
        return
    newest = max(verdicts, key=lambda process: times.get(process, 0.0))
    if not verdicts[newest]:
        broken = [
            labels["invariant"]
            for labels, count in samples(runtime().var, "argosy_doctor_violations")
            if count and labels["process"] == newest
        ]
        yield f"the doctor's last examination found violations of {', '.join(sorted(broken)) or 'invariants'}"


def _answers(alias: str) -> bool:
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetchone() == (1,)
    except DatabaseError:
        connections[alias].close()
        return False


@cache
def _wanted() -> dict[str, set[str]]:
    loader: Any = MigrationLoader(None)
    found: dict[str, set[str]] = {}
    for app, name in loader.disk_migrations:
        found.setdefault(app, set()).add(name)
    return found


def _behind(context: Context) -> Iterator[str]:
    try:
        recorder: Any = MigrationRecorder(connections[context.alias])
        applied = {name for app, name in recorder.applied_migrations() if app == context.label}
    except DatabaseError as error:
        connections[context.alias].close()
        yield f"the database of {context.label} does not answer: {error}"
        return
    if missing := sorted(_wanted().get(context.label, set()) - applied):
        yield f"the database of {context.label} lacks {', '.join(missing)}: run `argosy migrate`"
