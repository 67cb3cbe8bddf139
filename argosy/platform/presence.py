"""A process says that it is there: its version, its role, and what it measures from now on."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from django.conf import settings

from argosy.observability import metrics, tracing
from argosy.observability.exposition import Snapshots
from argosy.platform.runtime import runtime


def present(role: str, *, job: str = "") -> Snapshots:
    """Where this process writes its metrics. A process that lives on calls `keep_writing`; a job calls `write` at its
    end, and its findings stay until its next run."""
    tracing.begin(settings.TRACING, settings.TRACING_RATIO, role)
    metrics.BUILD.labels(_version(), role).set(1)
    for label, context in runtime().contexts.items():
        metrics.CONTEXT_INFO.labels(label, context.criticality).set(1)
    return Snapshots(runtime().var, role, job=job)


def _version() -> str:
    try:
        return version("argosy")
    except PackageNotFoundError:
        return "unknown"
