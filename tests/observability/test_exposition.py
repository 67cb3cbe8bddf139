"""What the processes of a machine measure is brought together, each series with the process that it is of."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.parser import text_string_to_metric_families

from argosy.observability.exposition import SILENT_SECONDS, Snapshots, exposition, merged, samples, snapshots
from argosy.observability.metrics import REGISTRY, Finding


def registry_with(count: int) -> CollectorRegistry:
    registry = CollectorRegistry()
    Counter("argosy_things_total", "Things", ["kind"], registry=registry).labels('odd "\\\n one').inc(count)
    Counter("argosy_plain_total", "Without labels", registry=registry).inc(count)
    Histogram("argosy_some_seconds", "Times", registry=registry, buckets=(1.0,)).observe(0.5)
    return registry


def test_series_of_all_processes_stand_side_by_side(tmp_path: Path) -> None:
    Snapshots(tmp_path, "worker", registry_with(2)).write()
    text = exposition(tmp_path, "web-1", registry_with(3)).decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    plain = {sample.labels["process"]: sample.value for sample in families["argosy_plain"].samples}
    assert plain == {"web-1": 3.0, f"worker-{os.getpid()}": 2.0}
    kinds = {sample.labels["kind"] for sample in families["argosy_things"].samples}
    assert kinds == {'odd "\\\n one'}
    assert {sample.name for sample in families["argosy_some_seconds"].samples} == {
        "argosy_some_seconds_bucket",
        "argosy_some_seconds_count",
        "argosy_some_seconds_sum",
    }
    assert text.count("# TYPE argosy_plain_total counter") == 1


def test_who_writes_no_more_is_believed_no_more(tmp_path: Path) -> None:
    snapshot = Snapshots(tmp_path, "worker", registry_with(1))
    snapshot.write()
    assert [name for name, _ in snapshots(tmp_path)] == [f"worker-{os.getpid()}"]
    long_ago = time.time() - SILENT_SECONDS - 1
    os.utime(snapshot.path, (long_ago, long_ago))
    assert list(snapshots(tmp_path)) == []
    assert not snapshot.path.exists()


def test_what_a_job_found_stands_until_its_next_run(tmp_path: Path) -> None:
    job = Snapshots(tmp_path, "job", registry_with(7), job="doctor")
    job.write()
    long_ago = time.time() - 100_000
    os.utime(job.path, (long_ago, long_ago))
    assert samples(tmp_path, "argosy_plain_total") == [({"process": "job-doctor"}, 7.0)]
    assert samples(tmp_path, "argosy_things_total") == [({"kind": 'odd "\\\n one', "process": "job-doctor"}, 7.0)]


def test_a_process_that_ends_on_purpose_takes_its_gauges_along(tmp_path: Path) -> None:
    snapshot = Snapshots(tmp_path, "worker", registry_with(1))
    snapshot.keep_writing(0.01)
    assert snapshot.path.exists()
    snapshot.close()
    time.sleep(0.05)
    assert list(snapshots(tmp_path)) == []


def test_a_folder_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "metrics").write_text("a file is in the way")
    Snapshots(tmp_path, "worker", registry_with(1)).write()
    assert exposition(tmp_path) == b""


def test_files_of_others_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "Notes.prom").write_text("hello")
    assert list(snapshots(tmp_path)) == []
    assert merged([]) == ""


@pytest.mark.parametrize("metric", list(REGISTRY._collector_to_names), ids=lambda metric: metric._name)
def test_every_metric_is_named_by_convention_and_says_what_it_is(metric: object) -> None:
    name, kind = metric._name, metric._type  # type: ignore[attr-defined]
    assert name.startswith("argosy_") and name == name.lower()
    assert not name.endswith("_total")  # the library adds it to counters, and only to these
    assert kind != "histogram" or name.endswith("_seconds")
    assert len(metric._documentation) > 15  # type: ignore[attr-defined]
    # Prometheus has a job, an instance and our exposition a process of its own.
    assert not {"job", "instance", "process", "id", "key", "actor", "buyer", "order"} & set(metric._labelnames)  # type: ignore[attr-defined]


def test_who_never_looked_says_nothing() -> None:
    registry = CollectorRegistry()
    gauge = Finding("argosy_finding", "What a look found", registry=registry)
    assert registry.get_sample_value("argosy_finding") is None
    gauge.set(0)
    assert registry.get_sample_value("argosy_finding") == 0.0
