"""What we stand on goes away for a while: room on the disk, the gateway, each context's database in turn."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from argosy.apps.chaos.experiment import Experiment
from argosy.apps.chaos.load import API, HOST, TIMEOUT_SECONDS
from argosy.apps.chaos.scene import Scene
from argosy.apps.cli.http_client import Client, Reply
from argosy.platform.auth import CACHE_SECONDS
from argosy.platform.databases import NAMES

HALF_OPEN_MILLISECONDS = 20_000
SLOW_MILLISECONDS = 2_500
FORGED = "a-token-that-nobody-was-given"


def disk_full(scene: Scene) -> None:
    """No process can write a byte to any file; then it can again."""
    web, works = scene.web(), scene.worker()
    with scene.buying() as load:
        scene.gateway_way(600, 0.0)
        scene.wait(2.0)
        for program in (web, works):
            program.limit_files(0)
        scene.injected["disks full"] += 1
        scene.wait(1.0)
        accepted, reads, told = scene.accepted(), load.tally.counts["reads"], load.tally.counts["told to come back"]
        scene.wait(max(scene.seconds - 3.0, 2.0))
        if scene.accepted() > accepted:
            scene.wrong.append(f"{scene.accepted() - accepted} checkouts were accepted that nobody could write down")
        if load.tally.counts["told to come back"] == told:
            scene.wrong.append("nobody was told to come back while the disk was full")
        read = _reads(scene)
        scene.measured["reads answered while full"] = load.tally.counts["reads"] - reads + read
        if not read:
            scene.wrong.append("reads did not live while the disk was full")
        scene.gateway_way(5, 0.0)
        for program in (web, works):
            program.limit_files(-1)
        accepted = scene.accepted()
        scene.wait(3.0)
        if scene.accepted() == accepted:
            scene.wrong.append("nothing was accepted within 3 s of room on the disk")
        for program in (web, works):
            scene.check_alive(program)


def _reads(scene: Scene) -> int:
    """How many of some plain reads are answered now."""
    return sum(_ask(scene, "products").status == 200 for _ in range(5))


def _ask(scene: Scene, path: str, token: str = "", body: bytes = b"") -> Reply:
    client = Client(HOST, scene.port, TIMEOUT_SECONDS)
    client.authorization = token
    try:
        return client.send("POST" if body else "GET", f"{API}/{path}", body)
    except OSError:
        return Reply(0, b"", b"")
    finally:
        client.close()


def slow_gateway(scene: Scene) -> None:
    """The gateway is slow, then does not answer at all (charging all the while), then loses most of its answers."""
    scene.web()
    scene.worker()
    with scene.buying() as load:
        for delay, loss, what in (
            (SLOW_MILLISECONDS, 0.0, "gateway slow"),
            (HALF_OPEN_MILLISECONDS, 0.0, "gateway half-open"),
            (50, 0.8, "gateway loses answers"),
        ):
            scene.gateway_way(delay, loss)
            scene.injected[what] += 1
            before, began = scene.accepted(), len(load.tally.accepted_seconds)
            scene.wait(scene.seconds / 3)
            slowest = max(load.tally.accepted_seconds[began:], default=0.0)
            if scene.accepted() == before or slowest > 3.0:
                scene.wrong.append(
                    f"{what}: {scene.accepted() - before} others checked out, the slowest in {slowest:.1f} s"
                )
        scene.gateway_way(5, 0.0)


def databases_away(scene: Scene) -> None:
    """Each context's database in turn is not there; the last of them while processes start."""
    web, works = scene.web(), scene.worker()
    each = scene.seconds / len(NAMES)
    with scene.buying() as load:
        for alias in NAMES:
            before = scene.accepted()
            with away(scene, alias):
                scene.wait(each)
                answers = {_ask(scene, path).status for path in ("health/live", "products")}
                scene.measured[f"accepted without {alias}"] = scene.accepted() - before
                if 500 in answers or 0 in answers:
                    scene.wrong.append(f"without {alias}: reads answered {sorted(answers)}")
        with away(scene, "inventory"):
            scene.kill(works)
            scene.kill(web)
            works, web = scene.worker(), scene.web()
            scene.wait(each)
        before = load.tally.counts["accepted"]
        scene.wait(2.0)
        if load.tally.counts["accepted"] == before:
            scene.wrong.append("nothing was accepted within 2 s of the last database's return")
        for program in (web, works):
            scene.check_alive(program)


@contextmanager
def away(scene: Scene, alias: str) -> Iterator[None]:
    """A database's file, and what lies beside it, is moved away; nothing may be made in its place meanwhile."""
    file, place = scene.var / f"{NAMES[alias]}.sqlite3", scene.var / "away"
    place.mkdir(exist_ok=True)
    moved: list[tuple[Path, Path]] = []
    for suffix in ("-wal", "-shm", ""):
        path = Path(f"{file}{suffix}")
        with contextlib.suppress(FileNotFoundError):
            path.rename(place / path.name)
            moved.append((place / path.name, path))
    scene.injected["databases taken away"] += 1
    try:
        yield
    finally:
        if file.exists():
            scene.wrong.append(f"an empty {file.name} was made in place of the one that was away")
        for kept, path in reversed(moved):
            kept.rename(path)


def sessions_away(scene: Scene) -> None:
    """Where sessions are kept is away: nobody gets in who may not, and those who may are told to come back."""
    scene.web()
    scene.worker()
    revoked = scene.tokens[-1]
    client = Client(HOST, scene.port, TIMEOUT_SECONDS)
    client.authorization = revoked
    signed_out = client.send("DELETE", f"{API}/sessions/mine").status
    scene.load.tokens = scene.tokens[:-1]
    tokens = {"forged": FORGED, "signed out": revoked}
    with scene.buying() as load:
        scene.wait(1.0)
        with away(scene, "default"):
            until = time.monotonic() + max(scene.seconds, CACHE_SECONDS + 2)
            while scene.goes_on(until):
                for who, token in tokens.items():
                    scene.injected["requests with a bad token"] += 1
                    status = _ask(scene, "carts/mine", token).status
                    if status not in (401, 503):
                        scene.wrong.append(f"a {who} token was answered {status} while sessions were away")
                scene.wait(0.2)
            told, before = load.tally.counts["told to come back"], scene.accepted()
            scene.wait(1.0)
            if load.tally.counts["told to come back"] == told or scene.accepted() > before:
                scene.wrong.append("buyers went on though nobody could look up their sessions")
            health = _ask(scene, "health/live").status
        before = scene.accepted()
        scene.wait(2.0)
        if signed_out not in (200, 204) or health != 200 or scene.accepted() == before:
            scene.wrong.append(
                f"signing out {signed_out}, live {health}, {scene.accepted() - before} accepted afterwards"
            )
    client.close()


EXPERIMENTS = (
    Experiment(
        name="disk-full",
        level="L3",
        proves="R05",
        target="the disk under databases and logs",
        failure="no process can write a byte to any file",
        expected="writes answer 503 and are sent again, reads live; with room again all goes on by itself",
        rollback="an answer of 500, or a process that ends",
        owner="Platform",
        invariants=("I29", "I32", "I36"),
        inject=disk_full,
        seconds=10,
        is_short=True,
        short_seconds=6,
    ),
    Experiment(
        name="slow-gateway",
        level="L3",
        proves="R06",
        target="the payment gateway",
        failure="slow; half-open: it charges and never answers; then loses most answers",
        expected="checkouts are accepted as before; each payment is looked up and ends charged once, or not at all",
        rollback="a second charge, or accepting takes longer than 3 s",
        owner="Money",
        invariants=("I17", "I19", "I20", "I33"),
        inject=slow_gateway,
        seconds=15,
    ),
    Experiment(
        name="database-away",
        level="L3",
        proves="each context's database in turn",
        target="the database of each context",
        failure="its file is moved away under load, one context after the other; then processes start without one",
        expected="the rest serves, work waits, and all drains when it is back",
        rollback="an answer of 500, or a process that ends",
        owner="Platform",
        invariants=("I28", "I29", "I33"),
        inject=databases_away,
        seconds=36,
    ),
    Experiment(
        name="sessions-away",
        level="L3",
        proves="R11",
        target="the store of sessions",
        failure="its database is away",
        expected="nobody gets in without a session that was looked up; buyers are told to come back",
        rollback="a forged or ended session gets in",
        owner="Identity",
        invariants=("I36", "I39"),
        inject=sessions_away,
        seconds=8,
    ),
)
