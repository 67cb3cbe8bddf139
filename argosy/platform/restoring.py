"""One context's database put back while the others go on, and while its own web and workers run.

The database is made ready beside the one in use: brought up to date, with a new life of its log begun, and with nobody
holding its leases. Then it takes the other's place at one moment. Whoever had the other one open finds that out with
their next statement and opens the new one: there is no moment at which anybody could write in it with what they know of
the life before. What was there is kept beside.

A restored database has forgotten what came after its backup, and others have not. What they told it meanwhile it hears
again, since its cursors went back with it; what it told them is never told twice under the same positions, since its
log begins another life. What only it knew (what people asked of it from outside) is gone: the doctor names it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from django.core.management import call_command
from django.db import DatabaseError, connections

from argosy.engine.store import StoreUnavailable
from argosy.platform.backups import CannotBackUp, CannotRestore, check, copy, database_program, file_of, sync
from argosy.platform.context import Context
from argosy.platform.databases_beside import Server
from argosy.platform.lives import begin_again, present_life
from argosy.platform.locks import FileLock, LockTimeout
from argosy.platform.runtime import Runtime, dialect_of
from argosy.platform.sqlite import SqliteDialect
from argosy.platform.sqlite_files import creating
from argosy.platform.subscriptions import fix_start

LOCK_SECONDS = 30.0
_MOMENT = "%Y%m%dT%H%M%S.%fZ"


def restore(runtime: Runtime, label: str, backup: Path) -> int:
    """Put a backup in the place of a context's database; which life of its log began."""
    context = runtime.contexts[label]
    check(context, backup)
    if connections[context.alias].vendor == "postgresql":
        options = ["--no-owner", "--exit-on-error", str(backup)]

        def fill() -> None:
            database_program(CannotRestore, ["pg_restore", *options], context, as_option=True)
            if dialect_of(context.alias).query("SELECT to_regclass(?)", (context.outbox,)) == [(None,)]:
                raise CannotRestore(f"{backup} is no backup of {context.label}: it has no table {context.outbox}")

        return _replace_database(runtime, label, fill)
    with _ready_beside(runtime, label, lambda part: shutil.copyfile(backup, part)) as (part, epoch):
        with _lock_of(context).held(LOCK_SECONDS):
            _replace_file(runtime, context, part)
    return epoch


def begin_anew(runtime: Runtime, label: str) -> int:
    """Begin a new life of a context's log on what is there: an empty database, where its own was lost."""
    context = runtime.contexts[label]
    if connections[context.alias].vendor == "postgresql":
        server = Server(connections[context.alias].settings_dict)
        if server.has_database():
            return server.alone(dialect_of(context.alias), context.outbox, lambda: begin_again(runtime, label))
        return _replace_database(runtime, label, lambda: None)
    path, lock = file_of(context), _lock_of(context)
    with lock.held(LOCK_SECONDS):
        fill = (lambda part: copy(path, part)) if path.is_file() else (lambda part: None)
        with _ready_beside(runtime, label, fill) as (part, epoch):
            _replace_file(runtime, context, part)
    return epoch


@contextmanager
def _ready_beside(runtime: Runtime, label: str, fill: Callable[[Path], object]) -> Iterator[tuple[Path, int]]:
    """A file that can take the place of a context's, and the life that begins with it; removed in the end, unless it
    was moved."""
    context = runtime.contexts[label]
    path = file_of(context)
    part = Path(f"{path}.part")
    beyond = present_life(runtime, label)
    try:
        for end in ("", "-wal", "-shm"):
            Path(f"{part}{end}").unlink(missing_ok=True)
        fill(part)
        with _meant(context, str(part)):
            epoch = _brought_up_to_date(runtime, label, beyond)
        sync(part)
        yield part, epoch
    finally:
        for end in ("", "-wal", "-shm", ".lock", ".lock.wait"):
            Path(f"{part}{end}").unlink(missing_ok=True)


@contextmanager
def _meant(context: Context, name: str) -> Iterator[None]:
    """For as long as this lasts, this thread's connection to a context's database is one to another."""
    wrapper, dialect = connections[context.alias], dialect_of(context.alias)
    before = wrapper.settings_dict["NAME"]
    with ExitStack() as undo:
        wrapper.close()
        undo.callback(lambda: wrapper.settings_dict.update(NAME=before))
        undo.callback(wrapper.close)
        wrapper.settings_dict["NAME"] = name
        if isinstance(dialect, SqliteDialect):
            undo.callback(setattr, dialect, "lock", dialect.lock)
            dialect.lock = FileLock(f"{name}.lock")
        yield


def _brought_up_to_date(runtime: Runtime, label: str, beyond: int) -> int:
    context = runtime.contexts[label]
    with creating():
        call_command("migrate", database=context.alias, verbosity=0, skip_checks=True)
    for name, participant, store in context.subscriptions(runtime):
        fix_start(name, participant, store, runtime.logs)
    return begin_again(runtime, label, beyond)


def _replace_file(runtime: Runtime, context: Context, part: Path) -> None:
    """Under the lock that every writer takes: none is half-way, and each finds that the file is another one."""
    path, now = file_of(context), runtime.clock.now()
    kept = path.with_name(f"{path.stem}.before-restore-{now:{_MOMENT}}{path.suffix}")
    connections[context.alias].close()
    if path.is_file():
        try:
            copy(path, kept)
        except CannotBackUp:
            path.replace(kept)  # Damaged: as it is, for whoever looks into it.
    for end in ("-wal", "-shm"):
        Path(f"{path}{end}").unlink(missing_ok=True)
    part.replace(path)
    sync(path.parent)


def _lock_of(context: Context) -> FileLock:
    dialect = dialect_of(context.alias)
    assert isinstance(dialect, SqliteDialect)
    return dialect.lock


def _replace_database(runtime: Runtime, label: str, fill: Callable[[], object]) -> int:
    context = runtime.contexts[label]
    server, beyond = Server(connections[context.alias].settings_dict), present_life(runtime, label)
    with server.database_beside() as beside:
        with _meant(context, beside):
            fill()
            epoch = _brought_up_to_date(runtime, label, beyond)
        connections[context.alias].close()
        server.replace(beside, f"before_restore_{runtime.clock.now():{_MOMENT}}".lower())
    return epoch


REFUSALS = (CannotRestore, OSError, StoreUnavailable, LockTimeout, DatabaseError)
"""What may stand in the way; the text is one line, and what was there is there."""
