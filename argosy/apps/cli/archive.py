"""`argosy archive`: the oldest part of each log, moved from its table into compressed files."""

from __future__ import annotations

import argparse
from datetime import timedelta
from typing import Any

from argosy.apps.cli.console import Failed, count, progress, say
from argosy.apps.cli.project import ready
from argosy.shared_kernel.codec import encode

KEEP_DAYS = 30

HELP = """\
Moves old messages from the logs' tables into ARGOSY_VAR/archive, once every subscription has passed them. They stay
part of their logs: rebuilding a view, or a new one, reads them there. Shop and workers go on meanwhile, and running it
again goes on where it was stopped.
"""
EPILOG = """\
examples:
  argosy archive                            all contexts, what is older than 30 days
  argosy archive orders checkout --keep-days 7
  argosy archive --dry-run                  say what would be archived, and what waits for whom
"""


def add(commands: Any, name: str, summary: str) -> None:
    command = commands.add_parser(name, help=summary, description=HELP, epilog=EPILOG)
    command.add_argument("contexts", metavar="CONTEXT", nargs="*", help="logs of these contexts (default: all)")
    command.add_argument("--keep-days", metavar="N", type=_days, default=KEEP_DAYS, help="keep younger ones (30)")
    command.add_argument("--dry-run", action="store_true", help="only say what would be done")
    command.add_argument("--json", action="store_true", help='{"logs": [{"context": "orders", "messages": 5000, ...}]}')
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    ready()
    from argosy.platform.archiving import Archived, Archiver, ArchivingIsRunning
    from argosy.platform.runtime import runtime

    here = runtime()
    unknown = sorted(set(options.contexts) - set(here.stores))
    if unknown:
        raise Failed(f"there is no log of {', '.join(unknown)}; there are {', '.join(sorted(here.stores))}")
    told_before = here.clock.now() - timedelta(days=options.keep_days)
    done: list[tuple[str, Archived]] = []
    for label in options.contexts or sorted(here.stores):
        archiver = Archiver(here, label, told_before)
        try:
            if options.dry_run:
                done.append((label, archiver.count()))
            else:
                with progress(f"archiving {label}, messages") as step:
                    done.append((label, archiver.run(step)))
        except ArchivingIsRunning as error:
            raise Failed(str(error)) from None
        if not options.json:
            say(_line(*done[-1], is_dry=options.dry_run))
    if options.json:
        say(encode({"logs": [{"context": label, **archived._asdict()} for label, archived in done]}).decode())


def _line(label: str, archived: Any, *, is_dry: bool) -> str:
    did = "would be archived" if is_dry else "archived"
    line = f"{label}: {count(archived.messages, 'message')} {did}"
    if archived.segments:
        line += f" in {count(archived.segments, 'segment')}"
    return f"{line}; later ones wait for {archived.held_by}" if archived.held_by else line


def _days(text: str) -> int:
    if not text.isdecimal() or not text.isascii() or len(text) > 5:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of days")
    return int(text)
