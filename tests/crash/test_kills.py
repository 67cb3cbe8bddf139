"""Worker and web die by SIGKILL, at every named point and at random: nothing is lost and nothing applied twice.

Real processes on SQLite files. The long forms are `python -m tests.crash.every_point` and `...random_kills`.
"""

from __future__ import annotations

import os
import time
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from argosy.engine.store import StoreUnavailable
from argosy.engine.work import SYSTEM
from benchmarks.reference import baskets
from tests.crash import books
from tests.crash.processes import Web, worker
from tests.crash.scene import WEB_POINTS, WORKER_POINTS, Scene

if TYPE_CHECKING:
    from tests.marketplace import Marketplace

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("ARGOSY_POSTGRES" in os.environ, reason="its points inside a commit are SQLite's"),
]


@pytest.fixture
def scene(marketplace: Marketplace) -> Scene:
    return Scene(marketplace.runtime)


def test_dying_at_every_point_in_turn_loses_nothing_and_repeats_nothing(scene: Scene) -> None:
    webs = iter(point for point in WEB_POINTS if point not in WORKER_POINTS)
    for point, (_, often) in WORKER_POINTS.items():
        web_point = next(webs, "")
        scene.die(f"{point}:{max(1, often // 2)}", f"{web_point}:4" if web_point else "", baskets=6)
    assert next(webs, "") == ""
    assert scene.buyers.failed_requests > 0
    assert scene.verdict() == []
    assert scene.buyers.repeats_answered > 0


def test_random_kills_under_load_lose_nothing_and_repeat_nothing(scene: Scene) -> None:
    counts = scene.kill_at_random(5, (1.5, 2.5), seed=7)
    assert min(counts.kills.values()) > 0
    assert scene.verdict() == []


def test_a_request_whose_web_was_killed_has_one_effect_when_it_is_sent_again(scene: Scene) -> None:
    buyers, requests = scene.buyers, scene.buyers.baskets("ten", 10)
    with Web("request.before_answer:4", buyers.port) as web:
        web.wait_until_ready()
        with buyers.pressing_once(requests):
            web.wait_until_dead_at("request.before_answer")
    [(written,)] = books.rows(scene.place, "checkout", "SELECT count(*) FROM checkout_idempotency_keys")
    assert written >= 4
    assert len(buyers.told) < written
    with Web("", buyers.port) as web:
        web.wait_until_ready()
        buyers.press_until_told(requests)
    assert (len(buyers.told), buyers.repeats_answered, buyers.strange) == (10, written, [])
    assert books.rows(scene.place, "checkout", "SELECT id FROM checkout_sessions ORDER BY id") == [
        (id,) for id in sorted(buyers.told.values())
    ]


def test_a_second_worker_on_the_same_contexts_changes_nothing(scene: Scene) -> None:
    with worker() as first, worker() as second:
        for number in range(6):
            scene.send(f"two-{number}", 20)
            time.sleep(0.2)
        books.wait_until_calm(scene.place, 60)
        assert scene.faults() == []
        for process in (first, second):
            assert process.process.poll() is None, process.text
            assert "Traceback" not in process.text


def test_a_writer_beside_a_busy_worker_gets_its_turn_in_time(scene: Scene) -> None:
    scene.send("many", 1_000)
    outside, waits = scene.place.outside("checkout"), []
    with worker() as works:
        _wait_until_busy(scene)
        for command in islice(baskets("beside", scene.place.ids), 150):
            began = time.perf_counter()
            try:
                outside.run(command, SYSTEM)
            except StoreUnavailable as error:
                pytest.fail(f"no turn: {error}")
            waits.append(time.perf_counter() - began)
            time.sleep(0.005)
        assert works.process.poll() is None, works.text
    [(going,)] = books.rows(
        scene.place, "checkout", "SELECT count(*) FROM checkout_sessions WHERE status <> 'COMPLETED'"
    )
    assert going > 0, "the worker had nothing left to do"
    assert max(waits) < 2.0


def _wait_until_busy(scene: Scene) -> None:
    give_up = time.monotonic() + 20
    while books.rows(
        scene.place, "products", "SELECT count(*) FROM products_outbox_events WHERE event_type = 'products.LinesQuoted'"
    ) == [(0,)]:
        assert time.monotonic() < give_up
        time.sleep(0.02)
