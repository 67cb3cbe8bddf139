"""A pooler of transactions between us and PostgreSQL: every transaction may meet another session of the server."""

from __future__ import annotations

import time

import psycopg
from django.db import connections

from argosy.apps.chaos.experiment import POOLER, Experiment
from argosy.apps.chaos.pooler import SESSIONS, Pooler
from argosy.apps.chaos.scene import Scene, within
from argosy.platform.databases import NAMES, SERVER_SETTINGS, VIEWS_SETTINGS

BUYERS = 6
GOES_ON_SECONDS = 15.0


def pooled(scene: Scene) -> None:
    """Few sessions for many clients; they are changed under way, and once the pooler itself dies."""
    pooler = scene.pooler
    assert pooler is not None
    scene.web()
    workers = [scene.worker(), scene.worker()]
    with scene.buying(BUYERS):
        until, turn = time.monotonic() + scene.seconds, 0
        while scene.goes_on(until) or turn < 3:
            scene.wait(scene.chance.uniform(1.0, 2.0))
            _look(scene, pooler)
            if turn == 1:
                pooler.kill()
                scene.injected["poolers killed"] += 1
                scene.wait(0.5)
                pooler.start()
                connections.close_all()
            elif turn == 2:
                scene.kill(workers.pop())
            else:
                pooler.ask("RECONNECT")
                scene.injected["times all sessions were changed"] += 1
            turn += 1
        before = scene.completed()
        if not within(lambda: scene.completed() > before, GOES_ON_SECONDS):
            scene.wrong.append(f"nothing was completed within {GOES_ON_SECONDS:.0f} s of the last harm")
    if scene.measured.get("clients of one database, at most", 0) <= SESSIONS:
        scene.wrong.append("no session of the server was shared: nothing was put to the test")
    scene.wrong.extend(_left_behind(scene))


def _look(scene: Scene, pooler: Pooler) -> None:
    """How many shared how few."""
    clients = servers = 0
    for pool in pooler.ask("SHOW POOLS"):
        clients = max(clients, pool["cl_active"] + pool["cl_waiting"])
        servers = max(servers, pool["sv_active"] + pool["sv_idle"] + pool["sv_used"])
    for what, count in (("clients", clients), ("sessions", servers)):
        name = f"{what} of one database, at most"
        scene.measured[name] = max(scene.measured.get(name, 0), count)
    if servers > SESSIONS:
        scene.wrong.append(f"{servers} sessions of one database, where {SESSIONS} are allowed")


def _left_behind(scene: Scene) -> list[str]:
    """What a session knows that whoever meets it next did not ask for."""
    assert scene.pooler is not None
    found = []
    for alias, name in NAMES.items():
        wanted = {**SERVER_SETTINGS, **(VIEWS_SETTINGS if alias == "search" else {}), "search_path": '"$user", public'}
        settings = ", ".join(f"current_setting('{setting}')" for setting in wanted)
        with psycopg.connect(f"{scene.pooler.url}/{name}", autocommit=True, prepare_threshold=None) as session:
            for _ in range(2 * SESSIONS):
                [(prepared, locks, *values)] = session.execute(
                    "SELECT (SELECT count(*) FROM pg_prepared_statements), "
                    f"(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'), {settings}"
                ).fetchall()
                if prepared or locks or list(values) != list(wanted.values()):
                    found.append(f"{name}: a session keeps {prepared} statements, {locks} locks, settings {values}")
    return found[:5]


EXPERIMENTS = (
    Experiment(
        name="pooled-connections",
        level="L3",
        proves="R14",
        target="connections to PostgreSQL",
        failure="pgbouncer in transaction mode between us and the server, whose sessions are changed, and which dies",
        expected="no session-scoped statement, lock or setting is relied on; two sessions a database carry the load",
        rollback="a statement that finds another's session",
        owner="Platform",
        invariants=("I30", "I35", "I36"),
        inject=pooled,
        needs=POOLER,
        seconds=12,
    ),
)
