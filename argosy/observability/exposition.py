"""What the processes of one machine measure, brought together for whoever scrapes.

Each process writes its own metrics to one file of the folder `metrics` in ARGOSY_VAR, replaced as a whole every few
seconds; whoever is asked gives its own of now and the files of the others that live, each series under the label
`process`. A file of a job outlives its process: what the last run found stands until the next one.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from argosy.observability.metrics import REGISTRY

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
WRITE_SECONDS = 2.0
SILENT_SECONDS = 30.0
"""Who has not written for so long is dead, or not well enough to be believed."""
JOB = "job"
"""The role of processes that come and go: their files stay."""

_NAME = re.compile(r"(?P<role>[a-z][a-z0-9_]*)-(?P<process>[0-9]+|[a-z][a-z0-9_]*)\.prom")
_VALUE = re.compile(r"(?P<name>[\w:]+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_SAMPLE = re.compile(r"^([a-zA-Z_:][\w:]*)(\{)?", re.ASCII)


def folder_of(var: Path) -> Path:
    return var / "metrics"


class Snapshots:
    """Where this process writes what it measures, as `<role>-<pid>`, or `job-<name>` for a job."""

    def __init__(self, var: Path, role: str, registry: CollectorRegistry = REGISTRY, *, job: str = "") -> None:
        self.folder = folder_of(var)
        self.name = f"{JOB}-{job}" if job else f"{role}-{os.getpid()}"
        self.registry = registry
        self.path = self.folder / f"{self.name}.prom"
        self._stop = threading.Event()

    def write(self) -> None:
        """Replace the file as a whole: a reader sees the old or the new. A full disk is no reason to stop working."""
        part = self.path.with_suffix(f".{threading.get_ident()}.part")
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            part.write_bytes(generate_latest(self.registry))
            part.replace(self.path)

    def keep_writing(self, every_seconds: float = WRITE_SECONDS) -> None:
        """From a thread of its own, until `close` or the end of the process."""

        def work() -> None:
            while not self._stop.wait(every_seconds):
                self.write()

        self.write()
        threading.Thread(target=work, name="metrics", daemon=True).start()

    def close(self) -> None:
        """The process ends on purpose: its gauges say nothing any more."""
        self._stop.set()
        self.path.unlink(missing_ok=True)


def exposition(var: Path, own: str = "", registry: CollectorRegistry = REGISTRY) -> bytes:
    """The metrics of this process, under the name `own`, and of all others of this machine; without `own` only
    theirs."""
    texts = [(own, generate_latest(registry).decode())] if own else []
    texts += [(name, text) for name, text in snapshots(var) if name != own]
    return merged(texts).encode()


def snapshots(var: Path) -> Iterator[tuple[str, str]]:
    """What living processes and finished jobs have written, by the process's name. Files of those that write no more
    are removed."""
    for path in sorted(folder_of(var).glob("*.prom")):
        name = _NAME.fullmatch(path.name)
        if name is None:
            continue
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if name["role"] != JOB and time.time() - path.stat().st_mtime > SILENT_SECONDS:
                path.unlink(missing_ok=True)
                continue
            yield path.stem, path.read_text(encoding="utf-8")


def samples(var: Path, name: str) -> list[tuple[dict[str, str], float]]:
    """What the processes of this machine last wrote of one metric, each with its labels and its process."""
    found = []
    for process, text in snapshots(var):
        for line in text.splitlines():
            if line.startswith(name):
                sample = _VALUE.fullmatch(line)
                if sample is not None and sample["name"] == name:
                    labels = {label: _plain(value) for label, value in _LABEL.findall(sample["labels"] or "")}
                    found.append(({**labels, "process": process}, float(sample["value"])))
    return found


def _plain(value: str) -> str:
    return value.replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")


def merged(texts: list[tuple[str, str]]) -> str:
    """One exposition of several: each family once, its samples labelled with the process that they are of."""
    heads: dict[str, str] = {}
    samples: dict[str, list[str]] = {}
    for process, text in texts:
        family = ""
        for line in text.splitlines():
            if line.startswith("# "):
                family = line.split(" ", 3)[2]
                if line.startswith("# HELP "):
                    heads.setdefault(family, "")
                if heads[family].count("\n") < 2:
                    heads[family] += line + "\n"
            elif line:
                samples.setdefault(family, []).append(_of_process(line, process))
    return "".join(
        head + "".join(f"{line}\n" for line in samples[family]) for family, head in heads.items() if family in samples
    )


def _of_process(line: str, process: str) -> str:
    label = f'process="{process}"'
    return _SAMPLE.sub(lambda found: f"{found[1]}{{{label}," if found[2] else f"{found[1]}{{{label}}}", line, count=1)
