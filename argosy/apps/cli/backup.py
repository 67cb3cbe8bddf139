"""`argosy backup`: databases kept aside while they are in use."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from argosy.apps.cli.console import Failed, say
from argosy.apps.cli.project import ready

HELP = """\
Copies the database of a context, or of all, into a folder: each as it is at one moment, checked, while shop and workers
go on. SQLite files are copied by SQLite itself, PostgreSQL databases by pg_dump. Archived parts of logs are files of
their own in ARGOSY_VAR/archive: keep that folder with your backups. Views need none: they are made from the logs.
"""
EPILOG = """\
examples:
  argosy backup all /backups/today
  argosy backup orders /backups/today
"""
ALL = "all"


def add(commands: Any, name: str, summary: str) -> None:
    command = commands.add_parser(name, help=summary, description=HELP, epilog=EPILOG)
    command.add_argument("context", metavar="CONTEXT", help="a context, or `all`")
    command.add_argument("folder", metavar="DIR", type=Path, help="where to; it is made if need be")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    ready()
    from argosy.platform.backups import CannotBackUp, back_up
    from argosy.platform.runtime import runtime

    known = sorted(runtime().stores)
    if options.context not in (ALL, *known):
        raise Failed(f"there is no database of {options.context} to keep; there are {', '.join(known)}, and all")
    for label in known if options.context == ALL else [options.context]:
        began = time.monotonic()
        try:
            path = back_up(runtime(), label, options.folder)
        except (CannotBackUp, OSError) as error:
            raise Failed(f"{label}: {error}") from None
        say(f"{label}: {path} ({path.stat().st_size / 2**20:.1f} MB, {time.monotonic() - began:.1f} s)")
