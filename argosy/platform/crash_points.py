"""Named places where a process may be made to die by SIGKILL, to prove that dying there loses and repeats nothing.

ARGOSY_CRASH_AT="name", or "name:n" for the n-th time, arms one of them; without it a point costs a call and a look at a
flag. No handler, flush or `finally` runs: the process ends as if the power were cut for it alone. With
ARGOSY_CRASH_SIGNAL=STOP it falls asleep there instead, until somebody sends it SIGCONT.
"""

from __future__ import annotations

import os
import signal
import threading

VARIABLE = "ARGOSY_CRASH_AT"
SIGNAL = "ARGOSY_CRASH_SIGNAL"

POINTS = {
    "commit.before_begin": "decided in memory, nothing asked of the database",
    "commit.begun": "the transaction has begun, and its database's lock is held",
    "commit.between_statements": "some of its statements are done",
    "commit.before_commit": "all of its statements are done",
    "commit.done": "committed; nobody in this process knows of it yet",
    "worker.before_ring": "committed and the worker's memory moved on; nobody was rung for",
    "call.leased": "a call is leased and not made yet",
    "call.answered": "the outside has acted, and nobody here has seen its answer",
    "call.collected": "the answer is here and not applied yet",
    "timer.told": "a timer's message is told, and nobody has heard it",
    "request.key_is_new": "a request's key was looked up and is not known",
    "request.decided": "a request's command ran, and its answer and key are not written",
    "request.committed": "a request's effect, key and answer are written; nobody was rung for",
    "request.before_answer": "all is done but the client was told nothing",
    "import.begun": "a try at a file is counted, and nothing of it is read",
    "import.piece": "a piece of a file is imported, and the next is not begun",
}
"""Every point, and how things stand there. PostgreSQL commits in one statement: it knows no place inside a commit."""


class UnknownCrashPoint(ValueError):
    """ARGOSY_CRASH_AT names no point: nothing would be proven by it."""


class _Armed:
    def __init__(self, wanted: str) -> None:
        name, _, times = wanted.partition(":")
        if name not in POINTS or not (times or "1").isdigit():
            raise UnknownCrashPoint(f"{VARIABLE}={wanted}: there are {', '.join(POINTS)}")
        self.name = name
        self.left = int(times or "1")
        self.lock = threading.Lock()


_armed: _Armed | None = None


def arm(wanted: str) -> None:
    """Die at this point ("name" or "name:n"); "" disarms."""
    global _armed  # noqa: PLW0603 - one per process, like the process's life
    _armed = _Armed(wanted) if wanted else None


def reached(name: str) -> None:
    """Does nothing, unless this is where the process is to die."""
    if _armed is not None:
        _die_at(_armed, name)


def _die_at(armed: _Armed, name: str) -> None:
    if armed.name != name:
        return
    with armed.lock:
        armed.left -= 1
        if armed.left:
            return
        how = signal.Signals[f"SIG{os.environ.get(SIGNAL, 'KILL')}"]
        os.write(2, f"{'dies' if how == signal.SIGKILL else 'stops'} at {name}\n".encode())
        os.kill(os.getpid(), how)


arm(os.environ.get(VARIABLE, ""))
