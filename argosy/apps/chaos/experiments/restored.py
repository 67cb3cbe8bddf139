"""Payments' database is put back from before some of its sales and refunds, while nothing else is."""

from __future__ import annotations

import os
import subprocess
from typing import Any

from django.db import connections

from argosy.apps.chaos.calm import NotCalm, rows, wait_until_calm
from argosy.apps.chaos.conditions import HURRY
from argosy.apps.chaos.experiment import Experiment
from argosy.apps.chaos.programs import run
from argosy.apps.chaos.scene import Scene, within
from argosy.contracts.payments import CompareWithGateway, RefundPayment
from argosy.engine.work import SYSTEM
from argosy.shared_kernel.ids import Id, named_id

CONTEXT = "payments"
REFUNDS = 3
AMOUNT = 500
FRESH_SECONDS = 1.0
NAMED_SECONDS = 40.0


def restored(scene: Scene) -> None:
    """A backup under load; sales go on, and the office pays some of them back; then the backup is what there is."""
    hurry = {HURRY: str(FRESH_SECONDS)}
    web, works = scene.web(), scene.worker(environment=hurry)
    with scene.buying():
        if not within(lambda: scene.completed() > 2 * REFUNDS, scene.calm_seconds):
            scene.wrong.append("nothing was sold")
            return
        _did(scene, run("backup", CONTEXT, str(scene.var / "yesterday")))
        before = scene.completed()
        scene.wait(scene.seconds / 2)
        paid_back = _office(scene)
        scene.wait(scene.seconds / 2)
        scene.measured["sold since the backup"] = scene.completed() - before
    for program in (web, works):
        program.end()
        scene.programs.remove(program)
    [backup] = (scene.var / "yesterday").iterdir()
    _did(scene, run("restore", CONTEXT, str(backup)))
    connections.close_all()
    scene.injected["databases restored"] += 1
    scene.web()
    scene.worker(environment=hurry)
    with scene.buying():
        scene.wait(scene.seconds / 2)
    _named(scene, paid_back)
    if not scene.wrong:
        _close(scene, paid_back)


def _office(scene: Scene) -> dict[Id, Id]:
    """Refunds that nobody but payments and the gateway hears of; by payment, their own ids."""
    found = rows(scene.place, CONTEXT, f"SELECT id FROM payment_intents WHERE status = 'CAPTURED' LIMIT {REFUNDS}")
    asked = {Id(id): named_id("chaos", "goodwill", id) for (id,) in found}
    _ask(scene, asked)
    scene.injected["refunds by the office, not in the backup"] = len(asked)
    return asked


def _ask(scene: Scene, asked: dict[Id, Id]) -> None:
    """The same refund under the same id is one refund, however often it is asked for."""
    for payment, refund in asked.items():
        command = RefundPayment(flow_id=refund, payment_id=payment, refund_id=refund, reason="goodwill", amount=AMOUNT)
        scene.place.outside(CONTEXT).run(command, SYSTEM)
        scene.given_back[payment] = AMOUNT
    if not within(lambda: _paid_back(scene) >= set(asked), scene.calm_seconds):
        scene.wrong.append(f"refunds by the office are not done after {scene.calm_seconds:.0f} s")


def _paid_back(scene: Scene) -> set[str]:
    return {id for (id,) in rows(scene.place, CONTEXT, "SELECT id FROM payment_intents WHERE refunded_amount > 0")}


def _named(scene: Scene, asked: dict[Id, Id]) -> None:
    """Each difference in money is named by reconciliation and by the doctor, and nothing is booked for it."""
    try:
        wait_until_calm(scene.place, scene.calm_seconds)
    except NotCalm as reason:
        scene.wrong.append(str(reason))
        return
    if _paid_back(scene):
        scene.wrong.append("the backup knew of refunds: nothing was put to the test")
    books = _books(scene)

    def is_named() -> bool:
        scene.place.outside(CONTEXT).run(CompareWithGateway(), SYSTEM)
        return len(_differences(scene)) >= len(asked)

    within(lambda: is_named() or scene.is_over, NAMED_SECONDS)
    wanted = sorted((payment, "gateway", "refund", AMOUNT) for payment in asked)
    found = sorted(_differences(scene))
    scene.measured["differences named by reconciliation"] = len(found)
    if found != wanted:
        scene.wrong.append(f"reconciliation named {found}, where the gateway alone knows of {wanted}")
    told = run("doctor", "--only", "I19")
    scene.measured["differences told by the doctor"] = named = sum(payment in told.stdout for payment in asked)
    if told.returncode != 1 or named != len(asked):
        scene.wrong.append(f"the doctor told of {named} of {len(asked)} differences: {told.stdout[-300:]}")
    if _books(scene) != books:
        scene.wrong.append(f"money was booked for a difference by itself: {_books(scene)} after {books}")


def _differences(scene: Scene) -> list[tuple[Any, ...]]:
    return rows(scene.place, CONTEXT, "SELECT payment_id, side, operation, amount FROM gateway_differences")


def _books(scene: Scene) -> list[tuple[Any, ...]]:
    return rows(scene.place, CONTEXT, "SELECT kind, count(*), sum(debit) FROM ledgers GROUP BY kind ORDER BY kind")


def _close(scene: Scene, asked: dict[Id, Id]) -> None:
    """What a person does, as docs/runbooks/restore.md says: asks for the same refunds again; has views made anew."""
    _ask(scene, asked)
    fixed = run("doctor", "--fix")
    if fixed.returncode:
        scene.wrong.append(f"after all was closed the doctor finds: {fixed.stdout[-500:]}")


def _did(scene: Scene, done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode:
        scene.wrong.append(f"{' '.join(map(os.path.basename, done.args[2:6]))}: {done.stderr[-300:]}")


EXPERIMENTS = (
    Experiment(
        name="restored-from-yesterday",
        level="L3",
        proves="R08",
        target="the database of payments",
        failure="restored from a backup, after sales and refunds that it does not know, while nothing else is restored",
        expected="sales are heard again and nobody pays twice; reconciliation and the doctor name each refund that "
        "the gateway alone knows, and book nothing; asked for again under its id each is closed",
        rollback="a difference in money that nobody names, or that is booked by itself",
        owner="Platform",
        invariants=("I12", "I19", "I20", "I29"),
        inject=restored,
        seconds=6,
    ),
)
