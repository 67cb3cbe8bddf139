"""One context's database kept aside while it is in use, and put back while the others go on.

A restored database has forgotten what came after its backup, and others have not. What they told it meanwhile it hears
again, since its cursors went back with it; what it told them is never told twice under the same positions, since its
log begins another life. What only it knew (what people asked of it from outside) is gone: the doctor names it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connections

from argosy.platform.context import Context
from argosy.platform.lives import begin_again
from argosy.platform.runtime import Runtime, dialect_of
from argosy.platform.sqlite import SqliteDialect

SQLITE_END, POSTGRES_END = ".sqlite3", ".dump"
LOCK_SECONDS = 30.0
_MAGIC = b"SQLite format 3\x00"


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
        _run(CannotBackUp, ["pg_dump", "--format=custom", f"--file={path}.part"], context)
    else:
        path = folder / f"{name}{SQLITE_END}"
        _copy(_file_of(context), Path(f"{path}.part"))
    part = Path(f"{path}.part")
    _sync(part)
    part.rename(path)
    _sync(folder)
    return path


def restore(runtime: Runtime, label: str, backup: Path) -> int:
    """Put a backup in the place of a context's database, bring it up to date, and begin a new life of its log; which
    one. What was there is kept beside (SQLite)."""
    context = runtime.contexts[label]
    check(context, backup)
    if connections[context.alias].vendor == "postgresql":
        options = ["--clean", "--if-exists", "--single-transaction", "--no-owner", str(backup)]
        _run(CannotRestore, ["pg_restore", *options], context, as_option=True)
    else:
        _replace(context, backup, runtime.clock.now())
    connections[context.alias].close()
    call_command("migrate", database=context.alias, verbosity=0, skip_checks=True)
    return begin_again(runtime, label)


def check(context: Context, backup: Path) -> None:
    """Refuses what is no backup of this context, before anything is touched."""
    if not context.outbox:
        raise CannotRestore(f"{context.label} holds views, which are made anew from the logs: `argosy rebuild all`")
    if not backup.is_file():
        raise CannotRestore(f"there is no file {backup}")
    is_server = connections[context.alias].vendor == "postgresql"
    with backup.open("rb") as file:
        is_sqlite = file.read(len(_MAGIC)) == _MAGIC
    if is_server == is_sqlite:
        kind = "PostgreSQL, and this is a SQLite file" if is_server else "SQLite files, and this is none"
        raise CannotRestore(f"{context.label} is kept in {kind}: {backup}")
    if is_sqlite:
        _check_file(context, backup)


def _check_file(context: Context, backup: Path) -> None:
    with closing(sqlite3.connect(f"file:{backup}?mode=ro", uri=True)) as copy:
        try:
            [(state,)] = copy.execute("PRAGMA quick_check(1)")
            tables = {row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        except sqlite3.Error as error:
            raise CannotRestore(f"{backup} cannot be read: {error}") from None
    if state != "ok":
        raise CannotRestore(f"{backup} is damaged: {state}")
    if context.outbox not in tables:
        raise CannotRestore(f"{backup} is no backup of {context.label}: it has no table {context.outbox}")


def _copy(source: Path, to: Path) -> None:
    """One step under one snapshot: in WAL mode it keeps nobody waiting, and nobody can make it begin again."""
    if not source.is_file():
        raise CannotBackUp(f"there is no file {source}: run `argosy migrate` first")
    to.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as live, closing(sqlite3.connect(to)) as copy:
            live.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            [(state,)] = copy.execute("PRAGMA quick_check(1)")
    except sqlite3.Error as error:
        raise CannotBackUp(f"{source} cannot be copied: {error}") from None
    if state != "ok":
        raise CannotBackUp(f"{source} is damaged: {state}")


def _replace(context: Context, backup: Path, now: datetime) -> None:
    """Under the lock that every writer takes: none is half-way, and each finds that the file is another one."""
    path = _file_of(context)
    part, kept = Path(f"{path}.part"), path.with_name(f"{path.stem}.before-restore-{now:%Y%m%dT%H%M%SZ}{path.suffix}")
    shutil.copyfile(backup, part)
    _sync(part)
    dialect = dialect_of(context.alias)
    assert isinstance(dialect, SqliteDialect)
    connections[context.alias].close()
    with dialect.lock.held(LOCK_SECONDS):
        if path.is_file():
            try:
                _copy(path, kept)
            except CannotBackUp:
                path.replace(kept)  # Damaged: as it is, for whoever looks into it.
        for end in ("-wal", "-shm"):
            Path(f"{path}{end}").unlink(missing_ok=True)
        part.replace(path)
        _sync(path.parent)


def _file_of(context: Context) -> Path:
    return Path(str(connections[context.alias].settings_dict["NAME"]))


def _run(failure: type[Exception], words: list[str], context: Context, *, as_option: bool = False) -> None:
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


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
