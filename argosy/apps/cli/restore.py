"""`argosy restore`: one context's database put back from a backup, or begun anew, while the others go on."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from argosy.apps.cli.console import Failed, say
from argosy.apps.cli.project import ready

HELP = """\
Puts a backup in the place of a context's database, brings it up to date, and begins a new life of its log, so that what
it tells from now on comes after all that others have heard. What others told it since the backup, it hears again. No
money is moved and nothing is overwritten elsewhere: `argosy doctor` names what differs, and docs/runbooks/restore.md
says what to do about it. What was there before is kept beside. Web and workers may run on: they find the other database
with their next statement.
"""
EPILOG = """\
examples:
  argosy restore orders /backups/today/orders_db-20260901T030000Z.sqlite3
  argosy restore checkout --empty           its database was lost: an empty one begins where others stand
"""


def add(commands: Any, name: str, summary: str) -> None:
    command = commands.add_parser(name, help=summary, description=HELP, epilog=EPILOG)
    command.add_argument("context", metavar="CONTEXT", help="the context")
    command.add_argument("file", metavar="FILE", type=Path, nargs="?", help="a file that `argosy backup` wrote")
    command.add_argument(
        "--empty", action="store_true", help="begin a new life of a log on what is there: its database was lost"
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    ready()
    from argosy.platform.restoring import REFUSALS, begin_anew, restore
    from argosy.platform.runtime import runtime

    if options.context not in runtime().contexts:
        raise Failed(f"there is no context {options.context}; there are {', '.join(sorted(runtime().stores))}")
    if (options.file is None) != options.empty:
        raise Failed("say which file to restore, or --empty for a database that was lost")
    try:
        if options.empty:
            if options.context not in runtime().stores:
                raise Failed(f"{options.context} holds views: `argosy rebuild all` makes them anew")
            epoch = begin_anew(runtime(), options.context)
        else:
            epoch = restore(runtime(), options.context, options.file)
    except REFUSALS as error:
        raise Failed((str(error).strip().splitlines() or [type(error).__name__])[0]) from None
    say(f"{options.context} is back; life {epoch} of its log has begun")
    say("now: `argosy doctor`; docs/runbooks/restore.md says what it may name, and what closes it")
