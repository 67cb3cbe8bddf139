"""More is asked than can be done: three times what is sustained, from buyers who do not wait for each other; then
everything of everybody at once, and what the least hangs on is refused first."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import datetime
from itertools import pairwise

from argosy.apps.chaos.calm import NotCalm, rows, wait_until_calm
from argosy.apps.chaos.experiment import Experiment
from argosy.apps.chaos.load import API, HOST, TIMEOUT_SECONDS, Purchase, everyday
from argosy.apps.chaos.scene import Scene, within
from argosy.apps.cli.http_client import Client

TIMES = 3
CROWD = 300
MEASURE_SECONDS = 6.0
UNDER_WAY = 60
WORK_SECONDS = 4.0
"""How many seconds' work may be under way: the bound is set to it, as whoever runs a shop sets it."""
ANSWERED_SECONDS_MAX = 3.0
ENDED_SECONDS_MAX = 30.0
RECOVERED_SECONDS = 10.0
TURN_SECONDS = 0.1
"""So long may a request wait for its turn while everything is asked for; so many ask that the web is late for sure."""
ASKED = {"low": "products", "medium": "promotions", "high": "carts/mine", "critical": "credit/mine"}
"""What hangs on it (docs/owners.md), and what is asked for; a buyer who is let in is answered, or told 403."""
KEPT = "what somebody has"
SAME = 0.03
"""Shares that are as near to each other as this are one."""


def storm(scene: Scene) -> None:
    """First as much as is sustained, then three times that, then as before."""
    scene.web()
    scene.worker()
    rate = _sustained(scene)
    scene.measured["sustained, checkouts/s"] = round(rate)
    bounds = {
        "ARGOSY_SHED_CHECKOUTS": str(int(rate * WORK_SECONDS)),
        "ARGOSY_SHED_CHECKOUTS_SECONDS": str(WORK_SECONDS / 2),
    }
    _another_web(scene, bounds)
    tally = scene.load.tally
    before, told = scene.accepted(), tally.counts["told to come back"]
    tally.accepted_seconds.clear()
    sent, seconds = _send(scene, rate * TIMES, scene.seconds)
    accepted, shed = scene.accepted() - before, tally.counts["told to come back"] - told
    slow = sorted(tally.accepted_seconds)
    p99 = slow[int(len(slow) * 0.99)] if slow else 0.0
    scene.injected["requests at three times the sustained rate"] = sent
    scene.measured["asked for, checkouts/s"] = round(sent / seconds)
    scene.measured["accepted in the storm"], scene.measured["shed"] = accepted, shed
    scene.measured["p99 of accepted in the storm, ms"] = round(p99 * 1000)
    if not shed:
        scene.wrong.append(f"nothing of {sent / seconds:.0f} a second was refused, where {rate:.0f} are sustained")
    if p99 > ANSWERED_SECONDS_MAX:
        scene.wrong.append(f"p99 of what was accepted is {p99:.1f} s, not within {ANSWERED_SECONDS_MAX:.0f} s")
    _recovers(scene)
    try:
        wait_until_calm(scene.place, scene.calm_seconds)
    except NotCalm as reason:
        scene.wrong.append(str(reason))
    ended = _p99_until_ended(scene)
    scene.measured["p99 until a checkout had ended, s"] = round(ended, 1)
    if ended > ENDED_SECONDS_MAX:
        scene.wrong.append(f"p99 until a checkout had ended is {ended:.1f} s, not within {ENDED_SECONDS_MAX:.0f} s")
    _everything(scene, bounds, scene.seconds / 2)


def _sustained(scene: Scene) -> float:
    """Checkouts that are completed a second while only so many are under way."""
    load = scene.load
    load.pause_seconds, load.reads = 0.0, False
    with scene.buying(buyers=4):
        within(lambda: scene.completed() > 0, scene.calm_seconds)
        before, began = scene.completed(), time.monotonic()
        while time.monotonic() - began < MEASURE_SECONDS:
            done = rows(
                scene.place, "checkout", "SELECT count(*) FROM checkout_sessions WHERE completed_at IS NOT NULL"
            )
            load.pause_seconds = 0.0 if scene.accepted() - done[0][0] < UNDER_WAY else 0.2
            scene.wait(0.05)
        sold, seconds = scene.completed() - before, time.monotonic() - began
    return max(sold / seconds, 1.0)


def _send(scene: Scene, rate: float, seconds: float) -> tuple[int, float]:
    """Arrivals at a steady rate, each sent once; how many were sent, and for how long."""
    lock, began = threading.Lock(), time.monotonic()
    sent = 0

    def arrive() -> None:
        nonlocal sent
        client = Client(HOST, scene.port, TIMEOUT_SECONDS)
        while True:
            with lock:
                mine = sent
                at = began + mine / rate
                if at > began + seconds or time.monotonic() > began + seconds:
                    break
                sent += 1
            time.sleep(max(at - time.monotonic(), 0))
            purchase = scene.load.purchase()
            scene.load.press(client, purchase)
            _give_up(purchase)
        client.close()

    threads = [threading.Thread(target=arrive, daemon=True) for _ in range(CROWD)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 2 * TIMEOUT_SECONDS)
    return sent, time.monotonic() - began


def _give_up(purchase: Purchase) -> None:
    """Whoever was told that nothing was done does not come back; whoever heard nothing does."""
    purchase.is_answered = purchase.is_answered or purchase.status != 0


def _recovers(scene: Scene) -> None:
    """A buyer of every day is let in again, by itself."""
    client, began, row = Client(HOST, scene.port, TIMEOUT_SECONDS), time.monotonic(), 0
    while row < 5:
        if time.monotonic() - began > RECOVERED_SECONDS:
            scene.wrong.append(f"{RECOVERED_SECONDS:.0f} s after the storm buyers were still refused")
            break
        purchase = scene.load.purchase()
        row = row + 1 if scene.load.press(client, purchase) else 0
        _give_up(purchase)
        time.sleep(0.1)
    scene.measured["seconds until five in a row were accepted"] = round(time.monotonic() - began, 1)
    client.close()
    scene.load.make = everyday


def _another_web(scene: Scene, bounds: dict[str, str]) -> None:
    for web in [program for program in scene.programs if program.name == "web"]:
        web.end()
        scene.programs.remove(web)
    scene.web(environment=bounds)


def _everything(scene: Scene, bounds: dict[str, str], seconds: float) -> None:
    """A crowd that asks for what hangs on it little and much, and after checkouts that it has, in turns."""
    _another_web(scene, {**bounds, "ARGOSY_SHED_QUEUE_SECONDS": str(TURN_SECONDS)})
    mine = next(purchase for purchase in scene.load.purchases if purchase.checkout_id)
    kinds = {**ASKED, KEPT: f"checkouts/{mine.checkout_id}"}
    answers: dict[str, Counter[int]] = {kind: Counter() for kind in kinds}
    first: dict[str, float] = {}
    lock, began = threading.Lock(), time.monotonic()

    def ask(turn: int) -> None:
        client = Client(HOST, scene.port, TIMEOUT_SECONDS)
        client.authorization = scene.tokens[mine.number % len(scene.tokens)]
        while time.monotonic() < began + seconds:
            turn += 1
            kind = list(kinds)[turn % len(kinds)]
            try:
                status = client.send("GET", f"{API}/{kinds[kind]}").status
            except OSError:
                status = 0
            with lock:
                answers[kind][status] += 1
                if status == 503:
                    first.setdefault(kind, time.monotonic() - began)
        client.close()

    threads = [threading.Thread(target=ask, args=(one,), daemon=True) for one in range(CROWD)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 2 * TIMEOUT_SECONDS)
    _in_order(scene, answers, first)


def _in_order(scene: Scene, answers: dict[str, Counter[int]], first: dict[str, float]) -> None:
    """The less hangs on it the more of it was refused, and the sooner; nothing of what somebody has."""
    shares = {kind: found[503] / max(found.total(), 1) for kind, found in answers.items()}
    scene.injected["requests of everything at once"] = sum(found.total() for found in answers.values())
    scene.measured |= {f"refused of {kind}, %": round(100 * share) for kind, share in shares.items()}
    levels = list(ASKED)
    told = ", ".join(f"{100 * shares[level]:.0f} % of {level}" for level in levels)
    if any(shares[more] > shares[less] + SAME for less, more in pairwise(levels)):
        scene.wrong.append(f"what more hangs on was refused rather: {told}")
    if shares[levels[0]] <= shares[levels[-1]] + SAME or first.get(levels[-1], 1e9) < first.get(levels[0], 1e9):
        scene.wrong.append(f"views were not refused before orders and payments: {told}")
    if answers[KEPT][503]:
        scene.wrong.append(f"{answers[KEPT][503]} who looked after their own checkout were refused")
    if strange := {status for found in answers.values() for status in found} - {200, 403, 503}:
        scene.wrong.append(f"asked for everything at once, the web answered {sorted(strange)}")


def _p99_until_ended(scene: Scene) -> float:
    ids = {purchase.checkout_id for purchase in scene.load.purchases}
    took = sorted(
        (datetime.fromisoformat(str(ended)) - datetime.fromisoformat(str(started))).total_seconds()
        for id, started, ended in rows(
            scene.place, "checkout", "SELECT id, started_at, completed_at FROM checkout_sessions"
        )
        if id in ids and ended
    )
    return took[int(len(took) * 0.99)] if took else 0.0


EXPERIMENTS = (
    Experiment(
        name="overload",
        level="L2",
        proves="overload at three times the sustainable rate",
        target="web",
        failure="buyers who do not wait ask for three times what is sustained; then a crowd asks for everything",
        expected="what is too much is told 503 and Retry-After at once, views first, orders and payments last, and "
        "nothing of what somebody has; what is accepted is answered within 3 s and ends; it recovers by itself",
        rollback="an answer of 500, an accepted checkout that is lost, or an order refused before a view",
        owner="Storefront",
        invariants=("I06", "I29", "I33"),
        inject=storm,
        seconds=12,
        is_alone=True,
    ),
)
