"""Where attempts to sign in are counted is away: nobody guesses meanwhile, and whoever is in goes on."""

from __future__ import annotations

import time
from collections import Counter

from argosy.apps.chaos import goods
from argosy.apps.chaos.experiment import Experiment
from argosy.apps.chaos.load import API, HOST, TIMEOUT_SECONDS
from argosy.apps.chaos.scene import Scene
from argosy.apps.cli.http_client import Client
from argosy.shared_kernel.codec import encode

STORE = "limits.sqlite3"
VICTIM, OWNER = 0, 1
"""Of the buyers: who is guessed at, and who knows the password."""
GUESSES_MAX = 30


def limits_away(scene: Scene) -> None:
    """Its file cannot be opened; then it is back, with what it has counted."""
    scene.web()
    scene.worker()
    client = Client(HOST, scene.port, TIMEOUT_SECONDS)
    with scene.buying():
        if _sign_in(client, OWNER, goods.PASSWORD) != 201:
            scene.wrong.append("the owner was not let in to begin with")
        guesses = [_sign_in(client, VICTIM, "a guess") for _ in range(GUESSES_MAX)]
        scene.injected["guesses before"] = len(guesses)
        if guesses[-1] != 429:
            scene.wrong.append(f"{GUESSES_MAX} guesses were answered {sorted(set(guesses))}: there is no limit")
        answers = _while_away(scene, client)
        if set(answers) != {503}:
            scene.wrong.append(f"without limits sign-in was answered {dict(answers)}, and not 503 alone")
        scene.measured["sign-ins refused meanwhile"] = answers[503]
        if _sign_in(client, OWNER, goods.PASSWORD) != 201:
            scene.wrong.append("the owner was not let in when limits were back")
        if (status := _sign_in(client, VICTIM, "a guess")) != 429:
            scene.wrong.append(f"what was counted before is forgotten: a guess was answered {status}")
    client.close()


def _while_away(scene: Scene, client: Client) -> Counter[int]:
    """The store is moved aside, and what lies in its place is no file. Guesses and the owner, in turns."""
    file, aside = scene.var / STORE, scene.var / "limits.aside"
    aside.mkdir()
    ends = [end for end in ("", "-wal", "-shm") if file.with_name(f"{STORE}{end}").exists()]
    for end in ends:
        file.with_name(f"{STORE}{end}").rename(aside / f"{STORE}{end}")
    file.mkdir()
    scene.injected["stores of limits taken away"] += 1
    answers: Counter[int] = Counter()
    before, until = scene.accepted(), time.monotonic() + scene.seconds
    try:
        while scene.goes_on(until) or not answers:
            for who, password in ((VICTIM, "a guess"), (OWNER, goods.PASSWORD), (OWNER, "a guess")):
                answers[_sign_in(client, who, password)] += 1
                scene.injected["sign-ins without limits"] += 1
            scene.wait(0.2)
    finally:
        file.rmdir()
        for end in ends:
            (aside / f"{STORE}{end}").rename(file.with_name(f"{STORE}{end}"))
    scene.measured["accepted meanwhile"] = scene.accepted() - before
    if scene.accepted() == before:
        scene.wrong.append("buyers who are signed in could not go on while limits were away")
    return answers


def _sign_in(client: Client, number: int, password: str) -> int:
    body = encode({"email": goods.email(number), "password": password})
    return client.send("POST", f"{API}/sessions", body).status


EXPERIMENTS = (
    Experiment(
        name="limits-away",
        level="L3",
        proves="R11, limits",
        target="the store that counts attempts to sign in",
        failure="it cannot be opened, while passwords are guessed",
        expected="sign-in is refused to everybody (503), buyers who are in go on, what was counted counts on",
        rollback="anybody gets in, or is told that a password is wrong, uncounted",
        owner="Identity",
        invariants=("I36", "I39"),
        inject=limits_away,
        seconds=5,
    ),
)
