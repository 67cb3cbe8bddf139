"""The web counts what it answers, tells its own machine how it does, and says whether it can serve, with reasons."""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.conf import settings
from django.db import connections

from argosy.apps.health import standing
from argosy.apps.health.port import serve
from argosy.apps.health.standing import NOT_READY, liveness
from argosy.observability.exposition import Snapshots, folder_of
from argosy.observability.metrics import REGISTRY
from config.wsgi import application
from tests.cli.olist import success
from tests.marketplace import Marketplace

LOOPBACK, STRANGER = "127.0.0.1", "203.0.113.9"


class Answer:
    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(path: str, method: str = "GET", **environ: str) -> Answer:
    """Through the very callable that the server runs."""
    told: list[Any] = []
    answered = application(
        {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "REMOTE_ADDR": LOOPBACK,
            "wsgi.input": io.BytesIO(),
            "wsgi.url_scheme": "http",
            **environ,
        },
        lambda status, headers, *_: told.append((int(status.split()[0]), dict(headers))),
    )
    return Answer(*told[0], b"".join(answered))


@pytest.fixture(autouse=True)
def nobody_else_measures() -> Iterator[None]:
    for path in folder_of(Path(settings.VAR)).glob("*.prom"):
        path.unlink()
    yield
    for path in folder_of(Path(settings.VAR)).glob("*.prom"):
        path.unlink()


def requests(**labels: str) -> float:
    return REGISTRY.get_sample_value("argosy_http_requests_total", labels) or 0.0


def test_answers_are_counted_by_route_and_never_by_address(marketplace: Marketplace) -> None:
    route = {"route": "api/v1/products/<product_id>", "method": "GET", "status": "404"}
    before, nowhere = requests(**route), requests(route="none", method="GET", status="404")
    for number in (1, 2):
        assert ask(f"/api/v1/products/0197f3d2-4c1e-7a35-9b1e-5a0d8c3f2b1{number}").status == 404
    ask("/no/such/page/at/all")
    assert requests(**route) - before == 2
    assert requests(route="none", method="GET", status="404") - nowhere == 1
    seconds = {"route": route["route"], "method": "GET"}
    assert REGISTRY.get_sample_value("argosy_http_request_seconds_count", seconds)


def test_a_method_of_a_strangers_own_making_makes_no_series(marketplace: Marketplace) -> None:
    ask("/api/v1/products", method="EXPLODE")
    methods = {sample.labels.get("method") for family in REGISTRY.collect() for sample in family.samples}
    assert "EXPLODE" not in methods


def test_metrics_are_for_this_machine_and_for_whoever_has_the_token(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask("/metrics").status == 200
    assert ask("/metrics", REMOTE_ADDR="::1").status == 200
    assert ask("/metrics", REMOTE_ADDR=STRANGER).status == 404
    assert ask("/metrics", REMOTE_ADDR="").status == 404
    assert ask("/metrics", HTTP_X_FORWARDED_FOR=STRANGER).status == 404, "a proxy of this machine asks for a stranger"
    assert ask("/metrics", REMOTE_ADDR=STRANGER, HTTP_AUTHORIZATION="Bearer ").status == 404
    monkeypatch.setattr(settings, "METRICS_TOKEN", "a-token")
    assert ask("/metrics", REMOTE_ADDR=STRANGER, HTTP_AUTHORIZATION="Bearer a-token").status == 200
    assert ask("/metrics", REMOTE_ADDR=STRANGER, HTTP_AUTHORIZATION="Bearer another").status == 404


def test_one_scrape_tells_of_all_processes_of_the_machine(marketplace: Marketplace, tmp_path: Path) -> None:
    worker = Snapshots(Path(settings.VAR), "worker")
    worker.path = worker.path.with_name("worker-4711.prom")
    worker.write()
    answer = ask("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    text = answer.body.decode()
    assert f'process="web-{os.getpid()}"' in text and 'process="worker-4711"' in text


def test_a_marketplace_that_is_well_is_ready(marketplace: Marketplace) -> None:
    answer = ask("/health/ready")
    assert (answer.status, answer.json) == (200, {"status": "ready"})
    assert (ask("/health/startup").status, ask("/health/live").json) == (200, {"status": "live"})


def away(monkeypatch: pytest.MonkeyPatch, *aliases: str) -> None:
    answers = standing._answers
    monkeypatch.setattr(standing, "_answers", lambda alias: alias not in aliases and answers(alias))


def test_one_database_that_is_away_is_no_reason_to_take_the_rest_away(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    away(monkeypatch, "taxes")
    answer = ask("/health/ready")
    assert answer.status == 200
    assert answer.json == {
        "status": "degraded",
        "away": ["taxes"],
        "reasons": ["the database taxes does not answer"],
    }


def test_who_reaches_no_database_cannot_serve(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    away(monkeypatch, *connections)
    answer = ask("/health/ready")
    assert (answer.status, answer.json["status"]) == (503, NOT_READY)


def write(name: str, text: str) -> None:
    folder = folder_of(Path(settings.VAR))
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.prom").write_text(text)


def test_lag_and_the_doctors_verdict_are_reasons(marketplace: Marketplace) -> None:
    write(
        "worker-1",
        'argosy_dispatch_lag_seconds{context="orders",subscription="orders",source="checkout"} 75.0\n'
        'argosy_dispatch_lag_seconds{context="carts",subscription="carts",source="checkout"} 1.0\n',
    )
    write(
        "job-doctor",
        "argosy_doctor_is_sound 0.0\nargosy_doctor_last_timestamp_seconds 5.0\n"
        'argosy_doctor_violations{invariant="I07"} 3.0\nargosy_doctor_violations{invariant="I08"} 0.0\n',
    )
    answer = ask("/health/ready")
    assert answer.status == 200
    assert answer.json["reasons"] == [
        "orders is 75 s behind checkout",
        "the doctor's last examination found violations of I07",
    ]


def test_a_newer_verdict_stands_in_place_of_an_older_one(marketplace: Marketplace) -> None:
    write("job-doctor", "argosy_doctor_is_sound 0.0\nargosy_doctor_last_timestamp_seconds 5.0\n")
    write("worker-1", "argosy_doctor_is_sound 1.0\nargosy_doctor_last_timestamp_seconds 6.0\n")
    assert ask("/health/ready").json == {"status": "ready"}


def test_a_program_newer_than_its_databases_cannot_begin(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "_wanted", lambda: {"orders": {"0099_tomorrow"}})
    answer = ask("/health/startup")
    assert answer.status == 503
    assert answer.json["reasons"] == ["the database of orders lacks 0099_tomorrow: run `argosy migrate`"]


def test_a_worker_lives_while_it_goes_round(marketplace: Marketplace) -> None:
    var = Path(settings.VAR)
    assert liveness(var, "worker").reasons == ["no worker has told anything for 30 s"]
    build = 'argosy_build_info{version="1",role="worker"} 1.0\n'
    write("worker-1", f"{build}argosy_worker_turn_timestamp_seconds {time.time()}\n")
    assert liveness(var, "worker").status == "live"
    write("worker-1", f"{build}argosy_worker_turn_timestamp_seconds {time.time() - 60}\n")
    assert liveness(var, "worker").reasons == ["worker-1 does not go round"]


def test_the_command_for_probes_says_the_same(
    marketplace: Marketplace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert success(capsys, "health") == "ready\n"
    assert json.loads(success(capsys, "health", "startup", "--json")) == {"status": "ready"}
    away(monkeypatch, "taxes")
    assert success(capsys, "health").splitlines() == ["degraded", "  the database taxes does not answer"]
    from argosy.apps.cli.main import main

    assert main(["health", "live"]) == 1


def test_a_worker_serves_the_same_on_a_port_of_its_own(marketplace: Marketplace) -> None:
    """For machines without a web."""
    var = Path(settings.VAR)
    server = serve(var, "worker-1", "worker", (LOOPBACK, 0), "a-token")
    try:
        address = f"http://{LOOPBACK}:{server.server_address[1]}"
        with urlopen(f"{address}/metrics") as answer:
            assert b'process="worker-1"' in answer.read()
        for request in (Request(f"{address}/metrics", headers={"X-Forwarded-For": STRANGER}), f"{address}/else"):
            with pytest.raises(HTTPError, match="404"):
                urlopen(request)
        with pytest.raises(HTTPError, match="503"):
            urlopen(f"{address}/health/live")
        write("worker-1", 'argosy_build_info{version="1",role="worker"} 1.0\n')
        with urlopen(f"{address}/health/live") as answer:
            assert json.loads(answer.read()) == {"status": "live"}
    finally:
        server.shutdown()
        server.server_close()
