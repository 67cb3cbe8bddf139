"""What the command line says: plain lines for programs and logs, progress and tables for people at a terminal."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PLAIN_EVERY_SECONDS = 5.0
SHOWN_AFTER_SECONDS = 1.0
_COMMAND = re.compile("`argosy(?= )")


class Failed(Exception):
    """The command cannot do what it was asked; the text is what its user reads, one line for each thing wrong."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def say(text: str = "") -> None:
    print(_readable(_runnable(text)), flush=True)


def complain(text: str) -> None:
    """One line on standard error, whatever was in the text."""
    line = _runnable(" ".join(text.split()))
    print(f"argosy: {_readable(line)}", file=sys.stderr, flush=True)


def program() -> str:
    """What starts this program again from where we stand, as it was started: `argosy` where a shell finds that."""
    started = Path(sys.argv[0])
    if started.name == "main.py" and started.parent.name == "cli":
        return f"{_from_here(Path(sys.executable))} -m argosy.apps.cli.main"
    if started.name != "argosy":
        return "argosy"
    found = shutil.which("argosy")
    is_found = found is not None and Path(found).resolve() == started.resolve()
    return "argosy" if is_found else _from_here(started)


def _from_here(path: Path) -> str:
    """As it is typed; links are kept: a Python that is reached by another name is of another environment."""
    there = path.absolute()
    return shlex.quote(str(there.relative_to(Path.cwd()) if there.is_relative_to(Path.cwd()) else there))


def _runnable(text: str) -> str:
    """Commands that are named in a text, as they can be typed here."""
    return _COMMAND.sub(lambda _: f"`{program()}", text) if "`argosy " in text else text


def _readable(text: str) -> str:
    """Names of files, and what was typed, may hold bytes that are no UTF-8: these are spelled out."""
    return text.encode("utf-8", "backslashreplace").decode()


def is_terminal() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def count(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def number_to(most: int) -> Callable[[str], int]:
    """Reads a whole number from 1 to that, as an argument's type."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and 1 <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"{text[:40]} is not a whole number from 1 to {most:,}")
        return int(text)

    return read


@contextmanager
def progress(what: str, total: int = 0) -> Iterator[Callable[[int], None]]:
    """Tells how far something is; call what it gives with how much more is done. Silent when all is done at once."""
    show = _bar(what, total) if is_terminal() else _lines(what, total)
    with show as step:
        yield step


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns: list[Any] = [SpinnerColumn(), TextColumn("{task.description}")]
    if total:
        columns += [BarColumn(), MofNCompleteColumn()]
    bar = Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True)
    task = bar.add_task(what, total=total or None)
    with bar:
        yield lambda done: bar.advance(task, done)


@contextmanager
def _lines(what: str, total: int) -> Iterator[Callable[[int], None]]:
    began = told = time.monotonic()
    done = 0

    def step(more: int) -> None:
        nonlocal done, told
        done += more
        now = time.monotonic()
        wait = SHOWN_AFTER_SECONDS if told == began else PLAIN_EVERY_SECONDS
        if now - told >= wait:
            told = now
            of = f" of {total:,}" if total else ""
            print(f"argosy: {what}: {done:,}{of}", file=sys.stderr, flush=True)

    yield step


def table(title: str, rows: Sequence[tuple[str, str]]) -> None:
    """Names and values, drawn at a terminal and aligned anywhere else."""
    if not sys.stdout.isatty():
        width = max(len(name) for name, _ in rows)
        say(title)
        for name, value in rows:
            say(f"  {name:<{width}}  {value}")
        return
    from rich.console import Console
    from rich.table import Table

    drawn = Table(title=title, title_justify="left", show_header=False)
    for name, value in rows:
        drawn.add_row(name, value)
    Console().print(drawn)
