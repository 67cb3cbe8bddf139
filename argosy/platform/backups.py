"""One context's database kept aside while it is in use, and what makes a file a backup of it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

from django.db import connections

from argosy.platform.context import Context
from argosy.platform.runtime import Runtime

SQLITE_END, POSTGRES_END = ".sqlite3", ".dump"
_MAGIC, _DUMP_MAGIC = b"SQLite format 3\x00", b"PGDMP"


class CannotBackUp(Exception):
    """Nothing was kept; the text is one clear line."""


class CannotRestore(Exception):
    """Nothing was changed; the text is one clear line."""


def back_up(runtime: Runtime, label: str, folder: Path) -> Path:
    """A copy of a context's database as it is at one moment, whole on the disk; writers and readers go on."""
    context = runtime.contexts[label]
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{context.database}-{runtime.clock.now():%Y%m%dT%H%M%SZ}"
    if connections[context.alias].vendor == "postgresql":
        path = folder / f"{name}{POSTGRES_END}"
        database_program(CannotBackUp, ["pg_dump", "--format=custom", f"--file={path}.part"], context)
    else:
        path = folder / f"{name}{SQLITE_END}"
        copy(file_of(context), Path(f"{path}.part"))
    part = Path(f"{path}.part")
    sync(part)
    part.rename(path)
    sync(folder)
    return path


def check(context: Context, backup: Path) -> None:
    """Refuses what is no backup of this context, before anything is touched."""
    if not context.outbox:
        raise CannotRestore(f"{context.label} holds views, which are made anew from the logs: `argosy rebuild all`")
    if not backup.is_file():
        raise CannotRestore(f"there is no file {backup}")
    is_server = connections[context.alias].vendor == "postgresql"
    magic = _DUMP_MAGIC if is_server else _MAGIC
    with backup.open("rb") as file:
        is_one = file.read(len(magic)) == magic
    if not is_one:
        kind = "PostgreSQL, and this is no dump of pg_dump" if is_server else "SQLite files, and this is none"
        raise CannotRestore(f"{context.label} is kept in {kind}: {backup}")
    if not is_server:
        _check_file(context, backup)


def _check_file(context: Context, backup: Path) -> None:
    with closing(sqlite3.connect(_read_only(backup), uri=True)) as copy:
        try:
            [(state,)] = copy.execute("PRAGMA quick_check(1)")
            tables = {row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        except sqlite3.Error as error:
            raise CannotRestore(f"{backup} cannot be read: {error}") from None
    if state != "ok":
        raise CannotRestore(f"{backup} is damaged: {state}")
    if context.outbox not in tables:
        raise CannotRestore(f"{backup} is no backup of {context.label}: it has no table {context.outbox}")


def copy(source: Path, to: Path) -> None:
    """One step under one snapshot: in WAL mode it keeps nobody waiting, and nobody can make it begin again."""
    if not source.is_file():
        raise CannotBackUp(f"there is no file {source}: run `argosy migrate` first")
    to.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(_read_only(source), uri=True)) as live, closing(sqlite3.connect(to)) as copy:
            live.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            [(state,)] = copy.execute("PRAGMA quick_check(1)")
    except sqlite3.Error as error:
        raise CannotBackUp(f"{source} cannot be copied: {error}") from None
    if state != "ok":
        raise CannotBackUp(f"{source} is damaged: {state}")


def _read_only(path: Path) -> str:
    """Its address as SQLite reads it, whatever stands in its name."""
    return f"{path.absolute().as_uri()}?mode=ro"


def file_of(context: Context) -> Path:
    """Where a context's database lies (SQLite)."""
    return Path(str(connections[context.alias].settings_dict["NAME"]))


def database_program(failure: type[Exception], words: list[str], context: Context, *, as_option: bool = False) -> None:
    """One of PostgreSQL's own programs, which keep to its formats."""
    known: dict[str, Any] = connections[context.alias].settings_dict
    if shutil.which(words[0]) is None:
        raise failure(f"{words[0]} is not installed: it comes with PostgreSQL's client programs")
    where = {"PGHOST": known["HOST"], "PGPORT": known["PORT"], "PGUSER": known["USER"], "PGPASSWORD": known["PASSWORD"]}
    database = [f"--dbname={known['NAME']}"] if as_option else [str(known["NAME"])]
    done = subprocess.run(
        [*words[:-1], *database, words[-1]] if as_option else [*words, *database],
        env={**os.environ, **{name: str(value) for name, value in where.items() if value}},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise failure(f"{words[0]}: {(done.stderr.strip().splitlines() or ['it failed'])[-1]}")


def sync(path: Path) -> None:
    """What was written there outlives a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
