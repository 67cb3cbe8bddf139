"""Every command of the command line: what it does not know, what it lacks, and what is missing where it looks is told
in lines of its own and by the exit status. Generated from the parser itself."""

from __future__ import annotations

import argparse
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections

from argosy.apps.cli.main import main, parser
from tests.marketplace import Marketplace

Captured = pytest.CaptureFixture[str]
Words = tuple[str, ...]

GOOD: dict[Words, Words] = {
    ("up",): ("--port", "TAKEN"),
    ("web",): ("--port", "TAKEN"),
    ("worker",): ("--contexts", "nowhere"),
    ("import", "olist"): ("nowhere",),
    ("import", "products"): ("file.csv",),
    ("import", "taxes"): ("file.csv",),
    ("reconcile",): ("file.csv",),
    ("replay", "olist"): ("nowhere",),
    ("backup",): ("orders", "kept"),
    ("restore",): ("orders", "file.csv"),
    ("rebuild",): ("cart_summary",),
    ("parked", "redrive"): ("checkout",),
    ("parked", "drop"): ("orders", "0197f3d2-4c1e-7a35-9b1e-5a0d8c3f2b10", "--reason", "a reason"),
    ("chaos",): ("--list",),
    ("doctor",): ("I01",),
    ("simulate",): ("--buyers", "999"),
}
"""What each command is given beside: what it needs, and what keeps one from going on that would serve for long."""
NOT_RUN = {("bench",), ("contracts",), ("migrate",)}
"""What follows `bench` is handed on; the other two take no word, and write where they are run."""


def leaves() -> dict[Words, argparse.ArgumentParser]:
    """Each command, and each part of one, by its words."""
    found: dict[Words, argparse.ArgumentParser] = {}

    def look(words: Words, one: argparse.ArgumentParser) -> None:
        parts = [action for action in one._actions if isinstance(action, argparse._SubParsersAction)]
        for action in parts:
            for name, part in action.choices.items():
                look((*words, name), part)
        if words and not any(action.required for action in parts):
            found[words] = one

    look((), parser(()))
    return found


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to stand in, with a file that holds nothing which could go in, and a port that is taken."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ARGOSY_DEBUG", raising=False)
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    (tmp_path / "file.csv").write_text("nothing\n1\n", encoding="utf-8")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setitem(GOOD, ("up",), ("--port", str(taken.getsockname()[1])))
        monkeypatch.setitem(GOOD, ("web",), ("--port", str(taken.getsockname()[1])))
        yield tmp_path


def told(capsys: Captured, words: Words) -> tuple[int, list[str]]:
    """The exit status, and what was said on standard error."""
    capsys.readouterr()
    try:
        status = main(words)
    except SystemExit as end:
        status = int(end.code or 0)
    except Exception as error:  # noqa: BLE001 - none is to come through, whatever it is
        return 99, [f"{type(error).__name__} came through: {error}"]
    return status, capsys.readouterr().err.splitlines()


def fault_of(capsys: Captured, words: Words) -> str:
    """What is wrong with how a command ended; empty where nothing is."""
    status, lines = told(capsys, words)
    said = [line for line in lines if not line.startswith("argosy: ")]
    if status not in (0, 1, 2) or said or any("unforeseen" in line for line in lines) or (status and not lines):
        return f"{' '.join(words)[:200]!r}: {status}, {lines[-1:] or 'nothing said'}"
    return ""


def test_the_parser_names_every_command() -> None:
    assert {words[0] for words in leaves()} >= {"up", "web", "worker", "import", "parked", "doctor", "simulate"}


@pytest.mark.parametrize("words", [words for words in leaves() if words != ("bench",)], ids="-".join)
def test_what_a_command_does_not_know_and_what_it_lacks_is_one_line(
    words: Words, here: Path, capsys: Captured, marketplace: Marketplace
) -> None:
    needs = [action for action in leaves()[words]._actions if action.required and action.nargs != "*"]
    wrong = [(*words, *GOOD.get(words, ()), "--nonsense"), *([words] if needs else [])]
    for one in wrong:
        status, lines = told(capsys, one)
        assert (status, len(lines)) == (2, 1), (one, lines)
        assert lines[0].startswith("argosy: ") and "--help" in lines[0], lines


READS = {
    words: GOOD.get(words, ()) for words in leaves() if words not in {*NOT_RUN, ("up",), ("simulate",), ("chaos",)}
}


@pytest.mark.parametrize("words", [*READS], ids="-".join)
@pytest.mark.parametrize("harm", ["half", "gone", "empty"])
@pytest.mark.skipif("ARGOSY_POSTGRES" in os.environ, reason="damages files")
def test_a_database_that_is_damaged_or_lost_is_told_in_lines(
    words: Words, harm: str, here: Path, capsys: Captured, marketplace: Marketplace
) -> None:
    connections.close_all()
    for name in ("orders_db", "checkout_db", "search_db"):
        path = Path(settings.VAR) / f"{name}.sqlite3"
        content = path.read_bytes()
        path.unlink()
        for end in ("-wal", "-shm"):
            Path(f"{path}{end}").unlink(missing_ok=True)
        if harm != "gone":
            path.write_bytes(content[: len(content) // 2] if harm == "half" else b"")
    assert not fault_of(capsys, (*words, *READS[words]))
    connections.close_all()


@pytest.mark.parametrize("words", [*READS], ids="-".join)
def test_a_folder_that_was_never_a_marketplace_is_told_and_left_as_it_is(
    words: Words, here: Path, capsys: Captured, marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARGOSY_VAR", str(here / "nowhere at all"))
    assert not fault_of(capsys, (*words, *READS[words]))
    assert not (here / "nowhere at all").exists()


ODD = (
    "",
    " ",
    "\n",
    "-1",
    "0",
    "9" * 30,
    "1e3",
    "\uff11",
    "nowhere",
    "../..",
    ".",
    "file",
    "\udce9",
    "x" * 5_000,
)
"""What somebody may type for any value: empty, no number, no file, not even text. (No shell hands U+0000 on.)"""
VALUED = [
    (words, action)
    for words, one in leaves().items()
    if words not in NOT_RUN
    for action in one._actions
    if action.nargs != 0 and not isinstance(action, argparse._SubParsersAction)
]


@pytest.mark.parametrize(("words", "action"), VALUED, ids=["-".join((*words, action.dest)) for words, action in VALUED])
def test_whatever_is_typed_for_a_value_is_answered_in_lines(
    words: Words, action: argparse.Action, here: Path, capsys: Captured, marketplace: Marketplace
) -> None:
    good = GOOD.get(words, ())
    faults = []
    for value in ODD:
        if action.option_strings:
            # What it needs comes last, and keeps from going on what would serve for long.
            typed = (*words, f"{action.option_strings[0]}={value}", *good)
        elif words[0] == "simulate" or value.startswith("-"):
            continue
        else:
            typed = (*words, value, *good[1:])
        faults.append(fault_of(capsys, typed))
        connections.close_all()
    assert not any(faults), "\n".join(filter(None, faults))
