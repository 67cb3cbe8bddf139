"""The project behind a command: its data folder and Django, made ready, or refused in one line."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path

from argosy.apps.cli.console import Failed

ROOM_NEEDED_BYTES = 64 * 2**20


def var_folder() -> Path:
    """The folder of databases and indexes: ARGOSY_VAR, or `var` where we are."""
    return Path(os.environ.get("ARGOSY_VAR") or "var").absolute()


def prepare() -> Path:
    """Set Django up over the data folder, which it gives; nothing is created."""
    var = settle()
    import django

    from argosy.observability.logging import LogSettingIsWrong
    from argosy.platform.databases import PoolingIsUnusable

    try:
        django.setup()
    except (LogSettingIsWrong, PoolingIsUnusable) as error:
        raise Failed(str(error)) from None
    return var


def ready() -> Path:
    """The same for commands that need databases: refused before they are made."""
    var = prepare()
    check_there(var)
    return var


def settle() -> Path:
    """Make this process and its children see the same data folder, wherever they stand."""
    var = var_folder()
    os.environ["ARGOSY_VAR"] = str(var)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    return var


def check_there(var: Path) -> None:
    """Failed, where no databases were made yet."""
    if not is_postgres() and not (var / "accounts_db.sqlite3").is_file():
        raise Failed(
            f"there is no marketplace in {var} yet: run `argosy migrate` or `argosy up` first "
            f"(ARGOSY_VAR names the folder)"
        )


def is_postgres() -> bool:
    return bool(os.environ.get("ARGOSY_POSTGRES"))


def make_var() -> Path:
    """The data folder, which exists, can be written to and has room."""
    var = var_folder()
    try:
        var.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=var) as probe:
            probe.write(b"\0" * 65_536)
            probe.flush()
            os.fsync(probe.fileno())
        free = shutil.disk_usage(var).free
    except OSError as error:
        raise Failed(f"{_why(error)} {var} (ARGOSY_VAR names the folder for databases)") from None
    if free < ROOM_NEEDED_BYTES:
        raise Failed(
            f"the disk of {var} is full: {free // 2**20} MB are left and {ROOM_NEEDED_BYTES // 2**20} MB are "
            f"needed (ARGOSY_VAR names the folder for databases)"
        )
    return var


def _why(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "no room is left on the disk of"
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return "a file is in the way of the folder"
    return "cannot write to the folder"
